"""What `pybn stage` and `pybn doctor TREE` print: what of a tree runs, what is rewritten, refused, cannot run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pybn
from pybn.report.fold import folded
from pybn.report.reasons import together
from pybn.report.style import SCHEMA, Style, near, printable
from pybn.staging import CANNOT, SILENT, Plan, Rewrite, Trouble, report
from pybn.staging.binaries import binaries
from pybn.staging.findings import OTHER
from pybn.staging.troubles_functions import called

SHOWN = 4  # places of one kind that are listed
WIDTH = 100  # where the output is no terminal


def staging_page(
    plan: Plan, style: Style, *, verbose: bool = False, unread: Sequence[Trouble] = (), read: str = ""
) -> str:
    """Return the page: how many files run, then each thing that is rewritten, refused or cannot run, and what to do.

    `unread` is what Octave does not read of the copy, and `read` a sentence on that.
    """
    troubles = [*plan.troubles, *unread]
    lines = [*_counts(plan, troubles, style)]
    lines += [read] if read and plan.tree.places else []
    lines += _rewrites(plan.rewrites, style, verbose)
    lines += _section("silently wrong in Octave, refused", "bad", _of(troubles, SILENT), style, verbose)
    lines += _section("cannot run", "warn", [*_of(troubles, CANNOT), *binaries(plan)], style, verbose)
    lines += _section("other than MATLAB, not refused", "dim", _of(troubles, OTHER), style, verbose)
    if used := _stand_ins(plan):
        lines += [
            "",
            style.paint("stand-ins of ours that it calls, for what Octave lacks", "bold"),
            f"  {used}",
        ]
    if plan.left_out:
        lines += ["", style.paint("not in the copy", "bold")]
        lines += [f"  {printable(each.where)}: {each.why}" for each in _some(plan.left_out, verbose)]
        lines += _more(plan.left_out, verbose)
    if verbose:
        lines += ["", style.paint("as it is", "bold")]
        lines += [f"  {printable(file)}" for file in _as_it_is(plan, troubles)]
    return "\n".join(folded(lines, style.columns or WIDTH)) + "\n"


def staging_json(job: str, plan: Plan, *, unread: Sequence[Trouble] = (), **told: object) -> dict[str, Any]:
    """Return the same as JSON data; `told` is added to it."""
    said = report(plan)
    said.pop("pybn-staging")
    more = [*unread, *binaries(plan)]
    said["troubles"] = [*said["troubles"], *(_trouble(each) for each in more)]  # type: ignore[misc]
    head = {"schema": SCHEMA, "pybn": pybn.__version__, "job": job, **told}
    return head | {"counts": _numbers(plan, [*plan.troubles, *unread])} | said


def _trouble(each: Trouble) -> dict[str, Any]:
    return {name: getattr(each, name) for name in Trouble.__slots__}


def _of(troubles: Iterable[Trouble], kind: str) -> list[Trouble]:
    return [each for each in troubles if each.kind == kind]


def _as_it_is(plan: Plan, troubles: Iterable[Trouble]) -> list[str]:
    """Return the .m files of which nothing is to be said but what is other than MATLAB."""
    told = {each.file for each in troubles if each.kind != OTHER} | {each.file for each in plan.rewrites}
    return [where for where in plan.tree.places if where not in told]


def _numbers(plan: Plan, troubles: Sequence[Trouble]) -> dict[str, int]:
    """Return how many files there are of each sort; one that is of two sorts counts for the worse."""
    refused = {each.file for each in _of(troubles, SILENT)}
    broken = {each.file for each in _of(troubles, CANNOT)} - refused
    changed = {each.file for each in plan.rewrites} - refused - broken
    return {
        "files": len(plan.tree.places),
        "as it is": len(_as_it_is(plan, troubles)),
        "rewritten": len(changed),
        "refused": len(refused),
        "cannot run": len(broken),
        "no source": sum(1 for _ in binaries(plan)),
    }


def _counts(plan: Plan, troubles: Sequence[Trouble], style: Style) -> Iterator[str]:
    """Say how many files there are of each sort."""
    numbers = _numbers(plan, troubles)
    total = numbers["files"]
    files = f"{total} file{'s' * (total != 1)} of MATLAB code" if total else "no .m file, is this the folder?"
    yield style.paint(f"{near(plan.base)}: {files}", "bold")
    sorts = (
        ("as it is", "run as they are", "good"),
        ("rewritten", "run rewritten", "good"),
        ("refused", "refused: Octave would get something silently wrong", "bad"),
        ("cannot run", "have lines that cannot run", "warn"),
        ("no source", "more that MATLAB alone reads", "warn"),
    )
    for sort, words, colour in sorts:
        if numbers[sort] or (total and colour == "good"):
            yield style.paint(f"  {numbers[sort]:5d}", colour) + f"  {words}"


def _rewrites(rewrites: Sequence[Rewrite], style: Style, verbose: bool) -> Iterator[str]:
    """Show what is rewritten, rule by rule, each with its reason and the lines before and after."""
    if not rewrites:
        return
    moved = sum(1 for each in rewrites if not each.line)
    counts = [
        f"{n} {what}{'s' * (n != 1)}" for n, what in ((len(rewrites) - moved, "line"), (moved, "file")) if n
    ]
    yield from [
        "",
        style.paint("rewritten", "bold")
        + style.paint(f"  {' and '.join(counts)}; no arithmetic, and each line stays where it was", "dim"),
    ]
    for why, same in together(rewrites, lambda each: each.rule, lambda each: (each.why,)):
        yield f"  {style.paint(same[0].rule, 'good')}  {why}"
        for each in _some(same, verbose):
            if each.line:
                yield f"    {printable(each.file)}:{each.line}"
                yield style.paint(f"      - {_short(each.before)}", "dim")
                yield f"      + {_short(each.after)}"
            else:
                yield f"    {printable(each.before)} -> {printable(each.after)}"
        yield from _more(same, verbose, "    ")


def _section(
    title: str, colour: str, troubles: Sequence[Trouble], style: Style, verbose: bool
) -> Iterator[str]:
    """Show troubles: what each is and where, those of one reason together, and what to do."""
    if not troubles:
        return
    yield from ["", style.paint(title, "bold")]
    counts = Counter(each.rule for each in troubles)
    groups = [*together(troubles, lambda each: each.rule, lambda each: (each.why, each.fix))]
    for why, same in sorted(
        groups, key=lambda group: (-counts[group[1][0].rule], group[1][0].rule, -len(group[1]))
    ):
        yield f"  {style.paint(same[0].rule, colour)}  {why}"
        for each in _some(same, verbose):
            yield f"    {printable(each.file)}{f':{each.line}' if each.line else ''}"
            if each.text:
                yield style.paint(f"      {_short(each.text)}", "dim")
        yield from _more(same, verbose, "    ")
        yield f"    {style.paint('do', 'good')}: {printable(same[0].fix)}"
    if troubles[0].kind == SILENT:
        rules = [rule for rule, _ in counts.most_common()]
        yield "  to let the lines of a rule through as they are:"
        yield f"    --allow RULE, where RULE is {' or '.join(rules)}"


def _some(items: Sequence[Any], verbose: bool) -> Sequence[Any]:
    return items if verbose or len(items) <= SHOWN + 1 else items[:SHOWN]


def _more(items: Sequence[Any], verbose: bool, indent: str = "  ") -> list[str]:
    rest = len(items) - len(_some(items, verbose))
    return [f"{indent}and {rest} more; -v lists all"] if rest else []


def _short(text: str) -> str:
    """Return a line of code, its middle left out where it is long."""
    text = " ".join(printable(text).split())
    return text if len(text) <= 160 else f"{text[:110]} ... {text[-40:]}"


def _stand_ins(plan: Plan) -> str:
    """Return the stand-ins that the copy calls, those in rewritten lines among them."""
    used = {name for source in plan.tree.sources for name in called(source, plan.tree)}
    used |= {word for each in plan.rewrites for word in re.findall(r"pybn_\w+", each.after)}
    return ", ".join(sorted(used & set(plan.stand_ins), key=str.lower))


def octave_reads(files: int, unread: Sequence[Trouble]) -> str:
    """Return the sentence on how many of the files Octave reads."""
    bad = len({each.file for each in unread})
    if not bad:
        return "Octave here reads all of them: it parsed each function of the copy, and ran none"
    return f"Octave here reads {files - bad} of {files}: those that it does not are below, under syntax"
