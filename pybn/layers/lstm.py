"""The long short-term memory: a recurrent layer with a cell that gates write, forget and read."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.kernels.activations import GATES, STATES
from pybn.kernels.sums import column_sums
from pybn.layers.base import Array
from pybn.layers.recurrent import Recurrent


class Lstm(Recurrent):
    """Walk over the steps of sequences with a hidden state h and a cell c, both zero before the first:

        i, f, g, o = W x + R h + b      (i, f and o through `gate_activation`, g through `state_activation`)
        c = f * c + i * g,   h = o * state_activation(c)

    Shapes, float32 or float64 throughout, for N sequences of T steps of D channels, in the order `layout`, and H
    hidden numbers:
        x (N, T, D); weight (4H, D), recurrent_weight (4H, H), bias (4H,): the rows of i, then f, g, o
        y, dy (N, T, H); with output="last" those of the last step, (N, H)
    Direction "backward" walks from the last step to the first; y keeps the order of x, and its "last" is the one
    of step 1. "both" does both: all parameters have twice the rows, forward first, and y twice the channels.
    Gates are "sigmoid" or "hard-sigmoid" (0.2 x + 0.5, from 0 to 1), states "tanh", "softsign" or "relu".
    The gradient is by backpropagation through all steps; `backward(dy).recurrent_weight` too.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; ValueError or LayoutError for
    options; StateError where a backward comes before any forward.
    Source: Hochreiter and Schmidhuber (1997), Gers and others (2000); matlab_ref/Lstm.m.
    """

    gates = 4

    def __init__(
        self,
        output: str = "sequence",
        direction: str = "forward",
        layout: str = "NTC",
        gate_activation: str = "sigmoid",
        state_activation: str = "tanh",
    ) -> None:
        self._set(output, direction, layout, gate_activation, state_activation)

    def _run(self, projected: Array, recurrent: Array, bias: Array) -> tuple[Array, Any]:  # noqa: ARG002
        gate, state = GATES[self.gate_activation][0], STATES[self.state_activation][0]
        steps, rows, _ = projected.shape
        gates = projected  # each step's sums become its gates
        h = np.zeros((steps + 1, rows, recurrent.shape[1]), projected.dtype)
        c, read = np.zeros_like(h), np.zeros_like(h[1:])
        for t in range(steps):
            gates[t] += h[t] @ recurrent.T
            i, f, g, o = np.split(gates[t], 4, axis=1)  # views
            for part, activation in ((i, gate), (f, gate), (g, state), (o, gate)):
                part[...] = activation(part)
            c[t + 1] = f * c[t] + i * g
            read[t] = state(c[t + 1])
            h[t + 1] = o * read[t]
        return h[1:], (gates, h, c, read)

    def _back(self, dh: Array, recurrent: Array, cache: Any) -> tuple[Array, Array, Array]:
        slope, state_slope = GATES[self.gate_activation][1], STATES[self.state_activation][1]
        gates, h, c, read = cache
        dgates = np.empty_like(gates)
        dh_next, dc_next = np.zeros_like(h[0]), np.zeros_like(c[0])
        for t in reversed(range(len(gates))):
            i, f, g, o = np.split(gates[t], 4, axis=1)
            dh_step = dh[t] + dh_next
            dc = dc_next + dh_step * o * state_slope(read[t])
            di, df, dg, do = np.split(dgates[t], 4, axis=1)
            di[...] = dc * g * slope(i)
            df[...] = dc * c[t] * slope(f)
            dg[...] = dc * i * state_slope(g)
            do[...] = dh_step * read[t] * slope(o)
            dh_next, dc_next = dgates[t] @ recurrent, dc * f
        flat = dgates.reshape(-1, gates.shape[2])
        return dgates, flat.T @ h[:-1].reshape(len(flat), -1), column_sums(flat)
