"""A float64 reference to hold both sides against: what the oracle answers in double to the very same numbers."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np

from pybn.case import Case, Tensor
from pybn.case_file import read_case_file
from pybn.engines.base import Array, Tensors
from pybn.engines.golden import GoldenEngine, stale
from pybn.engines.octave import OctaveEngine, find_octave
from pybn.errors import PybnError

WIDE = {"float32": "float64", "complex64": "complex128"}
MOST = 24  # cases of a run that Octave is asked about; a port that is wrong everywhere must not take all day

Found = tuple[Tensors, str]


class Reference:
    """Answers in float64, for cases in float32 whose sides differ. Octave starts when it is first asked."""

    def __init__(self, golden: GoldenEngine, deadline: float = 60.0) -> None:
        self._golden = golden
        self._octave = OctaveEngine(deadline, lazily=True)
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End Octave, if it was started."""
        self._octave.close()

    def of(self, case: Case, inputs: Tensors, oracle: Found) -> Found | None:
        """Return float64 answers to a case and, in words, whose they are; None where there are none.

        For a case in float64 they are those of `oracle`, the side that is Octave's. For one in float32, Octave's
        to the same inputs in float64, where Octave is here; else the recorded ones of the same case in float64,
        whose inputs are the same numbers before they were rounded to float32.
        """
        if case.dtype in WIDE.values():
            return oracle
        if case.dtype not in WIDE:
            return None
        return self._live(case, inputs) or self._recorded(case)

    def _live(self, case: Case, inputs: Tensors) -> Found | None:
        if self._asked >= MOST or not _octave_is_here():
            return None
        self._asked += 1
        try:
            wide = {name: _wide(x) if name in case.inputs else x for name, x in inputs.items()}
            answer = self._octave.run(widened(case), wide)
        except PybnError:
            return None
        return answer, "Octave's answer in double to the same inputs"

    def _recorded(self, case: Case) -> Found | None:
        try:
            cases = {(c.name, c.dtype): c for c in read_case_file(case.file)}
            sibling = cases[case.name, WIDE[case.dtype]]
            record = self._golden.record(sibling)
            if stale(sibling, record):
                return None
        except (PybnError, KeyError):
            return None
        return record.outputs, "the recorded answer in double to the inputs before they were rounded"


def widened(case: Case) -> Case:
    """Return a case with everything single in double."""

    def wide(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: replace(t, dtype=WIDE.get(t.dtype, t.dtype)) for name, t in tensors.items()}

    dtype = WIDE.get(case.dtype, case.dtype)
    return replace(case, dtype=dtype, inputs=wide(case.inputs), outputs=wide(case.outputs))


def _wide(x: Array) -> Array:
    return x.astype(WIDE[x.dtype.name]) if x.dtype.name in WIDE else np.asarray(x)


def _octave_is_here() -> bool:
    try:
        find_octave()
    except PybnError:
        return False
    return importlib.util.find_spec("oct2py") is not None
