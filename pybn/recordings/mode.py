"""When Octave is asked, and when its recorded answer serves: the four modes, named as recorders name them."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What is done where a test asks for an answer."""

    NONE = "none"  # Octave is never asked; a missing or a stale recording is an error
    ONCE = "once"  # as none where the test module has a file of recordings, otherwise all is recorded
    MISSING = "missing"  # what is missing or stale, or was recorded by another Octave, is recorded
    ALL = "all"  # everything is recorded anew

    @property
    def records(self) -> bool:
        """Whether anything can be recorded."""
        return self is not Mode.NONE
