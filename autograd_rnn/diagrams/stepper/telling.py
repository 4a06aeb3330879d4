"""A pass told event by event: forward, then backward.

The numbers of the backward events are those of `backward_steps`, written as a picture writes them.
Steps that are not drawn are one event together, so that every running total is still right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby
from typing import Any

from autograd_rnn.diagrams.gradients.backward import accumulate
from autograd_rnn.diagrams.gradients.terms import Term, Use, terms_of_uses
from autograd_rnn.diagrams.scene.annotate import numbers
from autograd_rnn.diagrams.scene.compose import ordinal
from autograd_rnn.diagrams.scene.formulas import formula_of
from autograd_rnn.diagrams.scene.items import Kind, Scene
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.diagrams.stepper.events import Event, Part, Received
from autograd_rnn.diagrams.stepper.pointing import Pointing
from autograd_rnn.diagrams.stepper.pullbacks import pullback_of
from autograd_rnn.diagrams.typography.letters import (
    Text,
    count_of,
    is_number,
    joined,
    number,
    plain,
)
from autograd_rnn.engine import Graph, Node, Tensor
from autograd_rnn.engine.steps import BackwardStep, Contribution, backward_steps

MOST_EVENTS = 5_000  # on one page


def events_of(loss: Tensor, reading: Reading, scene: Scene) -> tuple[Event, ...]:
    """Return the events of a pass.

    Args:
        loss: a scalar. reading: its graph as it is read. scene: what of it is drawn.

    Raises:
        ValueError: there are too many for a page.

    """
    teller = _Teller(loss, reading, scene)
    if (count := teller.count()) > MOST_EVENTS:
        raise ValueError(
            f"{count:,} events are more than one page can play ({MOST_EVENTS:,}): choose "
            "steps='elide', or a few steps such as steps=range(1, 4)"
        )
    return tuple(teller.events())


def refuse_what_is_no_pass(loss: Tensor) -> None:
    """Raise ValueError for what is no scalar, has no values or no operations."""
    if loss.shape != ():
        raise ValueError(f"a pass ends at a scalar, and this has shape {loss.shape}: pass the loss")
    nodes = Graph(loss).nodes
    if any(node.value is None for node in nodes):
        raise ValueError("these are symbols without numbers: unroll over data, unroll(cell, xs)")
    if loss.node.primitive is None:
        raise ValueError(f"{loss!r} is not computed of anything, so there is no pass to play")


class _Teller:
    """Tells the passes over the graph of a loss."""

    def __init__(self, loss: Tensor, reading: Reading, scene: Scene) -> None:
        self.reading, self.timeline, self.scene = reading, reading.timeline, scene
        self.pointing = Pointing(reading, scene)
        self.steps = tuple(backward_steps(loss))

    @cached_property
    def _computed(self) -> list[Node]:
        return [node for node in self.reading.graph.nodes if node.primitive is not None]

    def count(self) -> int:
        """Return how many nodes have events of their own."""
        differentiated = [step.node for step in self.steps]
        return sum(self.pointing.gap(node) is None for node in [*self._computed, *differentiated])

    def events(self) -> Iterator[Event]:
        """Yield the forward pass, then the backward pass."""
        for gap, nodes in groupby(self._computed, self.pointing.gap):
            if gap is None:
                yield from map(self._forward, nodes)
            else:
                yield self._skipped(gap, nodes)
        for gap, steps in self._runs():
            if gap is None:
                yield from map(self._backward, steps)
            else:
                yield self._passed(gap, steps)

    def _runs(self) -> Iterator[tuple[int | None, list[BackwardStep]]]:
        """Yield the backward pass in runs of steps that are drawn or not.

        A leaf whose gradient is complete in the middle of a gap waits for its end.
        """
        here: int | None = None
        run: list[BackwardStep] = []
        waiting: list[BackwardStep] = []
        for step in self.steps:
            gap = self.pointing.gap(step.node)
            if here is not None and gap is None and step.node.primitive is None:
                waiting.append(step)
                continue
            if gap != here:
                yield from ((here, run), (None, waiting))
                here, run, waiting = gap, [], []
            run.append(step)
        yield from ((here, run), (None, waiting))

    # --- one node ---------------------------------------------------------------------------------

    def _forward(self, node: Node) -> Event:
        operands = () if node.op == "carry" else dict.fromkeys(node.inputs)
        given = tuple(
            (self.name(below), written(below.value)) for below in operands if not is_number(below)
        )
        return Event("forward", *self._about(node), given, written(node.value))

    def _backward(self, step: BackwardStep) -> Event:
        received = tuple(
            self._received(step.node, position, contribution)
            for position, contribution in zip(_positions(step), step.contributions, strict=True)
        )
        return Event("backward", *self._about(step.node), (), written(step.upstream), received)

    def _received(self, node: Node, position: int, contribution: Contribution) -> Received:
        below, local = contribution.input, contribution.local
        rule = pullback_of(node, position, self.name) if local is None else ()
        once = node.inputs.count(below) == 1  # else a term belongs to both readings together
        return Received(
            self.name(below),
            self.pointing.boxes_read_by(node, below),
            "" if local is None else written(local),
            rule,
            written(contribution.amount),
            written(contribution.total),
            tuple(map(self._part, self._terms.get((below, node), ()) if once else ())),
        )

    def _part(self, term: Term) -> Part:
        if term.t is None:
            gaps = (item.id for item in self.scene.items if item.kind is Kind.GAP)
            return Part(("the losses of the other steps",), tuple(gaps), written(term.amount))
        goals = dict.fromkeys(box for node in term.goals for box in self.pointing.boxes(node))
        return Part(joined([*map(self.name, term.goals)], ", "), (*goals,), written(term.amount))

    @cached_property
    def _terms(self) -> dict[Use, tuple[Term, ...]]:
        """The terms of what each use of a shared weight receives."""
        totals = {step.node: step.upstream for step in self.steps}
        return terms_of_uses(self.reading, self.scene, totals)

    def _about(self, node: Node) -> tuple[tuple[str, ...], str, str, Text, Text]:
        """Return what an event says of its node: boxes, step, gate, name and equation."""
        moment = self.timeline.moment[self.pointing.at(node)]
        when = "" if moment is None else self._when(f"t = {moment}", self.timeline.stretch[node])
        gate = "" if self.reading.is_leaf(node) else self.reading.gate(node)
        return self.pointing.boxes(node), when, gate, self.name(node), self._equation(node)

    def _when(self, words: str, stretch: int) -> str:
        """Say of which stretch of time a step is, where there are several."""
        several = len(self.timeline.times) > 1 and stretch >= 0
        return words + f" of the {ordinal(stretch)}" * several

    # --- steps that are not drawn -----------------------------------------------------------------

    def _skipped(self, gap: int, nodes: Iterable[Node]) -> Event:
        return Event("forward", *self._about_gap(gap, len(list(nodes))))

    def _passed(self, gap: int, steps: Iterable[BackwardStep]) -> Event:
        """Add up what leaves the steps: to what is drawn, and to what all steps share."""
        some = list(steps)
        amounts: dict[Node, Any] = {}
        totals: dict[Node, Any] = {}
        for contribution in (one for step in some for one in step.contributions):
            below = contribution.input
            if self.pointing.gap(below) is None:
                accumulate(amounts, below, contribution.amount)
                totals[below] = contribution.total
        received = tuple(
            Received(
                self.name(below),
                self.pointing.boxes_of_passed(below),
                "",
                (),
                written(amount),
                written(totals[below]),
            )
            for below, amount in amounts.items()
        )
        about = self._about_gap(gap, len(some))
        return Event("backward", *about, received=received)

    def _about_gap(self, gap: int, count: int) -> tuple[tuple[str, ...], str, str, Text, Text]:
        column = self.scene.columns[gap]
        when = self._when(plain(column.label), column.stretch)
        words: Text = (f"{count_of(count, 'node')} of steps that are not drawn",)
        return self.pointing.boxes_of_gap(gap), when, "", words, words

    # --- names and places -------------------------------------------------------------------------

    def name(self, node: Node) -> Text:
        """Return what a node is called: its letter, its number, or how it is made."""
        if is_number(node):
            return (number(node),)
        letter = self.reading.letter(node)
        if node.op == "carry":
            return (letter or node.attrs["slot"], " (carried)")
        if letter is not None:
            return (letter,)
        return (node.op,) if self.reading.is_leaf(node) else formula_of(self.reading, node)

    def _equation(self, node: Node) -> Text:
        name = self.name(node)
        if node.primitive is None:
            return name
        if self.reading.is_leaf(node):
            part = "part of " * (node.op == "index")
            return (*name, f" = {part}", *self.name(node.inputs[0]))
        if node.op == "carry":
            return (*name, " = ", *name[:-1])
        formula = formula_of(self.reading, node)
        return formula if name == formula else (*name, " = ", *formula)


def _positions(step: BackwardStep) -> Iterator[int]:
    """Yield which input of the node each contribution goes to; numbers get none."""
    inputs = step.node.inputs
    start = 0
    for contribution in step.contributions:
        start = inputs.index(contribution.input, start)
        yield start
        start += 1


def written(array: Any) -> str:
    """Write an array on one line, as the pictures do: four digits, of a large one the start."""
    return " ; ".join(line.strip() for line in numbers("", array)).removeprefix(" ").strip()
