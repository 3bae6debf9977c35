"""A first case of a class: its constructor, its public methods in order, its properties."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pybn.errors import CaseError, FileError
from pybn.mfile import Class, Function, Token, outline, tokens
from pybn.mfile.members import is_set
from pybn.scaffold.draft import Draft
from pybn.scaffold.place import Place, read
from pybn.scaffold.signature import Signature, read_signature
from pybn.scaffold.target import Target

PLAIN = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)
SPECIAL = frozenset(
    {
        "delete",
        "disp",
        "display",
        "loadobj",
        "saveobj",
        "subsref",
        "subsasgn",
        "numel",
        "end",
        "ind2sub",
        "empty",
    }
)  # methods that MATLAB calls by itself

Signatures = list[tuple[str, Signature]]


def draft_class(
    place: Place, found: Class, all_tokens: Sequence[Token], target: Target
) -> tuple[Draft, Signatures]:
    """Return the draft of a class, and its signatures by the names of the port's methods.

    Raises CaseError where no object of it can be made, or nothing of it be compared.
    """
    _check(place, found)
    draft, signatures = Draft(), []
    if found.constructor is not None:
        made = replace(read_signature(found.constructor, all_tokens), outputs=())
        draft.construct(made)
        signatures.append(("__init__", made))
    for signature in _methods(place, found, all_tokens):
        name = target.method(signature.name)
        draft.call(signature, signature.name, name)
        signatures.append((name, signature))
    readable = [each.name for each in found.properties if each.access == "public" and not each.constant]
    if not draft.outputs:
        for name in readable:
            draft.read(name)
    elif readable:
        draft.notes.append(f"properties may be read too, as in m = self.{readable[0]}: {', '.join(readable)}")
    if not draft.outputs:
        raise CaseError(
            f"{place.file}: {found.name} has no public method that returns something, nor a public property, "
            "so that there is nothing to compare"
        )
    return draft, signatures


def _check(place: Place, found: Class) -> None:
    members = [each.attributes for each in found.methods] + [each.attributes for each in found.properties]
    if any(is_set(each, "abstract") for each in [found.attributes, *members]):
        raise CaseError(
            f"{place.file}: {found.name} is abstract, so that no object of it can be made; scaffold a subclass"
        )
    if found.enumeration:
        raise CaseError(
            f"{place.file}: {found.name} is an enumeration; scaffold a function that takes its members"
        )


def _methods(place: Place, found: Class, all_tokens: Sequence[Token]) -> Iterator[Signature]:
    """Yield the public methods: those of the file, and those in files of their own in @Class."""
    hidden = {each.name for each in found.methods if each.access != "public"} | SPECIAL | {found.name}
    here = {each.name for each in found.methods if not each.signature_only}
    static = {each.name for each in found.methods if each.static}
    for method in found.methods:
        if method.name not in hidden and PLAIN.match(method.name) and not method.signature_only:
            yield read_signature(method, all_tokens, of_object=not method.static)
    for function, inside in _own_files(place):
        if function.name not in hidden | here:
            yield read_signature(function, inside, of_object=function.name not in static)


def _own_files(place: Place) -> Iterator[tuple[Function, Sequence[Token]]]:
    files = sorted(place.file.parent.glob("*.m")) if place.is_method_folder else []
    for file in files:
        try:
            text = read(file)
        except (CaseError, FileError):
            continue
        functions = outline(text, file.stem).functions
        if functions and PLAIN.match(file.stem):
            yield replace(functions[0], name=file.stem), tokens(text)
