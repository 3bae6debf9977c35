"""The exceptions of pybn, and the exit code that each one ends a command with.

    PybnError                      4  whatever we raise on purpose
    |-- ShapeError     ValueError  4  a tensor of the wrong shape
    |-- DTypeError     TypeError   4  a tensor of the wrong dtype
    |-- LayoutError    ValueError  4  axes that do not name an order, or do not match
    |-- GraphError     ValueError  4  layers that cannot be a model, or parameters that do not fit it
    |-- StateError     RuntimeError 4 a call out of turn: backward before forward
    |-- CaseError      ValueError  4  a case file that says what it may not
    |-- FormatError    ValueError  4  a file that is not what its reader wants
    |-- FixtureError               4  recorded answers that cannot serve:
    |   |-- MissingFixture           -- there are none
    |   `-- StaleFixture             -- the .m files or the case changed since
    |-- EngineError    RuntimeError 4 an engine could not run a case
    |   `-- DeadlineError            -- it took too long
    |-- OctaveMissing              3  there is no Octave, or no oct2py, to ask
    |-- MatlabMissing              3  there is no MATLAB to ask, or it has no licence
    |-- UsageError                 2  a command line that cannot be meant
    `-- FileError      OSError     5  reading or writing failed

Every message says which thing it is about, what was wanted, what came, and where it helps what to do.
"""

from __future__ import annotations

AGREE, DIFFER, USAGE, NO_OCTAVE, BAD_INPUT, IO_FAILED = range(6)


class PybnError(Exception):
    """Anything that pybn raises on purpose."""

    exit_code = BAD_INPUT


class ShapeError(PybnError, ValueError):
    """A tensor has the wrong shape."""


class DTypeError(PybnError, TypeError):
    """A tensor has the wrong dtype."""


class LayoutError(PybnError, ValueError):
    """Axis names that are no order of axes, or two orders that do not name the same axes."""


class GraphError(PybnError, ValueError):
    """Layers do not make a model: their wiring, shapes, parameters or description cannot be."""


class StateError(PybnError, RuntimeError):
    """A method was called before what it builds on."""


class CaseError(PybnError, ValueError):
    """A case file asks for something it may not, or leaves something out."""


class FormatError(PybnError, ValueError):
    """A file is not in the format it was taken for, or is damaged."""


class FixtureError(PybnError):
    """Recorded answers cannot be used."""


class MissingFixture(FixtureError):
    """Nothing was recorded for this case."""


class StaleFixture(FixtureError):
    """The case or a .m file changed after the answers were recorded."""


class EngineError(PybnError, RuntimeError):
    """An engine could not run a case.

    `step` is the step of the case as it is written, or "" where none was reached; `identifier` is the
    MATLAB error identifier or the Python exception's class name; the message holds the engine's own words, and
    `said` those of the error alone that the code under test raised, "" where it raised none.
    """

    def __init__(self, message: str, *, step: str = "", identifier: str = "", said: str = "") -> None:
        super().__init__(message)
        self.step = step
        self.identifier = identifier
        self.said = said


class DeadlineError(EngineError):
    """A case ran longer than it was given."""


class OctaveMissing(PybnError):
    """Octave or oct2py is not installed."""

    exit_code = NO_OCTAVE


class MatlabMissing(PybnError):
    """MATLAB is not installed, or does not start for want of a licence."""

    exit_code = NO_OCTAVE


class UsageError(PybnError):
    """A command line that cannot be meant."""

    exit_code = USAGE


class FileError(PybnError, OSError):
    """Reading or writing a file failed."""

    exit_code = IO_FAILED
