"""Recorded answers of Octave beside a test module, for tests that ask it one thing at a time.

A recording is found by what was asked (the calls, their arguments to the last bit) and believed as long as the .m
files that it used are the same. What to do where there is none is the mode's to say.
"""

from __future__ import annotations

from pybn.recordings.mode import Mode

__all__ = ["Mode"]
