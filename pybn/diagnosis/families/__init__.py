"""Families of mistakes: a module each, whose `candidates(question)` yields what was obtained if one was made.

Those of a later tier are asked only where none of the earlier ones reconciles both sides.
"""

from __future__ import annotations

from pybn.diagnosis.families import (
    along,
    axes,
    both,
    cells,
    colours,
    constants,
    convolve,
    convolve_layers,
    cyclic,
    elementwise,
    geometry,
    guesses,
    interpolation,
    linear,
    losses,
    missing,
    moving,
    normalise,
    operands,
    optimiser,
    order,
    ordering,
    parts,
    places,
    precision,
    products,
    regrouped,
    rounding,
    sequences,
    shape,
    slices,
    spectral,
    statistics,
    vectors,
    waves,
    windows,
)

TIERS = (
    (shape, axes, order, regrouped, slices, parts, missing, precision),
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
            convolve_layers,
            spectral,
            sequences,
            windows,
            interpolation,
            colours,
            losses,
            cells,
        ),
        *(optimiser, geometry, waves, constants, cyclic, ordering, places, vectors, operands, linear),
    ),
    (guesses, both),
)
