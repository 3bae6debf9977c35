"""The fixture `octave`: functions called and objects constructed, each answer recorded or recalled."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast, overload

import pytest

from pybn.pytest_plugin.answer import Answer, Answers
from pybn.pytest_plugin.failure import shortly
from pybn.pytest_plugin.recorded import RECORDED
from pybn.pytest_plugin.thing import Asker, Object, given
from pybn.recordings.error import OctaveError
from pybn.recordings.history import Step
from pybn.recordings.source import folder, source

File = str | os.PathLike[str]
Paths = File | Sequence[File]


class Octave:
    """Asks Octave about .m files, for the tests of one module.

    Paths are relative to the folder of the test module; where there is no such file, to `path`, `tree` and pytest's
    rootdir. Arguments are whatever `pybn.values.to_matlab` takes, answers of before, and objects of `new`. An error of
    the .m code is raised as `octave.Error`, in Octave's own words and with its `identifier`.
    """

    Error = OctaveError

    def __init__(
        self, module: Path, config: pytest.Config, path: tuple[Path, ...] = (), tree: Path | None = None
    ) -> None:
        self._module = Path(os.path.realpath(module))
        self._config = config
        self._path = path
        self._tree = tree
        self._asker = Asker(self._module, config.stash[RECORDED])

    @shortly
    def using(self, *, path: Paths = (), tree: File | None = None) -> Octave:
        """Return one that has these folders on Octave's path, and this tree, for all that it is asked."""
        found = self._found(tree) if tree is not None else self._tree
        return Octave(self._module, self._config, self._path + self._folders(path), found)

    @overload
    def __call__(
        self,
        file: File,
        *args: Any,
        nargout: Literal[1] | None = ...,
        path: Paths = ...,
        tree: File | None = ...,
    ) -> Answer: ...

    @overload
    def __call__(
        self, file: File, *args: Any, nargout: int, path: Paths = ..., tree: File | None = ...
    ) -> Answers: ...

    @shortly
    def __call__(
        self,
        file: File,
        *args: Any,
        nargout: int | None = None,
        path: Paths = (),
        tree: File | None = None,
    ) -> Answer | Answers:
        """Call the function in `file`, or a static method of the class there: "lib/Tools.m::scale".

        `nargout` answers come as a tuple; without it there is one, where the function has any. `path` names more
        folders for Octave's path, `tree` a whole tree, made fit for Octave. Raises octave.Error; FileError or
        UsageError where there is nothing to call; FixtureError where no recording serves.
        """
        return self._asker.ask(self._step("call", file, args, nargout, path, tree))

    @shortly
    def new(self, file: File, *args: Any, path: Paths = (), tree: File | None = None) -> Object:
        """Construct an object of the class in `file`; raises as a call does."""
        return cast("Answer", self._asker.ask(self._step("new", file, args, None, path, tree))).object

    def __repr__(self) -> str:
        return f"<Octave, for the tests of {self._module.name}>"

    def _step(
        self,
        kind: str,
        file: File,
        args: tuple[Any, ...],
        nargout: int | None,
        path: Paths,
        tree: File | None,
    ) -> Step:
        here = self.using(path=path, tree=tree) if path or tree else self
        found = source(file, here._bases)  # noqa: SLF001
        told = [given(value, f"argument {k}") for k, value in enumerate(args, 1)]
        return Step(
            kind,
            found.name,
            tuple(told),
            nargout=nargout,
            source=found,
            folders=here._path,  # noqa: SLF001
            tree=here._tree,  # noqa: SLF001
        )

    @property
    def _bases(self) -> list[Path]:
        tree = [self._tree] if self._tree else []
        return [self._module.parent, *self._path, *tree, self._config.rootpath]

    def _folders(self, path: Paths) -> tuple[Path, ...]:
        paths = [path] if isinstance(path, str | os.PathLike) else path
        return tuple(self._found(each) for each in paths)

    def _found(self, path: File) -> Path:
        return folder(path, [self._module.parent, self._config.rootpath])
