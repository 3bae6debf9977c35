"""What `pybn convert` says of each file, as lines and as JSON."""

from __future__ import annotations

from typing import Any

from pybn.convert.plan import Plan, Step
from pybn.convert.progress import human
from pybn.convert.run import Outcome
from pybn.report.style import printable

SHOWN = 40  # tensors of a file


def outcome_lines(each: Outcome) -> list[str]:
    """Return what became of a file; of a plan every tensor."""
    target = printable(str(each.target))
    if each.status == "failed":
        return [f"✗ {printable(each.source)}: not converted"]
    if each.status == "differs":
        wrong = (each.told or {}).get("wrong", [])
        return [f"✗ {target}", *(f"    {printable(name)}: {printable(what)}" for name, what in wrong)]
    if each.plan is None and each.status == "done":
        told = (each.told or {}).get("tensors", [])
        return [f"✓ {printable(each.source)} -> {target}: {len(told)} tensor{'' if len(told) == 1 else 's'}"]
    if each.plan is None:
        words = {"skipped": "as it should be, left", "verified": "as its manifest says"}
        return [f"✓ {target}: {words[each.status]}"]
    head = f"{printable(each.source)} ({each.plan.kind}) -> {target}: {_sum(each.plan)}"
    if each.status == "done":
        return [f"✓ {head}", *_left(each.plan)]
    return [head, *_table(each.plan), *_left(each.plan)]


def _sum(plan: Plan) -> str:
    count = len(plan.steps)
    return f"{count} tensor{'' if count == 1 else 's'}, {human(plan.nbytes)}"


def _table(plan: Plan) -> list[str]:
    rows = [_row(step) for step in plan.steps[:SHOWN]]
    widths = [max(len(row[k]) for row in rows) for k in range(4)] if rows else []
    lines = [
        "    "
        + "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip()
        for row in rows
    ]
    more = len(plan.steps) - SHOWN
    return [*lines, *([f"    ... and {more} more; --json lists all"] if more > 0 else [])]


def _row(step: Step) -> tuple[str, str, str, str, str]:
    data, leaf = step.tensor.data, step.leaf
    before = "x".join(map(str, leaf.data.shape)) if leaf.data is not None else ""
    after = "x".join(map(str, data.shape)) or "scalar"
    name = leaf.path if leaf.path == step.tensor.name else f"{leaf.path} -> {step.tensor.name}"
    shape = after if before == after else f"{before} -> {after}"
    why = f"a guess: {step.choice.why}" if step.choice.guessed else step.choice.why
    return printable(name), shape, str(data.dtype), " ".join(step.tensor.axes), why


def _left(plan: Plan) -> list[str]:
    return [f"    left out: {printable(leaf.path)}: {printable(leaf.problem)}" for leaf in plan.left_out]


def outcome_json(each: Outcome) -> dict[str, Any]:
    """Return the same as data."""
    told: dict[str, Any] = {"source": each.source, "target": str(each.target), "status": each.status}
    if each.error is not None:
        told["error"] = {"type": type(each.error).__name__, "message": str(each.error)}
    if each.told is not None:
        told |= {key: value for key, value in each.told.items() if key in ("tensors", "left_out", "wrong")}
    elif each.plan is not None:
        told |= {
            "kind": each.plan.kind,
            "bytes": each.plan.nbytes,
            "tensors": [_json(step) for step in each.plan.steps],
        }
        told["left_out"] = [{"original": leaf.path, "why": leaf.problem} for leaf in each.plan.left_out]
    return told


def _json(step: Step) -> dict[str, Any]:
    data = step.tensor.data
    return {
        "name": step.tensor.name,
        **step.tensor.about,
        "shape": list(data.shape),
        "dtype": str(data.dtype),
        "axes": list(step.tensor.axes),
        "permutation": list(step.choice.order) if step.choice.order is not None else None,
        "why": step.choice.why,
        "guessed": step.choice.guessed,
    }
