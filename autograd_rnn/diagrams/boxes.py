"""How large an item is, and what is written in it: one function for every way of drawing it."""

from __future__ import annotations

from dataclasses import dataclass

from autograd_rnn.diagrams.layout import Label
from autograd_rnn.diagrams.letters import Text
from autograd_rnn.diagrams.scene import Item, Kind
from autograd_rnn.diagrams.typeset import Line, set_line

LETTER_SIZE, SYMBOL_SIZE, CHIP_SIZE, LINE_SIZE = 17.0, 17.0, 15.0, 10.5
PADDING, LEADING = 9.0, 13.0
HEIGHT, CHIP_HEIGHT = 32.0, 22.0
LEAST_WIDTH = 46.0


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


def content_of(item: Item) -> Content:
    """Return what stands in the box of an item, and the room that it takes."""
    chip = item.kind is Kind.ALIAS
    size = CHIP_SIZE if chip else LETTER_SIZE
    parts = [text for text in (item.symbol, (item.letter,) if item.letter else ()) if text]
    lines = [set_line(text, size) for text in parts]
    inner = sum(line.width for line in lines) + PADDING * 2 * max(0, len(lines) - 1)
    below = [set_line((line,), LINE_SIZE) for line in item.lines]
    padding = PADDING * (0.7 if chip else 1)
    width = max([inner, *(line.width for line in below)]) + 2 * padding
    width = round(max(width, 0 if chip else LEAST_WIDTH), 1)
    top = CHIP_HEIGHT if chip else HEIGHT
    labels, divider = _in_a_row(parts, lines, width, top, size)
    rows = [
        Label((words,), padding, round(top + LEADING * (i + 0.75), 2), LINE_SIZE)
        for i, words in enumerate(item.lines)
    ]
    height = top + (LEADING * len(item.lines) + 5 if item.lines else 0)
    return Content(width, height, (*labels, *rows), divider)


def _in_a_row(
    parts: list[Text], lines: list[Line], width: float, height: float, size: float
) -> tuple[list[Label], float | None]:
    """Write symbol and letter beside each other, each in the middle of its share of the width."""
    baseline = round(height / 2 + size * 0.33, 2)
    if len(parts) == 1:
        return [Label(parts[0], round(width / 2, 2), baseline, size, "middle")], None
    total = sum(line.width for line in lines) + 4 * PADDING
    scale = width / total if total else 1
    divider = round((lines[0].width + 2 * PADDING) * scale, 2)
    return [
        Label(parts[0], round(divider / 2, 2), baseline, size, "middle"),
        Label(parts[1], round((divider + width) / 2, 2), baseline, size, "middle"),
    ], divider
