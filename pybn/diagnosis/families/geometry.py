"""Angles and coordinates: degrees for radians, turned the other way, elevation for inclination."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations

import numpy as np

from pybn.compare import Array
from pybn.diagnosis.candidate import Candidate
from pybn.diagnosis.question import Question
from pybn.diagnosis.twins import Formula, twin_candidates

NAMES = {
    "unit": "degrees",
    "direction": "turned the other way",
    "angle": "elevation for inclination",
    "operands": "operands exchanged",
    "earth": "a factor",
    "places": "operands exchanged",
}
LARGEST = 1 << 16
UNIT = {"unit": "np.deg2rad(angle): NumPy's functions take radians, MATLAB's sind and cosd degrees"}
PLACES: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "x": (lambda a, e, r: r * np.cos(e) * np.cos(a), lambda a, e, r: r * np.sin(e) * np.cos(a)),
    "y": (lambda a, e, r: r * np.cos(e) * np.sin(a), lambda a, e, r: r * np.sin(e) * np.sin(a)),
    "z": (lambda _, e, r: r * np.sin(e), lambda _, e, r: r * np.cos(e)),
}


def candidates(q: Question) -> Iterator[Candidate]:
    """Yield pairs of rotations, of coordinates from angles, and of distances on a sphere."""
    if q.expected.dtype.kind != "f" or q.expected.size > LARGEST:
        return
    yield from twin_candidates(q, list(_rotations(q)), NAMES)
    yield from twin_candidates(q, list(_matrices(q)), NAMES)
    if len(q.inputs) + len(q.scalars) <= 6:
        yield from twin_candidates(q, list(_coordinates(q)), NAMES)
        yield from twin_candidates(q, list(_distances(q)), NAMES)


def _unit(name: str, told: dict[str, str]) -> dict[str, str]:
    if told["unit"] == "takes degrees":
        return {"unit": f"np.deg2rad({name}): NumPy's functions take radians, MATLAB's sind and cosd degrees"}
    return {"unit": f"{name} is in radians: leave out np.deg2rad"}


def _turns(q: Question) -> Iterator[tuple[str, dict[str, str], float]]:
    for name, angle in q.scalars.items():
        for unit, factor in (("takes radians", 1.0), ("takes degrees", np.pi / 180)):
            for direction, sign in (("turns left", 1.0), ("turns right", -1.0)):
                yield name, {"unit": unit, "direction": direction}, sign * angle * factor


def turn(angle: float, size: int, axis: int) -> Array:
    """Return the matrix, 2 x 2 or 3 x 3, that turns columns to the left, about an axis where there are three."""
    c, s = np.cos(angle), np.sin(angle)
    if size == 2:
        return np.array([[c, -s], [s, c]])
    i, j = ((1, 2), (2, 0), (0, 1))[axis]
    matrix = np.eye(3)
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


def _rotations(q: Question) -> Iterator[Formula]:
    for n, x in q.inputs.items():
        if not 1 <= x.ndim <= 2 or x.size != q.expected.size:
            continue
        for dim, size in enumerate(x.shape):
            if size in (2, 3):
                points = np.moveaxis(x.astype(np.float64), dim, 0)
                for name, choices, angle in _turns(q):
                    for axis in range(3 if size == 3 else 1):
                        yield Formula(
                            f"{n} turned by {name}" + (f" about axis {axis}" if size == 3 else ""),
                            choices,
                            lambda p=points, a=angle, s=size, k=axis, d=dim: np.moveaxis(
                                np.tensordot(turn(a, s, k), p, 1), 0, d
                            ),
                            fixes=_unit(name, choices)
                            | {"direction": f"turn by -{name}, or transpose the matrix"},
                        )


def _matrices(q: Question) -> Iterator[Formula]:
    size = q.expected.shape[0] if q.expected.ndim else 0
    if q.expected.shape == (size, size) and size in (2, 3):
        for name, choices, angle in _turns(q):
            for axis in range(3 if size == 3 else 1):
                yield Formula(
                    f"the matrix that turns by {name}" + (f" about axis {axis}" if size == 3 else ""),
                    choices,
                    lambda a=angle, k=axis: turn(a, size, k),
                    fixes=_unit(name, choices) | {"direction": f"turn by -{name}, or transpose the matrix"},
                )


def _known(q: Question) -> dict[str, Array]:
    size = q.expected.size
    found = {
        n: x.reshape(-1).astype(np.float64)
        for n, x in q.inputs.items()
        if x.size == size and x.dtype.kind in "iuf"
    }
    return found | {n: np.asarray(v) for n, v in q.scalars.items()}


def _shaped(y: Array, q: Question) -> Array:
    return y.reshape(q.expected.shape) if y.size == q.expected.size else np.asarray(y)


def _coordinates(q: Question) -> Iterator[Formula]:
    known = _known(q) | {"1": np.asarray(1.0)}
    for a, e, r in permutations(known, 3):
        if "1" in (a, e):
            continue
        for place, both in PLACES.items():
            for angle, f in zip(
                ("takes the elevation", "takes the inclination from the pole"), both, strict=True
            ):
                for unit, factor in (("takes radians", 1.0), ("takes degrees", np.pi / 180)):
                    yield Formula(
                        f"{place} of azimuth, elevation and radius",
                        {
                            "angle": angle,
                            "unit": unit,
                            "operands": f"takes {a} for the azimuth, {e} for the other angle and {r} for the radius",
                        },
                        lambda f=f, a=a, e=e, r=r, k=factor: _shaped(
                            f(known[a] * k, known[e] * k, known[r]), q
                        ),
                        fixes=UNIT
                        | {
                            "angle": "MATLAB's sph2cart takes the elevation from the plane, not from the pole"
                        },
                    )


def _distances(q: Question) -> Iterator[Formula]:
    """Yield great-circle distances, as an angle or on the earth."""
    radii = {f"takes a radius of {n}": v for n, v in q.scalars.items() if v > 1}
    radii |= {
        "gives an angle": 1.0,
        "takes a radius of 6371 km": 6371.0,
        "takes a radius of 6378.137 km": 6378.137,
        "gives degrees": 180 / np.pi,
        "takes a radius of 6371000 m": 6371000.0,
    }
    for told, lat1, lon1, lat2, lon2 in _places(q):
        for unit, factor in (("takes radians", 1.0), ("takes degrees", np.pi / 180)):
            for earth, radius in radii.items():
                yield Formula(
                    "the distance on a sphere",
                    {"places": f"takes {told}", "unit": unit, "earth": earth},
                    lambda p=(lat1, lon1, lat2, lon2), k=factor, r=radius: _shaped(
                        haversine(*(v * k for v in p)) * r, q
                    ),
                    terms=1024,
                    fixes=UNIT,
                )


def _places(q: Question) -> Iterator[tuple[str, Array, Array, Array, Array]]:
    """Yield latitude and longitude of two places each: four inputs, or two of which one place follows another."""
    known = _known(q)
    for a, b, c, d in permutations(known, 4):
        yield f"{a}, {b} to {c}, {d} as latitude, longitude", known[a], known[b], known[c], known[d]
    more = {
        n: x.reshape(-1) for n, x in q.inputs.items() if x.size == q.expected.size + 1 and x.dtype.kind == "f"
    }
    for a, b in permutations(more, 2):
        u, v = more[a], more[b]
        yield f"{a} for the latitude, {b} for the longitude", u[:-1], v[:-1], u[1:], v[1:]


def haversine(lat1: Array, lon1: Array, lat2: Array, lon2: Array) -> Array:
    """Return the angle between points on a sphere, in radians; all of one shape."""
    h = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.asarray(2 * np.arcsin(np.sqrt(h)))
