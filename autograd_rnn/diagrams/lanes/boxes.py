"""How large an item is, and what is written in it: one function for every way of drawing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from autograd_rnn.diagrams.lanes.layout import Label
from autograd_rnn.diagrams.scene.items import Item, Kind
from autograd_rnn.diagrams.typography.letters import Letter, Line, Text, as_text
from autograd_rnn.diagrams.typography.typeset import set_line

LETTER_SIZE, WORD_SIZE, CHIP_SIZE, LINE_SIZE = 14.0, 14.0, 14.0, 10.5
PADDING, CHIP_PADDING, LEADING = 5.0, 2.5, 13.0
HEIGHT, CHIP_HEIGHT = 22.0, 18.0
LEAST_WIDTH = 28.0


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a box.

    Attributes:
        width, height: of the box.
        labels: what is written, from the upper left corner of the box.
        divider: where a line parts symbol and letter, from the left edge; None for no line.

    """

    width: float
    height: float
    labels: tuple[Label, ...]
    divider: float | None = None

    def with_room_for(self, other: Content) -> Content:
        """Return the same in a box that another fits into too."""
        if self.width >= other.width and self.height >= other.height:
            return self
        width, height = max(self.width, other.width), max(self.height, other.height)
        return replace(self, width=width, height=height)


def content_of(item: Item) -> Content:
    """Return what stands in the box of an item, and the room that it takes."""
    return _content(item.symbol, item.letter, item.lines, item.kind is Kind.ALIAS)


@cache
def _content(symbol: Text, letter: Letter | None, lines: tuple[Line, ...], chip: bool) -> Content:
    parts = [text for text in (symbol, (letter,) if letter else ()) if text] or [("constant",)]
    sizes = [CHIP_SIZE if chip else _size_of(text) for text in parts]
    widths = [set_line(text, size).width for text, size in zip(parts, sizes, strict=True)]
    padding = CHIP_PADDING if chip else PADDING
    below = [set_line(as_text(line), LINE_SIZE).width for line in lines]
    width = max([sum(widths) + 2 * padding * max(1, len(parts)), *(w + 2 * padding for w in below)])
    width = round(max(width, 0 if chip else LEAST_WIDTH), 1)
    top = CHIP_HEIGHT if chip else HEIGHT
    placed, divider = _in_a_row(parts, sizes, widths, width, top)
    rows = [
        Label(as_text(line), padding, round(top + LEADING * (i + 0.75), 2), LINE_SIZE)
        for i, line in enumerate(lines)
    ]
    height = top + (LEADING * len(lines) + 5 if lines else 0)
    return Content(width, height, (*placed, *rows), divider)


def _size_of(text: Text) -> float:
    """Words are set smaller than letters and signs: tanh, not σ."""
    first = text[0].base if isinstance(text[0], Letter) else text[0]
    return WORD_SIZE if len(first) > 1 and first[0].isalpha() else LETTER_SIZE


def _in_a_row(
    parts: list[Text], sizes: list[float], widths: list[float], width: float, height: float
) -> tuple[list[Label], float | None]:
    """Write symbol and letter beside each other, each in the middle of its share of the width."""
    if not parts:
        return [], None
    divider = round((width + widths[0] - sum(widths[1:])) / 2, 2) if len(parts) > 1 else width
    centres = [divider / 2, (divider + width) / 2]
    labels = [
        Label(text, round(x, 2), round(height / 2 + size * 0.33, 2), size, "middle")
        for text, size, x in zip(parts, sizes, centres, strict=False)
    ]
    return labels, divider if len(parts) > 1 else None
