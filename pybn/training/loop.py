"""Train a model: batch after batch, forward, loss, backward, update."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt

from pybn.graph import Graph
from pybn.layers.base import number
from pybn.progress import progress
from pybn.solvers import Solver
from pybn.training.batches import Batches, check_validation, whole
from pybn.training.checkpoint import Checkpoint, Moment, array_digest
from pybn.training.history import History, correct
from pybn.training.interrupt import Interrupt, deferred_interrupt
from pybn.training.settings import check_solver, describe_model, describe_solver, make_solver

Array = npt.NDArray[Any]


class Training:
    """A model, a solver, and the loop that brings them together.

    `l2` (lambda): 0.5 lambda times the sum of the squares of every weight, a batch-norm's gamma included and
    biases not, is added to the loss, lambda times the weight to its gradient. At the end of each epoch the
    solver's learning rate is multiplied by `learning_rate_decay`.
    Raises ValueError for bad values.
    """

    def __init__(
        self, graph: Graph, solver: Solver, *, l2: float = 0.0, learning_rate_decay: float = 1.0
    ) -> None:
        if graph.loss is None:
            raise ValueError("graph: wanted a model with a loss: Graph(..., loss=...)")
        check_solver(solver)
        if not 0 <= number(l2) < math.inf:
            raise ValueError(f"l2: wanted a finite number >= 0, got {l2!r}")
        if not 0 < number(learning_rate_decay) < math.inf:
            raise ValueError(f"learning_rate_decay: wanted a finite number > 0, got {learning_rate_decay!r}")
        self.graph = graph
        self.solver = solver
        self.l2 = float(l2)
        self.learning_rate_decay = float(learning_rate_decay)

    @classmethod
    def from_metadata(
        cls,
        layers: Sequence[Mapping[str, Any]],
        loss: str,
        solver: Mapping[str, Any],
        *,
        layout: str = "NCHW",
        dtype: str = "float64",
        l2: float = 0.0,
        lr_decay: float = 1.0,
        seed: int | None = None,
    ) -> Self:
        """Return a training of the model that `layers` describes as the legacy LayerContainer does.

        `solver` is such as {"type": "adam", "learning_rate": 1e-3}: sgd, sgd_momentum or adam, and its arguments.
        """
        graph = Graph.from_metadata(layers, layout=layout, dtype=dtype, loss=loss, seed=seed)
        return cls(graph, make_solver(solver), l2=l2, learning_rate_decay=lr_decay)

    @property
    def axis(self) -> int:
        """The axis of x that counts the samples. Raises ValueError for a model of several inputs."""
        if len(self.graph.inputs) != 1:
            raise ValueError(
                f"wanted a model of one input to cut into batches, got {', '.join(self.graph.inputs)}; "
                "step takes {name: array}"
            )
        axis: int = self.graph.layer(self.graph.inputs[0]).axis
        return axis

    def step(self, x: Any, t: Array) -> Any:
        """Train on one batch: x, and t (N, K). Return the loss before the update, of the model's dtype."""
        loss, gradients = self.graph.loss_and_gradients(x, t, l2=self.l2)
        for name, gradient in gradients.items():
            self.graph.parameters.move(name, self.solver.step(name, self.graph.parameters[name], gradient))
        return loss

    def evaluate(self, x: Array, t: Array, *, batch_size: int | None = None) -> tuple[float, float]:
        """Return the loss, without L2, and the accuracy in evaluation mode; running statistics stay as they are.

        All samples at once, or `batch_size` at a time and the mean over all samples.
        """
        parts = Batches(x, t, self.axis, batch_size or len(t), shuffle=False)
        assert self.graph.loss is not None  # noqa: S101  # for the type checker: checked when this was made
        total, right = 0.0, 0
        for k in range(parts.per_epoch):
            images, targets = parts.take(np.arange(parts.count), k)
            scores = self.graph.predict(images)
            value, _ = self.graph.loss(scores, targets)
            total += float(value) * len(targets)
            right += int(np.count_nonzero(correct(scores, targets)))
        return total / parts.count, right / parts.count

    def run(
        self,
        x: Array,
        t: Array,
        *,
        batch_size: int = 100,
        epochs: int | None = None,
        steps: int | None = None,
        validation: tuple[Array, Array] | None = None,
        shuffle: bool = True,
        order: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: int = 100,
        quiet: bool = False,
    ) -> History:
        """Train for so many epochs or steps, from the state that model and solver are in; return what was seen.

        x, t           all samples, float as the model: x as its input takes them, t (N, K), a row each; no NaN
        batch_size     samples a step, 100 unless told; the last step of an epoch may have fewer
        epochs, steps  how far to train, exactly one of the two: passes over all samples, or updates
        validation     (x, t) like those: evaluated at the end of each epoch, for the History. None: not at all
        shuffle        True: each epoch in another order, drawn from graph.random when it begins. False: as given
        order          row numbers from 0 on, instead: (N,) for all epochs, or (E, N), a row an epoch
        checkpoint     path of a file, written at the start, at the end and at Ctrl-C, each time whole. Where there
                       is one, the run goes on from it, and ends bit for bit as one that was never stopped; more
                       epochs or steps may be asked for than before. Delete it to begin anew. None: no file
        every          steps from one writing of the checkpoint to the next, 100 unless told
        quiet          True: no bar. Else, on a terminal, one on standard error tells how far it is, and the loss

        A loss of NaN or infinity does not end the run: a RuntimeWarning tells the first, and so does
        `History.diverged_at`. Made an error (`warnings.simplefilter("error", RuntimeWarning)`), it ends the run
        before a checkpoint of it.
        Raises ShapeError or DTypeError where the data does not fit, ValueError for NaN in it and bad arguments,
        FormatError for a checkpoint that is damaged or of another training, FileError where it cannot be read or
        written; with a checkpoint, Ctrl-C ends the step and then raises a KeyboardInterrupt that tells where.
        """
        batches = Batches(x, t, self.axis, batch_size, shuffle=shuffle, order=order)
        total = batches.limit(epochs, steps)
        run = _Run(self, batches, check_validation(validation, batches))
        if checkpoint is not None:
            run.keep(checkpoint, whole("every", every), total)
        run.go(total, quiet=quiet)
        return run.history


class _Run:
    """One run under way: where it is, and its checkpoint."""

    def __init__(self, training: Training, batches: Batches, validation: tuple[Array, Array] | None) -> None:
        self.training = training
        self.batches = batches
        self.validation = validation
        self.history = History()
        self.step = 0
        self.order: Array = np.zeros(0, np.int64)
        self.file: Checkpoint | None = None
        self.every = 1

    def keep(self, path: str | os.PathLike[str], every: int, total: int) -> None:
        """Keep a checkpoint at `path`; go on from the one that is there."""
        self.every = every
        self.file = Checkpoint(path, self._settings(), self._moment().digest())
        found = self.file.load()
        if found is None:
            self._save()  # also so that a path that cannot be written is told now
            return
        moment, history = found
        if moment.step > total:
            raise ValueError(
                f"{path}: the training is at step {moment.step} already, which is past {total}; "
                "ask for more, or delete the file to train from the start"
            )
        self.history = History(**history)
        self._restore(moment)

    def go(self, total: int, *, quiet: bool) -> None:
        """Train up to step `total`."""
        left: Iterable[int] = range(self.step, total)
        left = left if quiet else progress(left, total - self.step, "training", self._loss)
        with deferred_interrupt() if self.file else nullcontext(Interrupt()) as interrupt:
            for _ in left:
                self._advance()
                if interrupt.came or self.step % self.every == 0 or self.step == total:
                    self._save()
                if interrupt.came:
                    break
        if interrupt.came and self.file:
            raise KeyboardInterrupt(
                f"stopped at step {self.step} of {total}; the same run goes on from {self.file.path}"
            )

    def _loss(self) -> str:
        losses = self.history.losses
        return f"loss {losses[-1]:.3g}" if losses else ""

    def _advance(self) -> None:
        epoch, number = divmod(self.step, self.batches.per_epoch)
        if number == 0:
            self.order = self.batches.order(epoch, self.training.graph.random)
        loss = float(self.training.step(*self.batches.take(self.order, number)))
        if not math.isfinite(loss) and self.history.diverged_at is None:
            warnings.warn(
                f"the training diverged: the loss is NaN or infinite at step {self.step} (the first is 0); "
                "a smaller learning rate may help",
                RuntimeWarning,
                stacklevel=4,
            )
        self.history.losses.append(loss)
        self.step += 1
        if self.step % self.batches.per_epoch == 0:
            self._end_epoch()

    def _end_epoch(self) -> None:
        self.order = np.zeros(0, np.int64)
        self.training.solver.learning_rate *= self.training.learning_rate_decay
        if self.validation is not None:
            loss, share = self.training.evaluate(*self.validation, batch_size=self.batches.size)
            self.history.validation_losses.append(loss)
            self.history.accuracies.append(share)

    def _save(self) -> None:
        if self.file is not None:
            self.file.save(self._moment(), self.history.to_dict())

    def _moment(self) -> Moment:
        graph, solver = self.training.graph, self.training.solver
        kind, words, *rest = cast("tuple[Any, ...]", graph.random.get_state(legacy=True))
        return Moment(
            step=self.step,
            model=dict(graph.state),
            solver=dict(solver.state),
            learning_rate=solver.learning_rate,
            random=words,
            random_rest=[kind, *rest],
            order=self.order,
        )

    def _restore(self, moment: Moment) -> None:
        graph, solver = self.training.graph, self.training.solver
        graph.state = moment.model
        solver.state = moment.solver
        solver.learning_rate = moment.learning_rate
        kind, *rest = moment.random_rest
        graph.random.set_state((kind, moment.random, *rest))
        self.step, self.order = moment.step, moment.order

    def _settings(self) -> dict[str, Any]:
        """Return what must be the same for a checkpoint to serve, in words or as digests."""
        training, batches = self.training, self.batches
        data = {"x": batches.x, "t": batches.t, "order": batches.given}
        data |= dict(zip(("validation x", "validation t"), self.validation or (), strict=False))
        return {
            "model": describe_model(training.graph),
            "solver": describe_solver(training.solver),
            "l2": training.l2,
            "learning_rate_decay": training.learning_rate_decay,
            "batch_size": batches.size,
            "shuffle": batches.shuffle,
            **{name: None if value is None else array_digest(value) for name, value in data.items()},
        }
