"""MATLAB itself: a case's .m files, run by `matlab -batch` in a process of its own for each batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from pybn.engines.base import Job
from pybn.engines.driver.engine import DrivenEngine
from pybn.engines.matlab.session import Session, find_matlab
from pybn.errors import PybnError
from pybn.sources import Seen, used_files

__all__ = ["MatlabEngine", "find_matlab"]


class MatlabEngine(DrivenEngine[Session]):
    """Runs cases under MATLAB, those of a batch one after the other in one process.

    MATLAB takes seconds to start, and starts with each batch; entering only looks whether it is there. A case that
    ends its MATLAB, or is ended with it, costs the next one another start.
    """

    name = "matlab"

    def __enter__(self) -> Self:
        find_matlab()
        return self

    def _open(self) -> Session:
        return Session()

    @property
    def versions(self) -> dict[str, str]:
        """MATLAB's release, its version and that of its BLAS. Starts MATLAB where it did not run yet."""
        session = self._session
        if session is None or not session.about:
            session = self._started()
            session.send(first=1, last=0, programs=[])
        return dict(session.about)

    def _fit(self, jobs: Sequence[Job]) -> int:
        """Return how many of the jobs go into one batch: up to one whose files share names with others, but no text.

        MATLAB keeps a class as long as there is an object of it, wherever on the path its file is.
        """
        known: dict[str, set[str]] = {}
        seen: Seen = {}
        size = super()._fit(jobs)
        for count, (case, _) in enumerate(jobs[:size]):
            try:
                used = used_files(case, seen)
            except PybnError:  # which this case will end with
                continue
            named: dict[str, set[str]] = {}
            for file, digest in used.items():
                named.setdefault(_called(file), set()).add(digest)
            if any(known.setdefault(name, digests) != digests for name, digests in named.items()):
                return max(count, 1)
        return size


def _called(file: str) -> str:
    """Return what MATLAB knows a file by: its name, and the @, + and private folders that it is in."""
    parts = file.split("/")
    inside = [k for k, part in enumerate(parts) if part[0] in "@+" or part == "private"]
    return "/".join(parts[min(inside, default=-1) :])
