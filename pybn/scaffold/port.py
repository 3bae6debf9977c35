"""A Python file to fill in: the signatures of the port, which raise NotImplementedError."""

from __future__ import annotations

import ast
import keyword
import re

from pybn.scaffold.signature import Signature, summary
from pybn.scaffold.target import Target


def stub(target: Target, signatures: list[tuple[str, Signature]], about: str, *, is_class: bool) -> str:
    """Return the text of a module with the target in it; `signatures` are those of its functions, by Python name."""
    parts = ["\n".join(_function(name, each, is_method=is_class)) for name, each in signatures]
    if is_class:
        inner = "\n\n".join(parts).replace("\n", "\n    ").replace("    \n", "\n") or "pass"
        parts = [f"class {target.name}:\n    {_docstring(about or target.name)}\n\n    {inner}"]
    text = "\n\n\n".join(['"""To be filled in: what the case file beside it calls."""', *parts]) + "\n"
    ast.parse(text)  # nothing that Python cannot read is written
    return text


def _function(name: str, signature: Signature, *, is_method: bool) -> list[str]:
    bound = is_method and (bool(signature.object) or name == "__init__")
    taken: set[str] = {"self"} if bound else set()
    inputs = [each for each in signature.inputs if each not in ("varargin", *signature.options)]
    optional = min([k for k, each in enumerate(inputs) if each in signature.optional], default=len(inputs))
    named = [_python_name(each, taken) + "=None" * (k >= optional) for k, each in enumerate(inputs)]
    outputs = ["self" if bound and each == signature.object else each for each in signature.outputs]
    told = f"Return {', '.join(outputs)}." if outputs else summary(signature.help, signature.name)
    return [
        *(["@staticmethod"] if is_method and not bound else []),
        f"def {name}({', '.join(['self', *named] if bound else named)}):",
        f"    {_docstring(told)}",
        "    raise NotImplementedError",
    ]


def _python_name(name: str, taken: set[str]) -> str:
    clean = re.sub(r"[^A-Za-z0-9_]", "", name) or "unused"
    while keyword.iskeyword(clean) or clean in taken:
        clean += "_"
    taken.add(clean)
    return clean


def _docstring(text: str) -> str:
    """Return a text as a docstring of one line; nothing in it can end it."""
    text = text or "To be filled in."
    line = " ".join(re.sub(r"[^\x20-\x7e\xa0-\ud7ff]", " ", text).split())[:90]
    return '"""' + line.replace("\\", "/").replace('"', "'") + '"""'
