"""Octave as an engine: values come back as they went, and every kind of step does what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from octave_cases import make_case, make_job, same_bits, sample

import pybn.engines
from pybn.engines.octave import OctaveEngine
from pybn.errors import CaseError, DTypeError, EngineError, PybnError, ShapeError

SCALAR = ((), "float64")
MFile = Callable[[str, str], Path]

SAME = "function varargout = same(varargin)\n  varargout = varargin;\nend\n"
DTYPES = [
    *["float64", "float32", "bool", "complex128", "complex64"],
    *["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"],
]
SHAPES = [
    *[(5, 4, 3, 1), (5, 4, 3, 2), (7, 1), (1, 7), (1, 1), (), (3,), (1,), (4, 6)],
    *[
        (0, 3),
        (3, 0),
        (2, 0, 3),
        (0,),
        (0, 0),
        (1, 0),
        (0, 1),
        (2, 3, 1, 1, 1),
        (1, 1, 1, 1, 1),
        (1, 1, 2, 1, 3),
    ],
]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_shape_comes_back_as_it_went(octave: OctaveEngine, m_file: MFile, dtype: str) -> None:
    inputs = {f"x{k}": sample(dtype, shape) for k, shape in enumerate(SHAPES)}
    inputs["fortran"] = sample(dtype, (4, 3, 2), "F")
    inputs["strided"] = sample(dtype, (9, 8))[::2, ::-3]
    inputs["turned"] = sample(dtype, (4, 3, 2)).transpose(2, 0, 1)
    inputs["read_only"] = np.broadcast_to(sample(dtype, (1,)), (3, 3))
    case = make_case(
        m_file("same", SAME),
        "same",
        [f"{name}_ = same({name})" for name in inputs],
        inputs,
        {f"{name}_": (x.shape, dtype) for name, x in inputs.items()},
    )
    outputs = octave.run(case, inputs)
    for name, x in inputs.items():
        assert same_bits(outputs[f"{name}_"], x), f"{name} {x.shape}"


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_a_complex_without_imaginary_part_stays_complex(
    octave: OctaveEngine, m_file: MFile, dtype: str
) -> None:
    x = np.array([1, 2, 3], dtype)
    folder = m_file("narrow", "function y = narrow(x)\n  y = x(1:3) + 0;\nend\n")
    outputs = octave.run(
        make_case(folder, "narrow", ["y = narrow(x)"], {"x": x}, {"y": ((3,), dtype)}), {"x": x}
    )
    assert same_bits(outputs["y"], x)


def test_axes_of_each_side(octave: OctaveEngine, m_file: MFile) -> None:
    """The declared order of axes is undone on the way back; Octave sees its own order."""
    folder = m_file("sizes", "function [s, y] = sizes(x)\n  s = size(x); y = x;\nend\n")
    for shape, axes, size in [((2, 3, 4, 1), (3, 2, 1, 0), [1, 4, 3, 2]), ((5,), (0,), [5, 1])]:
        x = {"x": sample("float64", shape)}
        wanted = {"s": ((len(size),), "float64"), "y": (shape, "float64")}
        case = make_case(folder, "sizes", ["s, y = sizes(x)"], x, wanted)
        side = tuple(f"d{axis}" for axis in axes)
        turned = replace(case.inputs["x"], matlab=side), replace(case.outputs["y"], matlab=side)
        case = replace(case, inputs={"x": turned[0]}, outputs={**case.outputs, "y": turned[1]})
        outputs = octave.run(case, x)
        assert outputs["s"].tolist() == size
        assert same_bits(outputs["y"], x["x"])


@pytest.mark.parametrize(
    ("x", "wrong"),
    [
        (np.zeros((2, 2), np.float16), DTypeError),
        (np.zeros((2, 2), np.longdouble), DTypeError),
        (np.zeros((2, 2), ">f8"), DTypeError),
        (np.zeros((2, 2), object), DTypeError),
        (np.zeros((2, 2), "U3"), DTypeError),
        (np.zeros((2, 2), "S3"), DTypeError),
        (np.zeros((2, 2), "M8[s]"), DTypeError),
        (np.zeros((2, 2), [("a", "f8")]), DTypeError),
        (np.zeros((2, 2), np.float32), DTypeError),
        ([[1.0, 2.0], [3.0, 4.0]], DTypeError),
        (None, DTypeError),
        (np.zeros((2, 3)), ShapeError),
        (np.zeros((4,)), ShapeError),
    ],
)
def test_an_input_that_is_not_as_declared_is_refused(
    octave: OctaveEngine, m_file: MFile, x: object, wrong: type[PybnError]
) -> None:
    declared = {"x": np.zeros((2, 2))}
    case = make_case(m_file("same", SAME), "same", ["y = same(x)"], declared, {"y": ((2, 2), "float64")})
    with pytest.raises(wrong, match=r"input 'x': wanted float64 \[2, 2\], got"):
        octave.run(case, {"x": x})  # type: ignore[dict-item]
    with pytest.raises(CaseError, match=r"input 'x': wanted .* got none"):
        octave.run(case, {})


@pytest.mark.parametrize("dtype", ["float16", "longdouble"])
def test_a_declaration_that_octave_cannot_have_is_refused(
    octave: OctaveEngine, m_file: MFile, dtype: str
) -> None:
    x = np.zeros((2, 2), dtype)
    case = make_case(m_file("same", SAME), "same", ["y = same(x)"], {"x": x}, {"y": ((2, 2), "float64")})
    with pytest.raises(CaseError, match="nothing that MATLAB has"):
        octave.run(case, {"x": x})


def test_lists_structs_and_literals(octave: OctaveEngine, m_file: MFile) -> None:
    """describe() tells the class and size of what it is given, and what is in it, as text in bytes."""
    folder = m_file(
        "describe",
        """function d = describe(v)
  d = double(tell(v));
end
function t = tell(v)
  t = sprintf('%s%s', class(v), mat2str(size(v)));
  if iscell(v)
    t = [t '{' strjoin(cellfun(@tell, v(:)', 'UniformOutput', false), ' ') '}'];
  elseif isstruct(v)
    for name = fieldnames(v)'
      t = [t ' .' name{1} '=' tell(v.(name{1}))];
    end
  elseif ischar(v)
    t = [t '"' v '"'];
  elseif ~isobject(v)
    t = [t '=' mat2str(v, 17)];
  end
end
""",
    )
    wanted = {
        "1": "double[1 1]=1",
        "-2.5": "double[1 1]=-2.5",
        "9007199254740992": "double[1 1]=9007199254740992",
        "true": "logical[1 1]=true",
        "none": "double[0 0]=[]",
        "[]": "double[0 0]=[]",
        "[1, 2, 3]": "double[1 3]=[1 2 3]",
        "[x, 2]": "double[1 2]=[7 2]",
        "[1, 'a']": 'cell[1 2]{double[1 1]=1 char[1 1]"a"}',
        "[[1, 2], []]": "cell[1 2]{double[1 2]=[1 2] double[0 0]=[]}",
        "[true, false]": "cell[1 2]{logical[1 1]=true logical[1 1]=false}",
        "''": 'char[0 0]""',
        "'é'": 'char[1 2]"é"',
        "{a: 1, b: [1, 2], c: {d: x}}": "struct[1 1] .a=double[1 1]=1 .b=double[1 2]=[1 2]"
        " .c=struct[1 1] .d=double[1 1]=7",
        "{a: ['p', 'q']}": 'struct[1 1] .a=cell[1 2]{char[1 1]"p" char[1 1]"q"}',
        "$text": 'char[1 4]"$$ ;"',
        "$ints": "double[1 2]=[1 2]",
        "$table": 'struct[1 1] .a=double[1 1]=1.5 .b=cell[1 2]{char[1 1]"p" double[0 0]=[]} .c=struct[1 1]',
        "$empty": "struct[1 1]",
    }
    attrs = {"text": "$$ ;", "ints": [1, 2], "table": {"a": 1.5, "b": ["p", []], "c": {}}, "empty": {}}
    x = {"x": np.array(7.0)}
    jobs = [
        make_job(
            folder,
            "describe",
            [f"d = describe({text})"],
            x,
            {"d": ((len(told.encode()),), "float64")},
            attrs=attrs,
        )
        for text, told in wanted.items()
    ]
    for (text, told), answer in zip(wanted.items(), octave.run_all(jobs), strict=True):
        assert not isinstance(answer, PybnError), f"{text}: {answer}"
        assert bytes(answer["d"].astype(np.uint8)).decode() == told, text


def test_several_outputs_and_fields(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file(
        "many",
        """function [a, b, c] = many(x)
  a = x; b = struct('p', 2*x, 'q', struct('r', 3*x)); c = nargout;
end
""",
    )
    x = {"x": np.array([1.0, 2.0])}
    steps = ["a, b, n3 = many(x)", "_, {p: p, q: q}, _ = many(x)", "n1 = many(x)"]
    case = make_case(
        folder,
        "many",
        steps,
        x,
        {"a": ((2,), "float64"), "p": ((2,), "float64"), "n3": ((), "float64"), "n1": ((2,), "float64")},
    )
    outputs = octave.run(case, x)
    assert {name: y.tolist() for name, y in outputs.items()} == {
        "a": [1, 2],
        "p": [2, 4],
        "n3": 3,
        "n1": [1, 2],
    }


def test_functions_without_inputs_or_outputs(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file("nothing", "function nothing()\nend\n")
    m_file("seven", "function y = seven()\n  y = 7;\nend\n")
    assert octave.run(make_case(folder, "nothing", ["nothing()"]), {}) == {}
    case = make_case(folder, "seven", ["seven()", "y = seven()"], {}, {"y": ((), "float64")})
    assert octave.run(case, {})["y"] == 7
    with pytest.raises(EngineError, match=r"step 'y = nothing\(\)'.*nothing"):
        octave.run(make_case(folder, "nothing", ["y = nothing()"], {}, {"y": ((), "float64")}), {})


HANDLE = """classdef Counter < handle
  properties
    count = 0;
    table = struct('a', struct('b', 1));
  end
  properties (SetAccess = private)
    inner = [];
  end
  properties (Access = private)
    secret = 1;
  end
  properties (Access = protected)
    hidden = [];
  end
  methods
    function obj = Counter(start, inner)
      if nargin > 0, obj.count = start; end
      if nargin > 1, obj.inner = inner; else, obj.inner = Plain(5); end
      obj.hidden = Locked();
    end
    function [now, twice] = add(obj, n)
      obj.count = obj.count + n; now = obj.count; twice = 2 * now;
    end
    function reset(obj), obj.count = 0; end
    function other = copy(obj), other = Counter(obj.count); end
    function y = take(obj, other), y = other.count; end
  end
end
"""
PLAIN = """classdef Plain
  properties
    value = 1;
  end
  methods
    function obj = Plain(value), obj.value = value; end
    function y = times(obj, x), y = obj.value * x; end
    function y = apply(obj, x), y = obj.value * x; end
  end
end
"""
LOCKED = """classdef Locked
  properties (GetAccess = private)
    value = 6;
  end
end
"""


def test_objects(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file("Counter", HANDLE)
    m_file("Plain", PLAIN)
    m_file("Locked", LOCKED)
    x = {"x": np.array(3.0)}
    scalar = ((), "float64")
    steps = {
        "before = self.count": ("before", 10),
        "one, two = add(x)": ("two", 26),
        "between = self.count": ("between", 13),
        "reset()": None,
        "self.count = 4": None,
        "set = self.count": ("set", 4),
        "self.table.a.b = x": None,
        "deep = self.table.a.b": ("deep", 3),
        "applied = self.inner.apply(x)": ("applied", 15),
        "other = copy()": None,
        "more = add(100)": ("more", 104),
        "kept = take(other)": ("kept", 4),
        "secret = self.secret": ("secret", 1),  # private: a case may look
        "hidden = self.hidden.value": ("hidden", 6),  # protected, and in it a private one
    }
    wanted = dict(pair for pair in steps.values() if pair)
    case = make_case(folder, "Counter", list(steps), x, dict.fromkeys(wanted, scalar), new=[10])
    assert {name: y.item() for name, y in octave.run(case, x).items()} == wanted


def test_a_handle_in_a_property_that_only_its_object_may_set(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file("Counter", HANDLE)
    m_file("Plain", PLAIN)
    m_file("Locked", LOCKED)
    m_file("Holder", "classdef Holder < handle\n  properties (SetAccess = private)\n    counter = [];\n  end\n"
           "  methods\n    function obj = Holder(), obj.counter = Counter(1); end\n  end\nend\n")  # fmt: skip
    steps = ["self.counter.count = 5", "y = self.counter.count"]
    assert octave.run(make_case(folder, "Holder", steps, {}, {"y": ((), "float64")}, new=[]), {})["y"] == 5
    with pytest.raises(EngineError, match=r"step 'self.counter = 5'"):
        octave.run(make_case(folder, "Holder", ["self.counter = 5"], new=[]), {})


def test_values_in_objects_change_as_matlab_would(octave: OctaveEngine, m_file: MFile) -> None:
    """A property of a value object inside a handle: set in the object, not in a copy of it."""
    folder = m_file("Outer", "classdef Outer < handle\n  properties\n    inner = [];\n  end\n  methods\n"
                    "    function obj = Outer(), obj.inner = Plain(1); end\n  end\nend\n")  # fmt: skip
    m_file("Plain", PLAIN)
    steps = ["self.inner.value = 9", "y = self.inner.value"]
    assert octave.run(make_case(folder, "Outer", steps, {}, {"y": ((), "float64")}, new=[]), {})["y"] == 9
    case = make_case(folder, "Plain", ["self.value = 8", "y = apply(2)"], {}, {"y": ((), "float64")}, new=[1])
    assert octave.run(case, {})["y"] == 16


def test_functions_and_classes_of_a_user_that_the_driver_has_too(octave: OctaveEngine, m_file: MFile) -> None:
    """A case's own function runs, called or by a handle, where a file of the driver has one of that name inside."""
    driver = Path(pybn.engines.__file__).parent.rglob("*.m")
    local = {
        name
        for file in driver
        for name in re.findall(r"^function .*?(\w+)(?:\(|$)", file.read_text(), re.MULTILINE)
    }
    names = sorted(
        name for name in local if not name.startswith("pybn_") and name not in ("input", "keyboard")
    )
    assert len(names) > 20
    x, jobs = {"x": np.array(3.0)}, []
    m_file("apply_it", "function y = apply_it(f, x)\n  y = f(x);\nend\n")
    for k, name in enumerate(names):
        folder = m_file(name, f"function y = {name}(x)\n  y = {k} + x;\nend\n")
        case = make_case(
            folder,
            "apply_it",
            [f"y = {name}(x)", f"z = apply_it(@{name}, x)"],
            x,
            dict.fromkeys("yz", SCALAR),
        )
        jobs.append((replace(case, matlab=replace(case.matlab, functions=(name,))), x))
    for k, answer in enumerate(octave.run_all(jobs)):
        assert not isinstance(answer, PybnError), names[k]
        assert (answer["y"], answer["z"]) == (k + 3, k + 3), names[k]


def test_a_class_of_a_user_that_the_driver_has_a_function_of(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file("element", PLAIN.replace("Plain", "element"))
    x = {"x": np.array(3.0)}
    steps = ["y = apply(x)", "z = self.value"]
    answer = octave.run(make_case(folder, "element", steps, x, dict.fromkeys("yz", SCALAR), new=[5]), x)
    assert (answer["y"], answer["z"]) == (15, 5)


def test_packages(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file("+pack/twice", "function y = twice(x)\n  y = 2 * x;\nend\n")
    m_file("+pack/+deep/Plain", PLAIN)
    x = {"x": np.array(3.0)}
    function = make_case(folder, "pack.twice", ["y = pack.twice(x)"], x, {"y": ((), "float64")})
    assert octave.run(function, x)["y"] == 6
    method = make_case(folder, "pack.deep.Plain", ["y = apply(x)"], x, {"y": ((), "float64")}, new=[7])
    assert octave.run(method, x)["y"] == 21


@pytest.mark.parametrize(
    ("gives", "declared", "told"),
    [
        ("{1, [1 2]}", ((2,), "float64"), "class cell"),
        ("struct('a', {1, 2})", ((2,), "float64"), "class cell|class struct"),
        ("'text'", ((4,), "float64"), "class char"),
        ("containers.Map()", ((), "float64"), "class containers.Map"),
        ("@sin", ((), "float64"), "class function_handle"),
        ("Plain(1)", ((), "float64"), "class Plain"),
        ("zeros(2, 3)", ((3, 2), "float64"), r"shape \[2, 3\]"),
        ("[]", ((0, 3), "float64"), r"shape \[0, 0\]"),
        ("single(1)", ((), "float64"), "float32"),
        ("1", ((), "float32"), "float64"),
        ("1", ((), "complex64"), "float64"),
        ("1", ((), "bool"), "float64"),
        ("complex(1, 2)", ((), "float64"), "complex128"),
        ("int8(1)", ((), "complex64"), "int8"),
    ],
)
def test_an_output_that_is_not_as_declared_is_an_error(
    octave: OctaveEngine, m_file: MFile, gives: str, declared: tuple[tuple[int, ...], str], told: str
) -> None:
    m_file("Plain", PLAIN)
    folder = m_file("give", f"function y = give()\n  y = {gives};\nend\n")
    with pytest.raises(EngineError, match=f"output 'y': wanted {declared[1]} .*got .*({told})"):
        octave.run(make_case(folder, "give", ["y = give()"], {}, {"y": declared}), {})


@pytest.mark.parametrize(
    ("gives", "wanted"),
    [
        ("eye(3)", np.eye(3)),
        ("sparse([1 0; 0 2])", np.diag([1.0, 2.0])),
        ("1:4", np.arange(1.0, 5)),
        ("sparse([true false])", np.array([True, False])),
        ("eye(3)([2 1 3], :)", np.eye(3)[[1, 0, 2]]),
        ("single(1:3)", np.arange(1, 4, dtype=np.float32)),
        ("zeros(3, 0)", np.zeros((3, 0))),
    ],
)
def test_matrices_that_octave_keeps_in_a_form_of_its_own(
    octave: OctaveEngine, m_file: MFile, gives: str, wanted: np.ndarray
) -> None:
    folder = m_file("give", f"function y = give()\n  y = {gives};\nend\n")
    case = make_case(folder, "give", ["y = give()"], {}, {"y": (wanted.shape, wanted.dtype.name)})
    assert same_bits(octave.run(case, {})["y"], wanted)


def test_an_error_names_the_step_and_carries_octaves_words(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file(
        "fails",
        "function y = fails(x)\n  y = x;\n  if x > 1\n    error('our:id', 'too big: %d', x);\n  end\nend\n",
    )
    x = {"x": np.array(3.0)}
    case = make_case(folder, "fails", ["a = fails(1)", "y = fails(x)"], x, {"y": ((), "float64")}, title="t")
    with pytest.raises(EngineError) as caught:
        octave.run(case, x)
    assert str(caught.value) == "made.toml: t [float64]: step 'y = fails(x)': too big: 3 (fails, line 4)"
    assert (caught.value.step, caught.value.identifier) == ("y = fails(x)", "our:id")


def test_a_missing_function_or_class_or_property_is_named(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file("Plain", PLAIN)
    with pytest.raises(EngineError, match="nowhere"):
        octave.run(make_case(folder, "nowhere", ["nowhere()"]), {})
    with pytest.raises(EngineError, match=r"constructing Nowhere.*Nowhere"):
        octave.run(make_case(folder, "Nowhere", ["f()"], new=[]), {})
    with pytest.raises(EngineError, match=r"step 'y = self.absent'.*absent"):
        octave.run(make_case(folder, "Plain", ["y = self.absent"], {}, {"y": ((), "float64")}, new=[1]), {})


def test_the_first_folder_wins(octave: OctaveEngine, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "who_am_i.m").write_text(
            f"function y = who_am_i()\n  y = double('{name}');\nend\n"
        )
    folders = [tmp_path / "a", tmp_path / "b"]
    case = make_case(folders, "who_am_i", ["y = who_am_i()"], {}, {"y": ((), "float64")})
    assert octave.run(case, {})["y"] == ord("a")


def test_random_numbers_are_the_same_for_every_case(octave: OctaveEngine, m_file: MFile) -> None:
    folder = m_file(
        "draws",
        "function y = draws()\n  y = [rand(1,2) randn(1,2) rande(1,2) randg(2,1,2) randp(9,1,2)];\n"
        "  rand('seed', 3);\nend\n",
    )
    job = make_job(folder, "draws", ["y = draws()"], {}, {"y": ((10,), "float64")})
    first, second = octave.run_all([job, job])
    assert not isinstance(first, PybnError)
    assert not isinstance(second, PybnError)
    assert same_bits(first["y"], second["y"])
    assert first["y"][0] == 0.6394267984578837  # as `random.Random(42)` draws


def test_versions(octave: OctaveEngine) -> None:
    assert {"octave", "blas", "oct2py"} == octave.versions.keys()
    assert all(octave.versions.values())
