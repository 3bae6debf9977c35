"""Why a whole case differs: what is found for its tensors, in the order of computation, as one sentence and one fix."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pybn.compare import EXACT, Tolerance
from pybn.diagnosis.ask import diagnose
from pybn.diagnosis.candidate import NONE_FITS, Diagnosis
from pybn.diagnosis.together import together

MOST = 6  # tensors that are looked at: what comes after them is mostly spoilt by them
NOT_ASKED = "not looked into, since so much differs: choose some cases with -k"
KNOWN = 8  # arrays that a tensor may have been computed from: inputs, then outputs that agree


@dataclass
class Patience:
    """The seconds that may go into diagnoses, in all: where everything differs, the first cases tell enough."""

    left: float = 60.0

    def spend(self, since: float) -> None:
        """Take off the time that has passed since then, by time.monotonic()."""
        self.left -= time.monotonic() - since


@dataclass(frozen=True, slots=True)
class CaseDiagnosis:
    """What is known of the differing tensors of a case: their diagnoses, None where no mistake reconciles both sides.

    `left` counts those that were not looked at.
    """

    tensors: Mapping[str, Diagnosis | None] = field(default_factory=dict)
    left: int = 0

    @property
    def groups(self) -> list[tuple[list[str], Diagnosis]]:
        """The mistakes, each with the tensors of which the same is to be said, the first of them first."""
        found: dict[str, tuple[list[str], Diagnosis]] = {}
        for name, each in self.tensors.items():
            if each is not None:
                found.setdefault(each.sentence, ([], each))[0].append(name)
        return list(found.values())

    @property
    def unknown(self) -> list[str]:
        """The tensors that no known mistake explains."""
        return [name for name, each in self.tensors.items() if each is None]

    @property
    def name(self) -> str:
        """The name of the first mistake, or ""."""
        return self.groups[0][1].name if self.groups else ""

    @property
    def fix(self) -> str:
        """What to do about the first mistake, or ""."""
        return self.groups[0][1].fix if self.groups else ""

    @property
    def others(self) -> tuple[str, ...]:
        """What would explain the first tensor as well."""
        return self.groups[0][1].others if self.groups else ()

    @property
    def sentence(self) -> str:
        """Say which tensors a mistake explains, and which none."""
        if not self.tensors:
            return NOT_ASKED
        told = [f"{listed(names)}: {each.sentence}" for names, each in self.groups]
        if not told:
            return NONE_FITS
        return "; ".join(told + ([f"{listed(self.unknown)}: {NONE_FITS}"] if self.unknown else []))


def listed(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def diagnose_case(
    differing: Iterable[str],
    expected: Mapping[str, Any],
    obtained: Mapping[str, Any],
    *,
    inputs: Mapping[str, Any],
    attrs: Mapping[str, Any],
    tolerances: Mapping[str, Tolerance],
    axes: Mapping[str, Sequence[str]],
    patience: Patience | None = None,
) -> CaseDiagnosis:
    """Diagnose the differing tensors of a case, given in the order of computation; those that agree help.

    `axes` names the axes of outputs and of inputs, where they have names. What only one side has is left out.
    Nothing is raised.
    """
    names = [name for name in differing if name in expected and obtained.get(name) is not None]
    found: dict[str, Diagnosis | None] = {}
    known = dict(list(inputs.items())[:KNOWN])
    room = KNOWN - len(known)
    agreeing = [name for name in expected if name not in names and name in obtained and name not in known]
    known |= {name: expected[name] for name in agreeing[:room]}
    found |= together(names, expected, obtained, tolerances)
    for name in [name for name in names if name not in found][:MOST]:
        if patience is not None and patience.left <= 0:
            break
        start = time.monotonic()
        found[name] = diagnose(
            expected[name],
            obtained[name],
            inputs=known,
            attrs=attrs,
            tolerance=tolerances.get(name, EXACT),
            axes=axes.get(name, ()),
            input_axes=axes,
        )
        if patience is not None:
            patience.spend(start)
    return CaseDiagnosis(found, len(names) - len(found))
