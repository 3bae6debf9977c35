"""The error that .m code ended with, told as Octave told it."""

from __future__ import annotations

from pybn.errors import EngineError


class OctaveError(EngineError):
    """The .m code of a test ended with an error: the message is Octave's own, `identifier` the MATLAB identifier."""
