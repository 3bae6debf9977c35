"""Families of mistakes: a module each, whose `candidates(question)` yields what was obtained if one was made.

Those of a later tier are asked only where none of the earlier ones reconciles both sides.
"""

from __future__ import annotations

from pybn.diagnosis.families import (
    along,
    axes,
    both,
    constants,
    convolve,
    elementwise,
    geometry,
    guesses,
    missing,
    moving,
    normalise,
    operands,
    optimiser,
    order,
    ordering,
    parts,
    precision,
    products,
    rounding,
    sequences,
    shape,
    spectral,
    statistics,
)

TIERS = (
    (shape, axes, order, parts, missing, precision),
    (
        *(
            statistics,
            along,
            elementwise,
            rounding,
            moving,
            normalise,
            products,
            convolve,
            spectral,
            sequences,
        ),
        *(optimiser, geometry, constants, ordering, operands),
    ),
    (guesses, both),
)
