"""The gated recurrent unit: a recurrent layer whose gates reset and update its hidden state."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybn.kernels.activations import GATES, STATES
from pybn.kernels.sums import column_sums
from pybn.layers.base import Array, Shape
from pybn.layers.recurrent import Recurrent, one_of

RESETS = ("after", "before", "recurrent-bias")


class Gru(Recurrent):
    """Walk over the steps of sequences with a hidden state h, zero before the first:

        r, z = gate_activation(W x + R h + b)
        h = (1 - z) * candidate + z * h,   candidate = state_activation of, by `reset`,
            "after"             W x + b + r * (R h)
            "before"            W x + b + R (r * h)
            "recurrent-bias"    W x + b + r * (R h + b_R); b_R is added to R h in both gates as well

    Shapes, float32 or float64 throughout, for N sequences of T steps of D channels, in the order `layout`, and H
    hidden numbers:
        x (N, T, D); weight (3H, D), recurrent_weight (3H, H), bias (3H,): the rows of r, then z, the candidate
        with reset="recurrent-bias", bias (6H,): b, then b_R
        y, dy (N, T, H); with output="last" those of the last step, (N, H)
    Direction "backward" walks from the last step to the first; y keeps the order of x, and its "last" is the one
    of step 1. "both" does both: all parameters have twice the rows, forward first, and y twice the channels.
    Gates are "sigmoid" or "hard-sigmoid" (0.2 x + 0.5, from 0 to 1), states "tanh", "softsign" or "relu".
    The gradient is by backpropagation through all steps; `backward(dy).recurrent_weight` too.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; ValueError or LayoutError for
    options; StateError where a backward comes before any forward.
    Source: Cho and others (2014); "recurrent-bias" as cuDNN has it; matlab_ref/Gru.m.
    """

    gates = 3

    def __init__(
        self,
        output: str = "sequence",
        direction: str = "forward",
        layout: str = "NTC",
        reset: str = "after",
        gate_activation: str = "sigmoid",
        state_activation: str = "tanh",
    ) -> None:
        self._set(output, direction, layout, gate_activation, state_activation)
        self.reset = one_of("reset", reset, RESETS)

    def _bias_shape(self, rows: int) -> Shape:
        return (2 * rows if self.reset == "recurrent-bias" else rows,)

    def _input_bias(self, bias: Array) -> Array:
        return np.split(bias, 2)[0] if self.reset == "recurrent-bias" else bias

    def _run(self, projected: Array, recurrent: Array, bias: Array) -> tuple[Array, Any]:
        gate, state = GATES[self.gate_activation][0], STATES[self.state_activation][0]
        steps, rows, _ = projected.shape
        hidden = recurrent.shape[1]
        parts = projected  # each step's sums become r, z and the candidate
        h = np.zeros((steps + 1, rows, hidden), projected.dtype)
        inner = np.zeros_like(h[1:])  # what the candidate takes of the state: R h (+ b_R), or r * h
        gates, last = recurrent[: 2 * hidden], recurrent[2 * hidden :]
        more = np.split(bias, 2)[1] if self.reset == "recurrent-bias" else np.zeros_like(projected[0, 0])
        for t in range(steps):
            r, z, candidate = np.split(parts[t], 3, axis=1)  # views
            both = parts[t, :, : 2 * hidden]
            both[...] = gate(both + (h[t] @ gates.T + more[: 2 * hidden]))
            if self.reset == "before":
                inner[t] = r * h[t]
                candidate[...] = state(candidate + inner[t] @ last.T)
            else:
                inner[t] = h[t] @ last.T + more[2 * hidden :]
                candidate[...] = state(candidate + r * inner[t])
            h[t + 1] = (1 - z) * candidate + z * h[t]
        return h[1:], (parts, h, inner)

    def _back(self, dh: Array, recurrent: Array, cache: Any) -> tuple[Array, Array, Array]:
        slope, state_slope = GATES[self.gate_activation][1], STATES[self.state_activation][1]
        parts, h, inner = cache
        hidden = recurrent.shape[1]
        gates, last = recurrent[: 2 * hidden], recurrent[2 * hidden :]
        dparts = np.empty_like(parts)  # by the input's part of r, z and the candidate
        dstates = np.empty_like(parts)  # by the state's part of them
        dh_next = np.zeros_like(h[0])
        for t in reversed(range(len(parts))):
            r, z, candidate = np.split(parts[t], 3, axis=1)
            dh_step = dh[t] + dh_next
            dcandidate = dh_step * (1 - z) * state_slope(candidate)
            if self.reset == "before":
                dinner = dcandidate @ last
                dr, dlast, dh_next = dinner * h[t], dcandidate, dinner * r
            else:
                dr, dlast = dcandidate * inner[t], dcandidate * r
                dh_next = dlast @ last
            dz = dh_step * (h[t] - candidate)
            dparts[t] = np.concatenate([dr * slope(r), dz * slope(z), dcandidate], axis=1)
            dstates[t] = np.concatenate([dparts[t, :, : 2 * hidden], dlast], axis=1)
            dh_next += dh_step * z + dparts[t, :, : 2 * hidden] @ gates
        return dparts, self._by_recurrent(dstates, h[:-1], inner), self._by_bias(dparts, dstates)

    def _by_recurrent(self, dstates: Array, h: Array, inner: Array) -> Array:
        """Return the gradient by the recurrent weight, whose last rows multiply `inner` where they come after r."""
        flat, hidden = dstates.reshape(-1, dstates.shape[2]), h.shape[2]
        before, last = h.reshape(len(flat), hidden), (inner if self.reset == "before" else h)
        of_last = flat[:, 2 * hidden :].T @ last.reshape(len(flat), hidden)
        return np.concatenate([flat[:, : 2 * hidden].T @ before, of_last])

    def _by_bias(self, dparts: Array, dstates: Array) -> Array:
        sums = column_sums(dparts.reshape(-1, dparts.shape[2]))
        if self.reset != "recurrent-bias":
            return sums
        return np.concatenate([sums, column_sums(dstates.reshape(-1, dstates.shape[2]))])
