"""Input layers of the Deep Learning Toolbox, and what they do to an input before the first layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pybn.graph import Input
from pybn.layers.base import Array
from pybn.migrate.imported import Piece, Preprocessing
from pybn.migrate.importers.building import array, empty, hole, number_of, text_of, whole_numbers
from pybn.values import describe

STEPS = 8  # of a sequence that may have any number of them

KNOWN = ("none", "zerocenter", "zscore")
INPUTS = frozenset({"ImageInputLayer", "FeatureInputLayer", "SequenceInputLayer"})


def input_piece(
    kind: str, name: str, original: str, fields: Mapping[str, Any], path: str
) -> tuple[Piece, list[Preprocessing]]:
    """Return an input, and its normalisation where it has one that is known. Raises FormatError.

    Images are (None, C, H, W), features (None, D), sequences (None, T, C).
    """
    size = whole_numbers(fields.get("InputSize"), f"{path}.InputSize", least=1)
    told = {"InputSize": "x".join(map(str, size))}
    if kind == "ImageInputLayer" and len(size) in (2, 3):
        height, width, channels = (*size, 1)[:3]
        shape: tuple[int | None, ...] = (None, channels, height, width)
    elif kind == "FeatureInputLayer" and len(size) == 1:
        shape = (None, size[0])
    elif kind == "SequenceInputLayer" and len(size) == 1:
        shape = (None, max(STEPS, _shortest(fields, path)), size[0])
    else:
        return hole(name, original, kind, (), told), []
    strange = _strange(fields)
    notes = (f"normalisation by {strange} is not known here, and left to you",) if strange else ()
    piece = Piece(name, original, kind, Input(shape), properties=told, notes=notes)
    normalisation = None if strange else _normalisation(fields, path)
    if normalisation is None:
        return piece, []
    scale, shift, words = normalisation
    rank = len(shape)
    return piece, [Preprocessing(name, _placed(scale, rank), _placed(shift, rank), words)]


def _shortest(fields: Mapping[str, Any], path: str) -> int:
    """Return how many steps a sequence has at least: as many as the windows of the network want."""
    told = fields.get("MinLength")
    return 1 if empty(told) else whole_numbers(told, f"{path}.MinLength", (1,), 1)[0]


def _strange(fields: Mapping[str, Any]) -> str:
    """Return what a normalisation is called that is not known here: a function of the user's, a new kind."""
    told = fields.get("Normalization")
    kind = told.get("Type") if isinstance(told, Mapping) else told
    if empty(told) or (isinstance(kind, str) and (kind in KNOWN or kind.startswith("rescale"))):
        return ""
    return f"{kind!r:.60}" if isinstance(kind, str) else describe(kind)


def _normalisation(fields: Mapping[str, Any], path: str) -> tuple[Array, Array, str] | None:
    """Return what is multiplied, what is added, and the name of it; None where nothing is done, or not yet known."""
    told: Any = fields.get("Normalization")
    path = f"{path}.Normalization"
    if empty(told) or (isinstance(told, str) and told == "none"):
        return None
    if isinstance(told, str):  # of older versions, with the image beside it
        told = {
            "Type": told,
            **{name: fields.get(name) for name in ("AverageImage", "Mean", "StandardDeviation")},
        }
    kind = text_of(told.get("Type"), f"{path}.Type")
    one = np.ones(1, np.float32)
    if kind == "zerocenter":
        mean = _statistic(told, ("AverageImage", "Mean"), path)
        return None if mean is None else (one, -mean, kind)
    if kind == "zscore":
        mean = _statistic(told, ("Mean", "AverageImage"), path)
        deviation = _statistic(told, ("StandardDeviation", "Std"), path)
        if mean is None or deviation is None:
            return None
        scale = (1 / np.where(deviation == 0, 1, deviation)).astype(deviation.dtype)
        return scale, -mean * scale, kind
    return _rescaled(told, kind, path)


def _rescaled(told: Mapping[str, Any], kind: str, path: str) -> tuple[Array, Array, str] | None:
    low, high = _statistic(told, ("Min",), path), _statistic(told, ("Max",), path)
    if low is None or high is None:
        return None
    default = (0.0, 1.0) if kind.endswith("zero-one") or kind == "rescale" else (-1.0, 1.0)
    ends = []
    for name, instead in zip(("TargetMin", "TargetMax"), default, strict=True):
        value = told.get(name)
        ends.append(instead if empty(value) else number_of(value, f"{path}.{name}"))
    span = np.where(high == low, 1, high - low)
    scale = ((ends[1] - ends[0]) / span).astype(low.dtype)
    return scale, (ends[0] - low * scale).astype(low.dtype), kind


def _statistic(told: Mapping[str, Any], names: tuple[str, ...], path: str) -> Array | None:
    for name in names:
        if not empty(told.get(name)):
            return array(told[name], f"{path}.{name}")
    return None


def _placed(x: Array, rank: int) -> Array:
    """Return a statistic of (1,1,C), (H,W,C), (C,1) or one number, as (C,), (C,H,W) or (1,)."""
    if x.size == 1:
        return x.reshape(1)
    if rank != 4:
        return x.reshape(-1, order="F")
    images = x.reshape((*x.shape, 1)[:3] if x.ndim < 3 else x.shape[:3])
    return images.reshape(-1) if images.shape[:2] == (1, 1) else images.transpose(2, 0, 1).copy()
