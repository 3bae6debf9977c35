"""The oracle: a case's .m files, run by GNU Octave in a child process that the engine owns."""

from __future__ import annotations

from typing import Self

from pybn.engines.driver.engine import DrivenEngine
from pybn.engines.octave.session import Session, find_octave

__all__ = ["OctaveEngine", "find_octave"]


class OctaveEngine(DrivenEngine[Session]):
    """Runs cases under GNU Octave, each in a process of its own.

    Entering starts Octave, unless `lazily`; so does a run where none is there.
    """

    name = "octave"

    def __init__(self, deadline: float = 60.0, *, lazily: bool = False) -> None:
        super().__init__(deadline)
        self.lazily = lazily

    def __enter__(self) -> Self:
        if not self.lazily:
            self._started()
        return self

    def _open(self) -> Session:
        return Session()

    @property
    def versions(self) -> dict[str, str]:
        """The versions of Octave, its BLAS and oct2py. Starts Octave."""
        about = (self._session or self._started()).about  # not disturbing a batch that is under way
        return {key: str(about[key]) for key in ("octave", "blas", "oct2py")}
