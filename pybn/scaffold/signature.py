"""The functions of a .m file as a first case needs them: arguments, what is declared of each, the tokens within."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pybn.mfile import Function, Token
from pybn.scaffold.argument import Known
from pybn.scaffold.brackets import meaning, words_of
from pybn.scaffold.checks import TYPES, checked
from pybn.scaffold.spoken import Spoken, spoken
from pybn.scaffold.usage import Usage, fullest, usages

SIZE = re.compile(r"\((\s*(?:\d{1,6}|:)\s*(?:,\s*(?:\d{1,6}|:)\s*)*)\)\Z")
LICENCE = re.compile(
    r"copyright|licen[cs]e|all rights|\$\w+\b.*\$|^(author|e-?mail|date|version|created)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Signature:
    """One function or method. `object` is the input that is the object of a method, and is none of `inputs`.

    Where the code has varargin or varargout alone, `inputs` and `outputs` are those of the help's first call; an input
    is then `seen_as` a variable of the code. `usages` are all calls in the help, `spoken` is what it says of inputs.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tokens: Sequence[Token]
    known: Mapping[str, Known] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()  # inputs that are given as name and value
    object: str = ""
    help: str = ""
    usages: tuple[str, ...] = ()
    longest: tuple[str, ...] = ()  # the names of the inputs in the help's call with the most
    spoken: Mapping[str, Spoken] = field(default_factory=dict)
    seen_as: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)  # what an inputParser takes, with its defaults


def read_signature(function: Function, found: Sequence[Token], *, of_object: bool = False) -> Signature:
    """Return what a first case needs of a function of the file with these tokens.

    `of_object`: it is a method, and its first input the object.
    """
    inside = [token for token in found if function.line <= token.line <= function.last_line]
    inputs, owner = function.inputs, ""
    if of_object and inputs:
        owner, inputs = inputs[0], inputs[1:]
    declared = {each.name: each for each in function.arguments}
    found_checks = checked(inside)
    calls = usages(function.help, function.name)
    called = fullest(calls) or Usage("", (), ())
    asked = called.inputs or tuple(found_checks.added)
    seen_as = _taken(inside, asked) if inputs == ("varargin",) else {}
    inputs = tuple(seen_as) or inputs
    known = {}
    for name in inputs:
        told = next((k for n, k in found_checks.known.items() if n.lower() == name.lower()), Known())
        kind, size = (declared[name].kind, declared[name].size) if name in declared else ("", "")
        default = function.defaults.get(name, "") or told.default
        known[name] = Known(_type(kind) or told.type, _size(size) or told.size, told.is_scalar, default)
    return Signature(
        name=function.name,
        inputs=inputs,
        outputs=_outputs(function.outputs, called, inside),
        tokens=inside,
        known=known,
        optional=_optional(function.defaults),
        options=frozenset(name.partition(".")[0] for name in declared if "." in name),
        object=owner,
        help=function.help,
        usages=tuple(dict.fromkeys(each.text for each in calls)),
        longest=max((each.inputs for each in calls), key=len, default=()),
        spoken=spoken(function.help, _aliases(inputs, calls), [each.text for each in calls]),
        seen_as=seen_as,
        added={name: found_checks.known[name].default for name in found_checks.added},
    )


def _optional(defaults: Mapping[str, str]) -> frozenset[str]:
    """Return the inputs that may be left out: not those that are parts of what is given in their place, x = x(:, 1)."""
    parted = {"varargin", *(n for n, text in defaults.items() if re.search(rf"\b{re.escape(n)}\b", text))}
    return frozenset(n for n, text in defaults.items() if not parted & set(re.findall(r"\w+", text)))


def _outputs(outputs: tuple[str, ...], called: Usage, inside: Sequence[Token]) -> tuple[str, ...]:
    """Return the outputs: those of the help's call for varargout alone, or one where the code gives any."""
    if outputs != ("varargout",):
        return outputs
    given = "varargout" in [token.text for token in inside[20:]]
    return called.outputs or (("result",) if given else outputs)


def _taken(inside: Sequence[Token], names: Sequence[str]) -> dict[str, str]:
    """Return the names of a call's arguments, each with the variable that `x = varargin{1}` makes of it."""
    texts = words_of(meaning(inside))
    found: dict[str, str] = {}
    for k, name in enumerate(names):
        own = name or f"arg{k + 1}"
        want = ["=", "varargin", "{", str(k + 1), "}"]
        takers = [texts[j] for j in range(len(texts) - 5) if texts[j + 1 : j + 6] == want]
        plain = own in takers or not takers or takers[0] in names
        found[own if own not in found else f"{own}{k + 1}"] = own if plain else takers[0]
    return found


def _aliases(inputs: Sequence[str], calls: Sequence[Usage]) -> dict[str, str]:
    """Return the inputs, each with the name that the help has for it: that at its place in the first call so long."""
    longest = next((each.inputs for each in calls if len(each.inputs) >= len(inputs)), ())
    longest = longest or max((each.inputs for each in calls), key=len, default=())
    return {name: longest[k] if k < len(longest) else name for k, name in enumerate(inputs)}


def summary(text: str, name: str) -> str:
    """Return the first line of a help text, without the name in capitals that MATLAB's customs put there.

    Lines of authors and licences tell nothing of what the code does.
    """
    for line in text.splitlines():
        if LICENCE.search(line.strip(" =-*_%#")):
            continue
        if bare := re.sub(
            rf"^{re.escape(name)}(\.m)?(?!\w)[\s:-]*", "", line.strip(), flags=re.IGNORECASE
        ).strip(" =-*_%#"):
            return bare
    return ""


def _type(kind: str) -> str:
    return kind if kind in TYPES else ""


def _size(text: str) -> tuple[int | None, ...]:
    """Read `(1,:)` as it stands in an arguments block."""
    found = SIZE.match(text.strip())
    if not found:
        return ()
    return tuple(None if part.strip() == ":" else int(part) for part in found.group(1).split(","))
