"""What MatConvNet's models say of themselves: the size of images, what is subtracted, the names of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pybn.graph import Input
from pybn.migrate.imported import Preprocessing
from pybn.migrate.importers.building import array, empty, whole_numbers
from pybn.values import Cell

SIZE = 24, 20  # rows and columns of images whose size the file does not say


def input_of(meta: Mapping[str, Any], path: str, channels: int) -> tuple[Input, tuple[str, ...]]:
    """Return the input (None, C, H, W), and the axes whose size is not the model's."""
    told = meta.get("normalization")
    size = told.get("imageSize") if isinstance(told, Mapping) else None
    if empty(size) and not empty(meta.get("inputSize")):
        size = meta["inputSize"]
    if empty(size):
        return Input((None, channels, *SIZE)), ("H", "W")
    found = whole_numbers(size, f"{path}.normalization.imageSize", (2, 3, 4), 1)
    height, width = found[:2]
    return Input((None, channels, height, width)), ()


def preprocessing_of(meta: Mapping[str, Any], name: str, path: str) -> tuple[Preprocessing, ...]:
    """Return the subtraction of the average image, or colour, where there is one."""
    told = meta.get("normalization")
    average = told.get("averageImage") if isinstance(told, Mapping) else None
    if empty(average):
        return ()
    mean = array(average, f"{path}.normalization.averageImage")
    if mean.ndim == 3 and mean.shape[:2] != (1, 1):
        shift = -mean.transpose(2, 0, 1)
    else:
        shift = -(mean.reshape(-1, order="F") if mean.size <= 4 else mean[None])
    return (
        Preprocessing(
            name, np.ones(1, mean.dtype), np.ascontiguousarray(shift), "meta.normalization.averageImage"
        ),
    )


def classes_of(meta: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the classes are: their descriptions, or else their names."""
    told = meta.get("classes")
    if not isinstance(told, Mapping):
        return ()
    for name in ("description", "name"):
        value = told.get(name)
        if isinstance(value, Cell) and value.items and all(isinstance(item, str) for item in value.items):
            return tuple(value.items)
    return ()


def meta_of(net: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a network's meta; older files have its members beside the layers."""
    meta = net.get("meta")
    if isinstance(meta, Mapping):
        return meta
    return {name: net[name] for name in ("normalization", "classes") if name in net}
