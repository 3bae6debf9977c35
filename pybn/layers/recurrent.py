"""What the recurrent layers share: their options and shapes, and a walk over the steps in one direction or both."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from pybn.errors import ShapeError
from pybn.kernels.activations import GATES, STATES
from pybn.layers.base import (
    Array,
    Layer,
    RecurrentGradients,
    Shape,
    check_cached,
    check_float,
    check_like,
    check_out,
    check_sequences,
    sequence_layout,
)
from pybn.layouts import convert

OUTPUTS = ("sequence", "last")
DIRECTIONS = ("forward", "backward", "both")


class Recurrent(Layer):
    """A layer that walks over the steps of sequences, and takes its own answer of the step before.

    A layer gives the arithmetic of one direction, on steps (T, N, ...): `_run` answers H numbers a step and what a
    backward needs; `_back` takes that and the gradient by them, and answers the gradients by `projected` (the
    input's part of each gate, bias and all), by the recurrent weight and by the bias.
    """

    parameters = ("weight", "recurrent_weight", "bias")
    gates: ClassVar[int]  # how many rows of the weight a hidden number has

    output: str
    direction: str
    layout: str
    gate_activation: str
    state_activation: str
    _cache: tuple[Array, list[tuple[Array, Array, Any]], Shape] | None = None

    def _set(self, output: str, direction: str, layout: str, gate: str, state: str) -> None:
        """Take the options. Raises ValueError or LayoutError."""
        self.output = one_of("output", output, OUTPUTS)
        self.direction = one_of("direction", direction, DIRECTIONS)
        self.layout = sequence_layout(layout)
        self.gate_activation = one_of("gate_activation", gate, tuple(GATES))
        self.state_activation = one_of("state_activation", state, tuple(STATES))

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:
        """Return the shape of y: sequences of H channels (2 H in both directions), or as many a row."""
        if weight is None:
            raise ShapeError(f"weight: wanted its shape ({self._rows} H, D), got None")
        x = inputs[0]
        hidden = self.parameter_shapes(x, weight)["recurrent_weight"][1] * len(self._ways)
        if self.output == "last":
            return (x[self.layout.index("N")], hidden)
        return tuple(hidden if axis == "C" else size for axis, size in zip(self.layout, x, strict=True))

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:
        """Return the shapes of weight, recurrent_weight and bias, as the class has them."""
        check_sequences("x", x, self.layout)
        features, rows = x[self.layout.index("C")], self._rows
        if len(weight) != 2 or weight[1] != features or not weight[0] or weight[0] % rows:
            turned = len(weight) == 2 and weight[0] == features and weight[1] % rows == 0
            raise ShapeError(
                f"weight: wanted ({rows} H, D) with D = {features}, as x {x} has, and H >= 1, got shape {weight}"
                f"{f'; weight.T is ({rows} H, D)?' if turned else ''}"
            )
        hidden = weight[0] // rows
        return {
            "weight": weight,
            "recurrent_weight": (weight[0], hidden),
            "bias": self._bias_shape(weight[0]),
        }

    def forward(
        self, x: Array, weight: Array, recurrent_weight: Array, bias: Array, *, out: Array | None = None
    ) -> Array:
        """Return y, written into `out` where one is given. It starts from zeros, whatever came before."""
        check_float("x", x)
        check_float("weight", weight)
        given = {"weight": weight, "recurrent_weight": recurrent_weight, "bias": bias}
        for name, wanted in self.parameter_shapes(x.shape, weight.shape).items():
            check_like(name, given[name], wanted, x.dtype)
        shape = self.output_shape(x.shape, weight=weight.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        steps = np.array(convert(x, self.layout, "TNC"), order="C")
        parts, walked = [], []
        with np.errstate(all="ignore"):
            for way, w, r, b in zip(self._ways, *map(self._split, given.values()), strict=True):
                h, cache = self._run(_project(steps[::way], w) + self._input_bias(b), r, b)
                walked.append((w, r, cache))
                parts.append(h[-1] if self.output == "last" else h[::way])
        self._cache = (steps, walked, x.shape)
        return self._answer(np.concatenate(parts, axis=-1), shape, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> RecurrentGradients:
        """Return the gradients by x (shaped as x, written into `out` where one is given) and by all parameters."""
        check_cached(self._cache)
        assert self._cache is not None  # noqa: S101  # for the type checker
        steps, walked, shape = self._cache
        rows = walked[0][0].shape[0] * len(walked)
        check_like("dy", dy, self.output_shape(shape, weight=(rows, steps.shape[2])), steps.dtype)
        if out is not None:
            check_out(out, shape, steps.dtype)
        dsteps, found = np.zeros_like(steps), []
        with np.errstate(all="ignore"):
            for way, dh, (w, r, cache) in zip(self._ways, self._by_step(dy, len(steps)), walked, strict=True):
                dprojected, drecurrent, dbias = self._back(dh[::way], r, cache)
                flat = dprojected.reshape(-1, dprojected.shape[-1])
                found.append((flat.T @ steps[::way].reshape(len(flat), -1), drecurrent, dbias))
                dsteps += _project(dprojected, w.T)[::way]
        dweight, drecurrent, dbias = (np.concatenate(each) for each in zip(*found, strict=True))
        dx = np.empty_like(dy, shape=shape, subok=False) if out is None else out
        np.copyto(convert(dx, self.layout, "TNC"), dsteps)
        return RecurrentGradients(dx, dweight, dbias, drecurrent)

    @property
    def _ways(self) -> tuple[int, ...]:
        """The directions, as strides along the steps."""
        return {"forward": (1,), "backward": (-1,), "both": (1, -1)}[self.direction]

    @property
    def _rows(self) -> int:
        return self.gates * len(self._ways)

    def _split(self, parameter: Array) -> list[Array]:
        """Return a copy of each direction's part of a parameter."""
        return [np.array(part, order="C") for part in np.split(parameter, len(self._ways))]

    def _by_step(self, dy: Array, steps: int) -> list[Array]:
        """Return for each direction the gradient by its H numbers of each step, (T, N, H)."""
        if self.output == "sequence":
            return np.split(convert(dy, self.layout, "TNC"), len(self._ways), axis=2)
        whole = []
        for way, part in zip(self._ways, np.split(dy, len(self._ways), axis=1), strict=True):
            by_step = np.zeros((steps, *part.shape), part.dtype)
            by_step[-1 if way == 1 else 0] = part
            whole.append(by_step)
        return whole

    def _answer(self, steps: Array, shape: Shape, out: Array | None) -> Array:
        y = np.empty(shape, steps.dtype) if out is None else out
        np.copyto(y if y.ndim == 2 else convert(y, self.layout, "TNC"), steps)
        return y

    def _bias_shape(self, rows: int) -> Shape:
        return (rows,)

    def _input_bias(self, bias: Array) -> Array:
        """Return what of the bias is added to the input's part."""
        return bias

    def _run(self, projected: Array, recurrent: Array, bias: Array) -> tuple[Array, Any]:
        raise NotImplementedError

    def _back(self, dh: Array, recurrent: Array, cache: Any) -> tuple[Array, Array, Array]:
        raise NotImplementedError


def _project(steps: Array, matrix: Array) -> Array:
    """Return every step (T, N, D) times the rows of a matrix (M, D), in one product: (T, N, M)."""
    flat = np.ascontiguousarray(steps).reshape(-1, steps.shape[2])
    return (flat @ matrix.T).reshape(*steps.shape[:2], -1)


def one_of(name: str, value: object, known: tuple[str, ...]) -> str:
    """Return a name that is one of those there are. Raises ValueError for another."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name}: wanted {', '.join(map(repr, known[:-1]))} or {known[-1]!r}, got {value!r}")
    return value
