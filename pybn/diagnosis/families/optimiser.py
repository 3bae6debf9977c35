"""Steps of optimisers: the correction of the bias forgotten, eps in the root, momentum reversed, the sign."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement, islice, permutations, product

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question, alike
from pybn.diagnosis.twins import Formula, near, some_of, twin_candidates

NAMES = {
    "correction": "bias correction forgotten",
    "eps": "eps",
    "sign": "sign",
    "momentum": "momentum reversed",
    "root": "sigma for variance",
}
LARGEST = 1 << 16
FIXES = {
    "correction": "m / (1 - beta1**t) and v / (1 - beta2**t), t counted from 1",
    "sign": "w - lr * step",
    "root": "take the root of the mean square: np.sqrt(v)",
}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of steps by Adam, RMSprop and Adagrad, where the inputs can be their state."""
    if q.expected.dtype.kind != "f" or not q.same_shape or q.expected.size > LARGEST or not q.expected.ndim:
        return
    arrays = {
        n: x.astype(np.float64).reshape(q.expected.shape)
        for n, x in q.inputs.items()
        if x.dtype.kind == "f" and alike(x.shape, q.expected.shape)
    }
    if not 2 <= len(arrays) <= 6:
        return
    yield from twin_candidates(q, list(_adaptive(q, arrays)), NAMES)


def _roles(q: Question) -> tuple[list[float], list[float], list[float], list[float]]:
    """Return the numbers that may be a decay, a rate, eps and the count of steps: by their names, or by their size."""

    def of(names: str, low: float, high: float, usual: list[float]) -> list[float]:
        fit = {n: v for n, v in q.scalars.items() if low <= v <= high}
        named = [v for n, v in fit.items() if re.search(names, n, re.IGNORECASE)]
        return list(dict.fromkeys(named or sorted(fit.values()) or usual))

    whole = [v for v in of(r"^t$|step|iter|count|^k$|^n", 1, 1e9, [1.0]) if v == int(v)]
    rates = of("lr|rate|alpha|eta$|step", 1e-12, 1.0, [])[:4]
    decays = of("beta|rho|decay|mom|gamma|^mu$|^b[12]", 0.05, 0.99999999, [0.9, 0.999])
    return (
        [v for v in decays if len(rates) > 1 or v not in rates][-4:] or [0.9, 0.999],
        rates,
        of("eps|tiny|small|delta", 1e-300, 1e-2, [1e-8])[:2],
        whole[:3] or [1.0],
    )


@dataclass(frozen=True)
class _State:
    """What a step is made of: weight, gradient, first and second moment, 0 where there is none."""

    names: tuple[str, ...]
    w: Array
    g: Array
    m: Array | None
    v: Array


def _states(arrays: Mapping[str, Array]) -> Iterator[_State]:
    """Yield which input may be what: the second moment is nowhere negative."""
    zero = np.zeros(next(iter(arrays.values())).shape)
    for w, g in permutations(arrays, 2):
        rest = [n for n in arrays if n not in (w, g)]
        for v in (n for n in rest if not (arrays[n] < 0).any()):
            yield _State((w, g, v), arrays[w], arrays[g], None, arrays[v])
            for m in (n for n in rest if n != v):
                yield _State((w, g, m, v), arrays[w], arrays[g], arrays[m], arrays[v])
        yield _State((w, g), arrays[w], arrays[g], zero, zero)
        yield _State((w, g), arrays[w], arrays[g], None, zero)


def _adaptive(q: Question, arrays: Mapping[str, Array]) -> Iterator[Formula]:
    """Yield the steps that a few elements of either side speak for."""
    decays, rates, small, counts = _roles(q)
    where = some_of(q.expected.shape, 16)
    for state in _states(arrays):
        some = _State(
            state.names,
            state.w[where],
            state.g[where],
            None if state.m is None else state.m[where],
            state.v[where],
        )
        pairs = [(d, d) for d in decays] if state.m is None else combinations_with_replacement(decays, 2)
        for numbers in product(pairs, rates, small, counts):
            (one, two), rate, _, t = numbers
            if rate in (one, two):
                continue
            every = list(_steps(some, *numbers))
            for k in np.flatnonzero(near(q, where, np.array([value for _, _, value in every]), 1)):
                told, divided, _ = every[k]
                means = f"beta1 = {one:g}, beta2 = {two:g}" if state.m is not None else f"decay {two:g}"
                yield Formula(
                    f"the step of {state.names[0]} by {state.names[1]}, with {means}, rate {rate:g}, t = {t:g}",
                    told,
                    lambda s=state, n=numbers, k=int(k): next(islice(_steps(s, *n), k, None))[2],
                    fixes=FIXES | {"eps": f"divide by {divided}"},
                )


def _steps(
    s: _State, decays: tuple[float, float], rate: float, eps: float, t: float
) -> Iterator[tuple[dict[str, str], str, Array]]:
    """Yield all choices of a step, what it divides by, and the weight after it."""
    one, two = decays
    for momentum, a, b, more in (
        ("weighs the old state by beta", one, two, 1 - two),
        ("weighs the old state by 1 - beta", 1 - one, 1 - two, two),
        ("takes the state as it is", 1.0, 1.0, 0.0),
        ("adds the square to the state", one, 1.0, 1.0),
    ):
        first = s.g if s.m is None else a * s.m + (1 - a) * s.g
        second = b * s.v + more * s.g * s.g
        corrections = [("does not correct the bias", 1.0, 1.0)]
        if s.m is not None:
            corrections += [
                ("corrects the bias", 1 - one**t, 1 - two**t),
                ("corrects the bias of m alone", 1 - one**t, 1.0),
                ("corrects the bias by t - 1", 1 - one ** (t - 1), 1 - two ** (t - 1)),
                ("corrects the bias by t + 1", 1 - one ** (t + 1), 1 - two ** (t + 1)),
            ]
        for correction, c, d in corrections:
            if not c or not d:
                continue
            square = second / d
            for place, root, divided, scale in (
                ("adds eps outside the root", "takes the root", "(np.sqrt(v) + eps)", np.sqrt(square) + eps),
                ("adds eps within the root", "takes the root", "np.sqrt(v + eps)", np.sqrt(square + eps)),
                ("leaves out eps", "takes the root", "np.sqrt(v)", np.sqrt(square)),
                ("adds eps outside the root", "takes no root", "(v + eps)", square + eps),
                (
                    "adds eps before the bias is corrected",
                    "takes the root",
                    "((np.sqrt(v) + eps) / np.sqrt(1 - beta2**t))",
                    (np.sqrt(second) + eps) / np.sqrt(d),
                ),
            ):
                for sign, by in (("subtracts the step", -rate), ("adds the step", rate)):
                    told = {
                        "momentum": momentum,
                        "correction": correction,
                        "eps": place,
                        "root": root,
                        "sign": sign,
                    }
                    yield told, divided, s.w + by * first / c / scale
