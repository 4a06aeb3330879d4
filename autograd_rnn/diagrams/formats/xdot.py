"""A layout as a page that Graphviz draws: PNG and PDF with every shape where the SVG has it.

Graphviz lays nothing out here. The page is one node of its size, and what is drawn is the graph's
background, in the drawing operations of the xdot format. Text is outlines too, so that PNG and PDF
need no fonts either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from autograd_rnn.diagrams.formats.shapes import Look, Part, Pen, Rectangle, Writing, shapes
from autograd_rnn.diagrams.lanes.layout import Layout
from autograd_rnn.diagrams.typography.paths import Command, Point, cubics, rectangle
from autograd_rnn.diagrams.typography.typeset import EM, set_line

POINT = 0.75  # of a pixel; Graphviz counts in points
PIECES = 4  # straight ones in place of a curve that is dashed
CLEAR = "#ffffff00"
# Graphviz reads at most 16384 characters of a string at once; an escaped end of line is not read.
SEPARATOR = " \\\n"


def xdot_source(layout: Layout, look: Look) -> str:
    """Return DOT source that `neato -n2` draws as the picture, in its own size."""
    page = _Page(layout.height)
    for group in shapes(layout, look):
        for stamp, x, y in group.placed:
            for part in stamp.parts:
                page.add(part, x, y)
    width, height = layout.width * POINT, layout.height * POINT
    return (
        f'digraph {{ graph [pad=0 margin=0 bgcolor="{look.theme.paper}" outputorder=nodesfirst '
        f'_background="{SEPARATOR.join(page.operations)}"]\n'
        f'page [style=invis shape=box fixedsize=true label="" width={width / 72:.5f} '
        f'height={height / 72:.5f} pos="{width / 2:.3f},{height / 2:.3f}"] }}\n'
    )


class _Page:
    """Collects drawing operations; y points up in them."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.operations: list[str] = []
        self.set: dict[str, str] = {}  # colours and line style now in force

    def add(self, part: Part, x: float, y: float) -> None:
        """Draw a part, moved by (x, y)."""
        if isinstance(part, Writing):
            self._write(part, x, y)
            return
        if isinstance(part, Rectangle):
            commands = rectangle(part.x, part.y, part.width, part.height, part.radius)
        else:
            commands = part.commands
        self._draw(commands, part.pen, x, y)

    def _draw(self, commands: Sequence[Command], pen: Pen, x: float, y: float) -> None:
        for points in cubics(commands):
            moved = [(px + x, py + y) for px, py in points]
            if pen.fill:
                self._fill(moved, pen.fill)
            if pen.stroke:
                self._choose("c", pen.stroke)
                self._choose("S", f"setlinewidth({pen.width * POINT:g})")
                for piece in _dashes(moved, pen.dash) if pen.dash else [moved]:
                    self._operate("L" if pen.dash else "B", piece)

    def _write(self, part: Writing, x: float, y: float) -> None:
        for placed in set_line(part.text, part.size).glyphs:
            scale = placed.size / EM
            left, base = part.x + x + placed.x, part.y + y + placed.y
            contours = cubics(placed.glyph.commands)
            points = _joined([(left + a * scale, base + b * scale) for a, b in c] for c in contours)
            if points:
                self._fill(points, part.colour)

    def _fill(self, points: Sequence[Point], colour: str) -> None:
        self._choose("c", CLEAR)  # what is filled would get an outline too
        self._choose("C", colour)
        self._operate("b", points)

    def _choose(self, key: str, value: str) -> None:
        if self.set.get(key) != value:
            self.set[key] = value
            self.operations.append(f"{key} {len(value)} -{value}")

    def _operate(self, key: str, points: Sequence[Point]) -> None:
        pairs = (f"{x * POINT:.2f} {(self.height - y) * POINT:.2f}" for x, y in points)
        self.operations.append(f"{key} {len(points)} {' '.join(pairs)}")


def _joined(contours: Iterable[list[Point]]) -> list[Point]:
    """Return contours as one closed curve: out to each and back on the same line.

    Graphviz fills one curve at a time. The lines there and back enclose nothing, and a contour that
    runs the other way round, as the inside of an o does, stays a hole.
    """
    points: list[Point] = []
    for contour in contours:
        if not points:
            points = contour
            continue
        home = points[0]
        points = [*points, points[-1], contour[0], *contour, contour[-1], home, home]
    return points


def _dashes(points: Sequence[Point], dash: tuple[float, ...]) -> Iterator[list[Point]]:
    """Yield the drawn pieces of a dashed curve."""
    drawn, left, turn = [points[0]], dash[0], 0
    for a, b in _pieces(points):
        length = ((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5
        done = 0.0
        while length - done > left:
            done += left
            share = done / length
            at = a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
            if turn % 2 == 0:
                yield [*drawn, at]
            drawn, turn = [at], turn + 1
            left = dash[turn % len(dash)]
        left -= length - done
        drawn.append(b)
    if turn % 2 == 0 and len(drawn) > 1:
        yield drawn


def _pieces(points: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """Yield short straight pieces of Bézier curves, and straight ones whole."""
    for i in range(0, len(points) - 1, 3):
        p0, p1, p2, p3 = points[i : i + 4]
        straight = p1 == p0 and p2 == p3
        last = p0
        for k in range(1, 2 if straight else PIECES + 1):
            s = 1.0 if straight else k / PIECES
            at = tuple(
                (1 - s) ** 3 * a + 3 * (1 - s) ** 2 * s * b + 3 * (1 - s) * s**2 * c + s**3 * d
                for a, b, c, d in zip(p0, p1, p2, p3, strict=True)
            )
            yield last, (at[0], at[1])
            last = (at[0], at[1])
