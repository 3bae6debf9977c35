"""Objects that `mat-io` writes, as it reads them itself: the second witness of what our reader says of each class.

Where it is wrong, what is true: the class of each element of an array of objects is in `test_mat_objects`.
"""

from __future__ import annotations

import enum
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pybn
from pybn.values import Cell, Map, Object

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of pandas 4, about an option that `mat-io` sets
    import matio
    from matio.utils.matclass import (
        MatlabContainerMap,
        MatlabEnumerationArray,
        MatlabOpaque,
        MatlabOpaqueArray,
    )


RANKS = {"red": {"rank": np.array([[1.0]])}, "blue": {"rank": np.array([[2.0]])}}
Colour = enum.Enum("Colour", RANKS)


def objects(*each: Any) -> Any:
    items = np.empty((len(each), 1), object)
    items[:, 0] = each
    return items


VALUES: dict[str, Any] = {
    "strings": np.array([["ab", "ü€😀", ""], ["", "c", "x"]], dtype=np.dtypes.StringDType(na_object=np.nan)),
    "moments": np.array([["2024-02-29T23:59:59.123"], ["1969-12-31T23:59:59.5"]], "datetime64[ms]"),
    "spans": np.array([[90_061_001, -1500, 0]], "timedelta64[ms]"),
    "kinds": pd.Categorical(["b", None, "a"], categories=["a", "b", "c"], ordered=True),
    "table": pd.DataFrame(
        {"x": [1.5, 2.5], "n": np.array([1, 2], np.int32), "on": [True, False]}, index=["r", "s"]
    ),
    "timed": pd.DataFrame(
        {"x": [1.5, -2.5]}, index=pd.DatetimeIndex(["2024-01-01T12:00:00.25", "2024-01-02"], name="when")
    ),
    "since": pd.DataFrame({"x": [1.5, -2.5]}, index=pd.to_timedelta([1500, 2], unit="ms")),
    "map": MatlabContainerMap({"k": np.array([[1.0, 2.0]]), "ä": "text"}),
    "numbered": MatlabContainerMap({2: "two", 10: np.array([[True]])}),
    "colours": MatlabEnumerationArray(
        np.array([[Colour["red"], Colour["blue"], Colour["red"]]], dtype=object), "my.Colour"
    ),
    "one": MatlabOpaque(
        {
            "w": np.arange(6.0).reshape(2, 3),
            "z": np.array([[1 + 2j]]),
            "name": "hä",
            "c": np.array([[np.array([[7]], np.int8), "x"]], dtype=object),
            "inner": MatlabOpaque({"n": np.array([[2**63 - 1]], np.int64)}, "my.Inner"),
        },
        "my.Outer",
    ),
    "many": MatlabOpaqueArray(
        objects(MatlabOpaque({"k": np.array([[1.0]])}, "my.K"), MatlabOpaque({"k": "two"}, "my.K")), "my.K"
    ),
}


def theirs(value: Any) -> Any:
    """Return what `mat-io` read as plain lists and tuples."""
    if isinstance(value, MatlabContainerMap):
        return "map", {key: theirs(item) for key, item in value.items()}
    if isinstance(value, MatlabEnumerationArray):
        flat = value.ravel(order="F")
        return "members", value.classname, value.shape, [(x.name, theirs(dict(x.value))) for x in flat]
    if isinstance(value, MatlabOpaqueArray):
        return "objects", value.shape, [theirs(item) for item in np.asarray(value).ravel(order="F")]
    if isinstance(value, MatlabOpaque):
        return "object", value.classname, theirs(dict(value.properties))
    if isinstance(value, pd.DataFrame):
        index = value.index
        rows = (
            [str(row) for row in index] if index.dtype.kind not in "mM" else theirs(index.to_numpy()[:, None])
        )
        columns = {name: theirs(value[name].to_numpy()[:, None]) for name in value.columns}
        return "table", rows, columns
    if isinstance(value, pd.Categorical):
        return "kinds", (value.codes + 1).ravel().tolist(), list(value.categories), value.ordered
    if isinstance(value, dict):
        return {name: theirs(item) for name, item in value.items()}
    return _array(value)


def _array(value: Any) -> Any:
    x = np.asarray(value)
    if x.dtype.kind in "mM":
        return "times", x.shape, x.astype(f"{x.dtype.kind}8[ms]").astype(np.int64).ravel(order="F").tolist()
    if x.dtype.kind == "T":
        return "strings", x.shape, x.ravel(order="F").tolist()
    if x.dtype.kind == "U":
        return "".join(x.ravel())
    if x.dtype == object:
        return "cell", x.shape, [theirs(item) for item in x.ravel(order="F")]
    return x.dtype.name, x.shape, x.ravel(order="F").tolist()


def ours(value: Any) -> Any:
    """Return what we read as the same."""
    if isinstance(value, Map):
        return "map", {key: ours(item) for key, item in zip(value.keys, value.items, strict=True)}
    if isinstance(value, Cell):
        return "cell", value.shape, [ours(item) for item in value.items]
    if isinstance(value, dict):
        return {name: ours(item) for name, item in value.items()}
    if isinstance(value, str):
        return value
    if isinstance(value, Object):
        return _object(value, value.properties)
    return value.dtype.name, value.shape, np.asarray(value).ravel(order="F").tolist()


def _object(value: Object, each: Any) -> Any:
    if value.class_name == "string":
        return "strings", value.shape, [element["value"] for element in each]
    if value.class_name in ("datetime", "duration"):
        return "times", value.shape, [math.floor(element["milliseconds"].item()) for element in each]
    if value.class_name == "categorical":
        categories = list(each[0]["categories"].items)
        return "kinds", [x["code"].item() for x in each], categories, each[0]["ordinal"].item()
    if value.class_name in ("table", "timetable"):
        rows = ours(each[0]["row_times"]) if "row_times" in each[0] else list(each[0]["row_names"].items)
        return "table", rows, {name: ours(column) for name, column in each[0]["variables"].items()}
    if "member" in each[0]:
        members = [(x["member"], ours(x["value"].properties[0])) for x in each]
        return "members", value.class_name, value.shape, members
    one = [("object", value.class_of(k), ours(element)) for k, element in enumerate(each)]
    return one[0] if len(one) == 1 else ("objects", value.shape, one)


@pytest.mark.parametrize("version", ["v6", "v7", "v7.3"])
def test_objects_are_as_mat_io_reads_them(tmp_path: Path, version: str) -> None:
    path = tmp_path / "a.mat"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matio.save_to_mat(
            path, VALUES, version="v7.3" if version == "v7.3" else "v7", do_compression=version == "v7"
        )
        read = matio.load_from_mat(path)
    with pybn.open(path) as file:
        found = {name: ours(file[name]) for name in file}
    assert set(found) == set(VALUES)
    for name, value in found.items():
        assert value == theirs(read[name]), name
    assert found["kinds"] == ("kinds", [2, 0, 1], ["a", "b", "c"], True)
    assert found["since"][1] == ("times", (2, 1), [1500, 2])
    assert found["colours"][3][1] == ("blue", {"rank": ("float64", (1, 1), [2.0])})
