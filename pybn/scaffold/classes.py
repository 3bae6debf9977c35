"""A first case of a class: its constructor, its public methods in order, its properties."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pybn.errors import CaseError
from pybn.mfile import Class, Function, Method, Property, Token
from pybn.mfile.members import is_set
from pybn.scaffold.brackets import assigned, meaning, words_of
from pybn.scaffold.draft import Draft
from pybn.scaffold.place import Place
from pybn.scaffold.reach import Reach
from pybn.scaffold.signature import Signature, read_signature
from pybn.scaffold.target import Target
from pybn.staging.known import needs

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


Lineage = list[
    tuple[Class, Sequence[Token]]
]  # a class and those that it builds on, with the tokens of their files


def draft_class(
    reach: Reach, found: Class, all_tokens: Sequence[Token], target: Target
) -> tuple[Draft, Signatures]:
    """Return the draft of a class, and its signatures by the names of the port's methods.

    Raises CaseError where no object of it can be made, or nothing of it be compared.
    """
    lineage: Lineage = [(found, all_tokens), *reach.classes(found)]
    _check(reach.place, lineage)
    members = frozenset(
        {p.name for told, _ in lineage for p in told.properties}
        | {m.name for told, _ in lineage for m in told.methods}
    )
    draft, signatures = Draft(reach, members=members), []
    made = _constructor(lineage)
    if made is not None:
        draft.construct(made)
        signatures.append(("__init__", made))
    for signature in _methods(reach, lineage):
        if drawn := _draws(signature):
            draft.notes.append(f"{signature.name} is left out: it draws, by {drawn}")
            continue
        name = target.method(signature.name)
        draft.call(signature, signature.name, name)
        signatures.append((name, signature))
    readable = _readable(lineage)
    if not draft.outputs:
        for name in readable:
            draft.read(name)
    elif readable:
        draft.notes.append(f"properties may be read too, as in m = self.{readable[0]}: {', '.join(readable)}")
    if not draft.outputs:
        raise CaseError(
            f"{reach.place.file}: {found.name} has no public method that returns something, nor a public property, "
            "so that there is nothing to compare"
        )
    return draft, signatures


def _check(place: Place, lineage: Lineage) -> None:
    found = lineage[0][0]
    members: list[Method | Property] = []
    for told, _ in lineage:
        members += [*told.methods, *told.properties]
    made = {each.name for each in members if not is_set(each.attributes, "abstract")}
    open_ = {each.name for each in members if is_set(each.attributes, "abstract")} - made
    if is_set(found.attributes, "abstract") or open_:
        missing = f" ({', '.join(sorted(open_))} has no body)" if open_ else ""
        raise CaseError(
            f"{place.file}: {found.name} is abstract{missing}, so that no object of it can be made; scaffold a subclass"
        )
    if found.enumeration:
        raise CaseError(
            f"{place.file}: {found.name} is an enumeration; scaffold a function that takes its members"
        )


def _constructor(lineage: Lineage) -> Signature | None:
    """Return the constructor, the class's own or the one that it inherits; what it stores is looked at everywhere."""
    for told, inside in lineage:
        if told.constructor is not None:
            made = replace(read_signature(told.constructor, inside), outputs=())
            return replace(made, tokens=[*made.tokens, *_stored(made, told.constructor, lineage)])
    return None


def _stored(made: Signature, constructor: Method, lineage: Lineage) -> Iterator[Token]:
    """Yield the other code of the class, with the constructor's input in place of the property that holds it."""
    texts = words_of(meaning(made.tokens))
    plain = (texts[k : k + 5] for k in range(1, len(texts) - 5) if texts[k - 1] in ("\n", ";", ","))
    held = {w[2]: w[4] for w in plain if w[1] == "." and w[3] == "=" and w[4] in made.inputs}
    if held:
        yield from _named_as_given(
            meaning(made.tokens), held, ()
        )  # as it is read again in the constructor itself
    for told, inside in lineage if held else ():
        for method in told.methods:
            if method.name != constructor.name:
                lines = range(method.line, method.last_line + 1)
                own = [token for token in meaning(inside) if token.line in lines]
                yield from _named_as_given(own, held, made.inputs)


def _named_as_given(own: list[Token], held: dict[str, str], inputs: Sequence[str]) -> Iterator[Token]:
    """Yield a method's tokens with `obj.p` as the one name that p was given by; other things of that name get none."""
    k = 0
    while k < len(own):
        if [t.text for t in own[k + 1 : k + 2]] == ["."] and k + 2 < len(own) and own[k + 2].text in held:
            yield own[k]._replace(text=held[own[k + 2].text])
            k += 3
            continue
        yield own[k]._replace(text="_") if own[k].text in inputs else own[k]
        k += 1


def _methods(reach: Reach, lineage: Lineage) -> Iterator[Signature]:
    """Yield the public methods: those of the files, and those in files of their own in @Class, nearest class first."""
    seen = {*SPECIAL, *(told.name for told, _ in lineage)}
    for told, inside in lineage:
        static = {each.name for each in told.methods if each.static}
        hidden = {each.name for each in told.methods if each.access != "public"}
        for method in told.methods:
            if method.name not in seen | hidden and PLAIN.match(method.name) and not method.signature_only:
                yield read_signature(method, inside, of_object=not method.static)
        seen |= hidden | {each.name for each in told.methods if not each.signature_only}
        for function, own in _own_files(reach, told):
            if function.name not in seen:
                yield read_signature(function, own, of_object=function.name not in static)
            seen.add(function.name)


def _own_files(reach: Reach, told: Class) -> Iterator[tuple[Function, Sequence[Token]]]:
    folder = reach.place.file.parent
    files = sorted(folder.glob("*.m")) if folder.name == f"@{told.name}" else []
    for file in files:
        found, inside = reach.file(file)
        if found.functions and PLAIN.match(file.stem) and found.kind == "function":
            yield replace(found.functions[0], name=file.stem), inside


def _readable(lineage: Lineage) -> list[str]:
    every = [each for told, _ in lineage for each in told.properties]
    shown = (each for each in every if each.access == "public" and not each.constant)
    return list(dict.fromkeys(each.name for each in shown if not is_set(each.attributes, "hidden")))


def _draws(signature: Signature) -> str:
    """Return the first function for drawing that a method calls, "" for none."""
    texts = words_of(meaning(signature.tokens))
    drawing = needs("drawing") - assigned(texts) - {*signature.inputs}
    calls = (word for k, word in enumerate(texts[:-1]) if texts[k + 1] in "(;\n" and texts[k - 1] != ".")
    return next((word for word in calls if word in drawing), "")
