"""Convert files of arrays to the order of axes and the format that is wanted, proven by reading back.

from pybn.convert import convert
convert(["images.mat"], "images.zarr", layout=["HWCN:NCHW"])
"""

from __future__ import annotations

from pybn.convert.run import Outcome, convert, verify

__all__ = ["Outcome", "convert", "verify"]
