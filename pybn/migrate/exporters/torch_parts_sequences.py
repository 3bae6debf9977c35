"""Modules of sequences that PyTorch lacks, copied as they stand into a generated file that needs them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class SequenceBatchNorm(nn.BatchNorm1d):
    """nn.BatchNorm1d for sequences (N, T, C)."""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class SequencePReLU(nn.PReLU):
    """nn.PReLU for sequences (N, T, C)."""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


def padded(x, pad, extent, stride, value=0.0):
    """x (N, C, T) with padding (left, right) around it; "same": whatever makes ceil(T / stride) positions."""
    if pad == "same":
        total = max((-(-x.shape[2] // stride) - 1) * stride + extent - x.shape[2], 0)
        pad = (total // 2, total - total // 2)
    return functional.pad(x, pad, value=value)


class SequenceConv1d(nn.Conv1d):
    """nn.Conv1d for sequences (N, T, C), padded by (left, right) or "same"."""

    def __init__(self, *sizes, pad, **options):
        super().__init__(*sizes, **options)
        self.pad = pad

    def forward(self, x):
        extent = (self.kernel_size[0] - 1) * self.dilation[0] + 1
        x = padded(x.transpose(1, 2), self.pad, extent, self.stride[0])
        return super().forward(x).transpose(1, 2)


class SequenceMaxPool1d(nn.Module):
    """nn.MaxPool1d for sequences (N, T, C), padded by (left, right) or "same"; padding never wins."""

    def __init__(self, size, stride, pad):
        super().__init__()
        self.size, self.stride, self.pad = size, stride, pad

    def forward(self, x):
        x = padded(x.transpose(1, 2), self.pad, self.size, self.stride, float("-inf"))
        return functional.max_pool1d(x, self.size, self.stride).transpose(1, 2)


class SequenceAvgPool1d(nn.Module):
    """nn.AvgPool1d for sequences (N, T, C), padded by (left, right) or "same", of steps alone or with the padding."""

    def __init__(self, size, stride, pad, count_include_pad):
        super().__init__()
        self.size, self.stride, self.pad = size, stride, pad
        self.count_include_pad = count_include_pad

    def forward(self, x):
        x = x.transpose(1, 2)
        y = self.means(x)
        if not self.count_include_pad:
            y = y / self.means(torch.ones_like(x[:1, :1]))
        return y.transpose(1, 2)

    def means(self, x):
        return functional.avg_pool1d(padded(x, self.pad, self.size, self.stride), self.size, self.stride)


class SequenceMean(nn.Module):
    """The mean of all steps of sequences (N, T, C)."""

    def forward(self, x):
        return x.mean(1)


class SequenceMax(nn.Module):
    """The maximum of all steps of sequences (N, T, C)."""

    def forward(self, x):
        return x.amax(1)


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
