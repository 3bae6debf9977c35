"""What `pybn migrate` says, as lines and as JSON."""

from __future__ import annotations

from typing import Any

from pybn.migrate.imported import Imported
from pybn.migrate.run import Migration
from pybn.report.model import count_of, to_json
from pybn.report.parity import parity_table
from pybn.report.style import Style, printable


def migration_lines(imported: Imported, made: Migration, style: Style, *, verbose: bool = False) -> list[str]:
    """Return what was found, what the proof says, and what was written."""
    total = sum(count_of(piece) for piece in imported.pieces)
    lines = [f"{printable(imported.source)}: {len(imported.pieces)} layers, {total:,} parameters"]
    lines += [f"  left out: {printable(each)}" for each in imported.left]
    lines += [
        f"  preprocessing of {each.input}: {printable(each.words)}; --preprocessing makes it part of the model"
        for each in imported.preprocessing
    ]
    if made.proof is not None:
        lines += ["", parity_table(made.proof.results, style, verbose=verbose).rstrip("\n"), ""]
        lines += [f"  not asked of Octave: {name}, a layer of yours" for name in made.proof.unasked]
    if made.written is None:
        lines.append(
            f"{style.paint(style.bad, 'bad')} it does not answer as the model does, and was not written"
        )
    else:
        proven = "" if made.proof is None else ", which answers as the model does under Octave"
        names = ", ".join(file.name for file in made.written.files)
        lines.append(f"{style.paint(style.good, 'good')} {made.written.target}{proven} ({names})")
    return lines


def migration_json(imported: Imported, made: Migration) -> dict[str, Any]:
    """Return the same as plain values."""
    proof = made.proof
    return {
        "model": to_json(imported),
        "written": [] if made.written is None else [str(file) for file in made.written.files],
        "proof": None
        if proof is None
        else {
            "agrees": proof.agrees,
            "unasked": list(proof.unasked),
            "targets": [
                {
                    "name": result.case.name,
                    "dtype": result.case.dtype,
                    "status": result.status.value,
                    "message": result.message,
                    "layers": [
                        {
                            "name": each.name,
                            "verdict": each.verdict.value,
                            "max_abs": each.max_abs,
                            "ulp_of_max": each.scaled,
                        }
                        for each in result.comparisons
                    ],
                }
                for result in proof.results
            ],
        },
    }
