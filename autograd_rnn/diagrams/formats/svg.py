"""A layout as SVG: our own writer, the same bytes for the same layout on every machine.

Text is drawn as outlines, so no font is needed; each outline stands once in the file, and so does
what the steps repeat. For those who do not see it, the picture has a title, a description in the
order of execution, and a sentence on every box.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import sha256
from html import escape

from autograd_rnn.diagrams.formats.shapes import (
    Group,
    Look,
    Part,
    Path,
    Pen,
    Placed,
    Rectangle,
    Stamp,
    Writing,
    shapes,
)
from autograd_rnn.diagrams.lanes.layout import Layout
from autograd_rnn.diagrams.typography.letters import printable
from autograd_rnn.diagrams.typography.paths import number, svg_path
from autograd_rnn.diagrams.typography.typeset import EM, Glyph, set_line
from autograd_rnn.diagrams.typography.typeset import Placed as PlacedGlyph

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
PAINT = re.compile(r'(fill|stroke)="(#[0-9a-f]{6})"')
Colours = dict[tuple[str, str], str]
PREFIX = "\0"  # of every id, until the picture is written and its own prefix is known


def svg_source(layout: Layout, look: Look, title: str, description: str) -> str:
    """Return the picture as SVG.

    Args:
        layout: where everything is. look: how it is drawn.
        title, description: what it is called and what it shows, for those who do not see it.

    """
    return _whole(layout, _inside(layout, look, title, description))


def svg_to_point_at(
    layout: Layout, looks: tuple[Look, Look], title: str, description: str
) -> tuple[str, Colours]:
    """Return the picture for a page that points at its parts, and the colours that it uses.

    Boxes have their item's id as `data-item`, wires those of their ends as `data-from` and
    `data-to`. Colours are variables of CSS, ``--p0``, each with its value in the one look and in
    the other, so that a page can change from light to dark.
    """
    light, dark = (_inside(layout, look, title, description, named=True) for look in looks)
    colours: Colours = {}
    other = iter(PAINT.findall(dark))

    def variable(found: re.Match[str]) -> str:
        kind, colour = found.groups()
        name = colours.setdefault((colour, next(other)[1]), f"--p{len(colours)}")
        return f'{kind}="var({name})"'

    inside = PAINT.sub(variable, light)
    return _whole(layout, inside), colours


def _inside(layout: Layout, look: Look, title: str, description: str, named: bool = False) -> str:
    """Return what the picture consists of; ids still lack what they begin with."""
    writer = _Writer(list(shapes(layout, look)), named)
    body = [*writer.body(look.theme.ink)]
    body[:0] = writer.definitions()
    width, height = number(layout.width), number(layout.height)
    page = f'<rect width="{width}" height="{height}" fill="{look.theme.paper}"/>'
    return "\n".join([_titled("title", title), _titled("desc", description), page, *body])


def _whole(layout: Layout, inside: str) -> str:
    width, height = number(layout.width), number(layout.height)
    prefix = _prefix(inside)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" style="max-width: 100%; height: auto" '
        f'aria-labelledby="{prefix}title" aria-describedby="{prefix}desc">'
    )
    return f"{head}\n{inside.replace(PREFIX, prefix)}\n</svg>\n"


def _titled(element: str, words: str) -> str:
    return f'<{element} id="{PREFIX}{element}">{_text(words)}</{element}>'


def _prefix(content: str) -> str:
    """Return what the ids of a picture begin with: others stand on the same page, with theirs."""
    digest = int(sha256(content.encode()).hexdigest(), 16)
    first, *rest = (digest // 32**place for place in range(5))
    return LETTERS[first % 26] + "".join(LETTERS[value % 32] for value in rest)


class _Writer:
    """Writes the groups of one picture."""

    def __init__(self, groups: list[Group], named: bool) -> None:
        self.groups, self.named = groups, named
        self.count = Counter(id(p.stamp) for group in groups for p in group.placed)
        self.ids: dict[int, str] = {}  # of the stamps that are used more than once
        self.stamps: list[str] = []
        self.glyphs: dict[Glyph, str] = {}
        self.small: dict[tuple[Glyph, float], str] = {}  # subscripts: a glyph at a part of its size

    # --- what is put down -------------------------------------------------------------------------

    def body(self, ink: str) -> Iterator[str]:
        """Yield the groups; what is used of outlines and stamps is known afterwards."""
        yield f'<g fill="{ink}">'
        for group in self.groups:
            placed = "".join(map(self._placed, group.placed))
            title = f"<title>{_text(group.title)}</title>" if group.title else ""
            names = self._names(group) if self.named else ""
            yield f"<g{names}>{title}{placed}</g>" if title or names else placed
        yield "</g>"

    def _names(self, group: Group) -> str:
        keys = {"box": ("item",), "wire": ("from", "to")}.get(group.kind, ())
        pairs = zip(keys, group.names, strict=False)
        return "".join(f' data-{key}="{escape(name)}"' for key, name in pairs)

    def _placed(self, placed: Placed) -> str:
        stamp, x, y = placed
        if self.count[id(stamp)] == 1 or self.named:
            return "".join(map(partial(self._part, x=x, y=y), stamp.parts))
        if id(stamp) not in self.ids:
            self.ids[id(stamp)] = f"s{len(self.ids)}"
            self.stamps.append(self._defined(stamp, self.ids[id(stamp)]))
        return f'<use href="#{PREFIX}{self.ids[id(stamp)]}" x="{number(x)}" y="{number(y)}"/>'

    def _defined(self, stamp: Stamp, name: str) -> str:
        parts = [self._part(part, 0, 0) for part in stamp.parts]
        if len(parts) == 1:
            return parts[0].replace(" ", f' id="{PREFIX}{name}" ', 1)
        return f'<g id="{PREFIX}{name}">{"".join(parts)}</g>'

    def definitions(self) -> Iterator[str]:
        """Yield the outlines and stamps that the body uses, each once."""
        yield "<defs>"
        for glyph, name in self.glyphs.items():
            yield f'<path id="{PREFIX}{name}" d="{svg_path(glyph.commands)}"/>'
        for (glyph, scale), name in self.small.items():
            outline = f'href="#{PREFIX}{self.glyphs[glyph]}"'
            yield f'<use id="{PREFIX}{name}" {outline} transform="scale({scale:g})"/>'
        yield from self.stamps
        yield "</defs>"

    # --- parts ------------------------------------------------------------------------------------

    def _part(self, part: Part, x: float, y: float) -> str:
        if isinstance(part, Writing):
            return self._writing(part, x, y)
        if isinstance(part, Path):
            moved = part.commands if x == y == 0 else _moved(part.commands, x, y)
            return f'<path d="{svg_path(moved)}"{_pen(part.pen)}/>'
        return _rectangle(part, x, y)

    def _writing(self, part: Writing, x: float, y: float) -> str:
        line = set_line(part.text, part.size)
        place = f"translate({number(part.x + x)} {number(part.y + y)})"
        units = EM / part.size
        uses = "".join(self._glyph(glyph, part.size, units) for glyph in line.glyphs)
        return f'<g transform="{place}scale({part.size / EM:.4g})">{uses}</g>'

    def _glyph(self, placed: PlacedGlyph, size: float, units: float) -> str:
        scale = round(placed.size / size, 3)
        if placed.glyph not in self.glyphs:
            self.glyphs[placed.glyph] = f"g{len(self.glyphs)}"
        name = self.glyphs[placed.glyph]
        if scale != 1:
            name = self.small.setdefault((placed.glyph, scale), f"i{len(self.small)}")
        x, y = round(placed.x * units), round(placed.y * units)
        place = f' x="{x}"' * (x != 0) + f' y="{y}"' * (y != 0)
        return f'<use href="#{PREFIX}{name}"{place}/>'


def _rectangle(part: Rectangle, x: float, y: float) -> str:
    radius = min(part.radius, part.width / 2, part.height / 2)
    left, top = number(part.x + x), number(part.y + y)
    place = f' x="{left}"' * (left != "0") + f' y="{top}"' * (top != "0")
    return (
        f'<rect{place} width="{number(part.width)}" height="{number(part.height)}" '
        f'rx="{number(radius)}"{_pen(part.pen)}/>'
    )


def _pen(pen: Pen) -> str:
    stroke = f' stroke="{pen.stroke}" stroke-width="{number(pen.width)}"' if pen.stroke else ""
    dash = f' stroke-dasharray="{" ".join(map(number, pen.dash))}"' if pen.dash else ""
    return f' fill="{pen.fill or "none"}"{stroke}{dash}'


def _moved(
    commands: Iterable[tuple[str, tuple[float, ...]]], x: float, y: float
) -> list[tuple[str, tuple[float, ...]]]:
    by = (x, y)
    return [(c, tuple(v + by[i % 2] for i, v in enumerate(values))) for c, values in commands]


def _text(words: str) -> str:
    return escape(printable(words), quote=False)
