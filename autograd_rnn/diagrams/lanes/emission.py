"""From a plan to a layout: every box, frame, label and wire at its position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from autograd_rnn.diagrams.lanes.boxes import content_of
from autograd_rnn.diagrams.lanes.hosts import BETWEEN, Row
from autograd_rnn.diagrams.lanes.joints import joints
from autograd_rnn.diagrams.lanes.layout import Box, Frame, Label, Layout, Point, Wire
from autograd_rnn.diagrams.lanes.loops import delays
from autograd_rnn.diagrams.lanes.measure import (
    Measure,
    Rectangle,
    Size,
    without_idle,
)
from autograd_rnn.diagrams.lanes.patches import GATE_LEADING, GATE_SIZE, Patch
from autograd_rnn.diagrams.lanes.places import Place
from autograd_rnn.diagrams.lanes.plan import BESIDE, MARGIN, RAIL_SIZE, Plan
from autograd_rnn.diagrams.lanes.wiring import End, Net
from autograd_rnn.diagrams.scene.items import Edge, Item, Kind
from autograd_rnn.diagrams.scene.template import NoLanes, Role
from autograd_rnn.diagrams.typography.letters import Letter
from autograd_rnn.diagrams.typography.typeset import set_line

STEP_SIZE, STEP_LEADING = 14.0, 17.0
ABOVE_RAIL = 5.0  # of a letter


class Emission:
    """Draws a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.scene = plan, plan.scene
        self.boxes: dict[str, Box] = {}
        self.frames: list[Frame] = []
        self.labels: list[Label] = []
        self.attached: set[str] = set()  # aliases beside others, which need no wire
        self.top = plan.foot - plan.height

    def layout(self) -> Layout:
        """Return the picture."""
        for place in self.plan.places:
            self._add_place(place)
        for row in self.plan.rows.values():
            self._add_row(row)
        wires = tuple(self._wires())
        self.labels += delays(self.plan, wires, self.top)
        boxes = tuple(self.boxes[i.id] for i in self.scene.items if i.id in self.boxes)
        named = [label.x + set_line(label.text, label.size).width / 2 for label in self.steps()]
        right = max([self.plan.width, *named, *(box.right for box in boxes)])
        return Layout(
            width=round(right + MARGIN, 2),
            height=round(self.plan.foot + STEP_LEADING + MARGIN / 2, 2),
            boxes=boxes,
            wires=wires,
            frames=tuple(self.frames),
            labels=tuple(self.labels),
            joints=tuple(joints(wires)),
        )

    def steps(self) -> Iterator[Label]:
        """Yield the names of the steps, which may be wider than these."""
        return (label for label in self.labels if label.role == "step")

    # --- places -----------------------------------------------------------------------------------

    def _add_place(self, place: Place) -> None:
        if place.measure:
            self._add_block(place, place.measure)
        elif place.kind in ("before", "after"):
            for item in place.items:
                centre = place.left + place.width / 2
                y = self.plan.foot + self.plan.rail_y(item.rail, place.stretch)
                self._add_box(item, centre, y, content_of(item).width, content_of(item).height)
        if place.kind in ("step", "gap"):
            self._add_frame(place)

    def _add_frame(self, place: Place) -> None:
        height = self.plan.blocks[place.stretch].height
        top = self.plan.foot - height
        label = self.scene.columns[place.column or 0].label
        kind = "step" if place.kind == "step" else "gap"
        self.frames.append(
            Frame(place.left, round(top, 2), place.width, height, label, kind)  # type: ignore[arg-type]
        )
        x, y = place.left + place.width / 2, self.plan.foot + STEP_LEADING - 3
        self.labels.append(Label(label, round(x, 2), round(y, 2), STEP_SIZE, "middle", "step"))

    def foot(self, place: Place) -> float:
        """Return the y of the foot of a place; what stands beside steps hangs from their top."""
        if place.kind == "aside" and place.block:
            return round(self.top + place.block.height, 2)
        return self.plan.foot

    def _add_block(self, place: Place, measure: Measure) -> None:
        block = place.block
        assert block is not None
        items = {block.template.role_of[i.id]: i for i in place.items if i.kind is not Kind.ENTRY}
        foot = self.foot(place)
        for role, (column, row) in measure.placing.cells.items():
            if role in items:
                x, y = place.left + measure.centre[column], foot + measure.middle[row]
                size = measure.sizes[role]
                self._add_box(items[role], x, y, size.width, size.content.height)
                self._add_chips(size, items, x, y)
        for patch, frame in measure.frames:
            if any(role in items for role in patch.roles):
                self._add_gate(patch, _moved(frame, place.left, foot))
                self._name_gate(patch, measure.label(patch), place.left, foot)

    def _add_box(self, item: Item, x: float, y: float, width: float, height: float) -> None:
        left, top = round(x - width / 2, 2), round(y - height / 2, 2)
        self.boxes[item.id] = Box(item, left, top, width, height)

    def _add_chips(self, size: Size, items: dict[Role, Item], x: float, y: float) -> None:
        present = False
        for column, alias, chip, dx, dy in size.placed():
            if alias in items:
                self._add_box(items[alias], x + dx, y + dy, chip.width, chip.height)
                if column and present:
                    self.attached.add(items[alias].id)
                present = present or not column

    def _add_gate(self, patch: Patch, frame: Rectangle) -> None:
        name = (patch.group,) if patch.lines else ()
        self.frames.append(Frame(*frame, name, "gate", patch.group))

    def _name_gate(self, patch: Patch, start: Point, left: float, foot: float) -> None:
        for i, line in enumerate(patch.lines):
            x, y = start[0] + left, start[1] + foot + GATE_LEADING * i
            self.labels.append(Label((line,), round(x, 2), round(y, 2), GATE_SIZE, role="gate"))

    # --- what stands in the sky -------------------------------------------------------------------

    def sky_y(self, net: object) -> float:
        """Return the height of a net in the sky."""
        return round(self.top + self.plan.sky.y[net], 2)

    def _add_row(self, row: Row) -> None:
        """Place a row in its place, or above the last wire that rises to it."""
        first = row.items[0]
        rising = [self._riser(e)[-1][0] for e in self.plan.through_sky if e.target == first.id]
        y = self.sky_y(row.net)
        left = max(rising, default=MARGIN) - content_of(first).width / 2
        if first.id in self.plan.place_of:
            left = self.plan.places[self.plan.place_of[first.id]].left
        for item in row.items:
            width = content_of(item).width
            self._add_box(item, left + width / 2, y, width, content_of(item).height)
            left += width + BETWEEN

    def _riser(self, edge: Edge) -> list[Point]:
        """Return the way of a value from its box up to the top of its step."""
        place = self.plan.places[self.plan.place_of[edge.source]]
        if place.kind == "gap":
            return [self._top_of_gap(edge.source)]
        if place.block is None:
            raise NoLanes(f"{self.plan.items[edge.source].note} is read outside of its line")
        role = place.block.template.role_of[edge.source]
        return self._shifted(place, ("role", role), ("sky", ""))

    def _top_of_gap(self, name: str) -> Point:
        """Return where a value of steps that are not drawn leaves them, each at an x of its own."""
        place = self.plan.places[self.plan.place_of[name]]
        names = [item.id for item in place.items]
        x = place.left + place.width * (names.index(name) + 1) / (len(names) + 1)
        return round(x, 2), round(self.plan.foot - self.plan.blocks[place.stretch].height, 2)

    # --- wires ------------------------------------------------------------------------------------

    def _wires(self) -> Iterator[Wire]:
        for edge in self.scene.edges:
            if edge in self.plan.crossings:
                yield self._rail(edge)
        for edge in self.plan.rails:
            if edge not in self.plan.crossings:
                yield self._rail_from_sky(edge)
        for item in self.scene.items:
            if item.kind is Kind.GAP and item.rail:
                yield from self._through_gap(item)
        if self.scene.ends == "stubs":
            yield from self._stubs()
        for edge in self.plan.inside:
            yield from self._inside(edge)
        for edge in self.plan.through_sky:
            ends = {self.plan.items[edge.source].kind, self.plan.items[edge.target].kind}
            kind: Literal["wire", "several"] = "several" if Kind.GAP in ends else "wire"
            yield Wire(edge.source, edge.target, tuple(self._through_sky(edge)), kind)

    def _shifted(self, place: Place, net: Net, end: End) -> list[Point]:
        assert place.measure is not None
        left, foot = place.left, self.foot(place)
        path = place.measure.paths.get((net, end))
        if path is None:
            raise NoLanes("the steps of this graph are not built alike")
        return [(round(x + left, 2), round(y + foot, 2)) for x, y in path]

    def _inside(self, edge: Edge) -> Iterator[Wire]:
        source, target = self.plan.items[edge.source], self.plan.items[edge.target]
        if source.kind is Kind.ALIAS:
            if source.id not in self.attached:
                yield from self._from_chip(self.boxes[source.id], self.boxes[target.id])
            return
        if edge.target in self.plan.row_of:
            yield Wire(edge.source, edge.target, self._along(edge))
            return
        place = self.plan.places[self.plan.place_of[edge.target]]
        assert place.block is not None
        role_of = place.block.template.role_of
        net: Net = ("role", role_of[source.id])
        if source.kind is Kind.ENTRY:
            net = ("rail", source.rail)
        points = self._shifted(place, net, ("role", role_of[target.id]))
        yield Wire(edge.source, edge.target, tuple(points))

    def _from_chip(self, chip: Box, reader: Box) -> Iterator[Wire]:
        """Yield the short way from an alias to its reader; one that touches it needs none."""
        y = chip.centre[1]
        if chip.right < reader.x - 1:
            yield Wire(chip.item.id, reader.item.id, ((chip.right, y), (reader.x, y)), "alias")
        elif chip.x > reader.right + 1:
            yield Wire(chip.item.id, reader.item.id, ((chip.x, y), (reader.right, y)), "alias")

    def _along(self, edge: Edge) -> tuple[Point, Point]:
        one, other = self.boxes[edge.source], self.boxes[edge.target]
        return (one.right, one.centre[1]), (other.x, other.centre[1])

    def _up_to(self, edge: Edge, y: float) -> list[Point]:
        """Return the way of what an edge reads up to its height in the sky."""
        if edge.source in self.plan.row_of:
            return [(self.boxes[edge.source].right, y)]
        rising = self._riser(edge)
        return [*rising, (rising[-1][0], y)]

    def _through_sky(self, edge: Edge) -> list[Point]:
        """Return the way from a step, or a row, to what is elsewhere."""
        y = self.sky_y(self.plan.sky_net(edge))
        start = self._up_to(edge, y)
        if edge.target in self.plan.row_of:
            box, x = self.boxes[edge.target], start[-1][0]
            if box.x < x < box.right:
                return without_idle([*start[:-1], (x, box.bottom)])
            end = [(box.x if x < box.x else box.right, y)]
        elif self.plan.items[edge.target].kind is Kind.GAP:
            x, top = self._top_of_gap(edge.target)
            end = [(x, y), (x, top)]
        else:
            place = self.plan.places[self.plan.place_of[edge.target]]
            assert place.block is not None
            name = place.block.sources[edge]
            role = place.block.template.role_of[edge.target]
            falling = self._shifted(place, ("sky", name), ("role", role))
            end = [(falling[0][0], y), *falling]
        return without_idle([*start, *end])

    # --- rails ------------------------------------------------------------------------------------

    def _rail(self, edge: Edge) -> Wire:
        crossing = self.plan.crossings[edge]
        source, target = self.plan.items[edge.source], self.plan.items[edge.target]
        first, last = self._rail_start(edge, source), self._rail_end(target)
        ends = {crossing.start.boundary, crossing.end.boundary}
        channel = {number: self.plan.channel(number, edge.source) for number in ends}
        sky_y = self.sky_y(edge.source) if crossing.through_sky else 0.0
        way = crossing.way(first[-1], last, channel, sky_y)
        self._say_what_it_carries(target, last)
        points = without_idle([*first[:-1], *way])
        return Wire(edge.source, edge.target, tuple(points), "rail", edge.slot)

    def _rail_from_sky(self, edge: Edge) -> Wire:
        """Return the way of an initial state that is computed outside of time."""
        target = self.plan.items[edge.target]
        last = self._rail_end(target)
        y = self.sky_y(self.plan.sky_net(edge))
        start = self._up_to(edge, y)
        x = self.plan.channel(self.plan.entry_gate(target).boundary, edge.source)
        self._say_what_it_carries(target, last)
        points = without_idle([*start, (x, y), (x, last[1]), last])
        return Wire(edge.source, edge.target, tuple(points), "rail", edge.slot)

    def _rail_start(self, edge: Edge, source: Item) -> list[Point]:
        place = self.plan.places[self.plan.place_of[source.id]]
        y = round(self.plan.foot + self.plan.crossings[edge].start.y, 2)
        if place.block:
            role = place.block.template.role_of[source.id]
            return self._shifted(place, ("role", role), ("out", self.plan.out_rail(edge)))
        back = self.plan.crossings[edge].start.boundary == self.plan.place_of[source.id]
        if place.kind == "gap":
            return [(place.left if back else round(place.right, 2), y)]
        box = self.boxes[source.id]
        return [(box.x if back else round(box.right, 2), y)]

    def _rail_end(self, target: Item) -> Point:
        number = self.plan.place_of[target.id]
        place, gate = self.plan.places[number], self.plan.entry_gate(target)
        x = place.left if gate.boundary == number else place.right
        return round(x, 2), round(self.plan.foot + gate.y, 2)

    def _through_gap(self, item: Item) -> Iterator[Wire]:
        place = self.plan.places[self.plan.place_of[item.id]]
        if item.rail not in self.plan.blocks[place.stretch].placing.rail_row:
            return
        y = round(self.plan.foot + self.plan.rail_y(item.rail, place.stretch), 2)
        points = [(place.left, y), (round(place.right, 2), y)]
        if self.plan.blocks[place.stretch].placing.runs_back(item.rail):
            points.reverse()
        yield Wire(item.id, "", tuple(points), "gap", str(item.letter or ""))

    def _stubs(self) -> Iterator[Wire]:
        """Yield the ends of rails that lead to steps before and after, which are not drawn."""
        for item in self.scene.items:
            if item.kind is Kind.ENTRY:
                (x, y), gate = self._rail_end(item), self.plan.entry_gate(item)
                away = self._stub_length(gate.boundary, self.plan.place_of[item.id])
                self._say_what_it_carries(item, (x, y))
                yield Wire("", item.id, ((round(x + away, 2), y), (x, y)), "rail", item.rail)
        for item, rail in self.plan.exits():
            number = self.plan.place_of[item.id]
            place = self.plan.places[number]
            assert place.block is not None
            way = self._shifted(
                place, ("role", place.block.template.role_of[item.id]), ("out", rail)
            )
            x, y = way[-1]
            away = self._stub_length(self.plan.stub_gate(item, rail).boundary, number)
            if item.letter:
                self._label_rail(item.letter, x + away / 2, y)
            points = without_idle([*way, (round(x + away, 2), y)])
            yield Wire(item.id, "", tuple(points), "rail", rail)

    def _stub_length(self, boundary: int, number: int) -> float:
        """Return how far a stub reaches out of a place, to the left if it is negative."""
        side = "right" if boundary == number else "left"
        length = self.plan.label_width.get((boundary, side), 0.0) + 2 * BESIDE
        return -length if boundary == number else length

    def _say_what_it_carries(self, target: Item, end: Point) -> None:
        if target.kind is not Kind.ENTRY or not target.letter:
            return
        number, side = self.plan.entry_gate(target).boundary, 1
        if number == self.plan.place_of[target.id]:
            side = -1
        width = self.plan.label_width[number, "right" if side < 0 else "left"]
        self._label_rail(target.letter, end[0] + side * (width / 2 + BESIDE), end[1])

    def _label_rail(self, letter: Letter, x: float, y: float) -> None:
        """Write above a rail what it carries, once."""
        place = round(x, 2), round(y - ABOVE_RAIL, 2)
        label = Label((letter,), *place, RAIL_SIZE, "middle", "rail")
        if label not in self.labels[-8:]:
            self.labels.append(label)


def _moved(area: Rectangle, dx: float, dy: float) -> Rectangle:
    left, top, width, height = area
    return round(left + dx, 2), round(top + dy, 2), width, height
