"""What runs a case's .m files, under Octave and MATLAB alike: the driver in .m, and the files it is told by.

The .m files here are read by both. `wire` is the form of values, `spec` tells what a case wants, `answers` waits for
what comes back, `session` is the folder in between, and `engine` an engine without its program.
"""

from __future__ import annotations
