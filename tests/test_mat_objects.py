"""Objects of MATLAB code in .mat files. Those of `mat-io` are read by it too, others are made here word by word."""

from __future__ import annotations

import random
import struct
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

import pybn
from pybn.convert.flatten import leaves
from pybn.errors import FormatError
from pybn.formats.variables import variable
from pybn.inspection import inspect
from pybn.values import Cell, Foreign, Map, Object
from tests.mat_files import (
    CELL,
    CHAR,
    STRUCT,
    UINT32,
    array,
    cells,
    char,
    handles,
    matrix,
    modern,
    names,
    numbers,
    object_data,
    with_objects,
)

VERSIONS = ["v6", "v7", "v7.3"]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of pandas 4, about an option that `mat-io` sets
    import matio
    from matio.utils.matclass import MatlabContainerMap, MatlabOpaque, MatlabOpaqueArray

TEXT = np.dtypes.StringDType(na_object=np.nan)


def opened(path: Path) -> dict[str, Any]:
    with pybn.open(path) as file:
        return dict(file)


def save(path: Path, version: str, **variables: Any) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matio.save_to_mat(
            path, variables, version="v7.3" if version == "v7.3" else "v7", do_compression=version == "v7"
        )
    return path


def opaque(class_name: str, **properties: Any) -> Any:
    return MatlabOpaque(properties, class_name)


def opaques(class_name: str, shape: tuple[int, ...], *objects: Any) -> Any:
    items = np.empty(len(objects), object)
    items[:] = objects
    return MatlabOpaqueArray(items.reshape(shape, order="F"), class_name)


def plain(value: Any) -> Any:
    """Return a value as lists and dicts, each array as its dtype, shape and elements."""
    if isinstance(value, Object):
        elements = [{name: plain(item) for name, item in element.items()} for element in value.properties]
        return (value.class_name, value.shape, elements, *([value.classes] if value.classes else []))
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, Cell):
        return value.shape, [plain(item) for item in value.items]
    if isinstance(value, str):
        return value
    if isinstance(value, Map):
        return value.keys, [plain(item) for item in value.items], value.key_type, value.value_type
    return value.dtype.name, tuple(value.shape), np.asarray(value).ravel(order="F").tolist()


@pytest.mark.parametrize("version", VERSIONS)
def test_properties_of_all_kinds_and_objects_in_what_holds_them(tmp_path: Path, version: str) -> None:
    inner = opaque("my.Inner", n=np.array([[2**63 - 1]], np.int64))
    outer = opaque(
        "Outer",
        x=np.arange(6, dtype=np.float32).reshape(2, 3),
        on=np.array([[True]]),
        name="hä",
        cell=np.array([[inner, np.array([[1.0]])]], dtype=object),
        st={"w": np.array([[1, 2]], np.uint8)} | ({"deep": inner} if version == "v7.3" else {}),
    )  # of v7 `mat-io` does not write an object in a struct in a property
    found = opened(
        save(tmp_path / "a.mat", version, o=outer, s={"in": inner}, c=np.array([[inner]], dtype=object))
    )
    one = ("my.Inner", (1, 1), [{"n": ("int64", (1, 1), [2**63 - 1])}])
    assert plain(found["o"]) == (
        "Outer",
        (1, 1),
        [
            {
                "x": ("float32", (2, 3), [0, 3, 1, 4, 2, 5]),
                "on": ("bool", (1, 1), [True]),
                "name": "hä",
                "cell": ((1, 2), [one, ("float64", (1, 1), [1.0])]),
                "st": {"w": ("uint8", (1, 2), [1, 2])} | ({"deep": one} if version == "v7.3" else {}),
            }
        ],
    )
    assert plain(found["s"]) == {"in": one}
    assert plain(found["c"]) == ((1, 1), [one])


@pytest.mark.parametrize("version", VERSIONS)
def test_each_element_of_an_array_of_objects_has_its_own_class(tmp_path: Path, version: str) -> None:
    """`mat-io` calls every one by the class of all, which it takes from the last one when it writes."""
    relu = opaque("nnet.cnn.layer.ReLULayer", Name="relu")
    convolution = opaque("nnet.cnn.layer.Convolution2DLayer", Name="conv")
    layers = opaques("nnet.cnn.layer.Layer", (2, 2), convolution, relu, convolution, relu)
    found = opened(save(tmp_path / "a.mat", version, layers=layers, none=opaque("my.Empty")))["layers"]
    assert [found.class_of(k).rpartition(".")[2] for k in range(4)] == ["Convolution2DLayer", "ReLULayer"] * 2
    assert [element["Name"] for element in found.properties] == ["conv", "relu"] * 2
    assert found.shape == (2, 2)


def test_a_class_of_all_is_told_apart_from_that_of_each(tmp_path: Path) -> None:
    data = object_data(
        ["nnet.Layer", "nnet.ReLU", "nnet.Conv"],
        [(2, [("Name", 1, 0)]), (3, [("Name", 1, 1)])],
        [char("r"), char("c")],
    )
    path = with_objects(
        tmp_path / "a.mat",
        modern("x", "nnet.Layer", handles([1, 2], 1)),
        modern("y", "nnet.Layer", handles([1, 1], 1)),
        modern("z", "nnet.Layer", handles([2], 1)),
        data=data,
    )
    found = opened(path)
    assert list(found) == ["x", "y", "z"]  # SciPy has one of them, under the name None
    assert (found["x"].class_name, found["x"].classes) == ("nnet.Layer", ("nnet.ReLU", "nnet.Conv"))
    assert (found["y"].class_name, found["y"].class_of(1)) == ("nnet.ReLU", "nnet.ReLU")
    assert (found["z"].class_name, found["z"].properties[0]) == ("nnet.Conv", {"Name": "c"})
    rows = [(row.depth, row.name, row.type) for row in inspect(path).contents.rows]
    assert rows[:2] == [(0, "x", "nnet.Layer object"), (1, "(1)", "nnet.ReLU object")]
    assert rows[3] == (1, "(2)", "nnet.Conv object")


def test_complex64_stays_and_empties_are_empty_in_v73(tmp_path: Path) -> None:
    """`mat-io` makes complex64 complex128, and memory of an empty that says it has elements."""
    path = save(tmp_path / "a.mat", "v7.3", o=opaque("My", z=np.array([[1 + 2j]]), e=np.zeros((0, 3))))
    with h5py.File(path, "r+") as file:
        refs = file["#refs#"]
        where = next(name for name in refs if getattr(refs[name], "dtype", np.dtype("u1")).names)
        attributes = dict(refs[where].attrs)
        mine = np.zeros((1, 1), [("real", "f4"), ("imag", "f4")])
        mine["real"], mine["imag"] = 1.5, -2.5
        _replace(file, refs, where, mine, attributes | {"MATLAB_class": np.bytes_("single")})
    found = opened(path)["o"].properties[0]
    assert plain(found["z"]) == ("complex64", (1, 1), [1.5 - 2.5j])
    assert found["e"].shape == (0, 3)
    with h5py.File(path, "r+") as file:
        empties = [
            item for item in file["#refs#"].values() if item.attrs.get("MATLAB_empty") and item.shape == (2,)
        ]
        for item in empties:
            if item[()].tolist() == [0, 3]:
                item[...] = [1 << 20, 3]
    with pytest.raises(FormatError, match=r"an empty double of shape \[1048576, 3\]"):
        opened(path)


def _replace(file: h5py.File, group: h5py.Group, name: str, data: Any, attributes: dict[str, Any]) -> None:
    """Put a dataset where references to another lead, by those in the cells of the subsystem."""
    old = group[name].ref
    new = group.create_dataset(f"{name}_new", data=data)
    for key, value in attributes.items():
        new.attrs[key] = value
    table = file["#subsystem#/MCOS"]
    references = table[()]
    for place in np.ndindex(references.shape):
        if file[references[place]] == file[old]:
            references[place] = new.ref
    table[...] = references


@pytest.mark.parametrize("version", VERSIONS)
def test_strings(tmp_path: Path, version: str) -> None:
    text = np.array([["ab", "ü€😀", ""], ["", np.nan, "x"]], dtype=TEXT)
    found = opened(save(tmp_path / "a.mat", version, s=text, one=np.array([["q"]], dtype=TEXT)))
    assert (found["s"].class_name, found["s"].shape) == ("string", (2, 3))
    values = [element["value"] for element in found["s"].properties]
    assert values[:3] + values[4:] == ["ab", "", "ü€😀", "", "x"]
    assert plain(values[3]) == ("missing", (1, 1), [{}])
    assert plain(found["one"]) == ("string", (1, 1), [{"value": "q"}])
    assert found["s"].properties[-1] == {"value": "x"}


@pytest.mark.parametrize("version", VERSIONS)
def test_maps(tmp_path: Path, version: str) -> None:
    texts = MatlabContainerMap({"a": np.array([[1.0]]), "b": "text"})
    inner = MatlabContainerMap({"k": np.array([[True]])})
    path = save(tmp_path / "a.mat", version, t=texts, n=MatlabContainerMap({30: "x", 4: inner}))
    found = opened(path)
    assert plain(found["t"]) == (("a", "b"), [("float64", (1, 1), [1.0]), "text"], "char", "any")
    numbers_ = found["n"]
    assert (numbers_.keys, numbers_.items[1]) == ((4, 30), "x")  # in MATLAB's order
    assert plain(numbers_.items[0]) == (("k",), [("bool", (1, 1), [True])], "char", "logical")
    paths = {leaf.path: ".".join(leaf.parts) for name in found for leaf in leaves(name, found[name])}
    assert paths == {
        't("a")': "t.a",
        't("b")': "t.b",
        'n(4)("k")': "n.4.k",
        "n(30)": "n.30",
    }
    rows = [(row.depth, row.name, row.type) for row in inspect(path).contents.rows if row.name]
    listed = {
        "t": [(0, "t", "containers.Map object"), (1, '("a")', "double"), (1, '("b")', "char")],
        "n": [
            (0, "n", "containers.Map object"),
            (1, "(4)", "containers.Map object"),
            (2, '("k")', "logical"),
            (1, "(30)", "char"),
        ],
    }
    assert rows == [row for name in found for row in listed[name]]
    value, in_matlab_order = variable(str(path), "t")
    assert in_matlab_order
    assert plain(value) == plain(found["t"])


def _stored_map(keys: list[bytes], values: list[bytes], kind: str) -> bytes:
    fields = names(10, "keys", "values", "uniformity", "keyType", "valueType")
    row = [array(CELL, (1, len(items)), "", *items) for items in (keys, values)]
    return array(STRUCT, (1, 1), "", fields, *row, matrix([0], (1, 1)), char(kind), char("double"))


@pytest.mark.parametrize(
    ("kind", "stored", "keys"),
    [
        ("int64", array(14, (1, 1), "", numbers([2**53 + 1], "i8")), (2**53 + 1,)),
        ("single", array(7, (1, 1), "", numbers([0.5], "f4")), (0.5,)),
        ("char", array(CHAR, (0, 0), "", numbers([], "u2")), ("",)),
        ("char", char("ä.b/c"), ("ä.b/c",)),
    ],
)
def test_keys_of_maps_are_exact(tmp_path: Path, kind: str, stored: bytes, keys: tuple[Any, ...]) -> None:
    data = object_data(
        ["containers.Map"],
        [(1, [("serialization", 1, 0)])],
        [_stored_map([stored], [matrix([7], (1, 1))], kind)],
    )
    path = with_objects(tmp_path / "a.mat", modern("m", "containers.Map", handles([1], 1)), data=data)
    found = opened(path)["m"]
    assert isinstance(found, Map)
    assert (found.keys, type(found.keys[0])) == (keys, type(keys[0]))
    assert (found.key_type, found.value_type, found.items[0].item()) == (kind, "double", 7)


def test_a_map_that_holds_itself_and_one_of_keys_that_no_map_here_has(tmp_path: Path) -> None:
    objects = [(1, [("serialization", 1, 0)]), (1, [("serialization", 1, 1)])]
    values = [
        _stored_map([char("me"), char("x")], [handles([1], 1), matrix([1], (1, 1))], "char"),
        _stored_map([matrix([np.nan], (1, 1))], [char("v")], "double"),
    ]
    path = with_objects(
        tmp_path / "a.mat",
        modern("m", "containers.Map", handles([1], 1)),
        modern("n", "containers.Map", handles([2], 1)),
        data=object_data(["containers.Map"], objects, values),
    )
    found = opened(path)
    assert found["m"].items[0] is found["m"]
    assert [leaf.path for leaf in leaves("m", found["m"]) if leaf.data is None] == ['m("me")']
    assert inspect(path).contents.rows
    with pytest.raises(FormatError, match=r"a containers\.Map that holds itself"):
        variable(str(path), "m")
    assert isinstance(found["n"], Object)
    assert np.isnan(found["n"].properties[0]["keys"].items[0].item())
    assert found["n"].properties[0]["values"].items == ("v",)


@pytest.mark.parametrize("version", VERSIONS)
def test_tables(tmp_path: Path, version: str) -> None:
    frame = pd.DataFrame({"Age": [1.0, 2.0], "Name": ["x", "yy"]}, index=["r1", "r2"])
    frame["Kind"] = pd.Categorical(["u", "v"])
    frame["Name"] = frame["Name"].astype("str")
    (element,) = opened(save(tmp_path / "a.mat", version, t=frame))["t"].properties
    assert element["row_names"].items == ("r1", "r2")
    variables = element["variables"]
    assert list(variables) == ["Age", "Name", "Kind"]
    assert plain(variables["Age"]) == ("float64", (2, 1), [1.0, 2.0])
    assert [one["value"] for one in variables["Name"].properties] == ["x", "yy"]
    assert [one["value"] for one in variables["Kind"].properties] == ["u", "v"]


@pytest.mark.parametrize("version", VERSIONS)
def test_times(tmp_path: Path, version: str) -> None:
    times = np.array(
        [["2024-02-29T23:59:59.123", "NaT"], ["1969-12-31T23:59:59.5", "1583-01-01"]], "datetime64[ms]"
    )
    spans = np.array([[90_061_001, -1500, 0]], "timedelta64[ms]")
    calendar = np.zeros(
        (1, 2), [("months", "timedelta64[M]"), ("days", "timedelta64[D]"), ("millis", "timedelta64[ms]")]
    )
    calendar["months"], calendar["days"], calendar["millis"] = [[14, 14]], [[0, 3]], [[1500, 1500]]
    found = opened(save(tmp_path / "a.mat", version, t=times, d=spans, c=calendar))
    assert [each["value"] for each in found["t"].properties] == [
        "2024-02-29T23:59:59.123",
        "1969-12-31T23:59:59.5",
        "NaT",
        "1583-01-01T00:00:00",
    ]
    assert plain(found["t"].properties[1]["milliseconds"]) == ("float64", (1, 1), [-500.0])
    assert [each["value"] for each in found["d"].properties] == ["PT25H1M1.001S", "-PT1.5S", "PT0S"]
    assert [each["value"] for each in found["c"].properties] == ["P1Y2MT1.5S", "P1Y2M3DT1.5S"]
    assert found["c"].shape == (1, 2)


def test_a_datetime_finer_than_one_double(tmp_path: Path) -> None:
    """MATLAB keeps what a double does not hold of it in the imaginary part: here 2024-01-02 and 0.000123456 ms."""
    when = 1_704_153_600_000.0
    data = array(6, (1, 1), "", numbers([when], "f8"), numbers([0.123456], "f8"), flags=0x0800)
    path = with_objects(
        tmp_path / "a.mat",
        modern("t", "datetime", handles([1], 1)),
        data=object_data(["datetime"], [(1, [("data", 1, 0), ("tz", 1, 1)])], [data, char("Europe/Berlin")]),
    )
    (element,) = opened(path)["t"].properties
    assert element["value"] == "2024-01-02T00:00:00.000123456Z"
    assert plain(element["milliseconds"]) == ("complex128", (1, 1), [when + 0.123456j])
    assert element["TimeZone"] == "Europe/Berlin"


@pytest.mark.parametrize("version", VERSIONS)
def test_categories(tmp_path: Path, version: str) -> None:
    kinds = pd.Categorical(["b", None, "a"], categories=["a", "b", "c"], ordered=True)
    found = opened(save(tmp_path / "a.mat", version, k=kinds))["k"]
    values = [element["value"] for element in found.properties]
    assert (values[0], values[2]) == ("b", "a")
    assert values[1].class_name == "missing"
    assert [element["code"].item() for element in found.properties] == [2, 0, 1]
    assert found.properties[0]["categories"].items == ("a", "b", "c")
    assert found.properties[0]["ordinal"].item()


def _enumeration(order: str = "<") -> bytes:
    words = {
        "EnumerationInstanceTag": ([0xDD000000], (1, 1)),
        "ClassName": ([1], (1, 1)),
        "ValueNames": ([1, 2], (2, 1)),
        "ValueIndices": ([1, 0, 1], (1, 3)),
        "BuiltinClassName": ([0], (1, 1)),
    }
    fields = [
        array(UINT32, shape, "", numbers(values, "u4", order), order=order)
        for values, shape in words.values()
    ]
    values = cells(handles([1], 1, order=order), handles([2], 1, order=order), order=order)
    labels = names(24, *words, "Values", order=order)
    return array(STRUCT, (1, 1), "", labels, *fields, values, order=order)


@pytest.mark.parametrize("order", ["<", ">"])
def test_enumerations_in_either_order_of_bytes(tmp_path: Path, order: str) -> None:
    data = object_data(
        ["my.Colour"],
        [(1, [("rank", 1, 0)]), (1, [("rank", 1, 1)])],
        [matrix([10], (1, 1), order), matrix([20], (1, 1), order)],
        more=["red", "blue"],
        order=order,
    )
    path = with_objects(
        tmp_path / "a.mat", modern("e", "my.Colour", _enumeration(order), order), data=data, order=order
    )
    found = opened(path)["e"]
    assert (found.class_name, found.shape) == ("my.Colour", (1, 3))
    assert [element["member"] for element in found.properties] == ["blue", "red", "blue"]
    assert [element["value"].properties[0]["rank"].item() for element in found.properties] == [20, 10, 20]
    rows = {(row.depth, row.name): row.shape for row in inspect(path).contents.rows}
    assert rows[0, "e"] == rows[1, "member"] == (1, 3)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_names_numbers_defaults_dynamic_and_deleted(tmp_path: Path, version: str) -> None:
    defaults = [
        matrix([], (0, 0)),
        array(STRUCT, (1, 1), "", names(8, "a", "b"), char("x"), char("y")),
        matrix([], (0, 0)),
    ]
    data = object_data(
        ["My", "meta.DynamicProperty"],
        [(1, [("b", 0, 1), ("on", 2, 1), ("many", 2, 7)]), (2, [("Name", 1, 0)])],
        [char("extra")],
        defaults=defaults,
        more=["member"],
        dynamic=[(2,), ()],
        version=version,
    )
    path = with_objects(
        tmp_path / "a.mat",
        modern("x", "My", handles([1, 0], 1)),
        modern("none", "My", handles([], 1, (0, 3))),
        data=data,
    )
    found = opened(path)
    first, deleted = found["x"].properties
    assert deleted == {}
    assert {name: first[name] for name in ("a", "b")} == {"a": "x", "b": "member"}
    assert plain(first["on"]) == ("bool", (1, 1), [True])
    assert plain(first["many"]) == ("uint32", (1, 1), [7])
    assert first["__dynamic_property__1"].properties[0] == {"Name": "extra"}
    assert (found["none"].class_name, found["none"].shape) == ("My", (0, 3))


def _ring(count: int) -> bytes:
    """Objects of which each holds the next one, and the last the first."""
    objects = [(1, [("next", 1, k)]) for k in range(count)]
    return object_data(["Node"], objects, [handles([(k + 1) % count + 1], 1) for k in range(count)])


def test_objects_that_hold_each_other(tmp_path: Path) -> None:
    path = with_objects(tmp_path / "a.mat", modern("x", "Node", handles([1], 1)), data=_ring(3))
    x = opened(path)["x"]
    third = x.properties[0]["next"].properties[0]["next"].properties[0]
    assert third["next"].properties[0] is x.properties[0]
    (leaf,) = leaves("x", x)
    assert (leaf.path, leaf.data, leaf.problem) == ("x.next.next.next", None, "an object that this one is in")
    rows = [row for row in inspect(path).contents.rows if row.name == "next"]
    assert 3 < len(rows) < 100


def test_a_chain_of_objects_may_be_long(tmp_path: Path) -> None:
    path = with_objects(tmp_path / "a.mat", modern("x", "Node", handles([1], 1)), data=_ring(5000))
    x, seen = opened(path)["x"], set()
    while id(x.properties[0]) not in seen:
        seen.add(id(x.properties[0]))
        x = x.properties[0]["next"]
    assert len(seen) == 5000


def test_objects_that_share_others_stand_for_no_more_arrays_than_can_be_listed(tmp_path: Path) -> None:
    count = 40
    objects = [(1, [("a", 1, k), ("b", 1, k)]) for k in range(count)]
    values = [handles([k + 2], 1) for k in range(count - 1)] + [matrix([1], (1, 1))]
    path = with_objects(
        tmp_path / "a.mat", modern("x", "Node", handles([1], 1)), data=object_data(["Node"], objects, values)
    )
    x = opened(path)["x"]
    with pytest.raises(FormatError, match="at most 1,000,000 arrays"):
        for _ in leaves("x", x):
            pass
    assert inspect(path).contents.rows


def test_function_handles_in_properties(tmp_path: Path) -> None:
    mark = array(UINT32, (1, 1), "", numbers([0xDD000000], "u4"))
    inner = array(STRUCT, (1, 1), "", names(16, "function", "type"), char("sf%0@(x)x.^2"), char("anonymous"))
    stored = array(STRUCT, (1, 1), "", names(16, "function_handle"), inner)
    data = object_data(["My"], [(1, [("f", 1, 0)])], [cells(mark, stored)])
    path = with_objects(tmp_path / "a.mat", modern("x", "My", handles([1], 1)), data=data)
    function = opened(path)["x"].properties[0]["f"]
    assert plain(function) == ("function_handle", (1, 1), [{"function": "sf%0@(x)x.^2", "type": "anonymous"}])


def test_numbers_that_only_look_like_objects_stay(tmp_path: Path) -> None:
    for words in ([0xDD000000, 2, 1, 1, 9, 1], [0xDD000000, 2, 1, 1, 1, 5], [0xDD000000, 2, 3, 1, 1, 1]):
        value = array(UINT32, (len(words), 1), "", numbers(words, "u4"))
        path = with_objects(
            tmp_path / "a.mat",
            modern("x", "My", handles([1], 1)),
            data=object_data(["My"], [(1, [("n", 1, 0)])], [value]),
        )
        assert plain(opened(path)["x"].properties[0]["n"]) == ("uint32", (len(words), 1), words)


def test_objects_of_a_file_without_any_are_foreign(tmp_path: Path) -> None:
    path = with_objects(tmp_path / "a.mat", modern("x", "My", handles([1], 1)), data=b"")
    assert opened(path)["x"] == Foreign("My")


def test_objects_are_taken_apart_into_arrays_with_names(tmp_path: Path) -> None:
    texts = struct.unpack("<Q", "abc".encode("utf-16-le") + bytes(2))
    inner = array(STRUCT, (1, 1), "", names(8, "Layers"), handles([2, 3], 2))
    kinds: list[Any] = [
        (1, [("any", 1, 0), ("labels", 1, 1)]),
        (2, [("Name", 1, 2), ("W", 1, 3)]),
        (2, [("Name", 1, 4)]),
        (3, [("any", 1, 5)]),
    ]
    words = array(15, (1, 7), "", numbers([1, 2, 1, 2, 1, 2, *texts], "u8"))
    values = [inner, handles([4], 3), char("conv"), matrix([1, 2], (1, 2)), char("relu"), words]
    data = object_data(["Net", "Layer", "string"], kinds, values)
    net = opened(with_objects(tmp_path / "a.mat", modern("net", "Net", handles([1], 1)), data=data))["net"]
    found = {leaf.path: leaf for leaf in leaves("net", net)}
    assert {path: ".".join(leaf.parts) for path, leaf in found.items()} == {
        "net.any.Layers(1).Name": "net.Layers.conv.Name",
        "net.any.Layers(1).W": "net.Layers.conv.W",
        "net.any.Layers(2).Name": "net.Layers.relu.Name",
        "net.labels.value": "net.labels.value",
    }
    assert np.asarray(found["net.labels.value"].data).tolist() == [["a", "bc"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objects": [(9, [])]}, "class number 9"),
        ({"objects": [(1, [("p", 1, 5)])]}, "'p' is not among those stored"),
        ({"objects": [(1, [("p", 9, 0)])]}, "'p' is not among those stored"),
        ({"objects": [(1, [("p", 0, 99)])]}, "name 99"),
        ({"version": 5}, "version 5"),
    ],
)
def test_damaged_tables(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    told = {"classes": ["My"], "objects": [(1, [])], "values": [char("x")]} | change
    data = object_data(**{**told, "version": 4}) if "version" not in change else _of_version(told)
    path = with_objects(tmp_path / "a.mat", modern("x", "My", handles([1], 1)), data=data)
    with pytest.raises(FormatError, match=message) as raised:
        opened(path)
    assert str(raised.value).startswith(str(path))
    assert any(message in row.note for row in inspect(path).contents.rows)


def _of_version(told: dict[str, Any]) -> bytes:
    data = object_data(**{**told, "version": 4})
    at = data.index(struct.pack("<3I", 4, 1, 48))
    return data[:at] + struct.pack("<I", told["version"]) + data[at + 4 :]


def test_strings_whose_parts_do_not_fit(tmp_path: Path) -> None:
    for words in ([1], [1, 2, 5, 1, 1], [1, 2, 1, 1, 9, 65], [1, 1 << 40, 1, 1], [1, 2, 1 << 40, 1 << 40]):
        value = array(15, (1, len(words)), "", numbers(words, "u8"))
        path = with_objects(
            tmp_path / "a.mat",
            modern("x", "string", handles([1], 1)),
            data=object_data(["string"], [(1, [("any", 1, 0)])], [value], saved=[1]),
        )
        with pytest.raises(FormatError, match=r"x: .*string array"):
            opened(path)


@pytest.mark.parametrize("version", VERSIONS)
def test_damaged_files_raise_one_kind_of_error(tmp_path: Path, version: str) -> None:
    layers = opaques(
        "Layer", (2, 1), opaque("Conv", Name="conv", W=np.zeros((2, 2))), opaque("ReLU", Name="relu")
    )
    frame = pd.DataFrame({"Age": [1.0, 2.0], "Kind": pd.Categorical(["u", "v"])}, index=["r1", "r2"])
    path = save(
        tmp_path / "a.mat",
        version,
        layers=layers,
        net=opaque("Net", labels=np.array([["a", "bc"]], dtype=TEXT)),
        t=frame,
        d=np.array([["2024-02-29", "NaT"]], "datetime64[ms]"),
    )
    whole = path.read_bytes()
    chance = random.Random(5)
    refused = 0
    for _ in range(120):
        data = bytearray(whole)
        at = chance.randrange(128 if version != "v7.3" else 2048, len(data) - 4)
        data[at : at + 4] = chance.choice(
            [bytes(4), b"\xff" * 4, chance.randbytes(4), struct.pack("<I", 1 << 30)]
        )
        path.write_bytes(data)
        refused += _refused(path)
    assert refused


def _refused(path: Path) -> bool:
    try:
        opened(path)
    except FormatError as error:
        return str(error).startswith(str(path)) or pytest.fail(f"it does not say in which file: {error}")
    return False
