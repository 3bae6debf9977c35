"""Octave's answer, as a test sees it: to be matched, or taken as a value of Python."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from pybn.compare import Tolerance
from pybn.errors import DTypeError, UsageError
from pybn.pytest_plugin.failure import diagnosed, mismatch, shortly
from pybn.values import Foreign, Map, describe, foreign, match, to_python

if TYPE_CHECKING:
    from pybn.pytest_plugin.thing import Object


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an answer comes from: what was asked, and who answered."""

    label: str
    told: tuple[str, ...]  # for failures
    given: Mapping[str, Any]  # the arguments, by what failures call them
    printed: str


class Answer:
    """One value that Octave answered with."""

    __slots__ = ("_thing", "_value", "name", "origin")

    def __init__(self, name: str, value: Any, origin: Origin, thing: Callable[[], Object]) -> None:
        self.name = name
        self._value = value
        self.origin = origin
        self._thing = thing

    @property
    def matlab(self) -> Any:
        """The answer as MATLAB has it: see pybn.values."""
        if self._value is None:
            raise UsageError(f"{self.origin.label}: there is no answer, the function has no output")
        return self._value

    @property
    @shortly
    def value(self) -> Any:
        """The answer as Python has it: a scalar, an array, text, a list or a dict, one of its properties for an object.

        Raises DTypeError for a function handle, which does not leave Octave.
        """
        found = self.opened().matlab
        for path, each in foreign(found, self.name).items():
            raise DTypeError(
                f"{self.origin.label}: {path} is {describe(each)}, which does not leave Octave; "
                ".object is there to go on with an object"
            )
        return to_python(found)

    def opened(self) -> Answer:
        """Return the answer with its objects as structs of their public properties."""
        inside = foreign(self._value) if self._value is not None else {}
        if not any(each.class_name != "function_handle" for each in inside.values()):
            return self
        found = self._thing()._content()  # noqa: SLF001
        return Answer(self.name, found.matlab, self.origin, self._thing)

    @property
    @shortly
    def object(self) -> Object:
        """The object that was the answer, to call methods of. Raises DTypeError where it is a value.

        A containers.Map is both: a dict by its value, and an object that other calls may be given.
        """
        if not isinstance(self.matlab, Foreign | Map):
            raise DTypeError(f"{self.origin.label}: wanted an object, the answer is {describe(self.matlab)}")
        return self._thing()

    @property
    def printed(self) -> str:
        """What was printed on the way."""
        return self.origin.printed

    @shortly
    def matches(
        self, obtained: Any, *, ulp: float = 0, rtol: float = 0, atol: float = 0, ulp_of_max: float = 0
    ) -> bool:
        """Return True where a value of Python matches the answer (`pybn.values.match`); raise AssertionError if not.

        An element passes within `ulp` units in the last place, or within atol + rtol |expected|, or within
        `ulp_of_max` units in the last place of the largest magnitude expected.
        """
        __tracebackhide__ = True
        close = Tolerance(ulp, rtol, atol, ulp_of_max)
        check(close, [self], [obtained])
        return True

    def __eq__(self, other: builtins.object) -> NoReturn:
        raise TypeError("an answer of Octave is no value: say .matches(...), or take its .value")

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("an answer of Octave is no array: say .matches(...), or take its .value")

    __hash__ = builtins.object.__hash__

    def __repr__(self) -> str:
        told = "no answer" if self._value is None else describe(self._value)
        return f"<{self.origin.label}: {told}>"


class Answers(tuple[Answer, ...]):
    """The answers to a call with `nargout`: q, r = octave("qr2.m", a, nargout=2)."""

    origin: Origin

    @classmethod
    def of(cls, answers: Sequence[Answer], origin: Origin) -> Answers:
        """Return them as one."""
        made = cls(answers)
        made.origin = origin
        return made

    @property
    def printed(self) -> str:
        """What was printed on the way."""
        return self.origin.printed

    @shortly
    def matches(
        self, *obtained: Any, ulp: float = 0, rtol: float = 0, atol: float = 0, ulp_of_max: float = 0
    ) -> bool:
        """Return True where each value matches its answer; they may come as one tuple. Raises as Answer.matches."""
        __tracebackhide__ = True
        if len(obtained) == 1 and isinstance(obtained[0], tuple | list) and len(self) != 1:
            obtained = tuple(obtained[0])
        if len(obtained) != len(self):
            raise AssertionError(f"{self.origin.label}: wanted {len(self)} values, got {len(obtained)}")
        close = Tolerance(ulp, rtol, atol, ulp_of_max)
        check(close, self, obtained)
        return True


def check(close: Tolerance, answers: Sequence[Answer], obtained: Sequence[Any]) -> None:
    """Raise AssertionError, saying how and why as far as that can be told, where a value does not match its answer."""
    __tracebackhide__ = True
    values = [value.value if isinstance(value, Answer) else value for value in obtained]
    pairs = list(zip(answers, values, strict=True))
    pairs = [(answer.opened(), value) for answer, value in pairs]
    found = [each for answer, value in pairs for each in match(answer.name, answer.matlab, value, close)]
    if not all(each.verdict.agrees for each in found):
        sides = [(answer.name, answer.matlab, value) for answer, value in pairs]
        why = diagnosed(found, sides, answers[0].origin.given, close)
        raise AssertionError(mismatch(found, [*why, *answers[0].origin.told]))
