"""Which node belongs to which step, which steps are drawn, and which leaves they share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autograd_rnn.diagrams.letters import is_number
from autograd_rnn.engine import Graph, Node
from autograd_rnn.engine.rules.recurrence import Recurrence

BEFORE = 0  # the moment of the initial state
MOST_STEPS = 4  # more than these are elided: the first two, a gap, the last
Moments = dict[Node, int | None]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Time in a graph.

    Attributes:
        leaves: what reads nothing; a leaf that is only read under another name has that name.
        moment: the step of each node; `BEFORE` for the initial state, None outside of time.
        steps: every step there is, in order. drawn: those that a picture shows.
        initial: the slot that each initial state fills.
        rail: the line over time that each state and each input of a sequence lies on.
        sequence: the step whose input each of these nodes is.
        shared: for each leaf that several steps read, these steps.
        unseen: the nodes of steps that are not drawn.

    """

    leaves: frozenset[Node]
    moment: Moments
    steps: tuple[int, ...]
    drawn: tuple[int, ...]
    initial: dict[Node, str]
    rail: dict[Node, str]
    sequence: dict[Node, int]
    shared: dict[Node, tuple[int, ...]]
    unseen: frozenset[Node]

    @property
    def elided(self) -> tuple[int, ...]:
        """The steps that a picture leaves out."""
        return tuple(t for t in self.steps if t not in self.drawn)


def read_time(graph: Graph, known: Iterable[Recurrence] = (), elide: bool = True) -> Timeline:
    """Find the time step of every node of `graph`.

    Args:
        graph: the graph.
        known: recurrences it comes from, beyond those that its carry nodes tell of.
        elide: whether a long sequence is drawn as t = 1, 2, ..., T.

    """
    found = (node.attrs["recurrence"] for node in graph.nodes if node.op == "carry")
    recurrences = list(dict.fromkeys([*known, *found]))
    initial = {x: slot for r in recurrences for x, slot in zip(r.initial, r.slots, strict=True)}
    sequence = {x: t for r in recurrences for t, x in enumerate(r.sequence, start=1)}
    leaves = _leaves(graph, sequence)
    moment = _moments(graph, leaves, sequence)
    shared = _place_leaves(graph, leaves, moment, initial, sequence)
    steps = tuple(sorted({t for t in moment.values() if t is not None} - {BEFORE}))
    drawn = (*steps[:2], steps[-1]) if elide and len(steps) > MOST_STEPS else steps
    hidden = set(steps).difference(drawn)
    unseen = frozenset(node for node, t in moment.items() if t in hidden)
    rail = _rails(recurrences)
    return Timeline(leaves, moment, steps, drawn, initial, rail, sequence, shared, unseen)


def _rails(recurrences: Iterable[Recurrence]) -> dict[Node, str]:
    """Name a line for each slot and each sequence: "h", "c", "x"; "h 2" of a second layer."""
    rail: dict[Node, str] = {}
    for number, r in enumerate(recurrences, start=1):
        layer = f" {number}" * (number > 1)
        states = [r.initial, *([carry.inputs[0] for carry in carried] for carried in r.carried)]
        for state in states:
            for node, slot in zip(state, r.slots, strict=True):
                rail.setdefault(node, slot + layer)
        for node in r.sequence:
            rail.setdefault(node, "x" + layer)
    return rail


def _leaves(graph: Graph, sequence: dict[Node, int]) -> frozenset[Node]:
    """Return the leaves as the equations know them.

    In place of a leaf that only an `identity` reads stands that other name for it; in place of one
    array of all inputs, the x_t that were taken out of it.
    """
    readers = graph.consumers()
    leaves = set(graph.leaves)
    for leaf in graph.leaves:
        renamed = [reader.op for reader in readers[leaf]] == ["identity"]
        taken_apart = readers[leaf] and all(reader in sequence for reader in readers[leaf])
        if renamed or taken_apart:
            leaves.remove(leaf)
            leaves.update(readers[leaf])
    return frozenset(leaves)


def _moments(graph: Graph, leaves: frozenset[Node], sequence: dict[Node, int]) -> Moments:
    """Return the step each node was made at; else the one step that all it reads belongs to."""
    moment: Moments = {}
    for node in graph.nodes:
        t = sequence.get(node, node.place.t)
        if t is None:
            times = {moment[x] for x in node.inputs if x in sequence or x not in leaves}
            t = times.pop() if len(times) == 1 else None
        moment[node] = t
    return moment


def _place_leaves(
    graph: Graph,
    leaves: frozenset[Node],
    moment: Moments,
    initial: dict[Node, str],
    sequence: dict[Node, int],
) -> dict[Node, tuple[int, ...]]:
    """Put each leaf into the one step that reads it; return those that belong to all steps.

    These are the leaves that several steps read, and a cell's parameters even where it takes one.
    """
    shared: dict[Node, tuple[int, ...]] = {}
    readers = graph.consumers()
    for leaf in filter(leaves.__contains__, graph.nodes):
        if leaf in initial:
            moment[leaf] = BEFORE
        elif moment[leaf] is None and not is_number(leaf):
            times = {moment[reader] for reader in readers[leaf]}
            known = tuple(sorted(t for t in times if t is not None))
            of_a_cell = leaf not in sequence and all(r.place.cell for r in readers[leaf])
            if len(known) > 1 or (known and leaf.needs_grad and of_a_cell):
                shared[leaf] = known
            elif len(times) == 1:
                moment[leaf] = times.pop()
    return shared
