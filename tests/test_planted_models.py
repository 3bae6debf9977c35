"""Bugs planted in whole models: each makes parity fail, and the first divergence names the layer it is in.

A bug is an edit of the source of a layer, a loss, a solver or the graph: a mistake that people make who port
MATLAB. The real parity job then runs on models whose every activation, gradient and update Octave recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import isfunction
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import pybn.solvers
from pybn import losses
from pybn.case import Case
from pybn.divergence import first_divergence
from pybn.engines.golden import GoldenEngine
from pybn.engines.port import PortEngine
from pybn.graph import loss as graph_loss
from pybn.graph import model, run, wired
from pybn.kernels import patches, windows
from pybn.layers import (
    avg_pool_layer,
    batch_norm,
    concat,
    convolution_layer,
    dropout,
    elt_wise_add,
    fully_connected,
    global_avg_pool_layer,
    leaky_relu,
    max_pool_layer,
    relu,
    sigmoid,
    softmax,
    spatial_batch_norm,
    tanh,
)
from pybn.parity import Result, Status, find_cases, run_parity
from pybn.training import batches, loop

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
MODELS = ("cnn", "mlp", "residual")

# Cases, by the words that a bug calls them with; the words of a whole row of them, by the first.
CNN, CNN_HWCN, CNN_L2 = "cnn: one batch, NCHW", "cnn: one batch, HWCN", "cnn: one batch, L2, NCHW"
MLP, MLP_L2, MLP_LARGE = "mlp: one batch", "mlp: one batch, L2", "mlp: one batch, large scores"
MLP_CE = "mlp: one batch, Sigmoid and CrossEntropy"
MLP_MSE = "mlp: one batch, Sigmoid and MeanSquaredError"
RESIDUAL, RESIDUAL_HWCN = "residual: one batch, NCHW", "residual: one batch, HWCN"
RESIDUAL_L2 = "residual: one batch, L2, NCHW"
MOMENTUM = (
    "cnn: three steps of SGD with momentum, HWCN",
    "mlp: three steps of SGD with momentum",
    "residual: three steps of SGD with momentum, HWCN",
)
ADAM = ("cnn: three steps of Adam, NCHW", "mlp: three steps of Adam", "residual: three steps of Adam, HWCN")
SGD = ("cnn: three steps of SGD, NCHW", "mlp: three steps of SGD", "residual: three steps of SGD, HWCN")
DECAY = (
    "cnn: training with SGD, L2 and decay, NCHW, double",
    "mlp: training with SGD, L2 and decay, double",
    "residual: training with SGD, L2 and decay, HWCN, double",
)
MOMENTUM_DECAY = (
    "cnn: training with momentum, L2 and decay, HWCN, double",
    "mlp: training with momentum, L2 and decay, double",
)


@dataclass(frozen=True)
class Bug:
    """A mistake: the edits of a module's source, and what the first divergence names in each of the cases."""

    name: str
    module: ModuleType
    edits: Mapping[str, str]
    named: Mapping[str, str]
    dtypes: tuple[str, ...] = ("float64", "float32")


def everywhere(cases: tuple[str, ...], place: str) -> dict[str, str]:
    """The same place in several cases."""
    return dict.fromkeys(cases, place)


WINDOW = "Window(self._size(weight), self.stride, self.pad, self.dilation, self.floor)"
CONVOLUTION = [
    Bug(
        "left and right padding swapped",
        convolution_layer,
        {WINDOW: WINDOW.replace("self.pad", "(*self.pad[:2], *self.pad[:1:-1])")},
        {CNN: "conv1 forward", CNN_HWCN: "conv1 forward"},
    ),
    Bug(
        "top and bottom padding swapped",
        convolution_layer,
        {WINDOW: WINDOW.replace("self.pad", "(*self.pad[1::-1], *self.pad[2:])")},
        {CNN: "conv1 forward", CNN_HWCN: "conv1 forward"},
    ),
    Bug(
        "vertical and horizontal stride swapped",
        convolution_layer,
        {WINDOW: WINDOW.replace("self.stride", "self.stride[::-1]")},
        {CNN: "conv2 forward", CNN_HWCN: "conv2 forward"},
    ),
    Bug(
        "dilation in the sizes alone",
        windows,
        {"spot * self.dilation[axis]": "spot"},
        {RESIDUAL: "conv2 forward", RESIDUAL_HWCN: "conv2 forward"},
    ),
    Bug(
        "vertical and horizontal dilation swapped",
        windows,
        {"spot * self.dilation[axis]": "min(spot * self.dilation[1 - axis], self.extent[axis] - 1)"},
        {RESIDUAL: "conv2 forward", RESIDUAL_HWCN: "conv2 forward"},
    ),
    Bug(
        "kernel flipped, as conv2 of MATLAB has it",
        convolution_layer,
        {'"FCWH"), order': '"FCWH")[:, :, ::-1, ::-1], order'},
        {CNN: "conv1 forward", RESIDUAL: "conv1 forward", RESIDUAL_HWCN: "conv1 forward"},
    ),
    Bug(
        "rows and columns of the kernel swapped",
        convolution_layer,
        {'convert(weight, self._filters, "FCWH")': 'convert(weight, self._filters, "FCHW")'},
        {CNN: "conv1 forward", CNN_HWCN: "conv1 forward", RESIDUAL: "conv1 forward"},
    ),
    Bug(
        "bias forgotten",
        convolution_layer,
        {"np.add(products, bias.reshape(-1, 1, 1, 1), out=there)": "np.copyto(there, products)"},
        {CNN: "conv1 forward", RESIDUAL: "conv1 forward"},
    ),
    Bug(
        "kernel flipped on the way back",
        convolution_layer,
        {
            "= filters.transpose(0, 2, 1) @ rows": "= filters.reshape(*filters.shape[:2], spots[0], -1)"
            "[..., ::-1].reshape(filters.shape).transpose(0, 2, 1) @ rows"
        },
        {CNN: "conv2 backward", CNN_HWCN: "conv2 backward", RESIDUAL: "shortcut backward"},
    ),
    Bug(
        "weight gradient of the last image alone",
        convolution_layer,
        {
            "dfilters = rows @ patches.transpose(0, 2, 1)": "one = rows.shape[2] // given.shape[1]; "
            "dfilters = rows[..., -one:] @ patches[..., -one:].transpose(0, 2, 1)"
        },
        {CNN: "conv2 backward", RESIDUAL: "shortcut backward"},
    ),
    Bug(
        "bias gradient a mean over the batch",
        convolution_layer,
        {"given.shape[0], -1).T)": "given.shape[0], -1).T) / given.shape[1]"},
        {CNN: "conv2 backward", RESIDUAL_HWCN: "shortcut backward"},
    ),
    Bug(
        "padding cut off on one side alone",
        patches,
        {"return window.inside(framed)\n": "return framed[:, :, : size[0], : size[1]]\n"},
        {CNN: "conv2 backward", RESIDUAL: "conv3 backward"},
    ),
    Bug(
        "gradients of overlapping windows overwritten",
        patches,
        {"spot += patches[:, j, i]": "spot[...] = patches[:, j, i]"},
        {CNN: "conv2 backward", RESIDUAL: "conv3 backward"},
    ),
]

MINE = "np.add(sums, gradient, out=sums, where=spot == y)"
TIES = 'gradient = convert(dy, self.layout, "NCHW")'
POOLING = [
    Bug(
        "of equal maxima the first gets all",
        max_pool_layer,
        {
            "spread = np.zeros_like(padded)": "spread, taken = np.zeros_like(padded), np.zeros(y.shape, bool)",
            MINE: MINE.replace("spot == y", "(spot == y) & ~taken") + "; taken |= spot == y",
        },
        {CNN: "pool1 backward", CNN_HWCN: "pool1 backward"},
    ),
    Bug(
        "equal maxima share the gradient",
        max_pool_layer,
        {
            TIES: TIES
            + " / sum((s == y).astype(y.dtype) for _, _, s in self._window.spots(padded, y.shape[2:]))"
        },
        {CNN: "pool1 backward", CNN_HWCN: "pool1 backward"},
    ),
    Bug(
        "the maximum counts the padding as 0",
        max_pool_layer,
        {"self._window.padded(images, np.nan)": "self._window.padded(images)"},
        {RESIDUAL: "pool1 forward", RESIDUAL_HWCN: "pool1 forward"},
    ),
    Bug(
        "overlapping windows of the maximum overwritten",
        max_pool_layer,
        {MINE: "np.copyto(sums, gradient, where=spot == y)"},
        {RESIDUAL: "pool1 backward", RESIDUAL_HWCN: "pool1 backward"},
    ),
    Bug(
        "the sum for the mean",
        avg_pool_layer,
        {"sums /= counts": "sums /= 1"},
        {CNN: "pool2 forward", CNN_HWCN: "pool2 forward"},
    ),
    Bug(
        "the mean counts the padding",
        avg_pool_layer,
        {"if self.count_include_pad:": "if True:"},
        {CNN: "pool2 forward"},
    ),
    Bug(
        "the gradient of the mean not divided",
        avg_pool_layer,
        {'"NCHW") / counts': '"NCHW") / 1'},
        {CNN: "pool2 backward"},
    ),
    Bug(
        "overlapping windows of the mean overwritten",
        avg_pool_layer,
        {"spot += share": "spot[...] = share"},
        {CNN: "pool2 backward"},
    ),
    Bug(
        "the global mean a sum",
        global_avg_pool_layer,
        {"n * c)) / (width * height)": "n * c))"},
        {RESIDUAL: "pool2 forward", RESIDUAL_HWCN: "pool2 forward"},
    ),
    Bug(
        "the gradient of the global mean by the height alone",
        global_avg_pool_layer,
        {'* x_shape[self.layout.index("W")]': "* 1"},
        {RESIDUAL: "pool2 backward", RESIDUAL_HWCN: "pool2 backward"},
    ),
]

ELEMENTWISE = [
    Bug("relu'(0) = 0", relu, {"x >= 0)": "x > 0)"}, {MLP: "relu1 backward"}),
    Bug(
        "relu masks by the gradient",
        relu,
        {"where(kept, dy": "where(dy >= 0, dy"},
        {CNN: "relu2 backward", MLP: "relu1 backward", RESIDUAL: "relu1 backward"},
    ),
    Bug(
        "relu passes every gradient",
        relu,
        {"where(kept, dy": "where(dy == dy, dy"},
        {CNN: "relu2 backward", MLP: "relu1 backward", RESIDUAL: "relu1 backward"},
    ),
    Bug(
        "the slope on the wrong side",
        leaky_relu,
        {"where(self._kept, x, self.slope * x": "where(self._kept, self.slope * x, x"},
        {RESIDUAL: "leaky2 forward", RESIDUAL_HWCN: "leaky2 forward"},
    ),
    Bug(
        "no slope on the way back",
        leaky_relu,
        {"where(kept, dy, self.slope * dy": "where(kept, dy, 0 * dy"},
        {RESIDUAL: "leaky2 backward"},
    ),
    Bug(
        "sigmoid by the wrong sign",
        sigmoid,
        {"y = np.negative(x)": "y = np.positive(x)"},
        {MLP_CE: "prob forward", MLP_MSE: "prob forward"},
    ),
    Bug("sigmoid' = 1 - y", sigmoid, {"kept * (1 - kept)": "1 - kept"}, {MLP_MSE: "prob backward"}),
    Bug("tanh' = 1 - y", tanh, {"1 - kept * kept": "1 - kept"}, {MLP: "tanh1 backward"}),
    Bug(
        "softmax over the batch",
        softmax,
        {"column_sums(powers.T)[:, None]": "column_sums(powers)[None, :]"},
        {CNN: "prob forward", MLP: "prob forward", RESIDUAL: "prob forward"},
    ),
    Bug(
        "softmax without the shift",
        softmax,
        {"rows - rows.max(axis=1, keepdims=True)": "rows.copy()"},
        {MLP_LARGE: "prob forward"},
    ),
]

LOSSES = [
    Bug(
        "N missing in the gradient",
        losses,
        {
            "np.subtract(scores, onehot, out=out)\n        return np.divide(gradient, scores.shape[0], out=gradient)": (
                "np.subtract(scores, onehot, out=out)\n        return gradient"
            )
        },
        {CNN: "prob backward", MLP: "prob backward", RESIDUAL: "prob backward"},
    ),
    Bug(
        "the loss a sum over the batch",
        losses,
        {"_mean(-np.log(of_class), scores.shape[0])": "_mean(-np.log(of_class), 1)"},
        {CNN: "loss forward", MLP: "loss forward", RESIDUAL: "loss forward"},
    ),
    Bug(
        "log2 for log",
        losses,
        {"-np.log(of_class)": "-np.log2(of_class)"},
        {CNN: "loss forward", MLP: "loss forward"},
    ),
    Bug(
        "classes counted from 1",
        losses,
        {"largest, axis=1, keepdims=True))": "largest, axis=1, keepdims=True) - 1)"},
        {CNN: "loss forward", MLP: "loss forward"},
    ),
    Bug(
        "the binary gradient divided by N",
        losses,
        {"if self.mean_gradient else gradient": ""},
        {MLP_CE: "prob backward"},
    ),
    Bug(
        "the zeros of the targets forgotten",
        losses,
        {" + (1.0 - targets) * np.log(1.0 - scores)": ""},
        {MLP_CE: "loss forward"},
    ),
    Bug(
        "squares summed over the columns, not averaged",
        losses,
        {"_mean(difference * difference, scores.size)": "_mean(difference * difference, scores.shape[0])"},
        {MLP_MSE: "loss forward"},
    ),
    Bug(
        "the 2 of the squares forgotten",
        losses,
        {"np.multiply(2.0, gradient, out=gradient)": "pass"},
        {MLP_MSE: "prob backward"},
    ),
    Bug(
        "the softmax differentiated twice",
        model,
        {"start, skip=self._skip)": "start, skip=False)"},
        {CNN: "prob backward", MLP: "prob backward"},
    ),
]

BIASED = "var = scale * column_sums(sq)"
OLD_MEAN = "momentum * mean_before + (1.0 - self.momentum) * mu"
OLD_VAR = "momentum * var_before + (1.0 - self.momentum) * var"


def normal(direction: str) -> dict[str, str]:
    """The batch-norm of each model."""
    return {CNN: f"bn1 {direction}", MLP: f"bn1 {direction}", RESIDUAL_HWCN: f"bn2 {direction}"}


BATCH_NORM = [
    Bug(
        "variance over N-1",
        batch_norm,
        {BIASED: "var = column_sums(sq) / (x.shape[0] - 1)"},
        normal("forward"),
    ),
    Bug(
        "eps outside the root",
        batch_norm,
        {"sqrtvar = np.sqrt(var + self.eps)": "sqrtvar = np.sqrt(var) + self.eps"},
        normal("forward"),
        ("float64",),  # of variances in the thousands: single has not the digits
    ),
    Bug(
        "momentum weighs the new statistic",
        batch_norm,
        {
            OLD_MEAN: "momentum * mu + (1.0 - self.momentum) * mean_before",
            OLD_VAR: "momentum * var + (1.0 - self.momentum) * var_before",
        },
        normal("forward"),
    ),
    Bug(
        "running variance over N-1, as PyTorch has it",
        batch_norm,
        {
            "self._update_running(mu, var)\n": "self._update_running(mu, var * x.shape[0] / (x.shape[0] - 1))\n"
        },
        normal("forward"),
    ),
    Bug(
        "running statistics updated twice",
        batch_norm,
        {"self._update_running(mu, var)\n": "self._update_running(mu, var); self._update_running(mu, var)\n"},
        normal("forward"),
    ),
    Bug(
        "running statistics start at 0 and 1, as PyTorch's do",
        batch_norm,
        {"np.zeros_like(var)": "np.ones_like(var)"},
        normal("forward"),
    ),
    Bug(
        "batch statistics in inference",
        batch_norm,
        {
            "(x - mean) / np.sqrt(var + self.eps)": "(x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + self.eps)",
        },
        {CNN: "bn1 forward", MLP: "bn1 forward", RESIDUAL: "bn2 forward"},
    ),
    Bug("gamma forgotten in dx", batch_norm, {'dy * cache["weight"]': "dy * 1.0"}, normal("backward")),
    Bug(
        "dx without the variance's share",
        batch_norm,
        {"dx1 = dxmu1 + dxmu2": "dx1 = dxmu1"},
        normal("backward"),
    ),
    Bug(
        "channels from the wrong axis",
        spatial_batch_norm,
        {
            "images.reshape(-1, images.shape[3])": "images.transpose(0, 3, 1, 2).reshape(-1, images.shape[3])",
        },
        {CNN: "bn1 forward", RESIDUAL: "bn2 forward"},
    ),
]

MASK = "np.multiply(dy, kept, out=out)"
DROPOUT = [
    Bug("mask filled row by row", dropout, {'order="F"': 'order="C"'}, {MLP: "drop1 forward"}),
    Bug(
        "kept where the draw is below p",
        dropout,
        {"draws >= self.prob": "draws < self.prob"},
        {MLP: "drop1 forward"},
    ),
    Bug("not scaled", dropout, {" * (1 / (1 - self.prob))": ""}, {MLP: "drop1 forward"}),
    Bug("scaled by p", dropout, {"(1 / (1 - self.prob))": "(1 / self.prob)"}, {MLP: "drop1 forward"}),
    Bug("gradient not masked", dropout, {MASK: "dy.copy()"}, {MLP: "drop1 backward"}),
    Bug(
        "another mask on the way back",
        dropout,
        {MASK: "dy * self._drawn(dy.shape, dy.dtype)"},
        {MLP: "drop1 backward"},
    ),
    Bug(
        "seeded by a bare number", wired, {"None if seed is None else [seed]": "seed"}, {MLP: "drop1 forward"}
    ),
    Bug("at work in inference", dropout, {"if not self.training:": "if False:"}, {MLP: "drop1 forward"}),
    Bug(
        "scaled in inference, not in training",
        dropout,
        {
            " * (1 / (1 - self.prob))": "",
            "return deliver(x, out)": "return deliver(x * x.dtype.type(1 - self.prob), out)",
        },
        {MLP: "drop1 forward"},
    ),
]

FLAT = 'convert(x, self.layout, "CHWN").reshape'
UNFLAT = 'if dx.ndim == 3 else "CHWN")'
SQUARE = "np.array(weight.T, order"
FULLY_CONNECTED = [
    Bug(
        "flattened as MATLAB's reshape does",
        fully_connected,
        {FLAT: FLAT.replace("CHWN", "CWHN"), UNFLAT: UNFLAT.replace("CHWN", "CWHN")},
        {CNN: "fc1 forward", CNN_HWCN: "fc1 forward"},
    ),
    Bug(
        "flattened in the order H, W, C",
        fully_connected,
        {FLAT: FLAT.replace("CHWN", "HWCN"), UNFLAT: UNFLAT.replace("CHWN", "HWCN")},
        {CNN: "fc1 forward", CNN_HWCN: "fc1 forward"},
    ),
    Bug(
        "the gradient back to images in another order",
        fully_connected,
        {UNFLAT: UNFLAT.replace("CHWN", "CWHN")},
        {CNN: "fc1 backward", CNN_HWCN: "fc1 backward"},
    ),
    Bug(
        "a square weight the wrong way round",
        fully_connected,
        {SQUARE: SQUARE.replace("weight.T", "(weight if weight.shape[0] == weight.shape[1] else weight.T)")},
        {MLP: "fc2 forward"},
    ),
    Bug(
        "bias gradient of one row",
        fully_connected,
        {"dbias = column_sums(rows)": "dbias = rows[-1].copy()"},
        {CNN: "fc1 backward", MLP: "fc3 backward", RESIDUAL: "fc1 backward"},
    ),
    Bug(
        "weight gradient divided by N once more",
        fully_connected,
        {"(given @ columns.T).T)": "(given @ columns.T).T) / dy.shape[0]"},
        {CNN: "fc1 backward", MLP: "fc3 backward", RESIDUAL: "fc1 backward"},
    ),
]

ARRIVED = "arrived[source] = arrived[source] + dx if source in arrived else dx"
WIRING = [
    Bug(
        "a sum gives one branch nothing",
        elt_wise_add,
        {"tuple(own(dy) for _ in range(count))": "(own(dy), 0 * dy)"},
        {RESIDUAL: "add2 backward", RESIDUAL_HWCN: "add2 backward"},
    ),
    Bug(
        "a sum shares the gradient out",
        elt_wise_add,
        {"tuple(own(dy) for": "tuple(dy / count for"},
        {RESIDUAL: "add2 backward"},
    ),
    Bug(
        "parts in the wrong order",
        concat,
        {"np.concatenate(inputs, ": "np.concatenate(inputs[::-1], "},
        {RESIDUAL: "concat1 forward", RESIDUAL_HWCN: "concat1 forward"},
    ),
    Bug(
        "parts in the wrong order on the way back",
        concat,
        {"np.split(dy, ends, axis)": "np.split(dy, ends, axis)[::-1]"},
        {RESIDUAL: "concat1 backward", RESIDUAL_HWCN: "concat1 backward"},
    ),
    Bug("a branch overwritten", run, {ARRIVED: "arrived[source] = dx"}, {RESIDUAL: "conv3 backward"}),
    Bug("a branch forgotten", run, {ARRIVED: "arrived.setdefault(source, dx)"}, {RESIDUAL: "conv3 backward"}),
    Bug(
        "a branch counted twice",
        run,
        {ARRIVED: ARRIVED.replace("+ dx if", "+ 2 * dx if")},
        {RESIDUAL: "conv3 backward", RESIDUAL_HWCN: "conv3 backward"},
    ),
    Bug(
        "gradients accumulated in place",
        run,
        {
            ARRIVED: "arrived[source] = np.add(arrived[source], dx, out=arrived[source]) if source in arrived else dx"
        },
        {RESIDUAL: "concat1 backward"},  # whose gradient, kept, is what was written over
    ),
    Bug(
        "training mode in predict",
        model,
        {"layer.training = bool(training)": "layer.training = True"},
        {CNN: "bn1 forward", MLP: "bn1 forward", RESIDUAL: "bn2 forward"},
    ),
]

VELOCITY = 'self.momentum * own["velocity"] - self.learning_rate * gradient'
MOVED = "return weight + velocity"
ROOT = "(np.sqrt(vhat) + self.eps)"
UPDATE = "solver update"
SOLVERS = [
    Bug(
        "SGD uphill",
        pybn.solvers,
        {"weight - self.learning_rate * gradient, own": "weight + self.learning_rate * gradient, own"},
        everywhere(SGD, UPDATE),
    ),
    Bug(
        "momentum with the wrong sign",
        pybn.solvers,
        {VELOCITY: VELOCITY.replace("] -", "] +")},
        everywhere(MOMENTUM, UPDATE),
    ),
    Bug(
        "Nesterov's momentum",
        pybn.solvers,
        {MOVED: "return weight + (self.momentum * velocity - self.learning_rate * gradient)"},
        everywhere(MOMENTUM, UPDATE),
    ),
    Bug(
        "the velocity of the step before",
        pybn.solvers,
        {MOVED: 'return weight + own["velocity"]'},
        everywhere(MOMENTUM, UPDATE),
    ),
    Bug(
        "momentum dampened",
        pybn.solvers,
        {VELOCITY: VELOCITY.replace("- self", "- (1 - self.momentum) * self")},
        everywhere(MOMENTUM, UPDATE),
    ),
    Bug(
        "the rate outside the velocity, as PyTorch has it",
        pybn.solvers,
        {
            VELOCITY: VELOCITY.replace("self.learning_rate * ", ""),
            MOVED: "return weight + self.learning_rate * velocity",
        },
        everywhere(MOMENTUM_DECAY, "losses forward"),
    ),
    Bug(
        "eps inside the root",
        pybn.solvers,
        {ROOT: "np.sqrt(vhat + self.eps)"},
        everywhere(ADAM, UPDATE),
        ("float64",),  # in single, eps shows beside the smallest gradients alone
    ),
    Bug(
        "eps beside the uncorrected root",
        pybn.solvers,
        {ROOT: "(np.sqrt(vhat) + self.eps / math.sqrt(1.0 - self.beta2**t))"},
        everywhere(ADAM, UPDATE),
        ("float64",),  # eps is 1e-8
    ),
    Bug(
        "no bias correction",
        pybn.solvers,
        {" / (1.0 - self.beta1**t)": "", " / (1.0 - self.beta2**t)": ""},
        everywhere(ADAM, UPDATE),
    ),
    Bug(
        "t shared by all parameters",
        pybn.solvers,
        {'t = int(own["t"]) + 1': 't = vars(self)["all"] = vars(self).get("all", 0) + 1'},
        everywhere(ADAM, UPDATE),
    ),
    Bug(
        "beta1 and beta2 swapped",
        pybn.solvers,
        {
            '_fraction("beta1", beta1)': '_fraction("beta1", beta2)',
            '_fraction("beta2", beta2)': '_fraction("beta2", beta1)',
        },
        everywhere(ADAM, UPDATE),  # at the second step; the first is the same, once its bias is corrected
    ),
]

WEIGHTS = 'if each.endswith("weight")]'
REACHED = "            if name in found:"
BIASES = """            if "bias" in of_node:
                of_node["bias"] = of_node["bias"] + l2 * parameters[f"{name}.bias"]
"""
L2 = [
    Bug(
        "0.5 missing in the penalty",
        pybn.solvers,
        {"factor = 0.5 * _l2(l2)": "factor = _l2(l2)"},
        everywhere((CNN_L2, MLP_L2, RESIDUAL_L2), "loss forward"),
    ),
    Bug(
        "0.5 in the gradient too",
        pybn.solvers,
        {"gradient + factor * weight": "gradient + 0.5 * factor * weight"},
        {CNN_L2: "fc1 backward", MLP_L2: "fc3 backward", RESIDUAL_L2: "fc1 backward"},
    ),
    Bug(
        "of biases too",
        graph_loss,
        {REACHED: BIASES + REACHED},
        {CNN_L2: "fc1 backward", MLP_L2: "fc3 backward", RESIDUAL_L2: "fc1 backward"},
    ),
    Bug(
        "not of gamma",
        graph_loss,
        {WEIGHTS: WEIGHTS.replace("]", " and of_node[each].ndim > 1]")},
        everywhere((CNN_L2, MLP_L2, RESIDUAL_L2), "loss forward"),
    ),
    Bug(
        "of gamma in the loss alone",
        graph_loss,
        {"of_node[parameter], l2)": "of_node[parameter], l2 if w.ndim > 1 else 0.0)"},
        {CNN_L2: "bn1 backward", MLP_L2: "bn1 backward", RESIDUAL_L2: "bn2 backward"},
    ),
]

STABLE = 'np.argsort(random.random_sample(self.count), kind="stable")'
TOTAL = "total += float(value) * len(targets)"
TRAINING = [
    Bug(
        "the learning rate does not decay",
        loop,
        {"solver.learning_rate *= self.training.learning_rate_decay": "solver.learning_rate *= 1"},
        everywhere(DECAY, "rate forward"),
    ),
    Bug(
        "the learning rate decays at every step",
        loop,
        {
            "        self.step += 1\n": "        self.step += 1\n"
            "        self.training.solver.learning_rate *= self.training.learning_rate_decay\n"
        },
        everywhere(DECAY, "rate forward"),
    ),
    Bug(
        "shuffled by permutation",
        batches,
        {STABLE: "random.permutation(self.count)"},
        everywhere(DECAY, "losses forward"),
    ),
    Bug(
        "the last batch dropped",
        batches,
        {"math.ceil(self.count / self.size)": "self.count // self.size"},
        everywhere(DECAY, "rate forward"),  # its epochs are shorter
    ),
    Bug(
        "targets not shuffled",
        batches,
        {"self.t.take(rows, 0)": "self.t[number * self.size :][: len(rows)]"},
        everywhere(DECAY, "losses forward"),
    ),
    Bug(
        "batches of a validation weigh the same",
        loop,
        {TOTAL: "total += float(value) * parts.count / parts.per_epoch"},
        {DECAY[0]: "validation_losses forward", DECAY[2]: "validation_losses forward"},
    ),
]

BUGS = [
    *CONVOLUTION,
    *POOLING,
    *ELEMENTWISE,
    *LOSSES,
    *BATCH_NORM,
    *DROPOUT,
    *FULLY_CONNECTED,
    *WIRING,
    *SOLVERS,
    *L2,
    *TRAINING,
]


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    """The cases of the whole models that have answers, by stem, name and dtype."""
    found = [case for case in find_cases([FIXTURES / f"{stem}.toml" for stem in MODELS]) if not case.refuses]
    return {f"{case.stem}: {case.name} {case.dtype}": case for case in found}


@pytest.fixture(scope="module")
def golden() -> GoldenEngine:
    """The recorded answers, read once."""
    return GoldenEngine()


@pytest.fixture
def parity(cases: dict[str, Case], golden: GoldenEngine) -> Callable[[str, str], Result]:
    """The parity job on one case."""

    def run(words: str, dtype: str) -> Result:
        words = words.replace("double", "single") if dtype == "float32" else words
        (result,) = run_parity([cases[f"{words} {dtype}"]], golden, PortEngine(), golden)
        return result

    return run


def functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """Yield the functions and methods that a module defines, by their names."""
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        members = vars(value).values() if isinstance(value, type) else [value]
        for member in members:
            for one in (member, *(getattr(member, part, None) for part in ("__func__", "fget", "fset"))):
                if isfunction(one) and one.__module__ == module.__name__:
                    yield f"{name} {one.__qualname__} {one.__code__.co_varnames[:2]}", one


def plant(monkeypatch: pytest.MonkeyPatch, module: ModuleType, edits: Mapping[str, str]) -> None:
    """Let all functions of a module do what its edited source says, whoever has hold of them already."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    for old, new in edits.items():
        if source.count(old) != 1:
            raise LookupError(f"{module.__name__} does not say {old!r} once: plant this bug elsewhere")
        source = source.replace(old, new)
    bugged = ModuleType(module.__name__)
    exec(compile(source, f"<bugged {module.__name__}>", "exec"), bugged.__dict__)  # noqa: S102
    others = dict(functions(bugged))
    for name, function in dict(functions(module)).items():
        monkeypatch.setattr(function, "__code__", others[name].__code__)


def place(result: Result) -> str:
    """What the first divergence names: the layer, or the tensor where it is of none, and the direction."""
    assert result.answers is not None, result.message
    found = first_divergence(result.case, result.comparisons, *result.answers)
    assert found is not None
    return f"{found.place.layer or found.place.name} {found.place.direction}"


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.module.__name__.rpartition('.')[2]}: {bug.name}")
def test_a_planted_bug_is_found_and_its_layer_named(
    monkeypatch: pytest.MonkeyPatch, parity: Callable[[str, str], Result], bug: Bug
) -> None:
    plant(monkeypatch, bug.module, bug.edits)
    found = {}
    for dtype in bug.dtypes:
        for words in bug.named:
            result = parity(words, dtype)
            found[words, dtype] = (
                place(result) if result.status is Status.DIFFERS else f"{result.status}: {result.message}"
            )
    assert found == {(words, dtype): named for dtype in bug.dtypes for words, named in bug.named.items()}


# The controls.


@pytest.mark.parametrize("stem", MODELS)
def test_the_port_as_it_is_agrees(cases: dict[str, Case], golden: GoldenEngine, stem: str) -> None:
    mine = [case for case in cases.values() if case.stem == stem]
    asked = {words for bug in BUGS for words in bug.named if words.startswith(f"{stem}: ")}
    assert {f"{stem}: {case.name}" for case in mine} >= asked
    results = list(run_parity(mine, golden, PortEngine(), golden))
    assert {r.case.id: r.message for r in results if r.status is not Status.AGREES} == {}


def test_a_bug_is_gone_after_its_test(parity: Callable[[str, str], Result]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        plant(monkeypatch, tanh, {"1 - kept * kept": "1 - kept"})
        assert parity(MLP, "float64").status is Status.DIFFERS
    assert parity(MLP, "float64").status is Status.AGREES


@pytest.mark.parametrize("old", ["1 - kept ** 2", "kept"])
def test_an_edit_that_does_not_fit_once_is_refused(monkeypatch: pytest.MonkeyPatch, old: str) -> None:
    with pytest.raises(LookupError, match=r"does not say .* once: plant this bug elsewhere"):
        plant(monkeypatch, tanh, {old: "0"})


def test_there_are_as_many_bugs_as_was_asked() -> None:
    assert len(BUGS) >= 24
    assert len({(bug.module.__name__, *bug.edits.items()) for bug in BUGS}) == len(BUGS)
