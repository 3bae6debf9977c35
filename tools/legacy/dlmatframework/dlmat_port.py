"""What the legacy code has as functions, in terms of pybn: the port's side of utils.toml and gradient_check.toml."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.gradient_check.numeric import LIMIT, STEP, Move, slopes
from pybn.graph import Graph
from pybn.kernels.patches import gather, scatter
from pybn.kernels.windows import Window

Array = npt.NDArray[Any]


def im2col(image: Array, kh: int, kw: int, stride: int, pad: int) -> Array:
    """Return the patches (C kW kH, H' W') of an image (H, W, C): the row of a patch fastest, positions row by row."""
    window = Window((kh, kw), (stride, stride), (pad,) * 4)
    images = image.transpose(2, 0, 1)[np.newaxis]
    patches = gather(images, window, window.output(*image.shape[:2]))[:, :, :, 0]
    return patches.swapaxes(-1, -2).reshape(np.prod(patches.shape[:3]), -1)


def im2col_back(
    patches: Array, down: int, across: int, stride: int, kh: int, kw: int, channels: int
) -> Array:
    """Return the image (H, W, C) that patches (H' W', kH kW C) add up to: the column of a patch fastest."""
    window = Window((kh, kw), (stride, stride))
    size = ((down - 1) * stride + kh, (across - 1) * stride + kw)
    blocks = patches.reshape(down, across, channels, kh, kw).transpose(2, 4, 3, 1, 0)
    return scatter(np.ascontiguousarray(blocks)[:, :, :, np.newaxis], window, size)[0].transpose(1, 2, 0)


def numeric(f: Callable[[Array], Array], x: Array, dy: Array) -> Array:
    """Return the slopes of sum(dy f(x)) along each element of x, by differences of five points."""

    def ask(moves: Sequence[Move]) -> Iterator[Array]:
        for k, by in moves:
            moved = x.copy()
            moved.flat[k] += by
            yield np.ravel(dy * f(moved))

    middle = np.ravel(dy * f(x))
    largest = float(np.abs(x).max())
    found, _ = slopes(
        x, np.zeros_like(x), range(x.size), middle, ask, step=STEP, limit=LIMIT, magnitude=largest
    )
    return np.array([found[k].value for k in range(x.size)]).reshape(x.shape)


def count(net: Graph) -> int:
    """Return how many layers a model has, inputs among them."""
    return len(net.nodes)


def place(net: Graph, name: str) -> int:
    """Return which layer of a model is called so, from 1 on."""
    return [node.name for node in net.nodes].index(name) + 1


def sources(net: Graph, name: str) -> tuple[str, ...]:
    """Return what a layer takes its inputs from."""
    return net.nodes[place(net, name) - 1].inputs


def source(net: Graph, name: str) -> str:
    """Return what a layer of one input takes it from."""
    [one] = sources(net, name)
    return one


def activation_shape(net: Graph, name: str) -> list[int]:
    """Return the shape of a layer's output as a legacy layer tells it: [H, W, C, -1] or [1, M]."""
    sizes = net.sizes(name)
    return [1, sizes[-1]] if len(sizes) == 2 else [-1 if n is None else n for n in sizes]


def weight_shape(net: Graph, name: str) -> list[int] | None:
    """Return the shape of a layer's weight, that of a vector as MATLAB has it; None where there is none."""
    weight = net.parameters_of(name).weight
    return None if weight is None else [*[1] * (2 - weight.ndim), *weight.shape]


def orders(seed: int, count: int, epochs: int) -> Array:
    """Return the order of samples of each epoch, (epochs, count) from 0 on: Octave's randperm after this seed."""
    random = np.random.RandomState([seed])  # a list seeds as Octave does
    found = np.tile(np.arange(count), (epochs, 1))
    for order in found:
        for k, draw in enumerate(random.random_sample(count)):
            other = k + int(draw * (count - k))
            order[[k, other]] = order[[other, k]]
    return found


def one_hot(numbers: Array) -> Array:
    """Return a row for each number (N,): 1 in the column of its value, the values in order, 0 elsewhere."""
    return np.asarray(numbers[:, np.newaxis] == np.unique(numbers), np.float64)
