"""Modules that PyTorch lacks, copied as they stand into a generated file that needs them: nothing here is of pybn."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Add(nn.Module):
    """The sum of all inputs, from left to right."""

    def forward(self, *inputs):
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total


class Multiply(nn.Module):
    """The product of all inputs, from left to right."""

    def forward(self, *inputs):
        product = inputs[0]
        for x in inputs[1:]:
            product = product * x
        return product


class Concat(nn.Module):
    """The inputs one after the other along an axis."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, *inputs):
        return torch.cat(inputs, self.dim)


class Preprocess(nn.Module):
    """y = x * scale + shift, each of which spreads over the batch."""

    def __init__(self, scale_shape, shift_shape):
        super().__init__()
        self.register_buffer("scale", torch.ones(scale_shape))
        self.register_buffer("shift", torch.zeros(shift_shape))

    def forward(self, x):
        return x * self.scale + self.shift


class Scale(nn.Module):
    """y = x * weight + bias, each of which spreads over the batch."""

    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))
        self.bias = nn.Parameter(torch.zeros(shape))

    def forward(self, x):
        return x * self.weight + self.bias


class Crop(nn.Module):
    """The part of x, from pixel (top, left) on, that is as high and wide as another input."""

    def __init__(self, top, left):
        super().__init__()
        self.top, self.left = top, left

    def forward(self, x, like):
        height, width = like.shape[2:]
        return x[:, :, self.top : self.top + height, self.left : self.left + width]


class ColumnFlatten(nn.Module):
    """Images (N, C, H, W) as rows, column by column, as MATLAB's a(:)."""

    def forward(self, x):
        return x.transpose(2, 3).flatten(1)


class CroppedConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution, of whose output (top, bottom, left, right) is cut off."""

    def __init__(self, *sizes, crop, **options):
        super().__init__(*sizes, **options)
        self.crop = crop

    def forward(self, x):
        top, bottom, left, right = self.crop
        return functional.pad(super().forward(x), (-left, -right, -top, -bottom))


class NegativeInfinityPad2d(nn.ConstantPad2d):
    """Padding that never wins a maximum."""

    def __init__(self, padding):
        super().__init__(padding, float("-inf"))


class PaddedAvgPool2d(nn.Module):
    """The mean of a window, of the pixels alone or with the padding (top, bottom, left, right) as zeros."""

    def __init__(self, kernel_size, stride, pad, count_include_pad):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride
        self.pad, self.count_include_pad = pad, count_include_pad

    def forward(self, x):
        if self.count_include_pad:
            return self.sums(x) / (self.kernel_size[0] * self.kernel_size[1])
        return self.sums(x) / self.sums(torch.ones_like(x[:1, :1]))

    def sums(self, x):
        top, bottom, left, right = self.pad
        padded = functional.pad(x, (left, right, top, bottom))
        return functional.avg_pool2d(padded, self.kernel_size, self.stride, divisor_override=1)


class EvenLocalResponseNorm(nn.Module):
    """nn.LocalResponseNorm with a window of even size that reaches one channel further up, as MATLAB's."""

    def __init__(self, size, alpha, beta, k):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, x):
        below, above = (self.size - 1) // 2, self.size // 2
        squares = functional.pad(x * x, (0, 0, 0, 0, below, above))
        channels = x.shape[1]
        energy = sum(squares[:, k : k + channels] for k in range(self.size))
        return x / (self.k + self.alpha / self.size * energy) ** self.beta
