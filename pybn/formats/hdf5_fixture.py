"""pybn's own fixtures, which are plain HDF5 (see `fixture`): what the cases in them are, and who recorded them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import h5py

from pybn.formats.fixture import oracle_of
from pybn.formats.hdf5_items import FAULTS, attribute, members
from pybn.formats.hdf5_walk import Walk


class FixtureWalk(Walk):
    """The rows of a fixture, each tensor at its declared shape."""

    @property
    def kind(self) -> str:
        """Return how many cases there are, and under what they were recorded."""
        cases = self.file["cases"]
        oracles = {self._oracle(case) for case in members(cases, 1_000).values()} - {""}
        under = f" recorded under {', '.join(sorted(oracles))}" if oracles else ""
        return f"pybn fixture (HDF5): {len(cases):,} case{'' if len(cases) == 1 else 's'}{under}"

    @staticmethod
    def recognises(file: h5py.File) -> bool:
        """Say whether a file is one, by the attribute that every fixture has."""
        return "pybn_fixture" in file.attrs and isinstance(members(file, 8).get("cases"), h5py.Group)

    def shape(self, item: h5py.Dataset) -> tuple[int, ...] | None:
        """Return the declared shape, which for a scalar is not the stored one."""
        stored = super().shape(item)
        return () if stored == (1,) and attribute(item, "scalar") else stored

    def title(self, item: h5py.Group) -> str:
        """Return what a case's recording says of it beside its name: that it was refused, and how."""
        refusal = attribute(item, "refusal")
        if not isinstance(refusal, str):
            return super().title(item)
        with suppress(ValueError, IndexError, TypeError, KeyError):
            return f"refused: {json.loads(refusal)[0]}"
        return "refused"

    def _oracle(self, case: Any) -> str:
        with suppress(*FAULTS):
            return oracle_of(json.loads(attribute(case, "versions")))
        return ""
