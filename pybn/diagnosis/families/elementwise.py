"""Functions of one or two inputs, element by element: which function, in degrees or radians, operands exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.families.rounding import half_away
from pybn.diagnosis.question import Question, alike
from pybn.diagnosis.twins import Formula, pointwise_candidates

NAMES = {
    "function": "another function",
    "unit": "degrees",
    "operands": "operands exchanged",
    "mode": "rounding",
}
LARGEST = 1 << 21
RADIANS, DEGREES = "takes radians", "takes degrees"
OUT = "gives radians"

PLAIN: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp, "expm1": np.expm1, "exp2": np.exp2,
    "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p,
    "sqrt": np.sqrt, "square": np.square, "cube": lambda x: x**3, "cbrt": np.cbrt, "abs": np.abs,
    "negation": np.negative, "reciprocal": lambda x: 1 / x, "identity": lambda x: x + 0.0,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "derivative of tanh": lambda x: 1 - np.tanh(x) ** 2,
    "derivative of the sigmoid": lambda x: 1 / (1 + np.exp(-x)) * (1 - 1 / (1 + np.exp(-x))),
    "relu": lambda x: np.maximum(x, 0), "softplus": lambda x: np.log1p(np.exp(x)),
    "20 log10": lambda x: 20 * np.log10(x), "10 log10": lambda x: 10 * np.log10(x),
    "10^(x/20)": lambda x: 10 ** (x / 20), "10^(x/10)": lambda x: 10 ** (x / 10),
    "gaussian": lambda x: np.exp(-x * x / 2), "gaussian without 1/2": lambda x: np.exp(-x * x),
    "sinc of pi x": np.sinc, "sinc without pi": lambda x: np.sinc(x / np.pi),
}  # fmt: skip
ANGLES: dict[str, Callable[[Array], Array]] = {"sin": np.sin, "cos": np.cos, "tan": np.tan}
INVERSES: dict[str, Callable[[Array], Array]] = {"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan}
MODES: dict[str, Callable[[Array], Array]] = {
    "rounds half away from zero": half_away,
    "rounds half to even": np.round,
    "rounds half up": lambda x: np.floor(x + 0.5),
    "truncates towards zero": np.trunc,
    "rounds down": np.floor,
    "rounds up": np.ceil,
    "keeps the fraction": lambda x: x + 0.0,
}
ROUNDS = {
    "rounds half away from zero": "np.trunc(x + np.copysign(0.5, x)), as MATLAB's round",
    "rounds half to even": "np.round(x)",
    "rounds half up": "np.floor(x + 0.5)",
    "truncates towards zero": "np.trunc(x), as MATLAB's fix",
    "rounds down": "np.floor(x)",
    "rounds up": "np.ceil(x)",
    "keeps the fraction": "do not round",
}
DIVIDED = ("mod", "rem", "IEEE remainder", "rounded-down quotient", "truncated quotient")
DIVISORS = {
    **{str(n): float(n) for n in (*range(2, 11), 12, 24, 60, 180, 360)},
    "2 pi": 2 * np.pi,
    "pi": np.pi,
}
PAIRS: dict[str, Callable[[Array, Array], Array]] = {
    "sum": np.add, "difference": np.subtract, "product": np.multiply, "quotient": np.divide,
    "quotient, with 0 for 0 / 0": lambda a, b: np.where((a == 0) & (b == 0), 0.0, np.divide(a, b)),
    "rounded-down quotient": np.floor_divide, "truncated quotient": lambda a, b: np.trunc(a / b),
    "power": np.power, "mod": np.mod, "rem": np.fmod, "atan2": np.arctan2, "hypot": np.hypot,
    "IEEE remainder": lambda a, b: a - b * np.round(a / b),
    "maximum, NaN ignored": np.fmax, "minimum, NaN ignored": np.fmin,
    "maximum, NaN kept": np.maximum, "minimum, NaN kept": np.minimum,
    "squared difference": lambda a, b: (a - b) ** 2, "absolute difference": lambda a, b: np.abs(a - b),
    "squared hypotenuse": lambda a, b: a * a + b * b, "mean": lambda a, b: (a + b) / 2,
    "atan of the quotient": lambda a, b: np.arctan(a / b),
    "greater": np.greater, "greater or equal": np.greater_equal, "less": np.less, "less or equal": np.less_equal,
    "soft threshold": lambda a, b: np.sign(a) * np.maximum(np.abs(a) - b, 0),
    "hard threshold": lambda a, b: a * (np.abs(a) > b),
}  # fmt: skip


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of functions of one input, then of two."""
    if q.same_shape and q.expected.size <= LARGEST:
        yield from pointwise_candidates(q, _of_one, NAMES)
        yield from pointwise_candidates(q, _of_two, NAMES)


def _of_one(q: Question) -> Iterator[Formula]:
    for n, x in q.inputs.items():
        if alike(x.shape, q.expected.shape):
            yield from _single(n, _wide(x))
            if x.dtype.kind == "f":
                yield from _rounded(n, _wide(x))


def _of_two(q: Question) -> Iterator[Formula]:
    others = {n: _wide(x) for n, x in q.inputs.items()} | {n: np.asarray(v) for n, v in q.scalars.items()}
    for n, x in [(n, others[n]) for n in q.inputs if alike(others[n].shape, q.expected.shape)][:4]:
        if x.dtype.kind != "c":
            yield from _divided(n, x.reshape(q.expected.shape))
    names = list(others)[:8]
    for k, n in enumerate(names):
        for m in names[k + 1 :]:
            if any(v in q.inputs and alike(others[v].shape, q.expected.shape) for v in (n, m)):
                yield from _paired(q, n, m, others[n], others[m])


def _wide(x: Array) -> Array:
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def _single(n: str, x: Array) -> Iterator[Formula]:
    about = f"a function of {n}"
    functions = dict(PLAIN)
    if x.dtype.kind == "c":
        names = ("exp", "log", "sqrt", "square", "abs", "negation", "reciprocal", "identity")
        functions = {name: PLAIN[name] for name in names}
        functions |= {
            "real part": np.real,
            "imaginary part": np.imag,
            "angle": np.angle,
            "conjugate": np.conj,
            "squared magnitude": lambda z: np.abs(z) ** 2,
        }
    plain = {"unit": f"{RADIANS} and {OUT}"}
    for told, f in functions.items():
        yield Formula(about, {"function": f"takes {told}", **plain}, lambda f=f: f(x))
    if x.dtype.kind != "c":
        for told, f in ANGLES.items():
            yield Formula(
                about, {"function": f"takes {told}", **plain}, lambda f=f: f(x), main="function", fixes=_UNITS
            )
            degrees = {"function": f"takes {told}", "unit": f"{DEGREES} and {OUT}"}
            yield Formula(about, degrees, lambda f=f: f(np.deg2rad(x)), main="function", fixes=_UNITS)
        for told, f in INVERSES.items():
            yield Formula(
                about, {"function": f"takes {told}", **plain}, lambda f=f: f(x), main="function", fixes=_UNITS
            )
            degrees = {"function": f"takes {told}", "unit": f"{RADIANS} and gives degrees"}
            yield Formula(about, degrees, lambda f=f: np.rad2deg(f(x)), main="function", fixes=_UNITS)


_UNITS = {"unit": "np.deg2rad(x) or np.rad2deg(x): NumPy's functions take radians, MATLAB's sind degrees"}


def _rounded(n: str, x: Array) -> Iterator[Formula]:
    for k in range(4):
        for mode, f in MODES.items():
            yield Formula(
                f"{n} in whole numbers" if k == 0 else f"{n} to {k} decimals",
                {"mode": mode},
                lambda f=f, s=10.0**k: f(x * s) / s,
                fixes={"mode": ROUNDS[mode] + (f" of x * 1e{k}, divided by 1e{k}" if k else "")},
            )


def _paired(q: Question, n: str, m: str, a: Any, b: Any) -> Iterator[Formula]:
    """Yield functions of two operands in both orders; each fits the other's shape, or runs along an axis of it."""
    if any(np.asarray(v).dtype.kind == "c" for v in (a, b)):
        return
    for x, y in _aligned(q, np.asarray(a), np.asarray(b)):
        whole = all(v.dtype.kind in "biu" for v in (q.expected, q.obtained))
        for told, f in PAIRS.items():
            if whole and "threshold" in told:
                continue
            for order, first, second in ((f"takes {n} first", x, y), (f"takes {m} first", y, x)):
                yield Formula(
                    f"a function of {n} and {m}",
                    {"function": f"takes {told}", "operands": order},
                    lambda f=f, u=first, v=second: f(u, v),
                    main="function",
                    fixes={"function": f"take the {told}" + (f": {_FIX[told]}" if told in _FIX else "")},
                )
        return


def _divided(n: str, x: Array) -> Iterator[Formula]:
    """Yield remainders and quotients by numbers that no attribute gives."""
    for label, c in DIVISORS.items():
        for told in DIVIDED:
            yield Formula(
                f"a function of {n} and {label}",
                {"function": f"takes {told}"},
                lambda f=PAIRS[told], c=c: f(x, c),
                fixes={"function": f"take the {told}" + (f": {_FIX[told]}" if told in _FIX else "")},
            )


_FIX = {
    "mod": "np.mod(a, b) has the sign of b, as MATLAB's mod",
    "rem": "np.fmod(a, b) has the sign of a, as MATLAB's rem",
    "atan2": "np.arctan2(y, x)",
    "maximum, NaN ignored": "np.fmax",
    "minimum, NaN ignored": "np.fmin",
    "quotient": "/, not //",
    "rounded-down quotient": "a // b",
    "truncated quotient": "np.trunc(a / b), as fix and idivide",
}


def _aligned(q: Question, a: Array, b: Array) -> Iterator[tuple[Array, Array]]:
    shape = q.expected.shape
    for v in ((a, b),):
        fitted = [w.reshape(shape) if w.size == q.expected.size else w for w in v]
        try:
            if np.broadcast_shapes(fitted[0].shape, fitted[1].shape) == shape:
                yield fitted[0], fitted[1]
        except ValueError:
            continue
