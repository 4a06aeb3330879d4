"""What happens in a pass over a graph, one event a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autograd_rnn.diagrams.typography.letters import Text, plain

Pass = Literal["forward", "backward"]


@dataclass(frozen=True, slots=True)
class Part:
    """What the loss of one step adds to a contribution.

    Attributes:
        name: of the loss, ℓ_2. goals: ids of the items at which the step hands over to it.
        amount: the part.

    """

    name: Text
    goals: tuple[str, ...]
    amount: str


@dataclass(frozen=True, slots=True)
class Received:
    """What one input receives in the backward pass.

    Attributes:
        name: the input. boxes: ids of the items that show it.
        local: the local derivative, "" where there is none elementwise.
        rule: what the input receives, in terms of the gradient δ of the node, in that case.
        amount: the contribution. total: the sum so far, this included.
        parts: of a shared weight, what each loss adds to the contribution.

    """

    name: Text
    boxes: tuple[str, ...]
    local: str
    rule: Text
    amount: str
    total: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One node, computed or differentiated; or all nodes of steps that are not drawn.

    Attributes:
        kind: in which pass. boxes: ids of the items of the picture that show it.
        when: its step, "" outside of time. gate: where in the cell, "" for nowhere.
        name: what the node is called. equation: what it computes.
        operands: of what numbers, each with its name.
        number: its value, or its whole gradient, which is the sum of all that it has received.
        received: in the backward pass, what each input receives.

    """

    kind: Pass
    boxes: tuple[str, ...]
    when: str
    gate: str
    name: Text
    equation: Text
    operands: tuple[tuple[Text, str], ...] = ()
    number: str = ""
    received: tuple[Received, ...] = ()

    @property
    def formula(self) -> str:
        """The equation without typography."""
        return plain(self.equation)

    @property
    def place(self) -> str:
        """Where it is: ``Backward, t = 2, forget gate``."""
        return ", ".join(filter(None, (self.kind.capitalize(), self.when, self.gate)))

    @property
    def sentence(self) -> str:
        """What is said of it aloud."""
        if not self.number:
            return " ".join([f"{self.place}: {self.formula}.", *map(_told, self.received)])
        if self.kind == "forward":
            given = "; ".join(f"{plain(name)} is {written}" for name, written in self.operands)
            return f"{self.place}: {self.formula} is {self.number}.{f' {given}.' if given else ''}"
        start = f"{self.place}: the gradient of {plain(self.name)} is {self.number}."
        return " ".join([start, *map(_told, self.received)])


def _told(received: Received) -> str:
    local = f" local derivative {received.local}," if received.local else ""
    rule = f" {plain(received.rule)}, which is" if received.rule else ""
    name, amount, total = plain(received.name), received.amount, received.total
    return f"{name}:{local} receives{rule} {amount}; so far {total}."
