"""Where recordings meet pytest: its hooks, those of pytest-xdist among them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from pybn.pytest_plugin.recorded import Recorded

COLLECTED, TROUBLES = "pybn_collected", "pybn_troubles"  # in what a worker hands over in the end

Wrapped = Generator[None, Any, Any]


class RecordingHooks:
    """Hooks of one process of a session: the only one, one of several workers, or the one that they report to."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Take note of all tests, before any are deselected."""
        told = self.recorded.collection(items)
        if self.recorded.worker is not None:
            config.workeroutput[COLLECTED] = told  # type: ignore[attr-defined]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> Wrapped:
        """Save what was recorded, when a module ends; in a worker, when a test ends."""
        result = yield
        if self.recorded.worker is not None or nextitem is None or nextitem.path != item.path:
            self.recorded.flush()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Wrapped:
        """Let the last report of a test tell what it asked for."""
        report = yield
        if call.when == "teardown":
            self.recorded.mark(report)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test ended, and what it asked for."""
        self.recorded.usage.reported(report)

    @pytest.hookimpl(trylast=True)  # after those of pytest-xdist have ended the workers
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Save what was recorded. A recording that is lost fails the session."""
        recorded = self.recorded
        recorded.finish()
        if recorded.worker is not None:
            session.config.workeroutput[TROUBLES] = recorded.troubles  # type: ignore[attr-defined]
        if recorded.troubles and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what was recorded, and what is unused."""
        from pybn.pytest_plugin.summary import write_summary

        write_summary(terminalreporter, self.recorded)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Say to a worker where to leave what it records."""
        self.recorded.new_worker(node.workerinput)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a worker that ended what it knows; one that crashed says nothing."""
        told = getattr(node, "workeroutput", {})
        if COLLECTED in told:
            self.recorded.usage.collected(told[COLLECTED])
        self.recorded.troubles += told.get(TROUBLES, [])
