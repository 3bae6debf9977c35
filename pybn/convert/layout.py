"""Which order of axes each array has, and is to have: HWCN:NCHW for all of a rank, or by name; or guessed, and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pybn.errors import LayoutError, UsageError
from pybn.layouts import axes, permutation

AUTO = "auto"
CHANNELS = (1, 2, 3, 4)
KERNEL = 11  # the largest height of a kernel that looks like one


@dataclass(frozen=True, slots=True)
class Rule:
    """`--layout [PATTERN=]SOURCE:TARGET`; without a pattern for all arrays of that many axes, or of one less."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is done to an array: its axes, their order (None: as they are), and why, in words."""

    axes: tuple[str, ...]
    order: tuple[int, ...] | None
    why: str = ""
    guessed: bool = False


AS_IT_IS = Choice((), None)


def rule(text: str) -> Rule:
    """Read a rule. Raises UsageError."""
    pattern, equals, spec = text.rpartition("=")
    source, colon, target = spec.partition(":")
    if not colon or (equals and not pattern):
        raise UsageError(
            f"--layout {text}: wanted SOURCE:TARGET as in HWCN:NCHW, PATTERN=SOURCE:TARGET, or auto"
        )
    try:
        permutation(source, target)
        return Rule(axes(source), axes(target), pattern)
    except LayoutError as error:
        raise UsageError(f"--layout {text}: {error}") from error


def choose(path: str, shape: Sequence[int], rules: Sequence[Rule], *, auto: bool = False) -> Choice:
    """Return what is done to the array at `path`. Raises UsageError where a rule names it and does not fit it."""
    for each in rules:
        if each.pattern and fnmatchcase(path, each.pattern):
            if len(shape) > len(each.source) and any(n != 1 for n in shape[len(each.source) :]):
                raise UsageError(
                    f"{path}: has {len(shape)} axes, {list(shape)}, and the layout {' '.join(each.source)} names "
                    f"{len(each.source)}"
                )
            return _chosen(each, shape)
    for each in rules:
        if not each.pattern and len(each.source) - 1 <= len(shape) <= len(each.source):
            return _chosen(each, shape)
    if auto:
        return guess(shape)
    if any(not each.pattern for each in rules):
        return Choice((), None, f"as it is: it has {len(shape)} axes")
    return AS_IT_IS


def _chosen(each: Rule, shape: Sequence[int]) -> Choice:
    order = tuple(each.source.index(name) for name in each.target)
    restored = len(each.source) - len(shape)
    why = f"{restored} trailing ax{'is' if restored == 1 else 'es'} of 1 restored" if restored > 0 else ""
    return Choice(each.target, order, why)


def _is_kernel(height: int, width: int) -> bool:
    """Tell whether these look like a kernel's: odd and small, square or one of them 1."""
    return (
        max(height, width) <= KERNEL
        and height % 2 == width % 2 == 1
        and (height == width or 1 in (height, width))
    )


def guess(shape: Sequence[int]) -> Choice:
    """Guess what an array of MATLAB's is by its shape alone, and say why. Only a person knows."""
    if len(shape) == 4:
        if _is_kernel(*shape[:2]):
            why = f"looks like weights of a convolution: {shape[0]} x {shape[1]} kernels, {shape[2]} in, {shape[3]} out"
            return Choice(tuple("OIHW"), (3, 2, 0, 1), why, guessed=True)
        why = f"looks like {shape[3]} images of {shape[0]} x {shape[1]} in {shape[2]} channel{'s' * (shape[2] != 1)}"
        return Choice(tuple("NCHW"), (3, 2, 0, 1), why, guessed=True)
    if len(shape) == 3 and shape[2] in CHANNELS and min(shape[:2]) > KERNEL:
        why = f"looks like one image of {shape[0]} x {shape[1]} in {shape[2]} channels"
        return Choice(tuple("CHW"), (2, 0, 1), why, guessed=True)
    if len(shape) == 3 and min(shape[:2]) > KERNEL:
        why = f"looks like {shape[2]} images of {shape[0]} x {shape[1]}, of one channel"
        return Choice(tuple("NHW"), (2, 0, 1), why, guessed=True)
    return Choice((), None, "as it is: nothing to be told by its shape")
