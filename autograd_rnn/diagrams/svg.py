"""A layout as SVG: our own writer, the same bytes for the same layout on every machine.

Text is drawn as outlines, so no font is needed; each distinct outline stands once in the file. For
those who do not see it, the picture has a title, a description, and a sentence on every box.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import pairwise

from autograd_rnn.diagrams.accessible import describe
from autograd_rnn.diagrams.boxes import content_of
from autograd_rnn.diagrams.layout import Box, Frame, Label, Layout, Point, Wire
from autograd_rnn.diagrams.letters import printable
from autograd_rnn.diagrams.palette import Theme
from autograd_rnn.diagrams.scene import Kind, Scene
from autograd_rnn.diagrams.typeset import EM, Line, set_line

ROUND = 5.0  # the radius of a wire's corners
ARROW = 7.0  # the length of an arrow's head
WIDTHS = {"wire": 1.3, "alias": 1.1, "rail": 2.6}
DASHES = {"alias": "4 3", "gap": "6 4", "state": "", "rail": ""}


def svg_source(layout: Layout, scene: Scene, theme: Theme, title: str) -> str:
    """Return the picture as SVG.

    Args:
        layout: where everything is. scene: what it shows, for the description.
        theme: its colours. title: what it is called.

    """
    return "\n".join(_Writer(layout, scene, theme).lines(title)) + "\n"


class _Writer:
    """Writes one layout."""

    def __init__(self, layout: Layout, scene: Scene, theme: Theme) -> None:
        self.layout, self.scene, self.theme = layout, scene, theme
        self.number: Mapping[str, int] = {group: i for i, group in enumerate(scene.groups)}
        self.outlines: dict[tuple[str, str], str] = {}
        self.written: dict[tuple[object, float], tuple[Line, str]] = {}

    def lines(self, title: str) -> Iterator[str]:
        width, height = _number(self.layout.width), _number(self.layout.height)
        body = list(self._body())  # before the outlines, which it collects
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" '
            'style="max-width: 100%; height: auto">'
        )
        yield f"<title>{_text(title)}</title>"
        yield f"<desc>{_text(describe(self.scene))}</desc>"
        yield f"<defs>{''.join(self._definitions())}</defs>"
        yield f'<rect width="{width}" height="{height}" fill="{self.theme.paper}"/>'
        yield from body
        yield "</svg>"

    def _body(self) -> Iterator[str]:
        frames = sorted(self.layout.frames, key=lambda frame: frame.kind == "gate")
        yield from map(self._frame, frames)
        yield '<g fill="none" stroke-linejoin="round" stroke-linecap="round">'
        yield from map(self._wire, self.layout.wires)
        yield "</g>"
        yield f'<path fill="{self.theme.thin}" d="{self._heads("wire")}"/>'
        yield f'<path fill="{self.theme.ink}" d="{self._heads("rail")}"/>'
        dots = "".join(_dot(x, y) for x, y in self.layout.joints)
        yield f'<path fill="{self.theme.thin}" d="{dots}"/>'
        yield from map(self._box, self.layout.boxes)
        yield from (self._label(label) for label in self.layout.labels)

    # --- frames and boxes -------------------------------------------------------------------------

    def _frame(self, frame: Frame) -> str:
        number = self.number.get(frame.group, -1)
        if frame.kind == "gate":
            look = f'fill="{self.theme.frame_fill(number)}" stroke="{self.theme.hue(number)}"'
            label = Label(frame.label, frame.x + 6, frame.y + 12.5, 11.5)
        else:
            dash = f' stroke-dasharray="{DASHES["gap"]}"' if frame.kind == "gap" else ""
            look = f'fill="none" stroke="{self.theme.faint}"{dash}'
            centre = frame.x + frame.width / 2
            label = Label(frame.label, centre, frame.y + frame.height + 19, 16, "middle")
        shown = self._label(label) if frame.label else ""
        return _rectangle(frame.x, frame.y, frame.width, frame.height, 9, look) + shown

    def _box(self, box: Box) -> str:
        item = box.item
        number = self.number.get(item.group, -1)
        hue = self.theme.hue(number)
        fill = self.theme.chip_fill(number) if item.kind is Kind.OPERATION else self.theme.paper
        dash = f' stroke-dasharray="{DASHES["alias"]}"' if item.kind is Kind.ALIAS else ""
        look = f'fill="{fill}" stroke="{hue}" stroke-width="1.2"{dash}'
        content = content_of(item)
        parts = [f"<g><title>{_text(item.note)}</title>"]
        parts.append(_rectangle(box.x, box.y, box.width, box.height, 6, look))
        if content.divider is not None:
            x = box.x + content.divider * box.width / content.width
            high = box.y + min(box.height, 32.0)
            line = f"M{_number(x)} {_number(box.y)}V{_number(high)}"
            parts.append(f'<path stroke="{hue}" d="{line}"/>')
        shift = (box.width - content.width) / 2
        parts += [self._label(label, box.x + shift, box.y) for label in content.labels]
        return "".join([*parts, "</g>"])

    # --- wires ------------------------------------------------------------------------------------

    def _wire(self, wire: Wire) -> str:
        colour = self.theme.ink if wire.kind == "rail" else self.theme.thin
        return (
            f'<path stroke="{colour}" stroke-width="{WIDTHS[wire.kind]}" '
            f'd="{rounded(wire.points)}"/>'
        )

    def _heads(self, kind: str) -> str:
        boxes = {box.item.id for box in self.layout.boxes}
        return "".join(
            _head(wire.points)
            for wire in self.layout.wires
            if wire.target in boxes and (wire.kind == "rail") == (kind == "rail")
        )

    # --- text -------------------------------------------------------------------------------------

    def _label(self, label: Label, dx: float = 0.0, dy: float = 0.0) -> str:
        line, drawn = self._drawn(label)
        back = {"start": 0.0, "middle": line.width / 2, "end": line.width}[label.anchor]
        x, y = _number(label.x + dx - back), _number(label.y + dy)
        return f'<g fill="{self.theme.ink}" transform="translate({x} {y})">{drawn}</g>'

    def _drawn(self, label: Label) -> tuple[Line, str]:
        key = (label.text, label.size)
        if key not in self.written:
            line = set_line(label.text, label.size)
            self.written[key] = line, "".join(self._uses(line))
        return self.written[key]

    def _uses(self, line: Line) -> Iterator[str]:
        for placed in line.glyphs:
            glyph = placed.glyph
            name = f"{glyph.face[0]}{ord(glyph.character):x}"
            self.outlines.setdefault((glyph.face, name), glyph.path)
            place = f"translate({_number(placed.x)} {_number(placed.y)})"
            yield f'<use href="#{name}" transform="{place} scale({placed.size / EM:.5g})"/>'

    def _definitions(self) -> Iterator[str]:
        for (_, name), path in sorted(self.outlines.items()):
            yield f'<path id="{name}" d="{path}"/>'


# ----------------------------------------------------------------------------------------- shapes


def rounded(points: Iterable[Point]) -> str:
    """Return a polyline as the `d` of a path, its corners round."""
    first, *rest = points
    parts = [f"M{_pair(first)}"]
    before = first
    for corner, after in pairwise(rest):
        radius = min(ROUND, _length(before, corner) / 2, _length(corner, after) / 2)
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{_pair(start)}Q{_pair(corner)} {_pair(end)}")
        before = corner
    return "".join([*parts, f"L{_pair(rest[-1])}"])


def _head(points: tuple[Point, ...]) -> str:
    """Return an arrow's head at the end of a polyline."""
    (x0, y0), (x1, y1) = points[-2:]
    length = max(_length((x0, y0), (x1, y1)), 1e-9)
    dx, dy = (x1 - x0) / length * ARROW, (y1 - y0) / length * ARROW
    left = x1 - dx - dy * 0.42, y1 - dy + dx * 0.42
    right = x1 - dx + dy * 0.42, y1 - dy - dx * 0.42
    return f"M{_pair((x1, y1))}L{_pair(left)}L{_pair(right)}Z"


def _dot(x: float, y: float, radius: float = 2.6) -> str:
    start, across = _pair((x - radius, y)), f"{_number(2 * radius)}"
    return f"M{start}a{radius} {radius} 0 1 0 {across} 0a{radius} {radius} 0 1 0 -{across} 0"


def _rectangle(x: float, y: float, width: float, height: float, radius: float, look: str) -> str:
    return (
        f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" '
        f'height="{_number(height)}" rx="{radius}" {look}/>'
    )


def _towards(start: Point, goal: Point, distance: float) -> Point:
    length = max(_length(start, goal), 1e-9)
    return (
        start[0] + (goal[0] - start[0]) / length * distance,
        start[1] + (goal[1] - start[1]) / length * distance,
    )


def _length(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])  # along the axes


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _text(words: str) -> str:
    return escape(printable(words), quote=False)
