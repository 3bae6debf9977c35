"""Normalisation of the Deep Learning Toolbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pybn import layers as pybn_layers
from pybn.layers.base import Array
from pybn.migrate.imported import Parameter
from pybn.migrate.importers.building import Made, unlearnt, vector, whole_numbers
from pybn.migrate.importers.toolbox_given import Given, oracle


def batch_norm(given: Given) -> Made | None:
    """Batch normalisation: TrainedMean and TrainedVariance are the statistics of inference, eps inside the root."""
    eps = given.number("Epsilon", 1e-5)
    scale, offset = given.learnt("Scale"), given.learnt("Offset")
    mean, variance = given.learnt("TrainedMean"), given.learnt("TrainedVariance")
    rank = given.rank or (4 if mean is None or mean[1].ndim == 3 else 2)
    layer = (
        pybn_layers.SpatialBatchNorm(eps)
        if rank == 4
        else pybn_layers.BatchNorm(eps, layout="NTC" if rank == 3 else None)
    )
    found = {"weight": scale, "bias": offset, "running_mean": mean, "running_var": variance}
    parameters = _vectors(given, found)
    told = oracle("batchnorm", {"eps": eps}, scale=scale, offset=offset, mean=mean, variance=variance)
    return Made(layer, parameters, told, ("TrainedVariance is the variance, eps inside the root",))


def _vectors(given: Given, found: Mapping[str, tuple[str, Array] | None]) -> dict[str, Parameter]:
    """Return vectors of the file; of those that it has no values for the shape, where that is known."""
    told = {name: vector(*each) for name, each in found.items() if each is not None}
    if given.channels is None:
        return told
    return {name: told.get(name) or unlearnt(given.channels) for name in found}


def group_norm(given: Given) -> Made | None:
    """Group, layer and instance normalisation of images; layer normalisation of rows and sequences."""
    eps = given.number("Epsilon", 1e-5)
    scale, offset = given.learnt("Scale"), given.learnt("Offset")
    channels = max((each[1].size for each in (scale, offset) if each is not None), default=0)
    if given.sizes and given.sizes[0] is not None:
        channels = given.sizes[0][1 if given.rank == 4 else -1] or channels
    groups = {"all-channels": 1, "channel-wise": channels}.get(_groups(given), 0)
    if not groups:
        groups = int(given.number("NumGroups"))
    return _normalised(given, eps, groups, scale, offset)


def _groups(given: Given) -> str:
    value = given.fields.get("NumGroups")
    return value if isinstance(value, str) else ""


def layer_norm(given: Given) -> Made | None:
    """Layer normalisation: over all of an image, or over the channels of a row."""
    if given.text("OperationDimension", "auto") not in ("auto", ""):
        return None
    eps = given.number("Epsilon", 1e-5)
    return _normalised(given, eps, 1, given.learnt("Scale"), given.learnt("Offset"))


def instance_norm(given: Given) -> Made | None:
    """Instance normalisation: each channel of each image for itself."""
    scale = given.learnt("Scale")
    if scale is None or given.rank != 4:
        return None
    return _normalised(given, given.number("Epsilon", 1e-5), scale[1].size, scale, given.learnt("Offset"))


def _normalised(
    given: Given, eps: float, groups: int, scale: tuple[str, Array] | None, offset: tuple[str, Array] | None
) -> Made | None:
    kinds = {2: "LayerNorm", 3: "LayerNorm", 4: "GroupNorm"}
    make: Any = getattr(pybn_layers, kinds.get(given.rank or 4, ""), None)
    if make is None or groups < 1 or (given.rank != 4 and groups != 1):
        return None
    layer = make(groups, eps) if given.rank in (4, None) else make(eps)
    found = {"weight": scale, "bias": offset}
    parameters = _vectors(given, found)
    told = oracle("groupnorm", {"eps": eps, "groups": groups}, scale=scale, offset=offset)
    return Made(layer, parameters, told, ("the biased variance, eps inside the root",))


def cross_channel_norm(given: Given) -> Made:
    """Cross-channel normalisation: alpha is divided by the window's size."""
    size = whole_numbers(given.fields.get("WindowChannelSize"), f"{given.path}.WindowChannelSize", (1,), 1)[0]
    options = {
        "alpha": given.number("Alpha", 1e-4),
        "beta": given.number("Beta", 0.75),
        "k": given.number("K", 2.0),
    }
    layer = pybn_layers.LocalResponseNorm(size, options["alpha"], options["beta"], options["k"])
    return Made(
        layer, {}, oracle("lrn", {"size": size, **options}), ("alpha is divided by the window's size",)
    )
