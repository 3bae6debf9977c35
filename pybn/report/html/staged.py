"""What staging did to the code that the cases of a report run, and what it was told to let pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pybn.case import Case
from pybn.errors import PybnError
from pybn.staging import Plan, plan

MOST = 500  # rows of each table


def staging_told(cases: Iterable[Case], words: Callable[[str], str]) -> dict[str, Any]:
    """Return the rewritten lines and the allowed troubles of the folders of all cases, as JSON data."""
    rewrites: dict[tuple[Any, ...], dict[str, Any]] = {}
    troubles: dict[tuple[Any, ...], dict[str, Any]] = {}
    for roots, allow in dict.fromkeys(_staged(case) for case in cases):
        for told in _plans(roots, allow):
            for each in told.rewrites:
                row = asdict(each) | {"file": words(str(told.base / each.file))}
                rewrites[row["file"], each.line, each.rule] = row
            for trouble in _allowed(told):
                row = asdict(trouble) | {"file": words(str(told.base / trouble.file))}
                troubles[row["file"], trouble.line, trouble.rule] = row
    return {
        "rewrites": list(rewrites.values())[:MOST],
        "troubles": list(troubles.values())[:MOST],
        "more": max(0, len(rewrites) - MOST) + max(0, len(troubles) - MOST),
    }


def _staged(case: Case) -> tuple[tuple[Path, ...], frozenset[str]]:
    tree = () if case.matlab.tree is None else (case.matlab.tree,)
    return (*case.matlab.path, *tree), frozenset(case.matlab.allow)


def _plans(roots: tuple[Path, ...], allow: frozenset[str]) -> list[Plan]:
    try:
        return [plan(roots, allow)]
    except PybnError:  # the case itself has failed then, and says why
        return []


def _allowed(told: Plan) -> list[Any]:
    """Return what would be silently wrong and was let pass."""
    if not told.allow:
        return []
    return [each for each in plan(told.roots).troubles if each.rule in told.allow]
