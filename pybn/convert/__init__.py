"""Convert files of arrays to the order of axes and the format that is wanted, proven by reading back.

from pybn.convert.run import convert
convert(["images.mat"], "images.zarr", layout=["HWCN:NCHW"])
"""
