"""Options of Octave's own functions that it does not have: it refuses them, or takes no notice."""

from __future__ import annotations

from collections.abc import Iterator

from pybn.staging.findings import CANNOT, SILENT, Trouble
from pybn.staging.guarded import unguarded
from pybn.staging.known import options
from pybn.staging.scopes import arguments, calls, literal, scopes
from pybn.staging.source import Source
from pybn.staging.tree import Tree

MISSING, IGNORED = "missing-option", "ignored-option"
RULES = {
    MISSING: "an option that a function of Octave does not have: round(x, 2), rand(2, 'like', x)",
    IGNORED: "an option that a function of Octave takes no notice of: movmean(x, 3, 'omitnan')",
}


@unguarded
def troubles(source: Source, tree: Tree) -> Iterator[Trouble]:
    """Yield a trouble for each call with such an option."""
    names = frozenset(options()) - tree.by_name.keys() - tree.methods.keys()
    for scope in scopes(source) if names & source.words else ():
        for index, opening in calls(source, scope, names):
            given = arguments(source.tokens, opening)
            texts = {(literal(source.tokens, part) or "").lower() for part in given[1:]}
            name = source.tokens[index].text
            for option, kind, fix in options()[name]:
                if option.isdigit() and len(given) >= int(option):
                    why = f"{name}: Octave's takes fewer than {option} arguments"
                elif option.lower() in texts and kind == "silent":
                    why = f"{name}('{option}'): Octave takes no notice of the option"
                elif option.lower() in texts:
                    why = f"{name}('{option}'): Octave does not have the option"
                else:
                    continue
                silent = kind == "silent"
                told = (IGNORED, SILENT) if silent else (MISSING, CANNOT)
                yield source.trouble(source.tokens[index].line, why, f"write {fix}", *told)
