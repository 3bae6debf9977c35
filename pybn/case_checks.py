"""Whether the steps of a case can be meant: what they use is there by then, and what they call is declared."""

from __future__ import annotations

from pybn.case import Case, bound_values, scope
from pybn.errors import CaseError
from pybn.steps import Call, Scope, Step, used_attributes, used_handles, used_names


def check_flow(case: Case) -> None:
    """Raise CaseError unless what a step uses is there by then, and every output is bound on both sides."""
    for side, steps in (("matlab", case.matlab.steps), ("python", case.python.steps)):
        here = scope(case, side)
        for step in steps:
            for name in used_names(step):
                if name not in here.variables and not (name == "self" and here.has_object):
                    raise CaseError(
                        f"{side} step {step.text!r} uses {name!r}, which is no input and was not bound before"
                    )
            for name in used_attributes(step):
                if name not in case.named:
                    raise CaseError(
                        f"{side} step {step.text!r}: ${name} names no attribute; there are {sorted(case.named)}"
                    )
            here = here.after(step)
        for name in (*case.outputs, *bound_values(case)):
            if name not in here.variables:
                raise CaseError(f"no {side} step binds the output {name!r}")


def check_calls(case: Case) -> None:
    """Raise CaseError where a step cannot be meant on its side: no object, another function, MATLAB keywords."""
    for side, steps in (("matlab", case.matlab.steps), ("python", case.python.steps)):
        here = scope(case, side)
        for step in steps:
            _check_call(case, side, step, here)
            here = here.after(step)


def _check_call(case: Case, side: str, step: Step, here: Scope) -> None:
    construct = {
        "matlab": f"; if it is a class, say class = '{case.matlab.name}' under [matlab]",
        "python": "; if it is a class, give new = {} under [python] to construct it",
    }
    where = f"{side} step {step.text!r}"
    known = case.matlab.functions if side == "matlab" else case.python.targets
    if here.root(step) is None:
        name = ".".join(step.path)
        if known and step.path[0] != "self":
            what = "calls" if isinstance(step, Call) else "speaks of"
            raise CaseError(f"{where} {what} {name!r}, which is not declared; {_declare(side, here)}")
        main = case.matlab.name if side == "matlab" else case.python.target.split(":")[1]
        raise CaseError(f"{where}: wanted a call of {main}{construct[side]}")
    for path in used_handles(step):
        if not here.declared(path):
            raise CaseError(f"{where}: @{'.'.join(path)} is not declared; {_declare(side, here)}")
    if isinstance(step, Call) and not here.has_object and "self" in step.targets:
        raise CaseError(f"{where}: there is no object that 'self' could be{construct[side]}")
    if side == "matlab" and isinstance(step, Call) and step.keywords:
        raise CaseError(f"{where}: MATLAB has no keyword arguments")
    index = "" if isinstance(step, Call) or step.index is None else step.index.mark
    if index and (index == "[") == (side == "matlab"):
        wanted = "x[...]" if side == "python" else "x(...), or x{...} of a cell"
        raise CaseError(f"{where}: an element is {wanted} in {'Python' if side == 'python' else 'MATLAB'}")
    if side == "matlab" and isinstance(step, Call) and step.path == ("self",):
        raise CaseError(f"{where}: wanted a method of the object")


def _declare(side: str, here: Scope) -> str:
    key = "functions = [...] under [matlab]" if side == "matlab" else "targets = {...} under [python]"
    return f"{key} declares what steps may call; there are {', '.join(sorted(here.functions))}"
