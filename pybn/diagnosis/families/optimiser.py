"""Steps of optimisers: the correction of the bias forgotten, eps in the root, momentum reversed, the sign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations_with_replacement, permutations, product

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question, alike
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "correction": "bias correction forgotten",
    "eps": "eps",
    "sign": "sign",
    "momentum": "momentum reversed",
    "root": "sigma for variance",
    "look": "Nesterov",
    "square": "gradient not squared",
}
LARGEST = 1 << 16
FIXES = {
    "correction": "m / (1 - beta1**t) and v / (1 - beta2**t), t counted from 1",
    "eps": "lr * m / (np.sqrt(v) + eps), or within the root",
    "sign": "w - lr * step",
}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of steps by Adam, RMSprop, Adagrad and with momentum, where the inputs can be their state."""
    if q.expected.dtype.kind != "f" or not q.same_shape or q.expected.size > LARGEST:
        return
    arrays = {
        n: x.astype(np.float64).reshape(q.expected.shape)
        for n, x in q.inputs.items()
        if x.dtype.kind == "f" and alike(x.shape, q.expected.shape)
    }
    if not 2 <= len(arrays) <= 5:
        return
    yield from twin_candidates(q, list(_adam(q, arrays)), NAMES)
    yield from twin_candidates(q, list(_momentum(q, arrays)), NAMES)


def _roles(q: Question) -> tuple[list[float], list[float], list[float], list[float]]:
    """Return the numbers that may be a decay, a rate, eps and the count of steps, by their size."""
    given = sorted(set(q.scalars.values()))
    decays = [v for v in given if 0.05 <= v < 1] or [0.9, 0.999]
    small = [v for v in given if 0 < v <= 1e-4] or [1e-8]
    return (
        decays[-4:],
        [v for v in given if 0 < v <= 1][:4],
        small[:2],
        [v for v in given if v >= 1 and v == int(v)][:3] or [1.0],
    )


def _adam(q: Question, arrays: Mapping[str, Array]) -> Iterator[Formula]:
    decays, rates, small, counts = _roles(q)
    zero = np.zeros(q.expected.shape)
    many = 4 if len(arrays) >= 4 else 2
    for names in list(permutations(arrays, many))[:120]:
        w, g, m, v = (*names, *(["0"] * (4 - many)))
        first, second = arrays.get(m, zero), arrays.get(v, zero)
        if (second < 0).any():
            continue
        for one, two in combinations_with_replacement(decays, 2):
            for rate, eps, t in product(rates, small, counts):
                if rate not in (one, two, eps):
                    yield from _adam_steps(
                        (w, g), arrays[w], arrays[g], first, second, (one, two, rate, eps, t)
                    )


def _adam_steps(
    names: tuple[str, str], w: Array, g: Array, m: Array, v: Array, numbers: tuple[float, ...]
) -> Iterator[Formula]:
    one, two, rate, eps, t = numbers
    about = f"the step of {names[0]} by {names[1]}, with beta1 = {one:g}, beta2 = {two:g}, rate {rate:g}, t = {t:g}"
    for momentum, a, b in (
        ("weighs the old state by beta", one, two),
        ("weighs the old state by 1 - beta", 1 - one, 1 - two),
    ):
        first, second = a * m + (1 - a) * g, b * v + (1 - b) * g * g
        for correction, c, d in (
            ("corrects the bias", 1 - one**t, 1 - two**t),
            ("does not correct the bias", 1.0, 1.0),
            ("corrects the bias of m alone", 1 - one**t, 1.0),
            ("corrects the bias by t - 1", 1 - one ** (t - 1), 1 - two ** (t - 1)),
            ("corrects the bias by t + 1", 1 - one ** (t + 1), 1 - two ** (t + 1)),
        ):
            if not c or not d:
                continue
            mean, square = first / c, second / d
            for place, scale in (
                ("adds eps outside the root", np.sqrt(square) + eps),
                ("adds eps within the root", np.sqrt(square + eps)),
                ("leaves out eps", np.sqrt(square)),
                ("adds eps before the bias is corrected", (np.sqrt(second) + eps) / np.sqrt(d)),
            ):
                for sign, s in (("subtracts the step", -1.0), ("adds the step", 1.0)):
                    yield Formula(
                        about,
                        {"momentum": momentum, "correction": correction, "eps": place, "sign": sign},
                        lambda w=w, mean=mean, scale=scale, s=s: w + s * rate * mean / scale,
                        lambda i, w=w, mean=mean, scale=scale, s=s: w[i] + s * rate * mean[i] / scale[i],
                        fixes=FIXES,
                    )


def _momentum(q: Question, arrays: Mapping[str, Array]) -> Iterator[Formula]:
    """Yield steps with momentum, and their velocity: v = mu v - rate g; w = w + v."""
    decays, rates, _, _ = _roles(q)
    for w, g, v in list(permutations(arrays, 3))[:60]:
        for mu in decays:
            for rate in rates:
                if mu == rate:
                    continue
                about = f"the step of {w} by {g} with velocity {v}, momentum {mu:g} and rate {rate:g}"
                for sign, s in (("subtracts the gradient", -1.0), ("adds the gradient", 1.0)):
                    for momentum, keep, take in (
                        ("weighs the velocity by mu, the gradient by the rate", mu, rate),
                        ("weighs the velocity by 1 - mu, the gradient by the rate", 1 - mu, rate),
                        ("weighs the gradient by (1 - mu) times the rate", mu, rate * (1 - mu)),
                        ("forgets the velocity", 0.0, rate),
                    ):
                        speed = keep * arrays[v] + s * take * arrays[g]
                        for look, step in (
                            ("adds the velocity", speed),
                            ("looks ahead", mu * speed + s * rate * arrays[g]),
                        ):
                            yield Formula(
                                about,
                                {"momentum": momentum, "sign": sign, "look": look},
                                lambda w=w, step=step: arrays[w] + step,
                                fixes={
                                    "momentum": "v = mu * v - rate * g; w = w + v",
                                    "sign": "v = mu * v - rate * g",
                                },
                            )
