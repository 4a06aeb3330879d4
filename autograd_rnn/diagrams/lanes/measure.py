"""A step in numbers: where its centre lines, its tracks, its boxes and its gates' frames are.

The foot of a step is y = 0 and its left side x = 0; what is higher has a smaller y.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from autograd_rnn.diagrams.lanes.boxes import CHIP_HEIGHT, HEIGHT, Content
from autograd_rnn.diagrams.lanes.grid import Placing
from autograd_rnn.diagrams.lanes.layout import Point
from autograd_rnn.diagrams.lanes.niches import Niche
from autograd_rnn.diagrams.lanes.patches import GATE_LEADING, GATE_SIZE, STRIP_PADDING, Patch
from autograd_rnn.diagrams.lanes.wiring import End, Net, Wiring, X, Y
from autograd_rnn.diagrams.scene.template import Role

TRACK = 6.0  # between two wires in a channel
CLEARANCE = 5.0  # between a box and the nearest wire beside it
CHIP_GAP, CHIP_LEADING = 8.0, 1.0  # from an alias to its reader; between two of them
FIRST_PIN = {"bottom": 10.0, "top": 5.0}  # from the centre of a box; twelve to the next
PIN_PITCH, PIN_MARGIN = 12.0, 4.0
GATE_PADDING = 4.0  # between a gate's frame and its boxes
Rectangle = tuple[float, float, float, float]  # left, top, width, height


@dataclass(frozen=True)
class Size:
    """What a role takes up in its cell: its box, and the aliases at one side.

    Attributes:
        width: of the box; its content may be narrower.
        chips: the aliases. turned: whether they are to the right.
        low: whether they stand in two columns, to be less high.

    """

    content: Content
    width: float
    chips: tuple[tuple[Role, Content], ...]
    turned: bool
    low: bool = False

    @property
    def gap(self) -> float:
        """From the aliases to the box: several lie close to it and need no wires."""
        return CHIP_GAP if len(self.chips) == 1 else 0.0

    @cached_property
    def columns(self) -> list[tuple[tuple[Role, Content], ...]]:
        """The columns of aliases from the box outwards; read from left to right, in order."""
        high = (len(self.chips) + 1) // 2 if self.low else len(self.chips)
        if self.turned:
            return [self.chips[:high], self.chips[high:]]
        split = len(self.chips) - high
        return [self.chips[split:], self.chips[:split]]

    def placed(self) -> Iterator[tuple[int, Role, Content, float, float]]:
        """Yield the aliases: in which column, and how far their centres are from the box's."""
        near = self.width / 2 + self.gap
        pitch = CHIP_HEIGHT + CHIP_LEADING
        for number, column in enumerate(self.columns):
            y = -pitch * (len(column) - 1) / 2
            for role, chip in column:
                away = near + chip.width / 2
                yield number, role, chip, away if self.turned else -away, y
                y += pitch
            near += _widest(column)

    @property
    def beside(self) -> float:
        """What the aliases take up at their side."""
        return sum(map(_widest, self.columns)) + self.gap

    @property
    def left(self) -> float:
        """How far it reaches to the left of its column's centre."""
        return self.width / 2 + (0 if self.turned else self.beside)

    @property
    def right(self) -> float:
        """How far it reaches to the right of its column's centre."""
        return self.width / 2 + (self.beside if self.turned else 0)

    @property
    def height(self) -> float:
        """The height of box and aliases."""
        pitch = CHIP_HEIGHT + CHIP_LEADING
        return max(self.content.height, len(self.columns[0]) * pitch - CHIP_LEADING)


def _widest(column: Iterable[tuple[Role, Content]]) -> float:
    return max((chip.width for _, chip in column), default=0.0)


class Measure:
    """A wired grid with numbers.

    Args:
        placing, wiring: the grid and its wires.
        patches: the frames of the gates.
        contents: for each role, what stands in its box, with room for that of every step.
        tallest: the height of each row, so that steps of different widths are equally high.

    """

    def __init__(
        self,
        placing: Placing,
        wiring: Wiring,
        patches: list[Patch],
        contents: Mapping[Role, Content],
        tallest: Mapping[int, float],
    ) -> None:
        self.placing, self.wiring, self.patches = placing, wiring, patches
        self.contents = contents
        self.sizes = {role: self._size(role) for role in placing.cells}
        self.h, self.v = wiring.tracks("h"), wiring.tracks("v")
        self._set_columns()
        self._set_rows(tallest)

    def _size(self, role: Role) -> Size:
        chips = tuple(
            (alias, self.contents[alias]) for alias in self.placing.template.aliases.get(role, ())
        )
        content = self.contents[role]
        width = max([content.width, *(self._pin_room(role, side) for side in FIRST_PIN)])
        return Size(content, width, chips, role in self.placing.mirrored, self.placing.low > 1)

    def _pin_room(self, role: Role, side: str) -> float:
        bent = len(self._bent(role, side))
        reach = FIRST_PIN[side] + PIN_PITCH * ((bent - 1) // 2)
        return 2 * (reach + PIN_MARGIN) if bent else 0.0

    def heights(self) -> dict[int, float]:
        """Return what each row needs."""
        found = dict.fromkeys(range(self.placing.rows), 0.0)
        for role, (_, row) in self.placing.cells.items():
            found[row] = max(found[row], self.sizes[role].height)
        for row in self.placing.rail_row.values():  # an initial state may stand there
            found[row] = max(found[row], HEIGHT)
        return found

    # --- columns, from left to right --------------------------------------------------------------

    def _set_columns(self) -> None:
        columns = range(self.placing.columns)
        left, right = [0.0] * len(columns), [0.0] * len(columns)
        for role, (column, _) in self.placing.cells.items():
            left[column] = max(left[column], self.sizes[role].left)
            right[column] = max(right[column], self.sizes[role].right)
        for patch in self.patches:
            self._make_room(patch, left, right)
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

    def _make_room(self, patch: Patch, left: list[float], right: list[float]) -> None:
        """Widen the first column of a gate until its label fits into the frame.

        A label that wires cross ends before them; any other may use the frame as far as it is free.
        """
        first, roles = patch.column, patch.roles
        if patch.niche:
            self._make_room_inside(patch, patch.niche, left, right)
            return
        if patch.crossed:
            left[first] = max(left[first], patch.width + STRIP_PADDING)
            return
        reach = max(self.sizes[r].left for r in roles if self.placing.cells[r][0] == first)
        beyond = sum(left[c] + right[c] for c in range(first + 1, patch.last + 1))
        if patch.lines and patch.width + 2 * STRIP_PADDING > reach + right[first] + beyond:
            right[first] = patch.width + 2 * STRIP_PADDING - reach

    def _make_room_inside(
        self, patch: Patch, niche: Niche, left: list[float], right: list[float]
    ) -> None:
        need, column = patch.width + 2 * STRIP_PADDING, niche.column
        if niche.box is not None:
            left[column] = max(left[column], self.sizes[niche.box].width / 2 + need)
            return
        beyond = sum(left[c] + right[c] for c in range(column + 1, niche.last + 1))
        right[column] = max(right[column], need - beyond)

    def _room(self, tracks: dict[int, dict[Net, int]], number: int) -> float:
        used = 1 + max(tracks.get(number, {}).values(), default=-1)
        return 2 * CLEARANCE + TRACK * max(0, used - 1)

    # --- rows, from the bottom up -----------------------------------------------------------------

    def _set_rows(self, tallest: Mapping[int, float]) -> None:
        heights = self.heights() | dict(tallest)
        strips: dict[int, float] = {}
        for patch in self.patches:
            strips[patch.top + 1] = max(strips.get(patch.top + 1, 0.0), patch.strip)
        self.middle: list[float] = []
        self.h_start: list[float] = []
        y = 0.0
        for row in range(self.placing.rows + 1):
            strip = strips.get(row, 0.0)
            # Wires run above the label of the frame that ends below them.
            self.h_start.append(round(y - strip - CLEARANCE, 2))
            y -= self._room(self.h, row) + strip
            if row < self.placing.rows:
                self.middle.append(round(y - heights[row] / 2, 2))
                y -= heights[row]
        self.height = round(-y, 2)

    @cached_property
    def frames(self) -> list[tuple[Patch, Rectangle]]:
        """The frames of the gates; a step that lacks a part of a gate has its whole frame."""
        return [(patch, self._frame(patch)) for patch in self.patches]

    def label(self, patch: Patch) -> Point:
        """Return where the label of a gate begins, at the foot of its first line."""
        x, y, *_ = self._frame(patch)
        niche = patch.niche
        if niche is None:
            return round(x + GATE_PADDING, 2), round(y + GATE_LEADING, 2)
        start = self.centre[niche.column] + STRIP_PADDING
        if niche.box is not None:
            start -= self.sizes[niche.box].width / 2 + patch.width + 2 * STRIP_PADDING
        return round(start, 2), round(self.middle[niche.row] + GATE_SIZE * 0.36, 2)

    def _frame(self, patch: Patch) -> Rectangle:
        cells = [(self.sizes[role], *self.placing.cells[role]) for role in patch.roles]
        left = min(self.centre[column] - size.left for size, column, _ in cells) - GATE_PADDING
        right = max(self.centre[column] + size.right for size, column, _ in cells) + GATE_PADDING
        top = min(self.middle[row] - size.height / 2 for size, _, row in cells) - patch.strip
        bottom = max(self.middle[row] + size.height / 2 for size, _, row in cells) + GATE_PADDING
        if patch.niche and patch.niche.box is not None:
            reach = self.sizes[patch.niche.box].width / 2 + patch.width + STRIP_PADDING
            left = min(left, self.centre[patch.column] - reach - GATE_PADDING)
        elif patch.niche:
            right = max(right, self.centre[patch.column] + patch.width + 2 * STRIP_PADDING)
        elif patch.crossed:  # the label ends before the wires that come out of the first column
            reach = patch.width + STRIP_PADDING + GATE_PADDING + 1
            left = min(left, self.centre[patch.column] - reach)
        elif patch.lines:
            right = max(right, left + patch.width + 2 * STRIP_PADDING)
        return round(left, 2), round(top, 2), round(right - left, 2), round(bottom - top, 2)

    # --- symbolic places in numbers ---------------------------------------------------------------

    @cached_property
    def paths(self) -> dict[tuple[Net, End], list[Point]]:
        """The wires of the step."""
        return {key: self._path(*key) for key in self.wiring.paths}

    def _path(self, net: Net, end: End) -> list[Point]:
        points = [
            (round(self._x(x, net), 2), round(self._y(y, net), 2))
            for x, y in self.wiring.paths[net, end]
        ]
        return without_idle(points)

    def _x(self, place: X, net: Net) -> float:
        if place.kind == "v":
            number = int(str(place.at))
            return self.v_start[number] + TRACK * self.v.get(number, {}).get(net, 0)
        if place.kind == "centre":
            return self.centre[int(str(place.at))]
        if place.kind == "side":
            return 0.0 if place.at == "left" else self.width
        column, _ = self.placing.cells[place.at]  # type: ignore[index]
        centre = self.centre[column]
        if place.kind == "pin":
            return centre + self._offset(place.at, place.side, net)  # type: ignore[arg-type]
        half = self.sizes[place.at].width / 2  # type: ignore[index]
        return centre - half if place.side == "left" else centre + half

    def _y(self, place: Y, net: Net) -> float:
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

        Straight wires have the centre. Pins below a box are at other places than those above one,
        so that wires into one box and out of the box under it do not meet either.
        """
        bent = self._bent(role, side)
        if net not in bent:
            return 0.0
        i = bent.index(net)
        return (FIRST_PIN[side] + PIN_PITCH * (i // 2)) * (1 if i % 2 == 0 else -1)

    def _bent(self, role: Role, side: str) -> list[Net]:
        nets = self.wiring.pins.get((role, side), ())
        return [net for net in nets if (role, side, net) not in self.wiring.straight]


def without_idle(points: list[Point]) -> list[Point]:
    """Return a polyline without points where it does not turn."""
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
