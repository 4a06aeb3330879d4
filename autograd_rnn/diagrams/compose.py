"""From a graph to a scene: what is drawn, once for every format."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from autograd_rnn.diagrams.annotate import Annotate
from autograd_rnn.diagrams.letters import Letter, Text
from autograd_rnn.diagrams.reading import Reading
from autograd_rnn.diagrams.scene import Column, ColumnKind, Edge, Item, Kind, Scene, Shared
from autograd_rnn.diagrams.timeline import BEFORE, Timeline
from autograd_rnn.engine import Graph, Node


def compose(
    graph: Graph,
    timeline: Timeline,
    annotate: Annotate = lambda node: (),
    notes: Iterable[str] = (),
) -> Scene:
    """Return the scene of `graph`.

    Args:
        graph: what is drawn.
        timeline: its steps, and which of them are drawn.
        annotate: the lines below each node. notes: what they mean.

    """
    reading = Reading(graph, timeline)
    columns = _columns(reading)
    made = _Composer(reading, annotate, {moment: i for i, moment in enumerate(columns)})
    made.add_items()
    made.add_edges()
    return Scene(
        title=_describe(graph, timeline),
        columns=tuple(columns.values()),
        items=tuple(made.items.values()),
        edges=tuple(made.edges),
        groups=reading.groups,
        shared=tuple(_legend(reading, annotate)),
        slots=tuple(dict.fromkeys(edge.slot for edge in made.edges if edge.slot)),
        notes=(*_elision(timeline), *notes),
    )


# --- what the whole picture says -------------------------------------------------------------


def _describe(graph: Graph, timeline: Timeline) -> str:
    if not timeline.steps:
        return f"Graph of {len(graph)} nodes"
    cells = dict.fromkeys(node.place.cell.upper() for node in graph.nodes if node.place.cell)
    count = len(timeline.steps)
    return f"{' and '.join(cells) or 'Network'} unrolled over {count} step{'s' * (count > 1)}"


def _elision(timeline: Timeline) -> tuple[str, ...]:
    if not timeline.elided:
        return ()
    return (f"{len(timeline.steps)} steps in all; t = {_span(timeline.elided)} are not drawn",)


def _span(steps: tuple[int, ...]) -> str:
    return f"{steps[0]} … {steps[-1]}" if len(steps) > 1 else f"{steps[0]}"


GAP = "gap"
UNNAMED = Letter("constant")


def _columns(reading: Reading) -> dict[Hashable, Column]:
    """Return the columns from left to right, by the moment each stands for."""
    timeline = reading.timeline
    columns: dict[Hashable, Column] = {}
    if any(timeline.moment[node] == BEFORE for node in reading.drawn):
        columns[BEFORE] = Column(ColumnKind.BEFORE, (Letter("t"), " = 0"))
    for t in timeline.steps:
        if t in timeline.drawn:
            columns[t] = Column(ColumnKind.STEP, (Letter("t"), f" = {t}"))
        elif GAP not in columns:
            label: Text = (Letter("t"), f" = {_span(timeline.elided)}")
            columns[GAP] = Column(ColumnKind.GAP, label)
    return columns


def _legend(reading: Reading, annotate: Annotate) -> Iterable[Shared]:
    """Yield the shared leaves, gate by gate."""
    order = {group: i for i, group in enumerate(("", *reading.groups))}
    shared = reading.timeline.shared
    for leaf in sorted(shared, key=lambda leaf: order[reading.group(leaf)]):
        letter = reading.letter(leaf) or UNNAMED
        lines = tuple(line for line in annotate(leaf) if line != str(leaf.shape))
        yield Shared(letter, leaf.shape, reading.group(leaf), shared[leaf], lines)


# --- items and edges -------------------------------------------------------------------------


class _Composer:
    """Collects the items and edges of one scene."""

    def __init__(
        self, reading: Reading, annotate: Annotate, column_of: dict[Hashable, int]
    ) -> None:
        self.reading = reading
        self.timeline = reading.timeline
        self.annotate = annotate
        self.column_of = column_of
        self.items: dict[Hashable, Item] = {}
        self.edges: list[Edge] = []
        self._from_gap: set[Edge] = set()  # drawn once, however many steps they stand for

    def add_items(self) -> None:
        """Draw every node that has an item of its own."""
        reading = self.reading
        for node in reading.drawn:
            self.items[node] = Item(
                id=self._id(node),
                kind=self._kind(node),
                letter=reading.letter(node),
                symbol=reading.symbol(node),
                group=reading.group(node),
                column=self._column(node),
                rail=reading.rail(node),
                lines=self.annotate(node),
                note=reading.sentence(node),
            )

    def _id(self, node: Node) -> str:
        return f"n{self.reading.graph.ids[node]}"

    def _kind(self, node: Node) -> Kind:
        if not self.reading.is_leaf(node):
            return Kind.OPERATION
        return Kind.STATE if node in self.timeline.initial else Kind.INPUT

    def _column(self, node: Node) -> int | None:
        return self.column_of.get(self.timeline.moment[node])

    def add_edges(self) -> None:
        """Draw everything that is read, with the aliases, entries and gaps that it passes."""
        unseen = self.timeline.unseen
        into_gap: dict[Edge, None] = {}
        for node in self.reading.graph.nodes:
            if node in unseen and not self.reading.is_leaf(node):
                into_gap.update(dict.fromkeys(self._passing(node)))
        self.edges += into_gap
        for node in self.reading.drawn:
            for below in self.reading.terms(node):
                self._connect(below, node)

    def _passing(self, reader: Node) -> Iterable[Edge]:
        """Yield the edges by which an undrawn reader is fed by what is drawn."""
        for below in self.reading.terms(reader):
            node, slot = self.reading.source(below)
            if node in self.items:
                source, gap = self.items[node], self._gap(node, slot)
                crosses = _crosses(source, gap)
                yield Edge(source.id, gap.id, slot if crosses else "", crosses)

    def _gap(self, node: Node, slot: str) -> Item:
        """Return the item through which `node`, or the slot it is carried in, passes the gap."""
        name, rail = slot or node.name, self.reading.rail(node)
        key = (GAP, rail or name)
        if key not in self.items:
            self.items[key] = Item(
                id=f"gap_{len(self.items)}",
                kind=Kind.GAP,
                letter=Letter.of(name) if name else None,
                symbol=("⋯",),
                column=self.column_of[GAP],
                rail=rail,
                note=f"{name or 'values'} of the steps that are not drawn",
            )
        return self.items[key]

    def _connect(self, below: Node, reader: Node) -> None:
        """Draw that `reader` reads `below`."""
        node, slot = self.reading.source(below)
        if node in self.timeline.shared:
            source = self._alias(node, reader)
        elif node in self.timeline.unseen:
            source = self._gap(node, slot)
        else:
            source = self.items[node]
        target = self.items[reader]
        if slot and _crosses(source, target):
            source = self._entry(source, target, node, slot)
        edge = Edge(source.id, target.id, crosses=_crosses(source, target))
        if source.kind is not Kind.GAP or edge not in self._from_gap:
            self.edges.append(edge)
            self._from_gap.add(edge)

    def _entry(self, source: Item, target: Item, state: Node, slot: str) -> Item:
        """Return the item by which a carried state enters the column of `target`, once a slot."""
        key = (Kind.ENTRY, state, slot, target.column)
        if key not in self.items:
            letter = self.reading.letter(state)
            entry = Item(
                id=f"{source.id}_enters_{target.column}",
                kind=Kind.ENTRY,
                letter=letter,
                column=target.column,
                rail=self.reading.rail(state),
                note=f"{letter or slot}, carried into this step",
            )
            self.items[key] = entry
            self.edges.append(Edge(source.id, entry.id, slot, crosses=True))
        return self.items[key]

    def _alias(self, leaf: Node, reader: Node) -> Item:
        """Return the item that stands for a shared leaf beside its reader."""
        column, group = self._column(reader), self.reading.gate(reader)
        key = (Kind.ALIAS, leaf, reader)
        if key not in self.items:
            self.items[key] = Item(
                id=f"{self._id(leaf)}_for_{self._id(reader)}",
                kind=Kind.ALIAS,
                letter=self.reading.letter(leaf) or UNNAMED,
                group=group,
                column=column,
                note=f"{self.reading.sentence(leaf)}, the same at every step",
            )
        return self.items[key]


def _crosses(source: Item, target: Item) -> bool:
    """Whether an edge goes from one column to another."""
    return None not in (source.column, target.column) and source.column != target.column
