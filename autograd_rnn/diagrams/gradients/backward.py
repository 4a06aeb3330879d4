"""What is known of a graph's gradients: what flows back along each wire, and out of each step.

The backward pass is linear in what it starts from. So what a wire from `source` to `target` stands
for can be told apart: the part of dL/dsource that comes back from this one reader, through
whatever the picture does not draw between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd_rnn.diagrams.scene.items import ColumnKind, Item, Kind, Scene
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.engine import Graph, Node
from autograd_rnn.engine.differentiate import contributions_of, total_of

Owner = str | int  # the id of the item that a node is drawn in, or the column of its gap
Moment = tuple[int, int]  # a stretch of time and a step of it
STOP = "stop_gradient"


class Flow(NamedTuple):
    """What flows back along a wire.

    Attributes:
        norm: of the gradient; None where none flows, which is not the same as 0.
        cut: whether one would flow, were it not stopped.

    """

    norm: float | None
    cut: bool = False


def norm_of(array: Any) -> float:
    """Return the Euclidean norm of all elements of an array."""
    return float(np.linalg.norm(np.ravel(array)))


class Backward:
    """A backward pass, taken apart by the readers that a picture draws.

    Args:
        reading: the graph as it is read. scene: what of it is drawn, step by step.
        start: the cotangent of each node that the pass starts from.
        leaf, readers: if given, only what flows back into this leaf by these of its readers.

    Attributes:
        totals: the gradient of each node that is reached.
        uses: what each reader of a shared leaf adds to its gradient, in the order of the pass.

    """

    def __init__(
        self,
        reading: Reading,
        scene: Scene,
        start: Mapping[Node, Any],
        leaf: Node | None = None,
        readers: Collection[Node] = (),
    ) -> None:
        self.reading, self.scene = reading, scene
        self.items = {item.id: item for item in scene.items}
        self.columns = columns_of(reading, scene)
        self.totals: dict[Node, Any] = dict(start)
        self.uses: dict[tuple[Node, Node], Any] = {}
        self._edges: dict[tuple[Node, Owner], Any] = {}
        self._passing: dict[Node, dict[Owner, Any]] = {}
        self._leaf, self._readers = leaf, frozenset(readers)
        for node, cotangent in start.items():
            if self.owner(node) is None:  # nothing that is drawn reads it
                self._passing[node] = {"": cotangent}
        self._run()

    # --- the pass ---------------------------------------------------------------------------------

    def _run(self) -> None:
        wanted = self._wanted()
        for node in reversed(self.reading.graph.nodes):
            owner = self.owner(node)
            if owner is not None and node in self.totals:
                amounts = {owner: self.totals[node]}
            else:
                amounts = self._passing.pop(node, {})
            for reader, g in amounts.items():
                for _, below, part in contributions_of(node, g, wanted, record=False):
                    if below is not self._leaf or node in self._readers:
                        self._add(node, below, reader, total_of([part], below))

    def _wanted(self) -> set[Node]:
        """Return the nodes that gradients flow to."""
        nodes = self.reading.graph.nodes
        if self._leaf is None:
            return {node for node in nodes if node.needs_grad}
        wanted = set(self._readers)
        for node in nodes:
            if not wanted.isdisjoint(node.inputs):
                wanted.add(node)
        return wanted | {self._leaf}

    def owner(self, node: Node) -> Owner | None:
        """Return where a node is drawn; None for one that only hands on what it reads."""
        name = f"n{self.reading.graph.ids[node]}"
        if name in self.items:
            return name
        timeline = self.reading.timeline
        if node not in timeline.unseen or self.reading.is_leaf(node) or node.op == "carry":
            return None
        return self.columns.get((max(timeline.stretch[node], 0), timeline.moment[node] or 0))

    def _add(self, node: Node, below: Node, reader: Owner, amount: Any) -> None:
        """Add what comes back from `node`, which is drawn in `reader` or read by it alone."""
        shared = below in self.reading.timeline.shared
        if shared:
            accumulate(self.uses, (below, node), amount)
        if shared or self.owner(below) is not None:
            accumulate(self._edges, (below, reader), amount)
        else:
            accumulate(self._passing.setdefault(below, {}), reader, amount)
        accumulate(self.totals, below, amount)

    # --- what flows along wires -------------------------------------------------------------------

    @cached_property
    def flows(self) -> dict[tuple[str, str], Flow]:
        """What flows back along each edge of the scene, by the ids of its source and target.

        Along the edge of a gap, the norm is that of the gradients of all its steps together.
        """
        found, cut = {}, cuts_of(self.reading.graph, self.scene)
        for edge in self.scene.edges:
            source, target = self.items[edge.source], self.items[edge.target]
            amounts = list(self._between(source, target))
            norm = float(np.hypot.reduce([norm_of(a) for a in amounts])) if amounts else None
            found[source.id, target.id] = Flow(norm, (source.id, target.id) in cut)
        return found

    def _between(self, source: Item, target: Item) -> Iterator[Any]:
        """Yield what comes back from target to source, for each node that the source stands for."""
        readers = self._readers_through(target)
        for node in self._nodes_of(source):
            found = [self._edges[node, r] for r in readers if (node, r) in self._edges]
            if found:
                yield sum(found[1:], start=found[0])

    def _readers_through(self, target: Item) -> Iterable[Owner]:
        """Return who reads through an item: itself, a gap, or what an entry leads to."""
        if target.kind is Kind.GAP and target.column is not None:
            return (target.column,)
        return self._behind.get(target.id, ()) if target.kind is Kind.ENTRY else (target.id,)

    def _nodes_of(self, source: Item) -> Iterable[Node]:
        """Return the nodes whose values an item holds; a gap holds many."""
        node = node_of(self.reading.graph, source)
        if node is None:
            return self._unseen.get(source.rail or str(source.letter or ""), ())
        return (node,)

    @cached_property
    def _behind(self) -> dict[str, list[str]]:
        """The items that read through each entry."""
        found: dict[str, list[str]] = {}
        for edge in self.scene.edges:
            if self.items[edge.source].kind is Kind.ENTRY:
                found.setdefault(edge.source, []).append(edge.target)
        return found

    @cached_property
    def _unseen(self) -> dict[str, list[Node]]:
        """The nodes of steps that are not drawn, by the line over time that they lie on."""
        found: dict[str, list[Node]] = {}
        for node in self.reading.timeline.unseen:
            if isinstance(self.owner(node), int):
                found.setdefault(self.reading.rail(node) or node.name, []).append(node)
        return found


def node_of(graph: Graph, item: Item) -> Node | None:
    """Return the node that an item stands for; None for a gap, which stands for many."""
    number = item.id[1:].partition("_")[0]
    return graph.nodes[int(number)] if number.isdigit() else None


def cuts_of(graph: Graph, scene: Scene) -> set[tuple[str, str]]:
    """Return the edges where a gradient is stopped: into a stop, and on its rail out of one."""
    items = {item.id: item for item in scene.items}
    found = set()
    for edge in scene.edges:
        source, target = node_of(graph, items[edge.source]), node_of(graph, items[edge.target])
        if items[edge.target].kind is Kind.ENTRY:
            stopped = source is not None and source.op == STOP
        else:
            stopped = target is not None and target.op == STOP and target.inputs[0].needs_grad
        if stopped:
            found.add((edge.source, edge.target))
    return found


def accumulate(sums: dict[Any, Any], key: Any, amount: Any) -> None:
    """Add an amount to what has a key; the first is not added to 0, which would cost a copy."""
    sums[key] = sums[key] + amount if key in sums else amount


def columns_of(reading: Reading, scene: Scene) -> dict[Moment, int]:
    """Return the column in which each step is drawn, or left out."""
    timeline = reading.timeline
    found: dict[Moment, int] = {}
    for stretch, times in enumerate(timeline.times):
        numbers = (
            number
            for number, column in enumerate(scene.columns)
            if column.stretch == stretch and column.kind is not ColumnKind.BEFORE
        )
        number, in_gap = -1, False
        for t in times:
            drawn = t in timeline.drawn[stretch]
            if drawn or not in_gap:
                number = next(numbers)
            found[stretch, t], in_gap = number, not drawn
    return found


# --------------------------------------------------------------------- the terms of a sum over time


@dataclass(frozen=True)
class Terms:
    """The sum over time that is the gradient of a shared weight, term by term.

    Attributes:
        leaf: the weight.
        arrays: what each step adds, in the order in which the backward pass adds them.

    """

    leaf: Node
    arrays: Mapping[Moment, Any]

    @cached_property
    def norms(self) -> dict[Moment, float]:
        """The size of each term."""
        return {moment: norm_of(term) for moment, term in self.arrays.items()}

    @cached_property
    def running(self) -> dict[Moment, float]:
        """The size of the sum after each term."""
        sums = np.cumsum(np.stack(list(self.arrays.values())), axis=0)
        return {moment: norm_of(part) for moment, part in zip(self.arrays, sums, strict=True)}

    @property
    def total(self) -> float:
        """The size of the whole gradient; less than the sum of the sizes where terms disagree."""
        return list(self.running.values())[-1]

    @property
    def largest(self) -> Moment:
        """The step that adds most."""
        return max(self.norms, key=lambda moment: self.norms[moment])


def terms_of(backward: Backward, leaf: Node) -> Terms:
    """Return what the steps add to the gradient of a shared weight.

    Raises:
        ValueError: the weight has no gradient, or is read outside of the steps.

    """
    timeline = backward.reading.timeline
    found: dict[Moment, Any] = {}
    for (used, reader), amount in backward.uses.items():
        if used is leaf:
            t = timeline.moment[reader]
            if t is None:
                raise ValueError(
                    f"highlight={leaf.name!r}: it is read outside of the steps, so that its "
                    "gradient is no sum over them"
                )
            accumulate(found, (max(timeline.stretch[reader], 0), t), amount)
    if not found:
        raise ValueError(f"highlight={leaf.name!r}: the loss does not depend on it")
    moments = list(found)
    order = sorted(moments, reverse=moments[0] > moments[-1])
    return Terms(leaf, {moment: found[moment] for moment in order})


def readers_at(reading: Reading, leaf: Node, t: int) -> tuple[Node, ...]:
    """Return the nodes that read a shared leaf at a step."""
    return tuple(node for node in reading.readers[leaf] if reading.timeline.moment[node] == t)


def losses_of(reading: Reading, totals: Mapping[Node, Any]) -> dict[int, dict[Node, Any]]:
    """Return what each step hands to the loss, and dL by it: where the pass enters the step.

    These are the nodes of the step that something outside of time reads; the loss itself if it
    belongs to a step.
    """
    graph, moment = reading.graph, reading.timeline.moment
    output = graph.outputs[0]
    found: dict[int, dict[Node, Any]] = {}
    if (t := moment[output]) is not None:
        return {t: {output: totals[output]}}
    outside = (n for n in graph.nodes if n.needs_grad and n in totals and moment[n] is None)
    for node in outside:
        for _, below, part in contributions_of(node, totals[node], set(node.inputs), record=False):
            if (t := moment[below]) is not None:
                accumulate(found.setdefault(t, {}), below, total_of([part], below))
    return found
