"""From a graph to a scene: what is drawn, once for every format."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cached_property

from autograd_rnn.diagrams.scene.annotate import Annotate
from autograd_rnn.diagrams.scene.items import (
    Column,
    ColumnKind,
    Edge,
    Item,
    Kind,
    Lane,
    Scene,
    Shared,
)
from autograd_rnn.diagrams.scene.reading import Reading, Source
from autograd_rnn.diagrams.scene.timeline import BEFORE, Timeline
from autograd_rnn.diagrams.typography.letters import Letter, Spell, Text
from autograd_rnn.engine import Graph, Node


def compose(
    graph: Graph,
    timeline: Timeline,
    annotate: Annotate = lambda node: (),
    notes: Iterable[str] = (),
    spell: Spell = Letter.of,
) -> Scene:
    """Return the scene of `graph`.

    Args:
        graph: what is drawn.
        timeline: its steps, and which of them are drawn.
        annotate: the lines below each node. notes: what they mean.
        spell: writes a name and its step as a letter.

    """
    reading = Reading(graph, timeline, spell)
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
        lanes=tuple(Lane(b.stretch, b.row, b.reverse) for b in timeline.bands),
    )


# --- what the whole picture says -------------------------------------------------------------


def _describe(graph: Graph, timeline: Timeline) -> str:
    if not timeline.steps:
        return f"Graph of {len(graph)} nodes"
    cells = dict.fromkeys(node.place.cell.upper() for node in graph.nodes if node.place.cell)
    count = len(timeline.steps)
    return f"{' and '.join(cells) or 'Network'} unrolled over {count} step{'s' * (count > 1)}"


ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def _elision(timeline: Timeline) -> tuple[str, ...]:
    """Say how many steps there are, and which of each stretch are left out."""
    if not timeline.elided:
        return ()
    counts = [len(times) for times in timeline.times]
    parts = [f"t = {_spans(left)}" for left in map(timeline.left_out, range(len(counts))) if left]
    total = f"{counts[0]} steps in all"
    if len(counts) > 1:
        left = [i for i in range(len(counts)) if timeline.left_out(i)]
        total = f"{counts[0]} steps" + "".join(f", then {count}" for count in counts[1:])
        parts = [f"{part} of the {ordinal(i)}" for i, part in zip(left, parts, strict=True)]
    verb = "is" if len(timeline.elided) == len(parts) == 1 else "are"
    return (f"{total}; {' and '.join(parts)} {verb} not drawn",)


def ordinal(i: int) -> str:
    """Return "first" for 0, "second" for 1, and so on."""
    return ORDINALS[i] if i < len(ORDINALS) else f"{i + 1}th"


def _span(steps: tuple[int, ...]) -> str:
    return f"{steps[0]} … {steps[-1]}" if len(steps) > 1 else f"{steps[0]}"


def _spans(steps: tuple[int, ...]) -> str:
    """Write steps run by run: 1 … 4, 8 … 12."""
    runs: list[tuple[int, ...]] = []
    for t in steps:
        if runs and runs[-1][-1] == t - 1:
            runs[-1] += (t,)
        else:
            runs.append((t,))
    return ", ".join(map(_span, runs))


GAP = "gap"
UNNAMED = Letter("constant")
Moment = tuple[int, Hashable]  # a stretch, and a step or (GAP, the first step left out)


def _columns(reading: Reading) -> dict[Moment, Column]:
    """Return the columns from left to right, by the moment each stands for."""
    timeline = reading.timeline
    columns: dict[Moment, Column] = {}
    starts = {timeline.stretch[node] for node in reading.drawn if timeline.moment[node] == BEFORE}
    for stretch, times in enumerate(timeline.times):
        if stretch in starts:
            label: Text = (Letter("t"), " = 0")
            columns[stretch, BEFORE] = Column(ColumnKind.BEFORE, label, stretch)
        first = None
        for t in times:
            if t in timeline.drawn[stretch]:
                label, first = (Letter("t"), f" = {t}"), None
                columns[stretch, t] = Column(ColumnKind.STEP, label, stretch, t)
                continue
            first = first or t
            label = (Letter("t"), f" = {_span((first, t) if first != t else (t,))}")
            columns[stretch, (GAP, first)] = Column(ColumnKind.GAP, label, stretch)
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

    def __init__(self, reading: Reading, annotate: Annotate, column_of: dict[Moment, int]) -> None:
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
                stretch=self.timeline.stretch[node],
                lane=self.timeline.owner.get(node, -1),
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
        stretch = max(self.timeline.stretch[node], 0)
        return self.column_of.get((stretch, self.timeline.moment[node]))

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
            read = self.reading.source(below, reader)
            if read.node in self.items:
                source, gap = self.items[read.node], self._gap(read, reader)
                crosses = _crosses(source, gap)
                carried = crosses or source.column is None  # an initial state that is computed
                yield Edge(source.id, gap.id, read.slot if carried else "", crosses)

    @cached_property
    def _gap_of(self) -> dict[tuple[int, int], Hashable]:
        """The moment of the gap in which each step that is not drawn lies."""
        found: dict[tuple[int, int], Hashable] = {}
        for stretch, times in enumerate(self.timeline.times):
            first = None
            for t in times:
                first = None if t in self.timeline.drawn[stretch] else first or t
                if first:
                    found[stretch, t] = (GAP, first)
        return found

    def _gap(self, read: Source, unseen: Node) -> Item:
        """Return the item through which what is read passes the gap in which `unseen` lies."""
        name, rail = read.slot or read.node.name, read.rail or self.reading.rail(read.node)
        stretch = max(self.timeline.stretch[unseen], 0)
        moment = self._gap_of[stretch, self.timeline.moment[unseen] or 0]
        key = (stretch, moment, rail or name)
        if key not in self.items:
            self.items[key] = Item(
                id=f"gap_{len(self.items)}",
                kind=Kind.GAP,
                letter=self.reading.spell(name, None) if name else None,
                symbol=("⋯",),
                column=self.column_of[stretch, moment],
                stretch=stretch,
                rail=rail,
                note=f"{name or 'values'} of the steps that are not drawn",
            )
        return self.items[key]

    def _connect(self, below: Node, reader: Node) -> None:
        """Draw that `reader` reads `below`."""
        read = self.reading.source(below, reader)
        if read.node in self.timeline.shared:
            source = self._alias(read.node, reader)
        elif read.node in self.timeline.unseen:
            source = self._gap(read, read.node)
        else:
            source = self.items[read.node]
        target = self.items[reader]
        if read.slot and (_crosses(source, target) or source.column is None):
            source = self._entry(source, target, read)
        edge = Edge(source.id, target.id, crosses=_crosses(source, target))
        if source.kind is not Kind.GAP or edge not in self._from_gap:
            self.edges.append(edge)
            self._from_gap.add(edge)

    def _entry(self, source: Item, target: Item, read: Source) -> Item:
        """Return the item by which a carried state enters the column of `target`, once a rail."""
        key = (Kind.ENTRY, read.node, read.rail, target.column)
        if key not in self.items:
            letter = self.reading.letter(read.node)
            elsewhere = read.rail != self.reading.rail(read.node)
            rail = f"_on_{read.rail.replace(' ', '_')}" * elsewhere
            self.items[key] = Item(
                id=f"{source.id}_enters_{target.column}{rail}",
                kind=Kind.ENTRY,
                letter=letter,
                column=target.column,
                stretch=target.stretch,
                rail=read.rail,
                note=f"{letter or read.slot}, carried into this step",
            )
            self.edges.append(Edge(source.id, self.items[key].id, read.slot, crosses=True))
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
                stretch=self.timeline.stretch[reader],
                lane=self.timeline.owner.get(reader, -1),
                note=f"{self.reading.sentence(leaf)}, the same at every step",
            )
        return self.items[key]


def _crosses(source: Item, target: Item) -> bool:
    """Whether an edge goes from one column to another."""
    return None not in (source.column, target.column) and source.column != target.column
