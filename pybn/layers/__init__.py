"""Layers under their MATLAB class names: the layer holds state, the model holds parameters."""

from __future__ import annotations

from pybn.layers.base import Gradients, Layer
from pybn.layers.batch_norm import BatchNorm
from pybn.layers.spatial_batch_norm import SpatialBatchNorm

__all__ = ["BatchNorm", "Gradients", "Layer", "SpatialBatchNorm"]
