"""Case files as tests, one test a case.

Each test compares the port with Octave's recorded answer and, where Octave is installed, the recorded answer
with what Octave says now, which proves the record fresh. Where the recorded answer is MATLAB's, that is not done.
Without Octave the header says so, cases that are live only are skipped, and `--require-octave` turns its absence
into a failure.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pybn.case import Case
    from pybn.engines.base import Tensors
    from pybn.engines.octave import OctaveEngine
    from pybn.errors import PybnError
    from pybn.parity import Result

    Answer = Tensors | PybnError


def octave_missing() -> str:
    """Say why Octave cannot be asked; "" where it can."""
    from pybn.engines.octave.session import find_octave
    from pybn.errors import OctaveMissing

    try:
        find_octave()
    except OctaveMissing as error:
        return str(error)
    if importlib.util.find_spec("oct2py") is None:
        return "oct2py is not installed; install it with: pip install 'pybn[octave]'"
    return ""


def octave_engine(config: pytest.Config) -> OctaveEngine:
    """Return the Octave of this process, which starts when it is first asked."""
    if ENGINE not in config.stash:
        from pybn.engines.octave import OctaveEngine

        config.stash[ENGINE] = OctaveEngine(config.getoption("octave_deadline"), lazily=True)
    return config.stash[ENGINE]


class CaseFile(pytest.File):
    """A case file."""

    def collect(self) -> Iterable[CaseItem]:
        """Yield a test for each case."""
        from pybn.case_file import read_case_file

        for case in read_case_file(self.path):
            yield CaseItem.from_parent(self, name=case.id, case=case)


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.add_marker("parity")

    def runtest(self) -> None:
        """Compare; raise Disagreement where something differs."""
        if ORACLE not in self.config.stash:
            self.config.stash[ORACLE] = Oracle(self.config)
        oracle = self.config.stash[ORACLE]
        live = oracle.answer(self)
        if live is None and self.case.live:
            pytest.skip("live only, and Octave is not here")
        for result, *sides in oracle.results(self.case, live):
            if not result.passed:
                raise Disagreement(oracle.located(result), *sides)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what differs, not where in pybn it was noticed."""
        from pybn.errors import PybnError

        if isinstance(excinfo.value, Disagreement | PybnError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the case."""
        return self.path, None, f"case: {self.name}"


class Disagreement(Exception):
    """A case whose two sides differ."""

    def __init__(self, result: Result, expected: str, obtained: str) -> None:
        from pybn.report.failure import failure_text

        width = shutil.get_terminal_size().columns
        super().__init__(failure_text(result, expected, obtained, width))


class Oracle:
    """What a test session asks: the recorded answers, the port, and Octave, started when first needed."""

    def __init__(self, config: pytest.Config) -> None:
        from pybn.divergence import Reference
        from pybn.engines.golden import GoldenEngine
        from pybn.engines.port import PortEngine

        self.missing = octave_missing()
        self.required = bool(config.getoption("require_octave"))
        self.alone = hasattr(config, "workerinput")  # under xdist this worker runs some of the tests only
        self.golden = GoldenEngine()
        self.port = PortEngine()
        self.octave = octave_engine(config)
        self.reference = Reference(self.golden, config.getoption("octave_deadline"))
        self.answers: dict[str, Answer] = {}

    def answer(self, item: CaseItem) -> Answer | None:
        """Return Octave's answer to an item, None where there is no Octave, or MATLAB's answer is recorded.

        The first item of a file asks for all of that file which are to run, in one batch.
        """
        if self.missing:
            if self.required:
                pytest.fail(f"--require-octave: {self.missing}", pytrace=False)
            return None
        if self._by_matlab(item.case):  # which Octave need not agree with
            return None
        if item.nodeid not in self.answers:
            items = [item] if self.alone else [i for i in _same_file(item) if not self._by_matlab(i.case)]
            self.answers.update(zip([i.nodeid for i in items], self._ask(items), strict=True))
        return self.answers.pop(item.nodeid)

    def _by_matlab(self, case: Case) -> bool:
        from pybn.errors import FixtureError

        try:
            return "matlab" in self.golden.record(case).versions
        except FixtureError:
            return False

    def _ask(self, items: list[CaseItem]) -> Iterator[Answer]:
        from pybn.parity import jobs_of

        jobs, refused = jobs_of([item.case for item in items], self.golden)
        answers = self.octave.run_all(jobs)
        for item in items:
            yield refused.get(item.path, {}).get(item.case.id) or next(answers)

    def results(self, case: Case, live: Answer | None) -> Iterator[tuple[Result, str, str]]:
        """Yield golden against port, then Octave against golden; for a case that is live only, Octave against port.

        With each the two sides' names.
        """
        from pybn.parity import inputs_of, judge

        inputs = inputs_of(case, self.golden)
        obtained = next(self.port.run_all([(case, inputs)]))
        if case.live:
            assert live is not None  # noqa: S101
            yield judge(case, live, obtained), NOW, PORT
            return
        golden = next(self.golden.run_all([(case, inputs)]))
        recorded = MATLABS if self._by_matlab(case) else RECORDED
        yield judge(case, golden, obtained), recorded, PORT
        if live is not None:
            yield judge(case, live, golden, ("matlab", "matlab")), NOW, RECORDED

    def located(self, result: Result) -> Result:
        """Return a result that says where its two sides part; the expected one is always Octave's."""
        from pybn.parity import located

        return located(result, self.golden, self.reference)

    def close(self) -> None:
        """End what was started for the reference; Octave itself is not ours alone."""
        self.reference.close()


def _same_file(item: CaseItem) -> list[CaseItem]:
    return [other for other in item.session.items if isinstance(other, CaseItem) and other.path == item.path]


ENGINE = pytest.StashKey["OctaveEngine"]()
ORACLE = pytest.StashKey[Oracle]()
NOW, RECORDED, PORT = "Octave's answer now", "Octave's recorded answer", "the port's answer"
MATLABS = "MATLAB's recorded answer"
