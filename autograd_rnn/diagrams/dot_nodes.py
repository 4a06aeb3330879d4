"""How each kind of item looks in DOT: one function a kind, which returns a node's attributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autograd_rnn.diagrams.palette import Theme
from autograd_rnn.diagrams.scene import Item, Kind
from autograd_rnn.diagrams.typography import (
    cell,
    letter_html,
    lines_html,
    row,
    table,
    text_html,
)

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Brush:
    """The colours of one gate.

    Attributes:
        theme: the picture's colours. number: the gate's, -1 for no gate.

    """

    theme: Theme
    number: int


def node_attributes(item: Item, brush: Brush) -> Attributes:
    """Return the DOT attributes of an item."""
    return LOOKS[item.kind](item, brush)


def _operation(item: Item, brush: Brush) -> Attributes:
    """Return a box on the gate's colour: the symbol, the letter beside it, the lines below."""
    colour = brush.theme.hue(brush.number)
    cells = [cell(text_html(item.symbol))]
    if item.letter:
        cells.append(cell(letter_html(item.letter), border=1, sides="L", color=colour))
    rows = [row(*cells)]
    if item.lines:
        lines = cell(lines_html(item.lines), colspan=len(cells), border=1, sides="T", color=colour)
        rows.append(row(lines))
    look = {"bgcolor": brush.theme.chip_fill(brush.number), "color": colour, "style": "rounded"}
    return {"label": f"<{table(*rows, border=1, cellpadding=4, **look)}>", "shape": "plain"}


def _leaf(item: Item, brush: Brush) -> Attributes:
    rows = [row(cell(letter_html(item.letter) if item.letter else "constant"))]
    if item.lines:
        rows.append(row(cell(lines_html(item.lines))))
    look = {"shape": "box", "style": "filled", "fillcolor": brush.theme.paper, "penwidth": "1.6"}
    label = table(*rows, border=0, cellpadding=1)
    return {"label": f"<{label}>", **look, **_size(0.4, 0.3, "0.06,0.03")}


def _alias(item: Item, brush: Brush) -> Attributes:
    look = {"shape": "box", "style": "rounded,dashed"}
    return {"label": f"<{letter_html(item.letter)}>", **look, **_size(0.3, 0.28, "0.06,0.02")}


def _entry(item: Item, brush: Brush) -> Attributes:
    """Return the letter alone, so that it reads as a label on the line that passes through it."""
    label = f"<{letter_html(item.letter)}>" if item.letter else ""
    return {"label": label, "shape": "plaintext", **_size(0.2, 0.2, "0.03,0")}


def _gap(item: Item, brush: Brush) -> Attributes:
    dots = text_html(item.symbol)
    label = f"<{dots} {letter_html(item.letter)} {dots}>" if item.letter else f"<{dots}>"
    return {"label": label, "shape": "plaintext", **_size(0.3, 0.3, "0.06,0")}


def _size(width: float, height: float, margin: str) -> Attributes:
    """Return the least size of a node in inches, and the margin around its label."""
    return {"width": str(width), "height": str(height), "margin": margin}


LOOKS: dict[Kind, Callable[[Item, Brush], Attributes]] = {
    Kind.OPERATION: _operation,
    Kind.INPUT: _leaf,
    Kind.STATE: _leaf,
    Kind.ALIAS: _alias,
    Kind.ENTRY: _entry,
    Kind.GAP: _gap,
}
