"""The plan of a picture: which blocks it has, where they are, and how they are joined."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import cached_property

from autograd_rnn.diagrams.lanes.blocks import Block, block_of
from autograd_rnn.diagrams.lanes.crossings import Boundaries, Crossing, Gate, Sky
from autograd_rnn.diagrams.lanes.hosts import Row, row_of
from autograd_rnn.diagrams.lanes.measure import TRACK
from autograd_rnn.diagrams.lanes.places import Place
from autograd_rnn.diagrams.scene.items import ColumnKind, Edge, Item, Kind, Scene
from autograd_rnn.diagrams.scene.template import NoLanes, Template, template_of
from autograd_rnn.diagrams.typography.letters import Letter
from autograd_rnn.diagrams.typography.typeset import set_line

MARGIN = 10.0  # around the picture
BESIDE = 5.0  # between a place and the nearest track or label of a boundary
RAIL_SIZE = 14.0  # of the letter on a rail
LETTER_ROOM = 2.0  # around it
DELAY_SIZE = 14.0  # of the words on a loop


class Plan:
    """Everything that must be known before anything can be drawn."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.items = {item.id: item for item in scene.items}
        self.sort_edges()
        self.make_blocks()
        self.make_places()
        self.join()
        self.set_positions()

    # --- edges ------------------------------------------------------------------------------------

    def sort_edges(self) -> None:
        """Tell the edges within a block from rails and from those that go through the sky."""
        self.inside: list[Edge] = []
        self.rails: list[Edge] = []
        self.through_sky: list[Edge] = []
        for edge in self.scene.edges:
            source, target = self.items[edge.source], self.items[edge.target]
            gap = Kind.GAP in (source.kind, target.kind)
            if target.kind is Kind.ENTRY or (gap and edge.slot):
                self.rails.append(edge)
            elif gap:
                # Apart from states, a gap has wires only from and to what stands outside of time.
                if None in (source.column, target.column):
                    self.through_sky.append(edge)
            elif source.column == target.column and self._beside(source, target):
                self.inside.append(edge)
            else:
                self.through_sky.append(edge)

    def _beside(self, source: Item, target: Item) -> bool:
        return source.column is not None or source.stretch == target.stretch

    # --- blocks -----------------------------------------------------------------------------------

    def make_blocks(self) -> None:
        """Lay out each stretch of time, and what stands outside of time after each."""
        steps = {i for i, c in enumerate(self.scene.columns) if c.kind is ColumnKind.STEP}
        in_time: dict[int, list[Item]] = {}
        outside: dict[int, list[Item]] = {}
        for item in self.scene.items:
            if item.column in steps:
                in_time.setdefault(self.scene.columns[item.column or 0].stretch, []).append(item)
            elif item.column is None:
                outside.setdefault(item.stretch, []).append(item)
        self.templates: dict[str, Template] = {}
        known = {k: self._template(items) for k, items in in_time.items()}
        names = {edge: self._net_name(edge) for edge in self.through_sky}
        rising = [edge.source for edge in self.through_sky] + self._without_rail()
        self.rows: dict[int, Row] = {}
        self.blocks: dict[int, Block] = {}
        self.asides: dict[int, Block] = {}
        for k, items in in_time.items():
            self.blocks[k] = block_of(self.scene, items, known[k], names, self._of(rising, items))
        for k, items in outside.items():
            row = row_of(k, items, self.scene.edges)
            if row:
                self.rows[k] = row
            else:
                made = self._template(items)
                self.asides[k] = block_of(self.scene, items, made, names, self._of(rising, items))

    def _template(self, items: list[Item]) -> Template:
        made = template_of(self.scene, {item.id for item in items})
        self.templates |= dict.fromkeys((item.id for item in items), made)
        return made

    def _of(self, names: Iterable[str], items: list[Item]) -> list[str]:
        held = {item.id for item in items}
        return [name for name in names if name in held]

    def _net_name(self, edge: Edge) -> str:
        """Name what comes from elsewhere: by its role, where each step reads it of another step."""
        source, target = self.items[edge.source], self.items[edge.target]
        template = self.templates.get(source.id)
        if None in (source.column, target.column) or template is not self.templates.get(target.id):
            return source.id
        assert template is not None
        number = list(template.roles).index(template.role_of[source.id])
        return f"{number} of {(source.column or 0) - (target.column or 0):+d}"

    def _without_rail(self) -> list[str]:
        """Return what starts a recurrence though it is no state of one."""
        return [e.source for e in self.rails if not self.out_rail(e)]

    def out_rail(self, edge: Edge) -> str:
        """Return the rail on which the source of a rail leaves its step."""
        source, target = self.items[edge.source], self.items[edge.target]
        template = self.templates.get(source.id)
        if source.column is None or template is None:
            return source.rail if source.column is not None else ""
        role = template.role_of[source.id]
        own = [rail for rail, left in template.leaves.items() if left == role]
        return target.rail if target.rail in own else own[0] if own else ""

    # --- places -----------------------------------------------------------------------------------

    def make_places(self) -> None:
        """Set everything side by side, in the order of time."""
        self.places: list[Place] = []
        by_column: dict[int | None, list[Item]] = {}
        for item in self.scene.items:
            by_column.setdefault(item.column, []).append(item)
        self._add_aside(-1)
        for k, block in sorted(self.blocks.items()):
            late: list[Item] = []
            for number, column in enumerate(self.scene.columns):
                if column.stretch == k:
                    items = by_column.get(number, [])
                    if column.kind is ColumnKind.BEFORE:
                        late = [i for i in items if block.placing.runs_back(i.rail)]
                        items = [i for i in items if i not in late]
                    self._add(column.kind.value, number, k, items, block)
            if late:
                self._add("after", late[0].column, k, late, block)
            self._add_aside(k)
        self.place_of: dict[str, int] = {
            item.id: i for i, place in enumerate(self.places) for item in place.items
        }

    def _add(self, kind: str, number: int | None, k: int, items: list[Item], block: Block) -> None:
        if items or kind == "gap":
            held = block if kind == "step" else None
            self.places.append(Place(kind, number, k, items, held))

    def _add_aside(self, k: int) -> None:
        if k in self.asides:
            block = self.asides[k]
            self.places.append(Place("aside", None, k, list(block.items.values()), block))
        row = self.rows.get(k)
        if row and (self._leaving(row) or k < max(self.blocks)):
            self.places.append(Place("row", None, k, list(row.items)))

    def _leaving(self, row: Row) -> list[Edge]:
        """Return the edges from a row to what comes after it."""
        return [e for e in (*self.through_sky, *self.rails) if e.source == row.items[-1].id]

    # --- joints -----------------------------------------------------------------------------------

    @cached_property
    def height(self) -> float:
        """The height of the highest block."""
        return max(block.height for block in (*self.blocks.values(), *self.asides.values()))

    def join(self) -> None:
        """Find the ways of rails and of wires through the sky."""
        self.boundaries, self.sky = Boundaries(), Sky()
        self.crossings: dict[Edge, Crossing] = {}
        for row in self.rows.values():
            self.sky.host(row.net, row.height)
        for edge in self.loops:
            self.sky.host(edge.source, DELAY_SIZE)
        for edge in self.through_sky:
            net = self.sky_net(edge)
            self.sky.add(net, self.where(edge.source), self.where(edge.target))
        for edge in self.rails:
            end = self.entry_gate(self.items[edge.target])
            start = self._exit_gate(edge)
            if start is None:  # from what has no rail: through the sky
                net = self.sky_net(edge)
                self.sky.add(net, self.where(edge.source), end.boundary - 0.5)
                self.boundaries.add(end, edge.source, -self.height)
                continue
            self.crossings[edge] = Crossing(edge.source, start, end)
            self.crossings[edge].reserve(self.boundaries, self.sky, self.height)
        self.boundaries.settle()
        self.sky.settle()
        self._nest_loops()

    def _nest_loops(self) -> None:
        """Let the highest loop be the widest, so that loops do not cross."""
        sides: dict[tuple[int, bool], list[Edge]] = {}
        for edge in sorted(self.loops, key=lambda edge: self.sky.y[edge.source]):
            crossing = self.crossings[edge]
            for gate in (crossing.start, crossing.end):
                sides.setdefault((gate.boundary, gate.of_left), []).append(edge)
        for (number, of_left), edges in sides.items():
            track = self.boundaries.track[number]
            free = sorted((track[edge.source] for edge in edges), reverse=of_left)
            track.update(zip((edge.source for edge in edges), free, strict=True))

    @cached_property
    def loops(self) -> list[Edge]:
        """The rails that lead back into their own step."""
        return [e for e in self.rails if self.place_of[e.source] == self.place_of[e.target]]

    def sky_net(self, edge: Edge) -> Hashable:
        """Return the net that an edge through the sky belongs to: one a source, or one a row."""
        for name in (edge.target, edge.source):
            if name in self.row_of:
                return self.row_of[name].net
        return edge.source

    @cached_property
    def row_of(self) -> dict[str, Row]:
        """The row that an item outside of time stands in."""
        return {item.id: row for row in self.rows.values() for item in row.items}

    def where(self, name: str) -> float:
        """Return the place of an item; a row without one stands above the last that it reads."""
        if name in self.place_of:
            return self.place_of[name]
        row = self.row_of[name]
        sources = [e.source for e in self.through_sky if e.target == row.items[0].id]
        return max((self.place_of[source] for source in sources), default=0)

    def rail_y(self, rail: str, k: int) -> float:
        """Return the height of a rail above the foot of its stretch, which is negative."""
        measure = next(iter(self.blocks[k].measures.values()))
        if rail not in measure.placing.rail_row:
            raise NoLanes(f"nothing at a step reads {rail}")
        return measure.middle[measure.placing.rail_row[rail]]

    def entry_gate(self, item: Item) -> Gate:
        """Return where a carried state enters its step, or the gap."""
        i, k = self.place_of[item.id], item.stretch
        back = self.blocks[k].placing.runs_back(item.rail)
        return Gate(i + back, self.rail_y(item.rail, k), of_left=back)

    def _exit_gate(self, edge: Edge) -> Gate | None:
        item, rail = self.items[edge.source], self.out_rail(edge)
        if not rail or item.id in self.row_of or item.column is None:
            return None
        return self.stub_gate(item, rail)

    # --- positions --------------------------------------------------------------------------------

    def set_positions(self) -> None:
        """Give every place its left edge; the foot of the steps is at `foot`."""
        self.channels: list[float] = []
        x = MARGIN
        for number, place in enumerate(self.places):
            x += self._boundary(number, x)
            place.left = round(x, 2)
            x = place.right
        x += self._boundary(len(self.places), x)
        self.width = x
        self.foot = round(MARGIN + self.sky.height + self.height, 2)

    def _boundary(self, number: int, x: float) -> float:
        """Return how wide a boundary is: its tracks, and the letters on the rails."""
        tracks = self.boundaries.room(number)
        left, right = (self.label_width.get((number, side), 0.0) for side in ("left", "right"))
        self.channels.append(x + left + (BESIDE if number else 0.0))
        if number in (0, len(self.places)) and not (tracks or left or right):
            return 0.0
        apart = tracks or self.scene.ends
        inside = left + tracks + right if apart else max(left, right)
        return round(inside + 2 * BESIDE, 2)

    @cached_property
    def label_width(self) -> dict[tuple[int, str], float]:
        """The widest letter on a rail at the left and at the right of each boundary."""
        found: dict[tuple[int, str], float] = {}
        for place, gate, letter in self._letters():
            side = "right" if gate.boundary == place else "left"
            width = set_line((letter,), RAIL_SIZE).width + LETTER_ROOM
            found[gate.boundary, side] = max(width, found.get((gate.boundary, side), 0.0))
        return found

    def _letters(self) -> Iterator[tuple[int, Gate, Letter]]:
        """Yield the letters on rails: beside which place, where it leaves or enters, and which."""
        stubs = self.scene.ends == "stubs"
        targets = self.scene.items if stubs else (self.items[edge.target] for edge in self.rails)
        for item in targets:
            if item.kind is Kind.ENTRY and item.letter:
                yield self.place_of[item.id], self.entry_gate(item), item.letter
        if stubs:
            for item, rail in self.exits():
                if item.letter:
                    yield self.place_of[item.id], self.stub_gate(item, rail), item.letter

    def exits(self) -> Iterator[tuple[Item, str]]:
        """Yield the new states of the steps, and the rails on which they leave."""
        for place in self.places:
            if place.kind == "step" and place.block:
                leaves = place.block.template.leaves
                present = {place.block.template.role_of.get(item.id): item for item in place.items}
                yield from ((present[r], rail) for rail, r in leaves.items() if r in present)

    def stub_gate(self, item: Item, rail: str) -> Gate:
        """Return where a new state leaves its step."""
        i, k = self.place_of[item.id], item.stretch
        back = self.blocks[k].placing.runs_back(rail)
        return Gate(i + (not back), self.rail_y(rail, k), of_left=not back)

    def channel(self, number: int, net: Hashable) -> float:
        """Return the x of the track of a net in a boundary."""
        track = self.boundaries.track.get(number, {}).get(net, 0)
        return round(self.channels[number] + TRACK * track, 2)
