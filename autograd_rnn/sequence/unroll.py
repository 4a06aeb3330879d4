"""Unrolling: the same cell at every step, as one explicit graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd_rnn.cells import Cell
from autograd_rnn.engine import Graph, Tensor, at, stack, symbol
from autograd_rnn.engine.arrays import number_array
from autograd_rnn.engine.display import show
from autograd_rnn.engine.record import constant
from autograd_rnn.engine.rules.recurrence import Recurrence
from autograd_rnn.sequence.mask import Mask, keep_finished, mask_of


class Steps:
    """Something of every step, counted as the equations count: `steps[1]` to `steps[T]`.

    `steps[-1]` is the last, iterating goes from 1 to T, and a slice gives a list whose bounds
    count alike: `steps[2:4]` holds steps 2 and 3.
    """

    def __init__(self, of_steps: Sequence[Tensor]) -> None:
        self._of_steps = tuple(of_steps)

    def __len__(self) -> int:
        return len(self._of_steps)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._of_steps)

    def __contains__(self, value: object) -> bool:
        return any(value is step for step in self._of_steps)  # == compares elements

    def __reversed__(self) -> Iterator[Tensor]:
        return reversed(self._of_steps)

    def __getitem__(self, t: Any) -> Any:
        if isinstance(t, slice):
            first = 1 if t.start is None and (t.step or 1) > 0 else t.start
            counted = range(len(self) + 1)[first : t.stop : t.step]
            return [self[i] for i in counted if i]  # there is no step 0
        if t == 0 or abs(t) > len(self):
            raise IndexError(
                f"step {t}: steps are counted from 1 to {len(self)}, as in the equations; "
                "the initial state is run.states[0]"
            )
        return self._of_steps[t - 1 if t > 0 else t]

    def __repr__(self) -> str:
        return f"<{len(self)} steps of shape {self[1].shape}>"


@dataclass(frozen=True)
class Run:
    """A cell unrolled over a sequence.

    Attributes:
        cell: the cell.
        inputs: x_t, (batch, inputs), for t = 1..T.
        outputs: h_t, (batch, hidden), for t = 1..T.
        states: the whole state after each step, in the order in which they are taken, which
            `reverse` turns round; `states[0]` is the initial one, `states[-1]` the last.
        recurrence: what is carried from step to step.
        mask: (batch, T), which steps count; None where all of them do.

    """

    cell: Cell
    inputs: Steps
    outputs: Steps
    states: tuple[tuple[Tensor, ...], ...]
    recurrence: Recurrence
    mask: Mask | None = None

    @cached_property
    def stacked(self) -> Tensor:
        """All outputs as one Tensor, (batch, T, hidden)."""
        return stack(list(self.outputs), axis=1)

    @cached_property
    def graph(self) -> Graph:
        """The unrolled graph: everything the outputs and the last state need."""
        return Graph(*self.outputs, *self.states[-1])

    def __len__(self) -> int:
        return len(self.outputs)

    def __repr__(self) -> str:
        batch, hidden = self.outputs[1].shape
        return f"<Run of {self.cell.kind}: {len(self)} steps, {batch=}, {hidden=}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return show(self)


FIRST_INPUT = "first input"


def unroll(
    cell: Cell,
    xs: Any = None,
    *,
    steps: int | None = None,
    state: tuple[Any, ...] | str | None = None,
    lengths: Any = None,
    mask: Any = None,
    reverse: bool = False,
) -> Run:
    """Run `cell` over a sequence, or over `steps` symbols when there are no data.

    Args:
        cell: the cell; its parameters are shared by all steps.
        xs: (batch, T, inputs). An array is taken as constant; a Tensor is differentiated.
        steps: T, for a graph of symbols that is only looked at.
        state: the initial state, one (batch, size) for each of the cell's slots, differentiated;
            zeros if left out; or "first input": h_0 = x_0, the first of the data, and the steps
            are those of x_1, x_2, ... after it (every other slot starts from zeros).
        lengths: (batch,), how many steps each sequence has; those after them do not count.
        mask: (batch, T), in place of lengths: which steps count. At a step that does not, the
            state is kept, the output is 0, and there is no gradient.
        reverse: whether to go from step T to step 1. Outputs stay at the step of their input.

    Returns:
        Outputs, states and the explicit graph. Every node stands at a place
        (cell, gate, t), t = 1..T.

    Raises:
        ValueError: neither or both of xs and steps; a wrong shape; no steps; data that are not
            finite (the message names batch, step and input); lengths or a mask that do not fit.
        TypeError: data that are no numbers; the class of a cell in place of a cell.

    """
    if isinstance(cell, type):
        raise TypeError(
            f"{cell.__name__} is a class, and unroll takes a cell: "
            f"{cell.__name__}.init(inputs=3, hidden=2) is one with random parameters"
        )
    if (xs is None) == (steps is None):
        raise ValueError("unroll takes either the data xs or a number of steps")
    if isinstance(state, str):
        xs, state = _from_first_input(cell, xs, state)
    inputs = _symbols(cell, steps) if steps is not None else _split(cell, _checked(cell, xs))
    counts = mask_of(lengths, mask, batch=inputs[0].shape[0], steps=len(inputs))
    return _unrolled(cell, inputs, _initial_state(cell, state, inputs[0].shape[0]), counts, reverse)


def _unrolled(
    cell: Cell,
    inputs: list[Tensor],
    initial: tuple[Tensor, ...],
    counts: Mask | None,
    reverse: bool,
) -> Run:
    recurrence = Recurrence(cell.slots, [value.node for value in initial])
    states, carried, outputs = [initial], initial, {}
    steps = range(1, len(inputs) + 1)
    for t in reversed(steps) if reverse else steps:
        x = inputs[t - 1]
        with at(cell=cell.kind, t=t):
            now = cell(x, carried)
            outputs[t] = now[0]
            if counts is not None:
                outputs[t], now = keep_finished(counts[:, t - 1], now, carried)
            carried = recurrence.step(x.node, now)
        states.append(now)
    in_time = Steps([outputs[t] for t in steps])
    return Run(cell, Steps(inputs), in_time, tuple(states), recurrence, counts)


def _symbols(cell: Cell, steps: int) -> list[Tensor]:
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise ValueError(f"steps={steps!r}: a network is unrolled over 1 step or more")
    return [symbol((1, cell.inputs), "x") for _ in range(steps)]


def _from_first_input(cell: Cell, xs: Any, state: str) -> tuple[Any, tuple[Any, ...]]:
    """Take the data apart into those of steps 1..T and the initial state h_0 = x_0."""
    if state != FIRST_INPUT or cell.inputs != cell.outputs:
        raise ValueError(
            f"state={state!r}: a state by name is {FIRST_INPUT!r}, and h_0 = x_0 needs inputs of "
            f"the size of h; here are {cell.inputs} and {cell.outputs}"
        )
    zeros = cell.initial_state(1 if xs is None else len(xs))[1:]
    if xs is None:
        return None, (symbol((1, cell.inputs), "h_0"), *zeros)
    xs = _checked(cell, xs)
    return xs[:, 1:], (xs[:, 0], *zeros)


def _checked(cell: Cell, xs: Any) -> Any:
    """Return the data as numbers of shape (batch, T, inputs)."""
    if not isinstance(xs, Tensor):
        xs = number_array(xs)
    if len(xs.shape) != 3 or xs.shape[2] != cell.inputs:
        raise ValueError(
            f"xs has shape {xs.shape}; this {cell.kind} takes (batch, T, inputs) with "
            f"inputs = {cell.inputs}" + ("; for one sequence write xs[None]" * (xs.ndim == 2))
        )
    if 0 in xs.shape:
        raise ValueError(f"xs has shape {xs.shape}: there is no step to take")
    _refuse_non_finite(xs)
    return xs


def _split(cell: Cell, xs: Any) -> list[Tensor]:
    """Take (batch, T, inputs) apart into one Tensor a step."""
    return [_taken(cell, xs, t) for t in range(1, xs.shape[1] + 1)]


def _taken(cell: Cell, xs: Any, t: int) -> Tensor:
    """Take x_t out of (batch, T, inputs)."""
    if not isinstance(xs, Tensor):
        return Tensor.of(constant(xs[:, t - 1], "x"))
    with at(cell=cell.kind, gate="input", t=t):
        return xs[:, t - 1].named("x")


def _refuse_non_finite(xs: Any) -> None:
    if isinstance(xs, Tensor) and xs.node.value is None and xs.node.primitive is not None:
        return  # a layer over the outputs of a network of symbols
    values = xs.data if isinstance(xs, Tensor) else xs
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        b, t, i = bad[0]
        raise ValueError(
            f"xs holds {values[b, t, i]} at batch {b}, step {t + 1}, input {i}"
            f" ({len(bad)} such in all): the data must be finite"
        )


def _initial_state(cell: Cell, state: tuple[Any, ...] | None, batch: int) -> tuple[Tensor, ...]:
    zeros = cell.initial_state(batch)
    if state is None:
        return zeros
    names = ", ".join(cell.slots)
    if len(state) != len(cell.slots):
        raise ValueError(f"the state of this {cell.kind} is ({names}), not {len(state)} arrays")
    held = []
    for slot, value, zero in zip(cell.slots, state, zeros, strict=True):
        given = value if isinstance(value, Tensor) else Tensor(value, zero.dtype, zero.name)
        if given.shape != zero.shape:
            raise ValueError(
                f"initial {slot} has shape {given.shape}; (batch, hidden) is {zero.shape}"
            )
        held.append(given)
    return tuple(held)
