"""Each mistake that a converter can make is seen, at the node where it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from exported_models import (
    DOUBLE,
    FLOAT,
    MODELS,
    answers,
    as_torch,
    errors,
    exported,
    first_wrong,
    images,
    in_process,
    inputs_of,
    run_exported,
)
from onnx import numpy_helper

from pybn.migrate.imported import Imported

Change = Callable[[Any], Any]


def initializer(name: str, change: Change) -> Change:
    """Change a tensor of an ONNX model."""

    def apply(model: Any) -> None:
        (found,) = [one for one in model.graph.initializer if one.name == name]
        value = numpy_helper.to_array(found)
        changed = np.array(change(value), value.dtype, order="C")
        assert changed.shape == value.shape
        assert not np.array_equal(changed, value)
        found.CopyFrom(numpy_helper.from_array(changed, name))

    return apply


def node_of(model: Any, name: str) -> Any:
    """The operation that makes a value."""
    (node,) = [one for one in model.graph.node if name in one.output]
    return node


def attribute(name: str, **values: Any) -> Change:
    """Change options of the operation that makes a value."""

    def apply(model: Any) -> None:
        node = node_of(model, name)
        kept = [one for one in node.attribute if one.name not in values]
        del node.attribute[:]
        node.attribute.extend([*kept, *(onnx.helper.make_attribute(k, v) for k, v in values.items())])

    return apply


def kind(name: str, other: str) -> Change:
    """Make another operation of the one that makes a value."""

    def apply(model: Any) -> None:
        node_of(model, name).op_type = other

    return apply


def swapped(name: str) -> Change:
    """Exchange the inputs of the operation that makes a value."""

    def apply(model: Any) -> None:
        node = node_of(model, name)
        turned = list(node.input)[::-1]
        del node.input[:]
        node.input.extend(turned)

    return apply


def naive(weight: Any) -> Any:
    """Rows in MATLAB's order (H,W,C), as a(:) has them, instead of NCHW's."""
    height, width = images().graph().sizes("up")[2:]
    return weight.reshape(3, height, width, -1).transpose(2, 1, 0, 3)[::-1].reshape(weight.shape)


def gates(count: int, *order: int) -> Change:
    """Other blocks of the rows, (directions, gates H, columns)."""
    return lambda w: np.concatenate([np.split(w, count, 1)[k] for k in order], 1)


IN_ONNX: dict[str, tuple[str, str, Change]] = {
    "a kernel that is flipped": ("images", "conv", initializer("conv.weight", lambda w: w[:, :, ::-1, ::-1])),
    "pads of the wrong sides": ("images", "conv", attribute("conv", pads=[2, 0, 0, 1])),
    "eps forgotten": ("images", "bn", attribute("bn", epsilon=0.0)),
    "variance = sigma": ("images", "bn", initializer("bn.running_var", np.sqrt)),
    "N-1 in the variance": ("images", "bn", initializer("bn.running_var", lambda v: v * 30 / 29)),
    "padding counted": ("images", "avg_uneven", attribute("avg_uneven", count_include_pad=1)),
    "padding not counted": ("images", "avg_counted", attribute("avg_counted", count_include_pad=0)),
    "ceil_mode": ("images", "max_uneven", attribute("max_uneven", pads=[0, 0, 0, 0], ceil_mode=1)),
    "alpha not times N": ("images", "norm_odd", initializer("norm_odd.alpha", lambda a: a / 3)),
    "a window that reaches down": (
        "images",
        "norm_even",
        attribute("norm_even.mean", pads=[2, 0, 0, 1, 0, 0]),
    ),
    "a naive flatten": ("images", "flat", initializer("flat.weight", naive)),
    "softmax over rows of pixels": ("images", "pixels", attribute("pixels", axis=3)),
    "groups exchanged": ("images", "grouped", initializer("grouped.weight", lambda w: w[[2, 3, 0, 1]])),
    "a slope of 0.01": ("images", "leaky", attribute("leaky", alpha=0.01)),
    "a sign": ("images", "scores", initializer("scores.bias", np.negative)),
    "inputs in another order": ("images", "joined", swapped("joined")),
    "MATLAB's order of gates": ("sequences", "lstm", initializer("lstm.weight", gates(4, 0, 2, 3, 1))),
    "gates of the state": ("sequences", "lstm", initializer("lstm.recurrent_weight", gates(4, 0, 2, 3, 1))),
    "gates of the bias": ("sequences", "lstm", initializer("lstm.bias", gates(4, 0, 2, 3, 1))),
    "directions exchanged": ("sequences", "both", initializer("both.weight", lambda w: w[::-1])),
    "r and z exchanged": ("sequences", "gru_after", initializer("gru_after.weight", gates(3, 1, 0, 2))),
    "a walk forward": ("sequences", "backward", attribute("backward.every", direction="forward")),
    "a reset before": ("sequences", "gru_after", attribute("gru_after.every", linear_before_reset=0)),
    "a reset after": ("sequences", "gru_before", attribute("gru_before.every", linear_before_reset=1)),
    "a sigmoid that is not hard": (
        "sequences",
        "hard",
        attribute("hard.last", activations=["Sigmoid", "Tanh", "Tanh"]),
    ),
    "groups of a group-norm": ("more", "groups", attribute("groups", num_groups=4)),
    "eps of a layer-norm": ("more", "row_norm", attribute("row_norm", epsilon=0.0)),
    "a gelu by tanh": ("more", "gelu", attribute("gelu", approximate="tanh")),
    "columns for rows": ("more", "columns", attribute("columns.turned", perm=[0, 1, 2, 3])),
    "an offset that is turned": ("more", "cropped", initializer("cropped.starts", lambda x: x[::-1])),
    "a sum for a product": ("more", "product", kind("product", "Add")),
    "a filter that is turned round": (
        "steps",
        "causal",
        initializer("causal.weight", lambda w: w[:, :, ::-1]),
    ),
    "padding on the right": ("steps", "causal", attribute("causal.made", pads=[0, 4])),
    "half of a causal padding": ("steps", "causal", attribute("causal.made", pads=[2, 2])),
    "the larger half first": ("steps", "same", attribute("same.made", pads=[2, 1])),
    "the larger half first, strided": (
        "steps",
        "same_apart",
        attribute("same_apart.made", auto_pad="SAME_LOWER"),
    ),
    "no padding worked out": ("steps", "same_strided", initializer("same_strided.extent", np.zeros_like)),
    "padding of a sequence counted": (
        "steps",
        "avg_uneven",
        attribute("avg_uneven.made", count_include_pad=1),
    ),
    "padding of a sequence not counted": (
        "steps",
        "avg_counted",
        attribute("avg_counted.made", count_include_pad=0),
    ),
    "a maximum for a mean": ("steps", "mean", kind("mean.made", "GlobalMaxPool")),
    "biases of the state exchanged": (
        "sequences",
        "gru_recurrent",
        initializer("gru_recurrent.bias", gates(2, 1, 0)),
    ),
}

IN_TEXT: dict[str, tuple[str, str, dict[str, str]]] = {
    "pads of the wrong sides": ("images", "conv", {"ZeroPad2d((1, 0, 0, 2))": "ZeroPad2d((0, 1, 2, 0))"}),
    "eps forgotten": ("images", "bn", {"eps=1e-05": "eps=0.0"}),
    "padding counted": ("images", "avg_even", {"count_include_pad=False": "count_include_pad=True"}),
    "ceil_mode": (
        "images",
        "max_uneven",
        {
            "NegativeInfinityPad2d((1, 2, 0, 1))": "nn.Identity()",
            "(3, 3), (2, 2), (0, 0))": "(3, 3), (2, 2), (1, 1), ceil_mode=True)",
        },
    ),
    "alpha not times N": ("images", "norm_odd", {"alpha=0.05": "alpha=0.0166"}),
    "PyTorch's own even window": (
        "images",
        "norm_even",
        {"= EvenLocalResponseNorm(": "= nn.LocalResponseNorm("},
    ),
    "softmax over rows of pixels": (
        "images",
        "pixels",
        {"self.pixels = nn.Softmax(dim=1)": "self.pixels = nn.Softmax(dim=3)"},
    ),
    "a crop of the wrong sides": ("images", "up_uneven", {"crop=(0, 2, 1, 0)": "crop=(2, 0, 0, 1)"}),
    "a reset after": ("sequences", "gru_before", {"StepByStepGRU(True, 3": "StepByStepGRU(False, 3"}),
    "channels of a step": ("more", "step_slopes", {"= SequencePReLU(4)": "= nn.PReLU(4)"}),
    "columns for rows": ("more", "columns", {"= ColumnFlatten()": "= nn.Flatten()"}),
    "an offset that is turned": ("more", "cropped", {"Crop(1, 2)": "Crop(2, 1)"}),
    "a gelu by tanh": ("more", "gelu", {"self.gelu = nn.GELU()": "self.gelu = nn.GELU(approximate='tanh')"}),
    "padding on the right": ("steps", "causal", {"pad=(4, 0)": "pad=(0, 4)"}),
    "the larger half first": (
        "steps",
        "same",
        {"pad = (total // 2, total - total // 2)": "pad = (total - total // 2, total // 2)"},
    ),
    "padding that wins": ("steps", "max_uneven", {'float("-inf")': "9.0"}),
    "padding of a sequence counted": (
        "steps",
        "avg_uneven",
        {"(3, 1, (2, 0), False)": "(3, 1, (2, 0), True)"},
    ),
    "a maximum for a mean": ("steps", "mean", {"= SequenceMean()": "= SequenceMax()"}),
    "a sigmoid that is not hard": ("sequences", "hard", {"True, 'hard-sigmoid'": "True, 'sigmoid'"}),
}
IN_TENSORS: dict[str, tuple[str, str, str, Change]] = {
    "a kernel that is flipped": ("images", "conv", "conv.weight", lambda w: w.flip((2, 3))),
    "variance = sigma": ("images", "bn", "bn.running_var", lambda v: v.sqrt()),
    "a naive flatten": (
        "images",
        "flat",
        "flat.weight",
        lambda w: w.reshape(7, 3, -1).transpose(1, 2).reshape(w.shape),
    ),
    "ONNX's order of gates": ("sequences", "lstm", "lstm.weight_ih_l0", lambda w: w.roll(4, 0)),
    "the gates of one direction": (
        "sequences",
        "both",
        "both.weight_hh_l0_reverse",
        lambda w: w.roll(3, 0),
    ),
    "r and z exchanged": (
        "sequences",
        "gru_after",
        "gru_after.weight_ih_l0",
        lambda w: w[[4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11]],
    ),
    "a bias twice": ("sequences", "last", "last.bias_hh_l0", lambda b: b + 0.1),
}


@cache
def known(name: str) -> tuple[Imported, Any, Any]:
    """A model, inputs, and what is right."""
    model = MODELS[name]()
    inputs = inputs_of(model)
    return model, inputs, answers(model, inputs)


@pytest.mark.parametrize("mistake", IN_ONNX)
def test_a_mistake_in_the_onnx_is_seen(mistake: str, tmp_path: Path) -> None:
    name, node, make = IN_ONNX[mistake]
    model, inputs, wanted = known(name)
    made = exported(model, tmp_path, ".onnx")
    changed = onnx.load(made.target)
    make(changed)
    target = tmp_path / "changed.onnx"
    onnx.save(changed, target)
    found = errors(run_exported(replace(made, target=target), inputs), wanted)
    assert first_wrong(found, FLOAT) == node, found
    assert found[node] > 10 * FLOAT


# PyTorch's, in this process: the text of the module and the tensors are changed.


@cache
def in_torch(name: str) -> tuple[str, dict[str, Any], dict[str, str]]:
    """A model as PyTorch's."""
    return as_torch(known(name)[0])


@pytest.mark.parametrize("mistake", IN_TEXT)
def test_a_mistake_in_the_module_is_seen(needs_torch: None, mistake: str) -> None:
    name, node, changes = IN_TEXT[mistake]
    _, inputs, wanted = known(name)
    text, state, names = in_torch(name)
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    assert first_wrong(errors(in_process(text, state, names, inputs), wanted), DOUBLE) == node


@pytest.mark.parametrize("mistake", IN_TENSORS)
def test_a_mistake_in_the_tensors_is_seen(needs_torch: None, mistake: str) -> None:
    name, node, tensor, change = IN_TENSORS[mistake]
    _, inputs, wanted = known(name)
    text, state, names = in_torch(name)
    changed = state | {tensor: change(state[tensor]).contiguous()}
    assert first_wrong(errors(in_process(text, changed, names, inputs), wanted), DOUBLE) == node


@pytest.mark.parametrize("name", MODELS)
def test_without_a_mistake_nothing_is_seen(needs_torch: None, name: str) -> None:
    _, inputs, wanted = known(name)
    assert first_wrong(errors(in_process(*in_torch(name), inputs), wanted), DOUBLE) is None
