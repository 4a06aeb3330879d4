"""What a layout looks like: rectangles, paths and writing, once for SVG, PNG, PDF and TikZ.

The steps of a network repeat each other. So what is drawn is a `Stamp`, around an origin of its
own, put down at many places: a writer of a format writes each stamp once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, NamedTuple

from autograd_rnn.diagrams.gradients.tones import (
    box_line,
    gauge_fill,
    mark_line,
    wire_line,
    wire_rank,
)
from autograd_rnn.diagrams.lanes.boxes import HEIGHT, content_of
from autograd_rnn.diagrams.lanes.layout import Box, Frame, Label, Layout, Mark, Point, Wire
from autograd_rnn.diagrams.scene.items import Kind
from autograd_rnn.diagrams.typography.letters import Text, plain
from autograd_rnn.diagrams.typography.palette import Theme
from autograd_rnn.diagrams.typography.paths import Command
from autograd_rnn.diagrams.typography.typeset import set_line

ROUND = 6.0  # the radius of a wire's corners
HEAD = 7.0  # the length of an arrow's head
DOT = 2.6  # the radius of a joint
BAR = 5.0  # half the length of the bars of a cut
BOLD_WIRES = ("rail", "gap")
WIDTHS = {"wire": 1.3, "alias": 1.1, "several": 1.3, "rail": 2.6, "gap": 2.6}
DOTTED_WIRES = ("gap", "several")
BOX = 1.2  # the outline of a box
LIT = 1.6  # how much wider a line is on a path that is pointed out
DASHED, LONG_DASHED, DOTTED = (4.0, 3.0), (7.0, 5.0), (2.6, 3.4)


@dataclass(frozen=True, slots=True)
class Pen:
    """Colours and line of a shape; an empty colour draws nothing."""

    stroke: str = ""
    fill: str = ""
    width: float = 0.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle with round corners; (x, y) is the upper left one."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    pen: Pen


@dataclass(frozen=True, slots=True)
class Path:
    """Lines and Bézier curves."""

    commands: tuple[Command, ...]
    pen: Pen


@dataclass(frozen=True, slots=True)
class Writing:
    """A line of text that starts at (x, y), on its baseline.

    A writer that has fonts of its own, and other widths, keeps its start or its middle in place, as
    `anchor` says.
    """

    text: Text
    x: float
    y: float
    size: float
    colour: str
    anchor: Literal["start", "middle", "end"] = "start"


Part = Rectangle | Path | Writing


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """Parts around an origin; the same stamp is the same object."""

    parts: tuple[Part, ...]


class Placed(NamedTuple):
    """A stamp with its origin at (x, y)."""

    stamp: Stamp
    x: float
    y: float


class Group(NamedTuple):
    """What belongs together.

    Attributes:
        kind: what it draws. names: the ids of the box, or of both ends of the wire.
        title: a sentence or a few words on it, for those who do not see it; may be empty.

    """

    kind: Literal["frame", "mark", "wire", "joint", "box", "label"]
    names: tuple[str, ...]
    title: str
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class Look:
    """How a picture is drawn.

    Attributes:
        theme: its colours. groups: the gates, in the order of their hues.
        lit: ids of the items on the path that is pointed out.

    """

    theme: Theme
    groups: tuple[str, ...] = ()
    lit: frozenset[str] = field(default_factory=frozenset)

    def number(self, group: str) -> int:
        """Return the number of a gate's hue, -1 for none."""
        return self.groups.index(group) if group in self.groups else -1


def shapes(layout: Layout, look: Look) -> Iterator[Group]:
    """Yield everything that is drawn, what lies below first."""
    drawer = _Drawer(look, frozenset(box.item.id for box in layout.boxes))
    for frame in sorted(layout.frames, key=lambda frame: frame.kind == "gate"):
        yield drawer.frame(frame)
    for mark in layout.marks:
        yield drawer.mark(mark)
    for wire in sorted(
        layout.wires,
        key=lambda wire: (*wire_rank(wire), wire.kind in BOLD_WIRES, drawer.is_lit(wire)),
    ):
        yield drawer.wire(wire)
    for point in layout.joints:
        yield Group("joint", (), "", (Placed(drawer.dot, *point),))
    for box in layout.boxes:
        yield drawer.box(box)
    for label in layout.labels:
        yield Group("label", (), plain(label.text), (drawer.label(label),))


class _Drawer:
    """Draws with one look, and remembers its stamps."""

    def __init__(self, look: Look, boxes: frozenset[str]) -> None:
        self.look, self.theme, self.boxes = look, look.theme, boxes
        self.stamps: dict[Hashable, Stamp] = {}
        fill = Pen(fill=self.theme.thin)
        self.dot = Stamp((Rectangle(-DOT, -DOT, 2 * DOT, 2 * DOT, DOT, fill),))

    def stamp(self, part: Part) -> Stamp:
        """Return the stamp of one part."""
        if part not in self.stamps:
            self.stamps[part] = Stamp((part,))
        return self.stamps[part]

    # --- frames and labels ------------------------------------------------------------------------

    def frame(self, frame: Frame) -> Group:
        """Draw a frame; its name is among the labels."""
        pen = Pen(self.theme.faint, "", 1.0, LONG_DASHED if frame.kind == "gap" else ())
        if frame.kind == "gate":
            number = self.look.number(frame.group)
            pen = Pen(self.theme.hue(number), self.theme.frame_fill(number), 1.0)
        shown = self.stamp(Rectangle(0, 0, frame.width, frame.height, 9, pen))
        return Group("frame", (), plain(frame.label), (Placed(shown, frame.x, frame.y),))

    def mark(self, mark: Mark) -> Group:
        """Draw a line, or an area with its border."""
        x, y = mark.points[0]
        around = [(round(px - x, 2), round(py - y, 2)) for px, py in mark.points]
        pen = Pen(*mark_line(mark, self.theme))
        lines = tuple(("L", point) for point in around[1:])
        end = (("Z", ()),) if pen.fill else ()
        stamp = self.stamp(Path((("M", around[0]), *lines, *end), pen))
        return Group("mark", (), mark.note, (Placed(stamp, x, y),))

    def label(self, label: Label, colour: str = "") -> Placed:
        """Write a label."""
        width = 0.0 if label.anchor == "start" else set_line(label.text, label.size).width
        x = label.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
        stamp = self.stamp(
            Writing(label.text, 0, 0, label.size, colour or self.theme.ink, label.anchor)
        )
        return Placed(stamp, round(x, 2), label.y)

    # --- boxes ------------------------------------------------------------------------------------

    def box(self, box: Box) -> Group:
        """Draw a box and write into it."""
        item, content = box.item, content_of(box.item)
        shift = (box.width - content.width) / 2
        placed = [Placed(self._outline(box, content.divider), box.x, box.y)]
        for label in content.labels:
            stamp, x, y = self.label(label, self.theme.thin if box.emphasis == 0 else "")
            placed.append(Placed(stamp, round(box.x + shift + x, 2), round(box.y + y, 2)))
        return Group("box", (item.id,), item.note, tuple(placed))

    def _outline(self, box: Box, divider: float | None) -> Stamp:
        pen = self._box_pen(box)
        share = box.emphasis or 0.0 if box.item.kind is Kind.ALIAS else 0.0
        key = (box.width, box.height, divider, pen, share)
        if key not in self.stamps:
            parts: list[Part] = [Rectangle(0, 0, box.width, box.height, ROUND, pen)]
            if share:
                height = max(1.0, round((box.height - 2) * share, 2))
                gauge = Pen(fill=gauge_fill(self.theme))
                parts.append(
                    Rectangle(1, box.height - 1 - height, box.width - 2, height, ROUND - 2, gauge)
                )
                parts.append(Rectangle(0, 0, box.width, box.height, ROUND, replace(pen, fill="")))
            if divider is not None:
                line = (("M", (divider, 0.0)), ("L", (divider, min(box.height, HEIGHT))))
                parts.append(Path(line, Pen(pen.stroke, "", 1.0)))
            self.stamps[key] = Stamp(tuple(parts))
        return self.stamps[key]

    def _box_pen(self, box: Box) -> Pen:
        item = box.item
        number = self.look.number(item.group)
        operation = item.kind is Kind.OPERATION
        fill = self.theme.chip_fill(number) if operation else self.theme.paper
        bare = item.kind in (Kind.GAP, Kind.ENTRY)
        stroke = "" if bare else self.theme.hue(number)
        if item.id in self.look.lit:
            return Pen(self.theme.accent, fill, BOX + LIT)
        if not bare and (line := box_line(box, self.theme)):
            return Pen(*line)
        return Pen(stroke, fill, BOX, DASHED if item.kind is Kind.ALIAS else ())

    # --- wires ------------------------------------------------------------------------------------

    def is_lit(self, wire: Wire) -> bool:
        """Whether a wire lies on the path that is pointed out."""
        return wire.source in self.look.lit and wire.target in self.look.lit

    def wire(self, wire: Wire) -> Group:
        """Draw a wire, with an arrow's head where it ends at a box."""
        x, y = wire.points[0]
        around = tuple((round(px - x, 2), round(py - y, 2)) for px, py in wire.points)
        pen, ends = self._wire_pen(wire), wire.target in self.boxes
        key = (around, pen, wire.curved, ends, wire.cut)
        if key not in self.stamps:
            self.stamps[key] = Stamp(tuple(_wire(around, pen, wire, ends)))
        return Group(
            "wire", (wire.source, wire.target), wire.note, (Placed(self.stamps[key], x, y),)
        )

    def _wire_pen(self, wire: Wire) -> Pen:
        if line := wire_line(wire, self.theme):
            pen = Pen(*line)
            return replace(pen, dash=pen.dash or self._dash(wire))
        colour = self.theme.ink if wire.kind in BOLD_WIRES else self.theme.thin
        width = WIDTHS[wire.kind] if wire.width is None else wire.width
        if self.is_lit(wire):
            colour, width = self.theme.accent, width + LIT
        return Pen(colour, "", round(width, 2), self._dash(wire))

    def _dash(self, wire: Wire) -> tuple[float, ...]:
        return DOTTED if wire.kind in DOTTED_WIRES else ()


def _wire(points: tuple[Point, ...], pen: Pen, wire: Wire, ends: bool) -> Iterator[Part]:
    """Yield the line, which stops within the arrow's head, the head, and the bars of a cut."""
    size = HEAD + max(0.0, pen.width - WIDTHS["wire"]) * (0.7 if wire.tone else 1.6)
    size = min(size, max(HEAD, _length(points[-1], points[-2])))
    line = [*points[:-1], _towards(points[-1], points[-2], size * 0.7)] if ends else points
    for part in _halves(line) if wire.cut and not wire.curved else [line]:
        yield Path(curve(part) if wire.curved else rounded(part), pen)
    if ends:
        half = max(size * 0.42, pen.width / 2 + 2.2)
        yield Path(_head(points[-2], points[-1], size, half), Pen(fill=pen.stroke))
    if wire.cut:
        yield Path(_bars(points), Pen(pen.stroke, "", 1.6))


def rounded(points: Sequence[Point]) -> tuple[Command, ...]:
    """Return the path along a polyline, its corners round."""
    first, *rest = points
    commands: list[Command] = [("M", first)]
    before = first
    for corner, after in pairwise(rest):
        radius = min(ROUND, _length(before, corner) / 2, _length(corner, after) / 2)
        commands.append(("L", _towards(corner, before, radius)))
        commands.append(("Q", (*corner, *_towards(corner, after, radius))))
        before = corner
    return (*commands, ("L", rest[-1]))


def curve(points: Sequence[Point]) -> tuple[Command, ...]:
    """Return the path along Bézier curves, three points a piece."""
    pieces = range(1, len(points) - 2, 3)
    bends: list[Command] = [("C", (*points[i], *points[i + 1], *points[i + 2])) for i in pieces]
    return (("M", points[0]), *bends)


def _head(before: Point, tip: Point, size: float, half: float) -> tuple[Command, ...]:
    """Return the triangle at the end of a line, `half` as wide on each side."""
    back = _towards(tip, before, size)
    dx, dy = (tip[0] - back[0]) * half / size, (tip[1] - back[1]) * half / size
    left, right = (back[0] - dy, back[1] + dx), (back[0] + dy, back[1] - dx)
    return (("M", tip), ("L", _rounded(left)), ("L", _rounded(right)), ("Z", ()))


def _halves(points: Sequence[Point]) -> Iterator[Sequence[Point]]:
    """Yield what lies before and after the bars of a cut."""
    run = max(range(len(points) - 1), key=lambda i: _length(points[i], points[i + 1]))
    a, b = points[run], points[run + 1]
    middle = _towards(a, b, _length(a, b) / 2)
    yield [*points[: run + 1], _towards(middle, b, -BAR / 3)]
    yield [_towards(middle, b, BAR / 3), *points[run + 1 :]]


def _bars(points: Sequence[Point]) -> tuple[Command, ...]:
    """Return two bars across the longest run of a wire: nothing passes here."""
    a, b = max(pairwise(points), key=lambda run: _length(*run))
    middle = _towards(a, b, _length(a, b) / 2)
    commands: list[Command] = []
    for side in (-BAR / 3, BAR / 3):
        x, y = _towards(middle, b, side)
        across = _towards((x, y), b, BAR)
        dx, dy = y - across[1], across[0] - x
        commands += [("M", _rounded((x + dx, y + dy))), ("L", _rounded((x - dx, y - dy)))]
    return tuple(commands)


def _towards(start: Point, goal: Point, distance: float) -> Point:
    share = distance / max(_length(start, goal), 1e-9)
    x, y = (a + (b - a) * share for a, b in zip(start, goal, strict=True))
    return _rounded((x, y))


def _length(a: Point, b: Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def _rounded(point: Point) -> Point:
    return round(point[0], 2), round(point[1], 2)
