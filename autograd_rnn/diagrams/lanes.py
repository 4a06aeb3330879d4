"""Unrolled networks on lanes: one template laid out once, and repeated for every step.

The template's grid (`placing`) and its wires (`wiring`) get numbers here. Then each step is a copy,
shifted to the right: the work is linear in the number of steps, the steps look alike and rails lie
in line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from autograd_rnn.diagrams.boxes import CHIP_HEIGHT, Content, content_of
from autograd_rnn.diagrams.layout import Box, Frame, Label, Layout, Point, Wire, bounds
from autograd_rnn.diagrams.placing import Placing, place
from autograd_rnn.diagrams.scene import ColumnKind, Edge, Item, Kind, Scene
from autograd_rnn.diagrams.template import Role, Template, template_of
from autograd_rnn.diagrams.typeset import set_line
from autograd_rnn.diagrams.wiring import End, Net, Wiring, X, Y, wire

TRACK = 9.0  # between two wires in a channel
MARGIN = 22.0  # around the picture
CLEARANCE = 10.0  # between a box and the nearest wire beside it
BETWEEN_STEPS = 46.0  # where rails cross and say what they carry
LABEL_SIZE, GATE_SIZE, STEP_SIZE = 16.0, 11.5, 16.0
STRIP = 17.0  # the height of a frame's label
CHIP_GAP = 12.0  # from an alias to its reader


class NoLanes(ValueError):  # noqa: N818 - it says what was met
    """A scene has no steps that lanes could be laid out for."""


def lay_out(scene: Scene) -> Layout:
    """Return where everything of an unrolled network stands.

    Raises `NoLanes` for a scene without steps.
    """
    if not any(column.kind is ColumnKind.STEP for column in scene.columns):
        raise NoLanes("there are no time steps in this graph")
    return _Lanes(scene).layout()


# --------------------------------------------------------------------------- one step, in numbers


@dataclass(frozen=True)
class Size:
    """What a role takes up in its cell: its box, and the aliases to its left."""

    content: Content
    chips: tuple[tuple[Role, Content], ...]

    @property
    def left(self) -> float:
        """How far it reaches to the left of its column's centre."""
        chips = max((chip.width for _, chip in self.chips), default=0)
        return self.content.width / 2 + (chips + CHIP_GAP if chips else 0)

    @property
    def right(self) -> float:
        """How far it reaches to the right of its column's centre."""
        return self.content.width / 2

    @property
    def height(self) -> float:
        """The height of box and aliases."""
        return max(self.content.height, len(self.chips) * (CHIP_HEIGHT + 4) - 4)


@dataclass(frozen=True)
class Patch:
    """Cells of a gate in one frame: from their first `column` up to the row `top`."""

    roles: tuple[Role, ...]
    column: int
    top: int
    labelled: bool


class Step:
    """The template with numbers: where the centre lines, the tracks and the boxes are."""

    def __init__(self, scene: Scene, template: Template, placing: Placing, wiring: Wiring) -> None:
        self.scene, self.template = scene, template
        self.placing, self.wiring = placing, wiring
        self.sizes = {role: self._size(role) for role in placing.cells}
        self.h, self.v = wiring.tracks("h"), wiring.tracks("v")
        self._set_columns()
        self._set_rows()

    def _size(self, role: Role) -> Size:
        chips = tuple(
            (alias, content_of(self.widest[alias])) for alias in self.template.aliases.get(role, ())
        )
        return Size(content_of(self.widest[role]), chips)

    @cached_property
    def widest(self) -> dict[Role, Item]:
        """For each role, the item that takes the most room: t = 1000 is wider than t = 1."""
        found: dict[Role, Item] = {}
        for item in self.scene.items:
            role = self.template.role_of.get(item.id)
            if role is not None and (role not in found or _longer(item, found[role])):
                found[role] = item
        return found

    # --- columns, from left to right --------------------------------------------------------------

    def _set_columns(self) -> None:
        columns = range(self.placing.columns)
        left, right = [0.0] * len(columns), [0.0] * len(columns)
        for role, (column, _) in self.placing.cells.items():
            left[column] = max(left[column], self.sizes[role].left)
            right[column] = max(right[column], self.sizes[role].right)
        for patch in self.patches:
            if patch.labelled:
                width = set_line((self.template.roles[patch.roles[0]].group,), GATE_SIZE).width
                left[patch.column] = max(left[patch.column], width + 12)
        self.centre: list[float] = []
        self.v_start: list[float] = []
        x = 0.0
        for column in columns:
            self.v_start.append(x + CLEARANCE)
            x += self._room(self.v, column)
            self.centre.append(round(x + left[column], 2))
            x = self.centre[-1] + right[column]
        self.v_start.append(x + CLEARANCE)
        self.width = round(x + self._room(self.v, len(columns)), 2)

    def _room(self, tracks: dict[int, dict[Net, int]], number: int) -> float:
        used = 1 + max(tracks.get(number, {}).values(), default=-1)
        return 2 * CLEARANCE + TRACK * max(0, used - 1)

    # --- rows, from the bottom up -----------------------------------------------------------------

    def _set_rows(self) -> None:
        heights = [0.0] * self.placing.rows
        for role, (_, row) in self.placing.cells.items():
            heights[row] = max(heights[row], self.sizes[role].height)
        strips = {patch.top + 1 for patch in self.patches if patch.labelled}
        self.middle: list[float] = []
        self.h_start: list[float] = []
        y = 0.0
        for row in range(self.placing.rows + 1):
            room = self._room(self.h, row) + (STRIP if row in strips else 0)
            # Wires run above the label of the frame that ends below them.
            self.h_start.append(y - (STRIP if row in strips else 0) - CLEARANCE)
            y -= room
            if row < self.placing.rows:
                self.middle.append(round(y - heights[row] / 2, 2))
                y -= heights[row]
        self.height = round(-y, 2)

    @cached_property
    def patches(self) -> list[Patch]:
        """The frames of the gates: a gate in which others stand has several, the lowest named."""
        found: list[Patch] = []
        groups = dict.fromkeys(self.template.roles[role].group for role in self.placing.cells)
        for group in groups:
            if group:
                found += self._patches_of(group)
        return found

    def _patches_of(self, group: str) -> Iterator[Patch]:
        cells = self.placing.cells
        own = [role for role in cells if self.template.roles[role].group == group]
        own.sort(key=lambda role: (cells[role][1], cells[role][0]))
        several: list[list[Role]] = []
        for role in own:
            joined = next((roles for roles in several if self._alone([*roles, role])), None)
            if joined is None:
                several.append([role])
            else:
                joined.append(role)
        largest = max(several, key=len)
        for roles in several:
            column = min(cells[role][0] for role in roles)
            top = max(cells[role][1] for role in roles)
            yield Patch(tuple(roles), column, top, roles is largest)

    def _alone(self, roles: list[Role]) -> bool:
        """Whether nothing of another gate stands in the rectangle around the roles."""
        cells = [self.placing.cells[role] for role in roles]
        columns, rows = zip(*cells, strict=True)
        group = self.template.roles[roles[0]].group
        return all(
            self.template.roles[role].group == group
            for (column, row), role in self.placing.taken.items()
            if min(columns) <= column <= max(columns) and min(rows) <= row <= max(rows)
        )

    # --- symbolic places in numbers: y is 0 at the foot of the step and negative above ------------

    def x(self, place: X, net: Net) -> float:
        """Return a horizontal place of a net."""
        if place.kind == "v":
            number = int(str(place.at))
            return self.v_start[number] + TRACK * self.v[number][net]
        if place.kind == "centre":
            return self.centre[int(str(place.at))]
        if place.kind == "side":
            return 0.0 if place.at == "left" else self.width
        column, _ = self.placing.cells[place.at]  # type: ignore[index]
        centre = self.centre[column]
        if place.kind == "pin":
            return centre + self._offset(place.at, place.side, net)  # type: ignore[arg-type]
        half = self.sizes[place.at].content.width / 2  # type: ignore[index]
        return centre - half if place.side == "left" else centre + half

    def y(self, place: Y, net: Net) -> float:
        """Return a vertical place of a net."""
        if place.kind == "h":
            number = int(str(place.at))
            return self.h_start[number] - TRACK * self.h.get(number, {}).get(net, 0)
        if place.kind == "row":
            return self.middle[int(str(place.at))]
        _, row = self.placing.cells[place.at]  # type: ignore[index]
        half = self.sizes[place.at].content.height / 2  # type: ignore[index]
        return self.middle[row] + (half if place.side == "bottom" else -half)

    def _offset(self, role: Role, side: str, net: Net) -> float:
        """Return how far a pin is from the centre: stubs of two nets must never coincide.

        Straight wires have the centre. Below a box pins are an even, above it an odd number of
        steps away, so that wires into one box and out of the box under it do not meet either.
        """
        nets = self.wiring.pins[role, side]
        bent = [n for n in nets if (role, side, n) not in self.wiring.straight]
        if net not in bent:
            return 0.0
        half = self.sizes[role].content.width / 2 - 6
        start, step = (12.0, 12.0) if side == "bottom" else (6.0, 12.0)
        i = bent.index(net)
        reach = start + step * (i // 2)
        squeeze = min(1.0, half / (start + step * ((len(bent) - 1) // 2)))
        return round(reach * squeeze * (1 if i % 2 == 0 else -1), 2)

    def path(self, net: Net, end: End) -> list[Point]:
        """Return a wire in numbers, without points where it does not turn."""
        points = [
            (round(self.x(x, net), 2), round(self.y(y, net), 2))
            for x, y in self.wiring.paths[net, end]
        ]
        return _without_idle(points)


def _longer(one: Item, other: Item) -> bool:
    return len(str(one.letter)) + sum(map(len, one.lines)) > len(str(other.letter)) + sum(
        map(len, other.lines)
    )


def _without_idle(points: list[Point]) -> list[Point]:
    kept: list[Point] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and _in_line(kept[-2], kept[-1], point):
            kept[-1] = point
        else:
            kept.append(point)
    return kept


def _in_line(a: Point, b: Point, c: Point) -> bool:
    return a[0] == b[0] == c[0] or a[1] == b[1] == c[1]


# ------------------------------------------------------------------------------- the whole picture


class _Lanes:
    """Repeats the step and adds what stands before, between and after."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.template = template_of(scene)
        self.items = {item.id: item for item in scene.items}
        placing = place(self.template, scene.groups)
        rising = [
            role
            for edge in scene.edges
            if self.items[edge.target].column is None
            and (role := self.template.role_of.get(edge.source)) in placing.cells
        ]
        self.step = Step(scene, self.template, placing, wire(placing, list(dict.fromkeys(rising))))
        self.boxes: dict[str, Box] = {}
        self.labels: list[Label] = []
        self.frames: list[Frame] = []
        self.foot = MARGIN + self.step.height

    def layout(self) -> Layout:
        """Return the picture."""
        self._set_lefts()
        for number, column in enumerate(self.scene.columns):
            if column.kind is ColumnKind.STEP:
                self._add_step(number)
            else:
                self._add_beside(number)
        self._add_outside()
        wires = tuple(self._wires())
        used = {wire.source for wire in wires} | {wire.target for wire in wires}
        boxes = tuple(
            self.boxes[item.id]
            for item in self.scene.items
            if item.id in self.boxes and (item.kind is not Kind.GAP or item.id in used)
        )
        width = max([box.right for box in boxes] + [f.x + f.width for f in self.frames]) + MARGIN
        height = self.foot + 2 * MARGIN + STEP_SIZE
        return Layout(
            width=round(width, 2),
            height=round(height, 2),
            boxes=boxes,
            wires=wires,
            frames=tuple(self.frames),
            labels=tuple(self.labels),
            joints=tuple(_joints(wires)),
        )

    # --- where columns are ------------------------------------------------------------------------

    def _set_lefts(self) -> None:
        widths = [self._column_width(i) for i in range(len(self.scene.columns))]
        starts = accumulate((w + BETWEEN_STEPS for w in widths), initial=MARGIN)
        self.lefts = [round(x, 2) for x in starts]
        self.widths = widths

    def _column_width(self, number: int) -> float:
        if self.scene.columns[number].kind is ColumnKind.STEP:
            return self.step.width
        inside = [content_of(i).width for i in self.scene.items if i.column == number]
        return max(inside, default=40.0)

    def _rail_y(self, rail: str) -> float:
        return self.foot + self.step.middle[self.step.placing.rail_row[rail]]

    # --- steps ------------------------------------------------------------------------------------

    def _add_step(self, number: int) -> None:
        left = self.lefts[number]
        items = self.by_column.get(number, {})
        for role, (column, row) in self.step.placing.cells.items():
            if role in items:
                centre = left + self.step.centre[column], self.foot + self.step.middle[row]
                self._add_box(items[role], centre, self.step.sizes[role].content)
                self._add_chips(role, items, centre)
        for patch in self.step.patches:
            present = [role for role in patch.roles if role in items]
            if present:
                self._add_gate(patch, present, items)
        top = self.foot - self.step.height
        label = self.scene.columns[number].label
        self.frames.append(Frame(left, top, self.step.width, self.step.height, label, "step"))

    @cached_property
    def by_column(self) -> dict[int, dict[Role, Item]]:
        """The items of each step by their role."""
        found: dict[int, dict[Role, Item]] = {}
        for item in self.scene.items:
            role = self.template.role_of.get(item.id)
            if role is not None and item.column is not None:
                found.setdefault(item.column, {})[role] = item
        return found

    def _add_box(self, item: Item, centre: Point, room: Content) -> None:
        x, y = centre[0] - room.width / 2, centre[1] - room.height / 2
        self.boxes[item.id] = Box(item, round(x, 2), round(y, 2), room.width, room.height)

    def _add_chips(self, role: Role, items: dict[Role, Item], centre: Point) -> None:
        size = self.step.sizes[role]
        x = centre[0] - size.content.width / 2 - CHIP_GAP
        pitch = CHIP_HEIGHT + 4
        y = centre[1] - pitch * (len(size.chips) - 1) / 2
        for alias, chip in size.chips:
            if alias in items:
                self._add_box(items[alias], (x - chip.width / 2, y), chip)
            y += pitch

    def _add_gate(self, patch: Patch, present: list[Role], items: dict[Role, Item]) -> None:
        chips = [a for r in present for a in self.template.aliases.get(r, ()) if a in items]
        inside = [self.boxes[items[role].id] for role in [*present, *chips]]
        left, top, right, bottom = bounds(inside)
        group = self.template.roles[present[0]].group
        label: tuple[str, ...] = ()
        if patch.labelled:
            label = (group,)
            centre = self.lefts[items[present[0]].column or 0] + self.step.centre[patch.column]
            left = min(left, centre - set_line(label, GATE_SIZE).width - 6)
        strip = STRIP if patch.labelled else 6
        self.frames.append(
            Frame(
                round(left - 6, 2),
                round(top - strip, 2),
                round(right - left + 12, 2),
                round(bottom - top + strip + 6, 2),
                label,
                "gate",
                group,
            )
        )

    # --- before, between and after the steps ------------------------------------------------------

    def _add_beside(self, number: int) -> None:
        """Place initial states, or what passes the steps that are not drawn, on their rails."""
        centre = self.lefts[number] + self.widths[number] / 2
        column = self.scene.columns[number]
        for item in self.scene.items:
            if item.column == number and item.rail in self.step.placing.rail_row:
                self._add_box(item, (centre, self._rail_y(item.rail)), content_of(item))
        kind = "gap" if column.kind is ColumnKind.GAP else "step"
        if kind == "gap":
            top = self.foot - self.step.height
            width, height = self.widths[number], self.step.height
            self.frames.append(Frame(self.lefts[number], top, width, height, column.label, "gap"))

    def _add_outside(self) -> None:
        """Place what stands outside of time to the right, at the height of the top wires."""
        x = self.lefts[len(self.scene.columns)] - BETWEEN_STEPS + MARGIN
        y = self.foot + self.step.h_start[self.step.placing.rows]
        for item in self.scene.items:
            if item.column is None:
                room = content_of(item)
                self._add_box(item, (x + room.width / 2, y), room)
                x += room.width + MARGIN

    # --- wires ------------------------------------------------------------------------------------

    @cached_property
    def paths(self) -> dict[tuple[Net, End], list[Point]]:
        """The wires of a step, once."""
        return {key: self.step.path(*key) for key in self.step.wiring.paths}

    def _wires(self) -> Iterator[Wire]:
        for edge in self.scene.edges:
            source, target = self.items[edge.source], self.items[edge.target]
            points = self._points(edge, source, target)
            if points:
                kind = "alias" if source.kind is Kind.ALIAS else "rail" if edge.slot else "wire"
                yield Wire(edge.source, edge.target, tuple(points), kind, edge.slot)  # type: ignore[arg-type]

    def _points(self, edge: Edge, source: Item, target: Item) -> list[Point]:
        if source.kind is Kind.ALIAS:
            return self._between(source, target)
        if edge.slot:
            return self._rail(source, target)
        role, read = self.template.role_of.get(target.id), self.template.role_of.get(source.id)
        if target.column is None:
            return self._to_the_right(source, target, read)
        if source.kind is Kind.ENTRY:
            return self._shifted((("rail", source.rail), ("role", role)), target.column)
        if read is not None and role is not None and source.column == target.column:
            return self._shifted((("role", read), ("role", role)), target.column)
        return []

    def _shifted(self, key: tuple[Net, End], column: int | None) -> list[Point]:
        if key not in self.paths or column is None:
            return []
        left = self.lefts[column]
        return [(round(x + left, 2), round(y + self.foot, 2)) for x, y in self.paths[key]]

    def _between(self, source: Item, target: Item) -> list[Point]:
        """Return the short way from an alias to its reader."""
        if source.id not in self.boxes or target.id not in self.boxes:
            return []
        one, other = self.boxes[source.id], self.boxes[target.id]
        y = one.centre[1]
        return [(one.right, y), (other.x, y)]

    def _rail(self, source: Item, target: Item) -> list[Point]:
        """Return the way of a state from where it is made to where it enters the next column."""
        y = self._rail_y(target.rail) if target.rail in self.step.placing.rail_row else None
        if y is None:
            return []
        if target.kind is Kind.ENTRY:
            assert target.column is not None
            end = (self.lefts[target.column], y)
            self._say_what_it_carries(target, end)
        else:
            end = (self.boxes[target.id].x, y)
        role = self.template.role_of.get(source.id)
        if role is None:
            box = self.boxes[source.id]
            return [(box.right, y), end]
        return _without_idle(
            [*self._shifted((("role", role), ("out", source.rail)), source.column), end]
        )

    def _say_what_it_carries(self, entry: Item, end: Point) -> None:
        if entry.letter:
            x, y = end[0] - BETWEEN_STEPS / 2, end[1] - 7
            text = (entry.letter,)
            self.labels.append(Label(text, round(x, 2), round(y, 2), LABEL_SIZE, "middle", "rail"))

    def _to_the_right(self, source: Item, target: Item, read: Role | None) -> list[Point]:
        """Return the way from a step, or from outside of time, to what stands to the right."""
        end = self.boxes[target.id]
        goal = (end.x, end.centre[1])
        if read is None:
            if source.id not in self.boxes:
                return []
            box = self.boxes[source.id]
            return [(box.right, box.centre[1]), goal]
        rising = self._shifted((("role", read), ("sky", "")), source.column)
        return _without_idle([*rising[:-1], (rising[-1][0], goal[1]), goal]) if rising else []


def _joints(wires: Iterable[Wire]) -> list[Point]:
    """Return the points where wires of one source part."""
    by_source: dict[str, list[Wire]] = {}
    for one in wires:
        if one.kind != "alias":
            by_source.setdefault(one.source, []).append(one)
    found: dict[Point, None] = {}
    for several in by_source.values():
        for i, one in enumerate(several):
            for other in several[:i]:
                point = _parting(one.points, other.points)
                if point:
                    found[point] = None
    return list(found)


def _parting(one: tuple[Point, ...], other: tuple[Point, ...]) -> Point | None:
    """Return the last point that two polylines from one start share, unless it is that start."""
    if one[0] != other[0]:
        return None
    last = one[0]
    for (a, b), (c, d) in zip(_segments(one), _segments(other), strict=False):
        if a != c or _direction(a, b) != _direction(c, d):
            break
        if b == d:
            last = b
            continue
        last = min(b, d, key=lambda p: abs(p[0] - a[0]) + abs(p[1] - a[1]))
        break
    return last if last != one[0] else None


def _segments(points: tuple[Point, ...]) -> Iterator[tuple[Point, Point]]:
    return pairwise(points)


def _direction(a: Point, b: Point) -> tuple[bool, bool]:
    return (b[0] > a[0], b[1] > a[1]) if a[0] != b[0] or a[1] != b[1] else (False, False)
