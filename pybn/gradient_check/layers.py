"""The gradients of a layer against differences of what it computes."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from pybn.errors import ShapeError
from pybn.gradient_check.numeric import LIMIT, STEP, Move
from pybn.gradient_check.stencil import Array
from pybn.gradient_check.tensor import GradientError, check_tensor, magnitude_of

Tensors = dict[str, Array]
PARAMETERS = ("weight", "bias")
HINT = "; parameters are given by name, as weight= and bias="


def gradient_check(
    layer: Any,
    *inputs: Any,
    weight: Any = None,
    bias: Any = None,
    dy: Any = None,
    step: float = STEP,
    seed: int = 0,
    limit: float = LIMIT,
    elements: int | None = None,
    **more: Any,
) -> list[GradientError]:
    """Compare what `layer.backward` returns with differences of `layer.forward`, in float64.

    One GradientError for each input ("input", or "input1", "input2" ... of several), "weight", "bias" and what `more`
    parameters are named, as the "recurrent_weight" of an Lstm. The function is sum(dy * y); `dy` is drawn with
    `seed` where none is given. `elements` limits how many elements of a tensor are looked at, drawn with `seed`.
    `step` is relative to the deviation of a tensor.

    Any object serves whose `forward(*inputs, weight, bias)`, parameters in the order of its `parameters` if it has
    that, returns y and whose `backward(dy)` returns the gradients as attributes or under keys. It stays as it is:
    every evaluation is on a deep copy of its own, so that running statistics do not move and a Dropout draws the
    same mask each time. What `backward` returns by a parameter that is not given is not checked: a UserWarning
    says so.
    Raises ShapeError where `dy` is not of the shape of y, or a gradient of that of its tensor; TypeError where
    `forward` does not take what is given, or `backward` returns no gradients by name; whatever the layer raises.
    """
    tensors = _tensors(layer, inputs, {"weight": weight, "bias": bias, **more})
    _check_call(layer, tensors)
    still = _widened(deepcopy(layer))

    def forward(moved: Tensors) -> tuple[Any, Array]:
        fresh = deepcopy(still)
        return fresh, double(fresh.forward(*(value.copy() for value in moved.values())))

    fresh, y = forward(tensors)
    weigh = np.random.default_rng(seed).standard_normal(y.shape) if dy is None else double(dy)
    if weigh.shape != y.shape:
        raise ShapeError(f"dy: wanted shape {y.shape}, that of y, got {weigh.shape}")
    return check_all(
        tensors,
        _gradients(fresh.backward(weigh.copy()), tensors),
        lambda moved: weigh * forward(moved)[1],
        step=step,
        limit=limit,
        elements=elements,
        seed=seed,
    )


def _tensors(layer: Any, inputs: Sequence[Any], parameters: Mapping[str, Any]) -> Tensors:
    """Return all that is given, by name and in double: inputs, then parameters in the layer's order."""
    names = ["input"] if len(inputs) == 1 else [f"input{k}" for k in range(1, len(inputs) + 1)]
    given = dict(zip(names, inputs, strict=True)) | _in_order(layer, parameters)
    return {name: double(value) for name, value in given.items() if value is not None}


def _in_order(layer: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters in the order in which the layer takes them, where it says so."""
    own = getattr(layer, "parameters", ())  # which may be anything, of a class that is not ours
    order = [name for name in own if name in parameters] if isinstance(own, tuple) else []
    return {name: parameters[name] for name in [*order, *parameters]}


def check_all(
    tensors: Tensors, gradients: Mapping[str, Any], evaluate: Callable[[Tensors], Array], **more: Any
) -> list[GradientError]:
    """Check each tensor; `evaluate` returns the summands of the function."""
    middle = np.ravel(evaluate(tensors))
    more["magnitude"] = magnitude_of(tensors.values())

    def one(name: str) -> GradientError:
        x = tensors[name]

        def ask(moves: Sequence[Move]) -> Iterator[Array]:
            for k, by in moves:
                moved = x.copy()
                moved.flat[k] += by
                yield np.ravel(evaluate(tensors | {name: moved}))

        return check_tensor(name, x, gradients[name], middle, ask, **more)

    return [one(name) for name in tensors]


def double(value: Any) -> Array:
    """Return a float64 copy in C order."""
    return np.array(value, np.float64, order="C")


def _widened(layer: Any) -> Any:
    """Bring what training gathered to float64, so that a layer trained in float32 takes float64."""
    for name in getattr(layer, "buffers", ()):
        value = getattr(layer, name, None)
        if isinstance(value, np.ndarray):
            setattr(layer, name, value.astype(np.float64))
    return layer


def _check_call(layer: Any, tensors: Tensors) -> None:
    """Raise TypeError where `forward` does not take as much as is given; what cannot tell what it takes may try."""
    try:
        taken = inspect.signature(layer.forward)
    except (TypeError, ValueError):
        return
    try:
        taken.bind(*tensors.values())
    except TypeError:
        empty = inspect.Signature.empty
        bare = [one.replace(annotation=empty) for one in taken.parameters.values()]
        takes = f"{type(layer).__name__}.forward{taken.replace(parameters=bare, return_annotation=empty)}"
        raise TypeError(f"{takes}: it was given {', '.join(tensors) or 'nothing'}{HINT}") from None


def _gradients(answer: Any, tensors: Tensors) -> dict[str, Any]:
    """Return the gradient by each tensor; warn of what else there is.

    Raises TypeError where the answer has no gradient by the input, by its name.
    """
    first = next(iter(tensors), "input")
    there = _names(answer, [*tensors, "input", *PARAMETERS])
    if first not in there:
        kind = "array" if isinstance(answer, np.ndarray) else type(answer).__name__
        kind = "None" if answer is None else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
        came = ", ".join(there) or kind
        told = f"backward returned {came}; wanted attributes or keys {', '.join(tensors)}"
        raise TypeError(told + ("" if first == "input" else HINT))
    more = [name for name in there if name not in tensors and _field(answer, name) is not None]
    if more:
        told = f"gradient_check: backward returned {', '.join(more)}, too, which is not checked"
        given = " or ".join(f"{name}=" for name in more if name in PARAMETERS)
        warnings.warn(told + (f": no {given} was given" if given else ""), stacklevel=3)
    return {name: _field(answer, name) for name in tensors}


def _names(answer: Any, known: Iterable[str]) -> list[str]:
    """Return the names of what was returned: all the keys, or which of the known attributes there are."""
    if isinstance(answer, Mapping):
        return [str(name) for name in answer]
    if isinstance(answer, np.ndarray):
        return ["input"] if "input1" not in known else []
    return [name for name in dict.fromkeys(known) if hasattr(answer, name)]


def _field(answer: Any, name: str) -> Any:
    """Return the gradient by a tensor: an attribute, the value under a key, or the answer itself."""
    if isinstance(answer, np.ndarray):
        return answer if name == "input" else None
    return answer.get(name) if isinstance(answer, Mapping) else getattr(answer, name, None)
