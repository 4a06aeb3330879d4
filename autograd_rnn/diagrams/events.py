"""What happens in a pass over a graph, one event a node: forward, then backward.

The numbers of the backward events are those of `backward_steps`, written as a picture writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from autograd_rnn.diagrams.annotate import numbers
from autograd_rnn.diagrams.letters import is_number
from autograd_rnn.engine import Graph, Node, Tensor
from autograd_rnn.engine.steps import Contribution, backward_steps


@dataclass(frozen=True, slots=True)
class Received:
    """What one input receives in the backward pass.

    Attributes:
        name: the input. local: the local derivative, "" where there is none elementwise.
        amount: the contribution. total: the sum so far, this included.

    """

    name: str
    local: str
    amount: str
    total: str


@dataclass(frozen=True, slots=True)
class Event:
    """One node, computed or differentiated.

    Attributes:
        node: the id of its item in the picture. t: its step, None outside of time.
        formula: what it computes. operands: of what numbers, ``h_0 = [0.1 0.2]`` each.
        number: its value, or the gradient that has reached it.
        received: in the backward pass, what each input receives.

    """

    kind: Literal["forward", "backward"]
    node: str
    t: int | None
    formula: str
    operands: tuple[str, ...]
    number: str
    received: tuple[Received, ...] = ()

    @property
    def sentence(self) -> str:
        """What is said of it aloud."""
        where = "" if self.t is None else f" at t = {self.t}"
        if self.kind == "forward":
            given = f", with {', '.join(self.operands)}" if self.operands else ""
            return f"Forward{where}: {self.formula}{given}, is {self.number}."
        parts = [f"{r.name} receives {r.amount}, in all {r.total}" for r in self.received]
        return f"Backward{where}: {self.formula}, gradient {self.number}. {'; '.join(parts)}"


def events_of(loss: Tensor, sentence: Callable[[Node], str]) -> Iterator[Event]:
    """Yield the events of a pass; `sentence` says what a node computes.

    Raises ValueError for what is no scalar or has no values, saying what to do instead.
    """
    if loss.shape != ():
        raise ValueError(f"a pass ends at a scalar, and this has shape {loss.shape}: pass the loss")
    graph = Graph(loss)
    if any(node.value is None for node in graph.nodes):
        raise ValueError("these are symbols without numbers: unroll over data, unroll(cell, xs)")
    for node in graph.nodes:
        if node.primitive is not None and node.op != "carry":
            yield _event("forward", graph, node, sentence, node.value)
    for step in backward_steps(loss):
        if step.node.op != "carry" and step.contributions:
            received = tuple(_received(c, sentence) for c in step.contributions)
            yield _event("backward", graph, step.node, sentence, step.upstream, received)


def _event(
    kind: Literal["forward", "backward"],
    graph: Graph,
    node: Node,
    sentence: Callable[[Node], str],
    array: Any,
    received: tuple[Received, ...] = (),
) -> Event:
    formula = _formula(sentence(node))
    operands = tuple(
        f"{_name(below, sentence)} = {written(below.value)}"
        for below in dict.fromkeys(node.inputs)
        if not is_number(below)
    )
    place = f"n{graph.ids[node]}", node.place.t
    return Event(kind, *place, formula, operands, written(array), received)


def _formula(sentence: str) -> str:
    """Return what a sentence says of a node before it tells its shape and place."""
    return sentence.split(", shape", 1)[0]


def _name(node: Node, sentence: Callable[[Node], str]) -> str:
    """Return what a node is called, or how it is made where it has no name."""
    return _formula(sentence(node)).split(" = ")[0]


def _received(contribution: Contribution, sentence: Callable[[Node], str]) -> Received:
    node = contribution.input
    name = (
        "a constant" if is_number(node) else sentence(node).split(", shape", 1)[0].split(" = ")[0]
    )
    local = "" if contribution.local is None else written(contribution.local)
    return Received(name, local, written(contribution.amount), written(contribution.total))


def written(array: Any) -> str:
    """Write an array on one line, as the pictures do: four digits, of a large one the start."""
    return " ; ".join(line.strip() for line in numbers("", array)).removeprefix(" ").strip()
