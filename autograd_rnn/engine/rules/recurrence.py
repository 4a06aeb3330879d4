"""What makes a graph recurrent: sums over time, and states carried from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd_rnn.engine.graph import Node
from autograd_rnn.engine.primitive import broadcast, define
from autograd_rnn.engine.record import apply
from autograd_rnn.engine.tensor import Tensor

define(
    "add_n",
    kernel=lambda *terms: reduce(np.add, terms),
    shape=broadcast,
    vjp=lambda i, g, y, terms: g,
    jvp=lambda i, dx, y, terms: dx,
    many=True,
    latex="{args+}",
)
define(
    "carry",
    kernel=lambda x, slot, recurrence: x,
    shape=lambda x, slot, recurrence: x,
    vjp=(lambda g, y, x, slot, recurrence: g,),
    jvp=(lambda dx, y, x, slot, recurrence: dx,),
    slopes=(lambda y, x, slot=None, recurrence=None: np.ones_like(y),),
    latex="{0}",
)


class Recurrence:
    """One unrolling: which leaves are its sequence, which slots it carries, step by step.

    A planner proposes a loop from this record, and checks the steps against each other.

    Attributes:
        slots: the carried variables' names, e.g. ("h", "c").
        initial: the leaf each slot starts from.
        sequence: the input leaf of each step.
        carried: for each step, the carry node of each slot.

    """

    def __init__(self, slots: Sequence[str], initial: Sequence[Node]) -> None:
        self.slots = tuple(slots)
        self.initial = tuple(initial)
        self.sequence: list[Node] = []
        self.carried: list[tuple[Node, ...]] = []

    def last(self) -> tuple[Node, ...]:
        """The carry nodes after the last step."""
        return self.carried[-1] if self.carried else ()

    def step(self, x: Node, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Record the end of a step that read `x`: carry every slot of `state` to the next."""
        carried = tuple(
            carry(value, slot, self) for slot, value in zip(self.slots, state, strict=True)
        )
        self.sequence.append(x)
        self.carried.append(tuple(value.node for value in carried))
        return carried

    def __repr__(self) -> str:
        return f"<Recurrence of {len(self.carried)} steps, carrying {', '.join(self.slots)}>"


def carry(x: Any, slot: str, recurrence: Recurrence) -> Any:
    """Pass a state over the boundary between two steps; the identity, but visible in the graph."""
    return apply("carry", x, slot=slot, recurrence=recurrence)


def add_n(terms: Sequence[Any]) -> Any:
    """Add any number of arrays in one operation."""
    return apply("add_n", *terms)
