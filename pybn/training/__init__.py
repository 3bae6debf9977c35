"""Training: a graph, a loss, a solver, and a loop over batches that ends alike however often it is killed."""

from __future__ import annotations

from pybn.training.history import History
from pybn.training.loop import Training

__all__ = ["History", "Training"]
