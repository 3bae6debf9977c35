"""What all layers share: their protocol, the gradients they return, and the checks that refuse what does not fit."""

from __future__ import annotations

import inspect
import math
import re
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from pybn.errors import DTypeError, LayoutError, ShapeError, StateError
from pybn.kernels.elementwise import check_any
from pybn.layouts import axes, orders_images, orders_sequences

Array = npt.NDArray[Any]
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gradients:
    """The gradients of the loss by a layer's input and by its parameters; None where a layer has none."""

    input: Array
    weight: Array | None = None
    bias: Array | None = None


@dataclass(frozen=True, slots=True)
class RecurrentGradients(Gradients):
    """The gradients of a layer that takes its own output of the step before, by those weights as well."""

    recurrent_weight: Array | None = None


@dataclass(frozen=True, slots=True)
class JoinGradients:
    """The gradients of the loss by each input of a layer that joins several: `inputs`, or `input1`, `input2` ..."""

    inputs: tuple[Array, ...]

    def __getattr__(self, name: str) -> Array:
        found = re.fullmatch(r"input([1-9]\d*)", name)
        if found is None or int(found[1]) > len(self.inputs):
            raise AttributeError(f"wanted input1 to input{len(self.inputs)}, got {name!r}")
        return self.inputs[int(found[1]) - 1]


class Layer:
    """A layer: `forward` computes, `backward` differentiates, `training` tells which statistics serve.

    `forward` takes the input, or as many as `fan_in` says, then what `parameters` names; `backward` takes the
    gradient by y. `buffers` names what training gathers. Every argument of the constructor is an attribute of
    the same name, so that a layer can be written down (`options`) and made again.
    """

    fan_in: ClassVar[int | None] = 1  # how many inputs; None: two or more
    parameters: ClassVar[tuple[str, ...]] = ()
    buffers: ClassVar[tuple[str, ...]] = ()
    training: bool = True

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.options().items() if name != "numerics")
        return f"{type(self).__name__}({told})"

    def options(self) -> dict[str, Any]:
        """Return the arguments that make such a layer again, by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:
        """Return the shape of y for inputs of these shapes and, where the layer has one, a weight of this shape.

        Raises ShapeError where they do not fit.
        """
        raise NotImplementedError

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:
        """Return the shape that each parameter must have for an input of shape `x` and this weight.

        Raises ShapeError where the weight does not fit. Layers without parameters return none.
        """
        del x, weight
        return {}


def check_float(name: str, value: object, dtype: str = "float64") -> None:
    """Raise DTypeError unless `value` is a plain float32 or float64 array in native byte order.

    Other real numbers are told how to become such, of `dtype`.
    """
    # By type: a subclass may mean something else by `*` (matrix), or hide elements (masked arrays).
    if type(value) not in (np.ndarray, np.memmap):
        raise DTypeError(
            f"{name}: wanted a plain NumPy array, got {type(value).__name__}; np.asarray converts"
        )
    assert isinstance(value, np.ndarray)  # noqa: S101  # for the type checker
    if value.dtype.char not in "fd" or not value.dtype.isnative:
        # Complex numbers would lose a part, and objects may be anything.
        real = value.dtype.kind in "biuf"
        hint = f"; {name.split()[-1]}.astype(np.{dtype}) converts" if real else ""
        raise DTypeError(f"{name}: wanted float32 or float64, got {value.dtype}{hint}")


def check_like(name: str, value: object, shape: Shape, dtype: np.dtype[Any]) -> None:
    """Raise DTypeError or ShapeError unless `value` is an array of `shape` and `dtype`."""
    check_float(name, value)
    assert isinstance(value, np.ndarray)  # noqa: S101  # for the type checker: check_float saw to it
    if value.shape != shape:
        raise ShapeError(f"{name}: wanted shape {shape}, got {value.shape}")
    if value.dtype != dtype:
        raise DTypeError(f"{name}: wanted {dtype}, the dtype of x, got {value.dtype}")


def check_out(out: object, shape: Shape, dtype: np.dtype[Any]) -> None:
    """As `check_like`, for an array that a result is written into."""
    check_like("out", out, shape, dtype)
    assert isinstance(out, np.ndarray)  # noqa: S101
    if not out.flags.writeable:
        raise ShapeError("out: wanted a writable array, got a read-only one")


def check_images(name: str, shape: Shape, layout: str) -> None:
    """Raise ShapeError unless a shape has the four axes of `layout`, none of them empty."""
    if len(shape) != 4 or 0 in shape:
        hint = "; pybn.layouts.restore appends the ones that MATLAB drops" if len(shape) == 3 else ""
        raise ShapeError(f"{name}: wanted ({', '.join(layout)}) with no empty side, got shape {shape}{hint}")


def check_sequences(name: str, shape: Shape, layout: str) -> None:
    """Raise ShapeError unless a shape has the three axes of `layout`, none of them empty."""
    if len(shape) != 3 or 0 in shape:
        raise ShapeError(f"{name}: wanted ({', '.join(layout)}) with no empty side, got shape {shape}")


def check_tensor(name: str, shape: Shape, layout: str | None) -> None:
    """Raise ShapeError unless a shape is that of rows (N, D), or has the axes of `layout`; none of them empty."""
    kinds = "(N, D)" if layout is None else f"(N, D) or ({', '.join(layout)})"
    if len(shape) not in ({2} if layout is None else {2, len(layout)}) or 0 in shape:
        hint = "; layout='NCHW' takes images, layout='NTC' sequences"
        more = hint if len(shape) in (3, 4) and len(shape) != len(layout or "") else ""
        raise ShapeError(f"{name}: wanted {kinds} with no empty side, got shape {shape}{more}")


def check_cached(cached: object) -> None:
    """Raise StateError where a backward finds nothing of a forward."""
    if cached is None:
        raise StateError("backward wants a forward right before it; there was none")


def image_layout(layout: str) -> str:
    """Return a layout of images, one letter an axis. Raises LayoutError unless it orders H, W, C and N."""
    if not orders_images("".join(axes(layout))):
        raise LayoutError(
            f"layout: wanted an order of H, W, C and N such as 'HWCN' or 'NCHW', got {layout!r}"
        )
    return "".join(axes(layout))


def sequence_layout(layout: str) -> str:
    """Return a layout of sequences, one letter an axis. Raises LayoutError unless it orders N, T and C."""
    if not orders_sequences("".join(axes(layout))):
        raise LayoutError(f"layout: wanted an order of N, T and C such as 'NTC' or 'CTN', got {layout!r}")
    return "".join(axes(layout))


def tensor_layout(layout: str) -> str:
    """Return a layout of images or of sequences, one letter an axis. Raises LayoutError for another."""
    named = "".join(axes(layout))
    if not (orders_images(named) or orders_sequences(named)):
        raise LayoutError(
            "layout: wanted an order of H, W, C and N such as 'HWCN' or 'NCHW', or of N, T and C such as 'NTC', "
            f"got {layout!r}"
        )
    return named


def number(value: object) -> float:
    """Return a number as a float, and NaN, which fails every comparison, for anything else."""
    known = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    try:
        return float(value) if known else math.nan  # type: ignore[arg-type]
    except OverflowError:  # a whole number that no float holds
        return math.nan


def check_numerics(numerics: object) -> str:
    """Return the name of the numerics that are there. Raises ValueError for another."""
    if numerics != "octave":
        raise ValueError(f"numerics: wanted 'octave', the one there is in this version, got {numerics!r}")
    return "octave"


class Elementwise(Layer):
    """A layer whose x, y, dy and dx are alike: one to four axes, float32 or float64.

    Checks, `out` and the order of calls are seen to here; a layer gives the arithmetic: `_forward` returns y and
    leaves in `_kept` an array of the same shape, memory of its own, that `_backward` is given; None leaves nothing.
    """

    _kept: Array | None = None
    _dtype: np.dtype[Any] = np.dtype(float)

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x."""
        check_any("x", inputs[0])
        return inputs[0]

    def forward(self, x: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given."""
        check_float("x", x)
        shape = self.output_shape(x.shape)
        if out is not None:
            check_out(out, shape, x.dtype)
        self._dtype = x.dtype
        with np.errstate(all="ignore"):
            return self._forward(x, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradient by x, shaped as x, written into `out` where one is given."""
        check_cached(self._kept)
        assert self._kept is not None  # noqa: S101  # for the type checker
        check_like("dy", dy, self._kept.shape, self._dtype)
        if out is not None:
            check_out(out, dy.shape, dy.dtype)
        with np.errstate(all="ignore"):
            return Gradients(self._backward(dy, self._kept, out))

    def _forward(self, x: Array, out: Array | None) -> Array:
        raise NotImplementedError

    def _backward(self, dy: Array, kept: Array, out: Array | None) -> Array:
        raise NotImplementedError
