"""What is checked: a cell, data and a loss, whole and at random where nothing was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd_rnn.cells import Cell
from autograd_rnn.engine import Tensor, at
from autograd_rnn.engine.record import constant
from autograd_rnn.engine.rules.recurrence import add_n
from autograd_rnn.layers import Dense, cross_entropy, squared_error
from autograd_rnn.sequence import Run, unroll

Array = np.ndarray[Any, np.dtype[Any]]

LOSSES = ("squared error", "cross-entropy")


@dataclass(frozen=True)
class Problem:
    """A cell, data and a loss L = Σ_t ℓ_t, summed over the batch.

    Attributes:
        cell: the cell, in float64.
        xs: (batch, T, inputs).
        targets: (batch, T, hidden) for the squared error, (batch, T, classes) for the
            cross-entropy.
        loss: one of `LOSSES`.
        readout: from h to the scores, for the cross-entropy; else None.
        state: the initial state, (batch, hidden) for each slot.

    """

    cell: Cell
    xs: Array
    targets: Array
    loss: str
    readout: Dense | None
    state: tuple[Tensor, ...]

    @cached_property
    def inputs(self) -> Tensor:
        """The data as a Tensor, so that they have a gradient too."""
        return Tensor(self.xs, name="x")

    @cached_property
    def run(self) -> Run:
        """The cell unrolled over the data."""
        return unroll(self.cell, self.inputs, state=self.state)

    @cached_property
    def total(self) -> Tensor:
        """The loss L, as a graph."""
        return add_n([self._loss_of_step(t, h) for t, h in enumerate(self.run.outputs, 1)]).named(
            "L"
        )

    def _loss_of_step(self, t: int, h: Tensor) -> Tensor:
        target = Tensor.of(constant(self.targets[:, t - 1], "y"))
        with at(t=t):
            if self.readout is None:
                return squared_error(h, target)
            return cross_entropy(self.readout(h), target)

    @property
    def parameters(self) -> dict[str, Tensor]:
        """Everything differentiated: the cell's, the readout's, the initial state, the data."""
        readout = self.readout.parameters if self.readout else {}
        initial = {
            f"{slot}_0": value for slot, value in zip(self.cell.slots, self.state, strict=True)
        }
        return {**self.cell.parameters, **readout, **initial, "x": self.inputs}

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes by name."""
        batch, steps, inputs = self.xs.shape
        sizes = {"batch": batch, "steps": steps, "inputs": inputs, "hidden": self.cell.hidden}
        return sizes | ({"classes": self.targets.shape[2]} if self.readout else {})


def pose(
    cell: Cell,
    xs: Any = None,
    targets: Any = None,
    *,
    loss: str = "squared error",
    readout: Dense | None = None,
    state: Sequence[Any] | None = None,
    batch: int = 2,
    steps: int = 7,
    classes: int = 4,
    seed: int = 0,
) -> Problem:
    """Set up a problem; what is left out is drawn at random from `seed`.

    Raises:
        ValueError: an unknown loss, a shape that does not fit, data that are not finite.

    """
    if loss not in LOSSES:
        raise ValueError(f"loss {loss!r}: the derivations have {' and '.join(LOSSES)}")
    rng = np.random.default_rng(seed)
    if xs is None:
        xs = rng.normal(size=(batch, steps, cell.inputs))
    xs = np.asarray(xs, float)
    if loss == "cross-entropy" and readout is None:
        classes = classes if targets is None else np.shape(targets)[-1]
        readout = Dense.init(cell.outputs, classes, rng=rng)
    outputs = cell.outputs if readout is None else readout.W_y.shape[0]
    if targets is None:
        targets = _random_targets(rng, (*xs.shape[:2], outputs), one_hot=readout is not None)
    if state is None:
        state = [rng.normal(size=zero.shape) for zero in cell.initial_state(xs.shape[0])]
    targets = _checked_targets(np.asarray(targets, float), (*xs.shape[:2], outputs))
    held = tuple(
        Tensor(value, float, f"{slot}_0") for slot, value in zip(cell.slots, state, strict=True)
    )
    problem = Problem(_in_float64(cell), xs, targets, loss, readout, held)
    _ = problem.run  # unrolling checks shapes and finiteness
    return problem


def _random_targets(rng: np.random.Generator, shape: tuple[int, ...], one_hot: bool) -> Array:
    if one_hot:
        return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    return rng.normal(size=shape)


def _checked_targets(targets: Array, shape: tuple[int, ...]) -> Array:
    if targets.shape != shape:
        raise ValueError(f"targets have shape {targets.shape}; this loss takes {shape}")
    if not np.isfinite(targets).all():
        b, t, k = np.argwhere(~np.isfinite(targets))[0]
        raise ValueError(f"targets hold {targets[b, t, k]} at batch {b}, step {t + 1}, unit {k}")
    return targets


def _in_float64(cell: Cell) -> Cell:
    doubles = {name: Tensor(p.data, float, name) for name, p in cell.parameters.items()}
    return type(cell)(**doubles, **cell.settings)
