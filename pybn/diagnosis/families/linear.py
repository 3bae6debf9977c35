"""Both sides are the same inputs, added up with other weights: mom * v - lr * g, and what a port makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import log10

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.arrays import top
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.evidence import content_bits, value_bits
from pybn.diagnosis.question import Question, alike

LARGEST = 1 << 21
MOST = 5  # inputs that are combined
SOME = 256  # elements that tell the weights
CLOSE = {4: 3e-5, 8: 1e-9}  # of a weight: how near it has to be to a number with a meaning
Labels = Mapping[str, float]


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield the weights of the fewest inputs, or squares of them, that both sides are sums of."""
    e = q.expected
    if not q.same_shape or e.dtype.kind != "f" or q.obtained.dtype.kind != "f" or not 4 <= e.size <= LARGEST:
        return
    known = {n: x for n, x in q.inputs.items() if x.dtype.kind in "iuf" and alike(x.shape, e.shape)}
    basis = {n: x.reshape(-1).astype(np.float64) for n, x in list(known.items())[:MOST]}
    basis |= {f"{n}**2": x * x for n, x in basis.items()}
    labels = _labels(q)
    for many in (2, 3):
        found = [
            each
            for names in combinations(basis, many)
            if many + 2 <= e.size
            for each in _combined(q, {n: basis[n] for n in names}, labels)
        ]
        if found:
            yield from found
            return


def _combined(q: Question, terms: Mapping[str, Array], labels: Labels) -> Iterator[Candidate]:
    """Yield the mistake if both sides are weighted sums of these terms, each of which at least one side has."""
    right, wrong = (_weights(q, terms, side) for side in (q.expected, q.obtained))
    if right is None or wrong is None or np.any((right == 0) & (wrong == 0)):
        return
    close = CLOSE[4 if q.expected.dtype.itemsize < 8 or q.obtained.dtype.itemsize < 8 else 8]
    own = {f"{abs(w):.3g}": float(f"{abs(w):.3g}") for w in right}
    own |= {f"{1 - v:.3g}": 1 - v for v in list(own.values()) if 0 < v < 1}
    expected, obtained = (_told(side, list(terms), {**labels, **own}, close) for side in (right, wrong))
    if expected is None or obtained is None or expected[0] == obtained[0]:
        return
    (code, _), (other, weights) = expected, obtained
    made = sum(w * x for w, x in zip(weights, terms.values(), strict=True))
    largest = max(top(w * x) for w, x in zip(weights, terms.values(), strict=True))
    share = 1 - len(terms) / q.expected.size
    bits = share * min(content_bits(v, value_bits(q, of=v)) for v in (q.expected, q.obtained))
    yield Candidate(
        _name(right, wrong, close),
        f"obtained is {other}, where expected is {code}",
        code,
        lambda: np.asarray(made).reshape(q.expected.shape),
        -0.25,
        64.0 * max(1.0, largest / (q.largest or 1.0)),
        bits=bits,
    )


def _weights(q: Question, terms: Mapping[str, Array], side: Array) -> Array | None:
    """Return the weights of a sum, where this side is one; those that are next to nothing as 0."""
    some = np.unique(np.linspace(0, side.size - 1, min(SOME, side.size)).astype(np.intp))
    columns = np.stack([x[some] for x in terms.values()], axis=1)
    y = side.reshape(-1)[some].astype(np.float64)
    scale = np.abs(columns).max(axis=0)
    if not (np.isfinite(columns).all() and np.isfinite(y).all() and scale.all()):
        return None
    found, _, rank, _ = np.linalg.lstsq(columns / scale, y, rcond=1e-9)
    left = np.abs(columns / scale @ found - y).max()
    if rank < len(terms) or left > 256 * q.step * max(1.0, float(np.abs(found).max()) / (q.largest or 1.0)):
        return None
    return np.asarray(np.where(np.abs(found) <= 1e4 * q.step, 0.0, found / scale))


def _labels(q: Question) -> dict[str, float]:
    """Return numbers with a meaning, the simpler ones first: attributes, what they leave of 1, products of two."""
    given = {n: v for n, v in q.scalars.items() if v > 0 and abs(log10(v)) < 12}
    rest = {f"(1 - {n})": 1 - v for n, v in given.items() if v < 1}
    found = {"1": 1.0, **given, **rest, "2": 2.0, "0.5": 0.5}
    more = {f"(1 + {n})": 1 + v for n, v in given.items() if v < 1}
    found |= {f"{n}**2": v * v for n, v in given.items()}
    found |= {f"2 * {n}": 2 * v for n, v in given.items()} | {f"{n} / 2": v / 2 for n, v in given.items()}
    both = {**given, **rest, **more}
    found |= {f"{n} * {m}": v * w for (n, v), (m, w) in combinations(both.items(), 2)}
    return found | {f"{n}**2": v * v for n, v in {**rest, **more}.items()}


def _told(weights: Array, names: list[str], labels: Labels, close: float) -> tuple[str, list[float]] | None:
    """Return a sum as it is written, and its weights as they are meant; None where one is no number with a meaning."""
    parts, exact = [], []
    for weight, name in zip(weights, names, strict=True):
        label = next((n for n, v in labels.items() if abs(abs(weight) - v) <= close * v), None)
        if label is None and weight != 0:
            return None
        exact.append(float(np.copysign(labels[label], weight)) if label else 0.0)
        if label:
            parts.append(("-" if weight < 0 else "+", name if label == "1" else f"{label} * {name}"))
    parts.sort(key=lambda part: part[0] == "-")
    text = " ".join(f"{sign} {term}" for sign, term in parts)
    return (text.removeprefix("+ ") if text.startswith("+") else text.replace("- ", "-", 1)) or "0", exact


def _name(right: Array, wrong: Array, close: float) -> str:
    """Name the mistake by how the weights differ."""
    ratio = np.where(right == 0, np.inf, wrong / np.where(right == 0, 1.0, right))
    other = np.abs(ratio - 1) > close
    if np.allclose(wrong[other], -right[other], rtol=close):
        return "sign"
    if np.allclose(np.abs(wrong[other]), 1 - np.abs(right[other]), rtol=10 * close):
        return "momentum reversed"
    if np.allclose(np.sort(wrong), np.sort(right), rtol=close):
        return "operands exchanged"
    return "a term or factor"
