"""MATLAB's times, which are counts of milliseconds, as ISO 8601 texts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pybn.formats.lazy import Array

EARLIEST = -62_167_219_200_000  # 0000-01-01, in milliseconds
LATEST = 253_402_300_799_999  # the end of 9999


def moments(millis: Array, *, zoned: bool) -> tuple[str, ...]:
    """Return texts for milliseconds since 1970, column by column; those of a time zone are UTC.

    Beyond the years 0 to 9999 it is the number, with its unit. Of complex ones the imaginary part is added.
    """
    whole, nanos = _split(np.ravel(millis, order="F"))
    inside = np.isfinite(whole) & (whole >= EARLIEST) & (whole <= LATEST)
    stamps = np.where(inside, whole, 0).astype(np.int64).astype("datetime64[ms]")
    texts = np.datetime_as_string(stamps, unit="ms").tolist()
    return tuple(
        _moment(text, int(extra)) + "Z" * zoned if fits else _outside(number)
        for text, extra, fits, number in zip(texts, nanos, inside.tolist(), whole.tolist(), strict=True)
    )


def _split(flat: Array) -> tuple[Any, Any]:
    """Return whole milliseconds, rounded down, and the nanoseconds that remain."""
    whole = np.floor(flat.real)
    rest = flat.real - np.where(np.isfinite(whole), whole, 0)
    rest = rest + flat.imag if flat.dtype.kind == "c" else rest
    nanos = np.where(np.isfinite(whole) & np.isfinite(rest), np.round(rest * 1e6), 0)
    carry = np.floor(nanos / 1e6)
    return whole + carry, nanos - carry * 1e6


def _moment(text: str, nanos: int) -> str:
    head, _, fraction = text.partition(".")
    fraction = f"{fraction}{nanos:06d}".rstrip("0")
    return f"{head}.{fraction}" if fraction else head


def _outside(millis: float) -> str:
    return (
        "NaT"
        if math.isnan(millis)
        else f"{'-' * (millis < 0)}Inf"
        if math.isinf(millis)
        else f"{millis!r} ms"
    )


def durations(millis: Array) -> tuple[str, ...]:
    """Return texts for milliseconds, column by column: PT1H2M3.5S."""
    return tuple(_duration(number) for number in np.ravel(millis.real, order="F").tolist())


def _duration(millis: float) -> str:
    if not math.isfinite(millis):
        return "NaN" if math.isnan(millis) else f"{'-' * (millis < 0)}Inf"
    nanos = _nanos(millis)
    return f"{'-' * (millis < 0)}P{_clock(nanos)}" if nanos else "PT0S"


def _nanos(millis: float) -> int:
    whole = math.floor(abs(millis))
    return whole * 10**6 + round((abs(millis) - whole) * 1e6)


def _clock(nanos: int) -> str:
    minutes, nanos = divmod(nanos, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{nanos // 10**9}.{nanos % 10**9:09d}".rstrip("0").rstrip(".")
    parts = [(hours, f"{hours}H"), (minutes, f"{minutes}M"), (nanos, f"{seconds}S")]
    text = "".join(part for count, part in parts if count)
    return f"T{text}" if text else ""


def calendar_durations(months: Array, days: Array, millis: Array) -> tuple[str, ...]:
    """Return texts for months, days and milliseconds, column by column: P1Y2M3DT4.5S, each part with its sign."""
    flats = [np.ravel(part, order="F").tolist() for part in (months, days, millis)]
    return tuple(_calendar(*parts) for parts in zip(*flats, strict=True))


def _calendar(months: float, days: float, millis: float) -> str:
    if not all(map(math.isfinite, (months, days, millis))):
        return "NaT"
    years, rest = divmod(abs(months), 12)
    sign = "-" if months < 0 else ""
    date = "".join(f"{sign}{n:g}{unit}" for n, unit in ((years, "Y"), (rest, "M")) if n)
    date += f"{days:g}D" if days else ""
    clock = _clock(_nanos(millis))
    if millis < 0:
        clock = "".join(
            f"-{one}" if one.isdigit() and prior in "THM" else one for prior, one in _pairs(clock)
        )
    return f"P{date}{clock}" if date or clock else "PT0S"


def _pairs(text: str) -> list[tuple[str, str]]:
    return list(zip(" " + text, text, strict=False))
