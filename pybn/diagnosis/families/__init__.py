"""Families of mistakes: a module each, whose `candidates(question)` yields what was obtained if one was made.

Those of a later tier are asked only where none of the earlier ones reconciles both sides.
"""

from __future__ import annotations

from pybn.diagnosis.families import (
    axes,
    both,
    constants,
    convolve,
    elementwise,
    geometry,
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
    shape,
    spectral,
    statistics,
)

TIERS = (
    (shape, axes, order, parts, missing, precision),
    (statistics, elementwise, rounding, moving, normalise, products, convolve, spectral, optimiser, geometry),
    (constants, ordering, operands),
    (both,),
)
