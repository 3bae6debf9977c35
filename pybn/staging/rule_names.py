"""The rules by name: what a user may allow."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pybn.errors import UsageError
from pybn.staging.registry import rewriting, telling


def meanings() -> dict[str, str]:
    """Return what each rule is about, in a line, by its name."""
    found = {module.RULE: (module.__doc__ or "").partition("\n")[0] for module in rewriting()}
    for module in telling():
        found |= getattr(module, "RULES", {})
    return found


def checked(names: Iterable[str]) -> frozenset[str]:
    """Return the names of rules that are to be allowed. Raises UsageError at one that no rule has."""
    known = meanings()
    asked = frozenset(names)
    wrong = sorted(asked - known.keys())
    if wrong:
        near = get_close_matches(wrong[0], known, 1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(
            f"there is no rule {wrong[0]!r} to allow; {meant}the rules are {', '.join(sorted(known))}"
        )
    return asked
