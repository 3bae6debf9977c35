"""Rows in batches: which come when, the same in Octave and here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.errors import ShapeError
from pybn.layers.base import check_float, check_like
from pybn.losses import check_targets

Array = npt.NDArray[Any]


class Batches:
    """A data set cut into batches, epoch after epoch; the last of an epoch may be smaller.

    `x` holds its samples along `axis`, `t` along axis 0. The order of an epoch is drawn when it begins:
    `argsort(random_sample(N))`, which is Octave's `[~, order] = sort(rand(1, N))` for the same seed. With
    `shuffle=False` it is 0, 1, 2 ...; `order` gives it explicitly: (N,) for all epochs, or (E, N), a row an epoch.
    Raises ShapeError where x, t and order do not belong together, ValueError for other bad values.
    """

    def __init__(
        self, x: Array, t: Array, axis: int, size: int, *, shuffle: bool = True, order: Any = None
    ) -> None:
        check_pair(x, t, axis)
        self.x, self.t, self.axis = x, t, axis
        self.size = whole("batch_size", size)
        self.shuffle = bool(shuffle)
        self.count = t.shape[0]
        self.per_epoch = math.ceil(self.count / self.size)
        self.given = None if order is None else _orders(order, self.count)

    def limit(self, epochs: int | None, steps: int | None) -> int:
        """Return how many steps a run has. Raises ValueError unless one of the two says so."""
        if (epochs is None) == (steps is None):
            raise ValueError(f"wanted either epochs or steps, got epochs={epochs!r}, steps={steps!r}")
        total = whole("steps", steps) if epochs is None else whole("epochs", epochs) * self.per_epoch
        if self.given is not None and total > len(self.given) * self.per_epoch and len(self.given) > 1:
            raise ValueError(f"order: {total} steps want more epochs than its {len(self.given)} rows")
        return total

    def order(self, epoch: int, random: np.random.RandomState) -> Array:
        """Return the order of an epoch, drawn from `random` where it is shuffled."""
        if self.given is not None:
            row: Array = self.given[epoch if len(self.given) > 1 else 0]
            return row
        if self.shuffle:
            return np.argsort(random.random_sample(self.count), kind="stable")
        return np.arange(self.count)

    def take(self, order: Array, number: int) -> tuple[Array, Array]:
        """Return copies of x and t of the batch `number` of an epoch of this order."""
        rows = order[number * self.size : (number + 1) * self.size]
        return self.x.take(rows, self.axis), self.t.take(rows, 0)


def check_pair(x: Array, t: Array, axis: int, of: str = "") -> None:
    """Raise ShapeError unless x, along `axis`, and t, (N, K), hold as many samples, at least one; `of` names them.

    ValueError where one has NaN, which need not show: a rectifier makes 0 of them, a loss may pass over them.
    """
    check_float(f"{of}x", x)
    check_targets(f"{of}t", t)
    if x.ndim <= axis or t.ndim != 2 or not x.shape[axis] == t.shape[0] > 0:
        raise ShapeError(
            f"wanted as many samples in {of}x, along axis {axis}, as {of}t (N, K) has rows; "
            f"got x {x.shape}, t {t.shape}"
        )
    _check_no_nan(f"{of}x", x, axis)
    _check_no_nan(f"{of}t", t, 0)


def check_validation(given: Any, batches: Batches) -> tuple[Array, Array] | None:
    """Return the pair (x, t) to evaluate on, whose samples are like those of `batches`; None for None.

    Raises ValueError unless it is a pair, ShapeError or DTypeError where it does not fit.
    """
    if given is None:
        return None
    if not isinstance(given, tuple | list) or len(given) != 2:
        came = f"{len(given)} values" if isinstance(given, tuple | list) else type(given).__name__
        raise ValueError(f"validation: wanted a pair (x, t), got {came}")
    x, t = given
    check_pair(x, t, batches.axis, "validation ")
    for name, mine, trained, axis in (("x", x, batches.x, batches.axis), ("t", t, batches.t, 0)):
        wanted = (*trained.shape[:axis], mine.shape[axis], *trained.shape[axis + 1 :])
        check_like(f"validation {name}", mine, wanted, trained.dtype)
    return x, t


def whole(name: str, value: object) -> int:
    """Return a whole number from 1 on. Raises ValueError."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}: wanted a whole number >= 1, got {value!r}")
    return int(value)


def _check_no_nan(name: str, x: Array, axis: int) -> None:
    with np.errstate(all="ignore"):
        if not x.size or not np.isnan(x.min()):  # in one pass, and without memory: x may be large
            return
    bad: Array = np.asarray(np.isnan(x).any(tuple(k for k in range(x.ndim) if k != axis)))
    raise ValueError(
        f"{name}: wanted no NaN, got some in {bad.sum()} of {len(bad)} samples, first in number {bad.argmax()}"
    )


def _orders(order: Any, count: int) -> Array:
    rows = np.array(order)
    rows = rows[np.newaxis] if rows.ndim == 1 else rows
    if rows.ndim != 2 or rows.shape[1] != count or not len(rows):
        raise ShapeError(f"order: wanted ({count},) or (epochs, {count}), got shape {np.shape(order)}")
    if rows.dtype.kind not in "iu" or not (np.sort(rows, 1) == np.arange(count)).all():
        raise ValueError(f"order: wanted each of the numbers 0 to {count - 1} once in each row")
    return rows.astype(np.int64)
