"""Batch normalisation of (N, D) rows, or of the steps of sequences, node by node on its computational graph."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from pybn.errors import ShapeError, StateError
from pybn.kernels.rows import put_rows, rows_of
from pybn.kernels.sums import column_sums
from pybn.layers.base import (
    Array,
    Gradients,
    Layer,
    Shape,
    check_float,
    check_like,
    check_numerics,
    check_out,
    check_sequences,
    number,
    sequence_layout,
)


class BatchNorm(Layer):
    """Normalise each column of a batch, then scale and shift it.

    Shapes, for N rows and D features, float32 or float64 throughout:
        x, y, dy (N, D); weight, bias, running_mean, running_var (D,)
    or, where `layout` names the axes of sequences ("NTC", "CTN", any order), x, y and dy such sequences of D
    channels: every step is a row, over N, then T.
    Variance is biased (1/N); eps stands inside the square root. `momentum` weighs the OLD statistic.
    Running statistics start at zero, with the first training batch; before it they are None, and
    inference uses zeros. `numerics="octave"` keeps Octave's own order of operations, bit for bit.

    With `record_nodes = True`, `nodes` maps the name of every node of the computational graph to its value
    at the last training forward and backward.
    Raises ShapeError or DTypeError, naming the tensor, what was wanted and what came; StateError where a
    backward does not follow a training forward.
    Source: the article's BatchNorm; matlab_ref/BatchNorm.m.
    """

    parameters = ("weight", "bias")
    buffers = ("running_mean", "running_var")

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float = 0.9,
        layout: str | None = None,
        *,
        numerics: str = "octave",
    ) -> None:
        if not 0 <= number(eps) < math.inf:
            raise ValueError(f"eps: wanted a finite number >= 0, got {eps!r}")
        if not 0 <= number(momentum) <= 1:
            raise ValueError(f"momentum: wanted a number from 0 to 1, got {momentum!r}")
        self.eps = float(eps)
        self.momentum = float(momentum)
        self.layout = None if layout is None else sequence_layout(layout)
        self.numerics = check_numerics(numerics)
        self.training = True
        self.running_mean: Array | None = None
        self.running_var: Array | None = None
        self.record_nodes = False
        self.nodes: dict[str, Array] = {}
        self._cache: dict[str, Array] | None = None
        self._shape: Shape = ()  # of x, in training

    def output_shape(self, *inputs: Shape, weight: Shape | None = None) -> Shape:  # noqa: ARG002
        """Return the shape of y: that of x, (N, D), or sequences."""
        self._features(inputs[0])
        return inputs[0]

    def parameter_shapes(self, x: Shape, weight: Shape) -> dict[str, Shape]:  # noqa: ARG002
        """Return (D,) for weight and bias."""
        features = self._features(x)
        return {"weight": features, "bias": features}

    def forward(self, x: Array, weight: Array, bias: Array, *, out: Array | None = None) -> Array:
        """Return y, shaped as x, written into `out` where one is given; in training, update the running statistics."""
        self._check(x, weight, bias)
        if out is not None:
            check_out(out, x.shape, x.dtype)
        self._shape = x.shape
        compute = self._by_batch if self.training else self._by_running
        with np.errstate(all="ignore"):
            if x.ndim == 2:
                return compute(x, weight, bias, out)
            return self._answer(compute(rows_of(x, self.layout), weight, bias, None), x, out)

    def backward(self, dy: Array, *, out: Array | None = None) -> Gradients:
        """Return the gradients by x (shaped so, written into `out` where one is given), weight (D,) and bias (D,)."""
        if self._cache is None:
            raise StateError("backward wants a forward in training mode right before it; there was none")
        xhat = self._cache["xhat"]
        check_like("dy", dy, self._shape, xhat.dtype)
        if out is not None:
            check_out(out, self._shape, xhat.dtype)
        with np.errstate(all="ignore"):
            if dy.ndim == 2:
                return self._differentiate(dy, self._cache, out)
            rows = self._differentiate(rows_of(dy, self.layout), self._cache, None)
        return replace(rows, input=self._answer(rows.input, dy, out))

    def _by_batch(self, x: Array, weight: Array, bias: Array, out: Array | None) -> Array:
        scale = 1.0 / x.shape[0]
        mu = scale * column_sums(x)
        xmu = x - mu
        sq = xmu * xmu
        var = scale * column_sums(sq)
        sqrtvar = np.sqrt(var + self.eps)
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        gammax = weight * xhat
        kept = weight.copy()  # before y is written: `out` may be the same memory
        y: Array = np.add(gammax, bias, out=out)

        self._update_running(mu, var)
        self._cache = {
            "xmu": xmu,
            "var": var,
            "sqrtvar": sqrtvar,
            "ivar": ivar,
            "xhat": xhat,
            "weight": kept,
        }
        if self.record_nodes:
            self.nodes = {}
            self._record(mu=mu, xmu=xmu, sq=sq, var=var, sqrtvar=sqrtvar, ivar=ivar)
            self._record(xhat=xhat, gammax=gammax, y=y)
        return y

    def _by_running(self, x: Array, weight: Array, bias: Array, out: Array | None) -> Array:
        # Nothing stays behind that a backward could use: its gradient would be of another batch.
        self._cache = None
        zeros = np.zeros(x.shape[1], x.dtype)
        mean = zeros if self.running_mean is None else self.running_mean
        var = zeros if self.running_var is None else self.running_var
        xhat = (x - mean) / np.sqrt(var + self.eps)
        return np.add(weight * xhat, bias, out=out)

    def _differentiate(self, dy: Array, cache: dict[str, Array], out: Array | None) -> Gradients:
        scale = 1.0 / dy.shape[0]
        xmu, xhat, sqrtvar, ivar = cache["xmu"], cache["xhat"], cache["sqrtvar"], cache["ivar"]

        dbeta = column_sums(dy)  # y = gammax + bias
        dgamma = column_sums(dy * xhat)  # gammax = weight * xhat
        dxhat = dy * cache["weight"]
        divar = column_sums(dxhat * xmu)  # xhat = xmu * ivar
        dxmu1 = dxhat * ivar
        dsqrtvar = -1.0 / (sqrtvar * sqrtvar) * divar  # ivar = 1 / sqrtvar
        dvar = 0.5 / np.sqrt(cache["var"] + self.eps) * dsqrtvar  # sqrtvar = sqrt(var + eps)
        dsq = np.broadcast_to(scale * dvar, dy.shape)  # var = 1/N sum(sq)
        dxmu2 = 2.0 * xmu * dsq  # sq = xmu * xmu
        dx1 = dxmu1 + dxmu2  # xmu = x - mu
        dmu = -1.0 * column_sums(dx1)
        dx2 = np.broadcast_to(scale * dmu, dy.shape)  # mu = 1/N sum(x)
        if self.record_nodes:
            self._record(dbeta=dbeta, dgammax=dy, dgamma=dgamma, dxhat=dxhat, divar=divar, dxmu1=dxmu1)
            self._record(dsqrtvar=dsqrtvar, dvar=dvar, dsq=dsq, dxmu2=dxmu2, dx1=dx1, dmu=dmu, dx2=dx2)
        return Gradients(np.add(dx1, dx2, out=out), dgamma, dbeta)

    def _record(self, **nodes: Array) -> None:
        # Copies: what a user does to a node or to a gradient reaches neither the other nor the cache.
        self.nodes |= {name: np.array(value) for name, value in nodes.items()}

    def _update_running(self, mu: Array, var: Array) -> None:
        mean_before = np.zeros_like(mu) if self.running_mean is None else self.running_mean
        var_before = np.zeros_like(var) if self.running_var is None else self.running_var
        self.running_mean = self.momentum * mean_before + (1.0 - self.momentum) * mu
        self.running_var = self.momentum * var_before + (1.0 - self.momentum) * var

    def _check(self, x: Any, weight: Any, bias: Any) -> None:
        check_float("x", x)
        features = self._features(x.shape)
        check_like("weight", weight, features, x.dtype)
        check_like("bias", bias, features, x.dtype)
        for name, known in (("running_mean", self.running_mean), ("running_var", self.running_var)):
            if known is not None:  # from the batches before, or set by the user
                check_like(name, known, features, x.dtype)

    def _features(self, x: Shape) -> Shape:
        """Return (D,) for an input of shape `x`. Raises ShapeError where it is none."""
        if self.layout is not None and len(x) == 3:
            check_sequences("x", x, self.layout)
            return (x[self.layout.index("C")],)
        if len(x) != 2 or 0 in x:
            hint = "; layout='NTC' takes sequences" if self.layout is None and len(x) == 3 else ""
            raise ShapeError(f"x: wanted (N, D) with at least one row and one column, got shape {x}{hint}")
        return x[1:]

    def _answer(self, rows: Array, like: Array, out: Array | None) -> Array:
        return put_rows(rows, np.empty_like(like, subok=False) if out is None else out, self.layout)
