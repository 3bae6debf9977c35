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


class SequenceBatchNorm(nn.BatchNorm1d):
    """nn.BatchNorm1d for sequences (N, T, C)."""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class SequencePReLU(nn.PReLU):
    """nn.PReLU for sequences (N, T, C)."""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class SequenceLSTM(nn.LSTM):
    """nn.LSTM that answers the sequence (N, T, C) alone, or what it made last."""

    def __init__(self, *sizes, last=False, **options):
        super().__init__(*sizes, batch_first=True, **options)
        self.last = last

    def forward(self, x):
        y, (h, _) = super().forward(x)
        return torch.cat(tuple(h), 1) if self.last else y


class SequenceGRU(nn.GRU):
    """nn.GRU that answers the sequence (N, T, C) alone, or what it made last."""

    def __init__(self, *sizes, last=False, **options):
        super().__init__(*sizes, batch_first=True, **options)
        self.last = last

    def forward(self, x):
        y, h = super().forward(x)
        return torch.cat(tuple(h), 1) if self.last else y


def hard_sigmoid(x):
    """0 up to -2.5, 1 from 2.5 on, a line between."""
    return (0.2 * x + 0.5).clamp(0, 1)


def activation(name):
    """The function inside a recurrent layer, by MATLAB's name."""
    return {
        "sigmoid": torch.sigmoid,
        "hard-sigmoid": hard_sigmoid,
        "tanh": torch.tanh,
        "softsign": functional.softsign,
        "relu": torch.relu,
    }[name]


class StepByStep(nn.Module):
    """A recurrent layer written out, for what PyTorch's own have no option for.

    `gates`: how many rows of the weights a hidden number has; `ways`: "" forward and "_reverse" backward.
    """

    def __init__(self, gates, size, hidden, ways, last, gate, state):
        super().__init__()
        self.hidden, self.ways, self.last = hidden, ways, last
        self.gate, self.state = activation(gate), activation(state)
        for way in ways:
            self.register_parameter(f"weight_ih_l0{way}", nn.Parameter(torch.zeros(gates * hidden, size)))
            self.register_parameter(f"weight_hh_l0{way}", nn.Parameter(torch.zeros(gates * hidden, hidden)))
            self.register_parameter(f"bias_ih_l0{way}", nn.Parameter(torch.zeros(gates * hidden)))
            self.register_parameter(f"bias_hh_l0{way}", nn.Parameter(torch.zeros(gates * hidden)))

    def forward(self, x):
        made = [self.walk(x, way) for way in self.ways]
        return torch.cat(made, -1)

    def walk(self, x, way):
        w, r, b, c = (
            getattr(self, f"{name}_l0{way}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        steps = functional.linear(x.flip(1) if way else x, w, b).unbind(1)
        state = self.start(x.new_zeros(x.shape[0], self.hidden))
        made = []
        for step in steps:
            state = self.step(step, state, r, c)
            made.append(state[0])
        if self.last:
            return made[-1]
        y = torch.stack(made, 1)
        return y.flip(1) if way else y


class StepByStepLSTM(StepByStep):
    """Gates i, f, g, o."""

    def __init__(self, *options):
        super().__init__(4, *options)

    def start(self, zeros):
        return zeros, zeros

    def step(self, given, state, r, c):
        h, cell = state
        i, f, g, o = (given + functional.linear(h, r, c)).chunk(4, 1)
        cell = self.gate(f) * cell + self.gate(i) * self.state(g)
        return self.gate(o) * self.state(cell), cell


class StepByStepGRU(StepByStep):
    """Gates r, z and the candidate; with `before` the state is reset before it is multiplied with its weight."""

    def __init__(self, before, *options):
        super().__init__(3, *options)
        self.before = before

    def start(self, zeros):
        return (zeros,)

    def step(self, given, state, r, c):
        (h,) = state
        size = 2 * self.hidden
        gates = self.gate(given[:, :size] + functional.linear(h, r[:size], c[:size]))
        reset, update = gates.chunk(2, 1)
        inner = reset * h if self.before else h
        inner = functional.linear(inner, r[size:], c[size:])
        candidate = self.state(given[:, size:] + (inner if self.before else reset * inner))
        return ((1 - update) * candidate + update * h,)
