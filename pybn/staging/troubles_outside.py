"""What needs more than a computation: a screen, a person, another program, another release; code out of place."""

from __future__ import annotations

from collections.abc import Iterator

from pybn.staging.code import before, is_field
from pybn.staging.findings import CANNOT, Trouble
from pybn.staging.guarded import unguarded
from pybn.staging.known import needs
from pybn.staging.scopes import arguments, calls, literal, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

DRAWING, PERSON, RELEASE, ORDER, SHELL, PACKAGE = (
    "drawing", "person", "release", "local-function", "shell", "package-name"
)  # fmt: skip
IN_OCTAVE = True  # of files written for Octave too
RULES = {
    DRAWING: "figures: Octave draws only where it has a graphics toolkit",
    PERSON: "input, dialogs: nobody answers",
    RELEASE: "verLessThan('images', ...): Octave has not MATLAB's toolboxes",
    ORDER: "a script that calls its functions before they are defined",
    SHELL: "!command: Octave takes ! for not",
    PACKAGE: "a package with a keyword for a name",
}


@unguarded
def troubles(source: Source, tree: Tree) -> Iterator[Trouble]:
    """Yield what Octave cannot do by itself."""
    had = tree.by_name.keys() | tree.methods.keys()
    yield from _first(source, needs("drawing") - had, DRAWING)
    yield from _first(source, needs("person") - had, PERSON)
    yield from _releases(source)
    yield from _order(source)
    yield from _shell(source)
    for part in source.where.split("/")[:-1]:
        if part.startswith("+") and part[1:] in needs("keyword"):
            why = f"Octave reads {part[1:]} as a keyword, in a package's name too"
            yield source.trouble(1, why, f"rename the folder {part}, and what names it", PACKAGE, CANNOT)


def _first(source: Source, names: frozenset[str], rule: str) -> Iterator[Trouble]:
    """Yield one trouble for all that a file draws or asks, at the first line where it does."""
    used: dict[str, int] = {}
    for scope in scopes(source) if names & source.words else ():
        for index in scope.indices():
            token = source.tokens[index]
            if token.kind != "name" or token.text not in names - scope.names or index < scope.head:
                continue
            if not is_field(source.tokens, index) and not _is_text(source, index):
                used.setdefault(token.text, token.line)
    if not used:
        return
    if rule == DRAWING:
        why = "Octave draws only where it has a graphics toolkit, and fails elsewhere, as without a screen"
        fix = "keep drawing out of what a case calls: a function of its own for the numbers"
    else:
        why = "nobody is there to answer"
        fix = "take the answer as an argument"
    yield source.trouble(min(used.values()), why, fix, rule, CANNOT)


def _is_text(source: Source, index: int) -> bool:
    """Tell whether a name is that of an argument: f(title=...)."""
    found = source.tokens
    return found[index].depth > 0 and index + 1 < len(found) and found[index + 1].text == "="


def _releases(source: Source) -> Iterator[Trouble]:
    for scope in scopes(source) if "verLessThan" in source.words else ():
        for index, opening in calls(source, scope, frozenset({"verLessThan"})):
            given = arguments(source.tokens, opening)
            if given and (literal(source.tokens, given[0]) or "").lower() not in ("octave", "matlab"):
                why = "Octave has not MATLAB's toolboxes: verLessThan fails"
                fix = "leave the question out of what a case calls"
                yield source.trouble(source.tokens[index].line, why, fix, RELEASE, CANNOT)


def _order(source: Source) -> Iterator[Trouble]:
    """Yield the first call of a script's own function that comes before it."""
    if source.outline.kind != "script":
        return
    lines = {f.name: f.line for f in source.outline.functions}
    for scope in scopes(source) if lines else ():
        for index in scope.indices() if scope.word == "script" else ():
            token = source.tokens[index]
            below = token.kind == "name" and lines.get(token.text, 0) > token.line
            if below and token.text not in scope.names and not is_field(source.tokens, index):
                why = f"{token.text} is defined below: Octave runs a script line by line, and has it not yet"
                fix = f"put it into a file of its own, {token.text}.m"
                yield source.trouble(token.line, why, fix, ORDER, CANNOT)
                return


def _shell(source: Source) -> Iterator[Trouble]:
    for index, token in enumerate(source.tokens) if "!" in source.text else ():
        left = before(source.tokens, index)
        starts = left < 0 or source.tokens[left].kind == "newline"
        if token.kind == "shell" and starts and token.text[1:2].strip():
            why = "Octave takes ! at the start of a line for not; MATLAB runs a command"
            yield source.trouble(token.line, why, "write system('...')", SHELL, CANNOT)
