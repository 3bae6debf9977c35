"""What a training tells of itself: its losses and how good it is, step by step and epoch by epoch."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pybn.losses import classes

Array = npt.NDArray[Any]


@dataclass(slots=True)
class History:
    """What a run gathered.

    losses             of each step, on its batch, in training mode, before its update; the L2 term is in it
    validation_losses  at the end of each epoch, in evaluation mode; the data's loss alone, without L2
    accuracies         likewise: the share of rows that the model answers right (see `correct`)
    """

    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    @property
    def diverged_at(self) -> int | None:
        """The first step, counted from 0, whose loss is NaN or infinite; None where no loss is."""
        return next((step for step, loss in enumerate(self.losses) if not math.isfinite(loss)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the lists by name."""
        return asdict(self)


def correct(scores: Array, targets: Array) -> npt.NDArray[np.bool_]:
    """Return which rows of scores (N, K) are right: the largest score is where the largest target is.

    NaN are passed over, as Octave's max does. A single column is a yes or no instead: score and target are on the
    same side of 0.5.
    """
    if scores.shape[1] == 1:
        return ((scores >= 0.5) == (targets >= 0.5))[:, 0]  # type: ignore[no-any-return]
    return (classes(scores) == classes(targets))[:, 0]  # type: ignore[no-any-return]
