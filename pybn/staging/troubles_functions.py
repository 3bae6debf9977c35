"""Functions and base classes that neither Octave nor the tree has, nor a stand-in of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from weakref import WeakKeyDictionary

from pybn.mfile.blocks import Block
from pybn.mfile.outline import declarations
from pybn.staging.code import after, before, is_field
from pybn.staging.findings import CANNOT, Trouble
from pybn.staging.guarded import unguarded
from pybn.staging.known import advice, octave, toolboxes
from pybn.staging.scopes import Scope, scopes
from pybn.staging.source import Source
from pybn.staging.stand_ins import stand_ins
from pybn.staging.tree import Tree, packages

MISSING, BASE = "missing-function", "missing-class"
NOWHERE = "neither assigned here nor a function of Octave or the tree"
IN_OCTAVE = True  # of files written for Octave too
RULES = {MISSING: "a function that Octave lacks", BASE: "a base class that Octave lacks"}
CLASS = "put a class of that name in the tree, or build on another"
BASES = frozenset({"handle", "containers.Map", "inputParser"})  # the classes of Octave that one can build on
OWN = "put a function of that name in the tree that does the same, or keep the call out of what a case needs"
_HAD: WeakKeyDictionary[Tree, frozenset[str]] = WeakKeyDictionary()


@unguarded
def troubles(source: Source, tree: Tree) -> Iterator[Trouble]:
    """Yield one trouble for each missing name of a file, at its first line."""
    told: set[str] = set()
    brought = set(_imported(source))
    for index, scope in _used(source):
        name = _whole(source, index)
        bare = source.tokens[index].text
        if name in told or bare in brought or _is_there(name, bare, source, tree):
            continue
        if scope is not None and (bare in scope.names or _may_be_variable(source, index, scope, tree)):
            continue
        if scope is None and "*" in brought:
            continue
        told.add(name)
        yield _missing(source, source.tokens[index].line, name)
    yield from _bases(source, tree)


def _missing(source: Source, line: int, name: str) -> Trouble:
    """Make the trouble of a name, with what is known of it."""
    why, fix = "", OWN
    for known in (name, *(f"{name[:at]}." for at in range(len(name), 0, -1) if name[at : at + 1] == ".")):
        if known in advice():
            why, fix = advice()[known]
            break
    product = toolboxes().get(name, "")
    if not why and product:
        why = f"of {'MATLAB' if product == 'MATLAB' else f'the {product}'}, which Octave lacks"
    why = why or NOWHERE
    return source.trouble(line, f"{name}: {why}", fix, MISSING, CANNOT)


def called(source: Source, tree: Tree) -> set[str]:
    """Return the stand-ins of ours that a file calls."""
    known = stand_ins().keys() - _had(tree)
    if not known & source.words:
        return set()
    used = {
        source.tokens[i].text for i, s in _used(source) if s is None or source.tokens[i].text not in s.names
    }
    told = source.outline.class_
    return known & (used | {base.partition(".")[0] for base in (told.bases if told is not None else ())})


def _used(source: Source) -> Iterator[tuple[int, Scope | None]]:
    """Yield the names that may be calls: in functions, in a script's code, in the defaults of properties."""
    found = source.tokens
    declaring = {i for b in _blocks(source, "arguments") for i in range(b.first, b.last + 1)}
    for scope in scopes(source):
        for index in scope.indices():
            if index < scope.head or index in declaring:
                continue
            if found[index].kind == "name" and not is_field(found, index) and not _is_named(source, index):
                yield index, scope
    for block in _blocks(source, "properties"):
        for each in declarations(found, block):
            for index in range(each.value, each.last) if each.value else ():
                if found[index].kind == "name" and not is_field(found, index):
                    yield index, None


def _blocks(source: Source, word: str) -> Iterator[Block]:
    return (b for outer in source.blocks for b in outer.walk() if b.word == word)


def _is_named(source: Source, index: int) -> bool:
    """Tell whether a name is one of an argument, f(name=value), or a class after a question mark."""
    then, left = after(source.tokens, index), before(source.tokens, index)
    named = then < len(source.tokens) and source.tokens[then].text == "=" and source.tokens[index].depth > 0
    return named or (left >= 0 and source.tokens[left].text == "@" and source.tokens[left].kind == "name")


def _whole(source: Source, index: int) -> str:
    """Return a name with what follows after dots: pkg.sub.f."""
    found, name, at = source.tokens, source.tokens[index].text, index
    while at + 2 < len(found) and found[at + 1].text == "." and found[at + 2].kind == "name":
        name += f".{found[at + 2].text}"
        at += 2
    return name


def _is_there(name: str, bare: str, source: Source, tree: Tree) -> bool:
    parts = name.split(".")
    if bare.startswith("__") and bare.endswith("__"):
        return True  # Octave's own business
    if any(".".join(parts[:k]) in octave() for k in range(1, len(parts) + 1)):
        return True
    if bare in ("matlab", "coder", "eml") and bare in stand_ins():
        inner = stand_ins()[bare]
        return len(parts) > 1 and any(
            inner.joinpath(*(f"+{p}" for p in parts[1:k]), f"{parts[k]}.m").is_file()
            for k in range(1, len(parts))
        )
    return bare in _had(tree) or bare in stand_ins() or any(h.name == bare for _, h in source.functions)


def _had(tree: Tree) -> frozenset[str]:
    """Return what a tree has by name: its files, packages, classes and their methods, what was compiled."""
    if tree not in _HAD:
        short = {name.rpartition(".")[2] for name in tree.classes}
        _HAD[tree] = (
            frozenset(tree.by_name)
            | tree.packages
            | short
            | tree.class_folders
            | frozenset(tree.methods)
            | tree.compiled
        )
    return _HAD[tree]


def _may_be_variable(source: Source, index: int, scope: Scope, tree: Tree) -> bool:
    """Tell whether something that is not seen may have made a variable of a name: a script, load, eval."""
    unseen = (
        scope.word == "script"
        or scope.unseen
        or any(tree.by_name[name][0].outline.kind == "script" for name in source.words & tree.by_name.keys())
    )
    if not unseen:
        return False
    name = _whole(source, index)
    return name not in toolboxes() and not any(f"{part}." in advice() for part in _outer(name))


def _outer(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:k]) for k in range(1, len(parts))]


def _imported(source: Source) -> Iterator[str]:
    """Yield the names that a file imports, and * where it imports all of a package."""
    for index, token in enumerate(source.tokens) if "import" in source.words else ():
        if token.text == "import" and token.kind == "name":
            then = after(source.tokens, index)
            if then < len(source.tokens) and source.tokens[then].kind == "command":
                for path in source.tokens[then].text.split():
                    yield path.rpartition(".")[2]


def _bases(source: Source, tree: Tree) -> Iterator[Trouble]:
    """Yield the classes that a class builds on, by way of others or not, and that are nowhere."""
    told = source.outline.class_
    if told is None:
        return
    own = ".".join([*packages(source.where), told.name])
    for base in list(tree.lineage(own))[1:]:
        if base in tree.classes or base in tree.class_folders or base in BASES or own in tree.enumerated:
            continue
        if base in octave():
            why = f"{base}: Octave builds no classes on its own ones"
            yield source.trouble(told.line, why, "keep the value in a property of the class", BASE, CANNOT)
        elif not _is_there(base, base.partition(".")[0], source, tree):
            trouble = _missing(source, told.line, base)
            fix = CLASS if NOWHERE in trouble.why else trouble.fix
            why = trouble.why.replace(NOWHERE, "no class of Octave or the tree")
            yield replace(trouble, why=why, fix=fix, rule=BASE)
