"""What is written around a picture: its title, the legend of shared weights, and its notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from autograd_rnn.diagrams.lanes.layout import Box, Frame, Label, Layout
from autograd_rnn.diagrams.scene.items import Scene
from autograd_rnn.diagrams.typography.letters import Letter, Text, as_text
from autograd_rnn.diagrams.typography.typeset import set_line

Thing = TypeVar("Thing", Box, Frame, Label)
TITLE_SIZE, CAPTION_SIZE, LINE_SIZE = 18.0, 14.0, 10.5
LEADING, MARGIN, BETWEEN = 17.0, 10.0, 22.0
LEAST_WIDTH = 320.0  # that captions may take beside each other under a narrow picture


@dataclass(frozen=True)
class Entry:
    """The shared weights of a gate: one line, and the lines of their values under it."""

    text: Text
    lines: tuple[Text, ...] = ()

    @property
    def width(self) -> float:
        """How wide it is."""
        values = [set_line(line, LINE_SIZE).width for line in self.lines]
        return max([set_line(self.text, CAPTION_SIZE).width, *values])


def caption(layout: Layout, scene: Scene, title: str) -> Layout:
    """Return the picture with a title above, the legend and the notes under it."""
    width = max(layout.width, LEAST_WIDTH, 2 * MARGIN + set_line((title,), TITLE_SIZE).width)
    top = TITLE_SIZE + MARGIN if title else 0.0
    right = (width - layout.width) / 2
    moved = _moved(layout, round(right, 2), top)
    labels = list(moved.labels)
    if title:
        labels.append(Label((title,), width / 2, TITLE_SIZE + 4, TITLE_SIZE, "middle", "title"))
    y = top + layout.height
    end, notes = width, list(scene.notes)
    for row in _rows(list(_legend(scene)), width):
        labels += _set(row, y + LEADING * 0.75)
        last, x = row[-1]
        base, end = y + LEADING * 0.75, x + last.width + BETWEEN
        y += LEADING + LINE_SIZE * 1.3 * max(len(part.lines) for part, _ in row)
    if len(notes) == 1 and end + set_line((notes[0],), CAPTION_SIZE).width + MARGIN <= width:
        place = round(width - MARGIN, 2), round(base, 2)  # beside the legend, where there is room
        labels.append(Label((notes.pop(0),), *place, CAPTION_SIZE, "end"))
    for note in notes:
        for line in _wrapped(note, width - 2 * MARGIN):
            labels.append(Label((line,), MARGIN, round(y + LEADING * 0.75, 2), CAPTION_SIZE))
            y += LEADING
    height = round(y + (MARGIN if y > top + layout.height else 0), 2)
    widest = max([width, *(x + e.width + MARGIN for x, e in _extents(scene, width))])
    return replace(moved, width=round(widest, 2), height=height, labels=tuple(labels))


def _extents(scene: Scene, width: float) -> Iterator[tuple[float, Entry]]:
    for row in _rows(list(_legend(scene)), width):
        yield from ((x, entry) for entry, x in row)


def _legend(scene: Scene) -> Iterator[Entry]:
    """Yield the shared weights, gate by gate: their names and shapes."""
    by_group: dict[str, list[int]] = {}
    for i, shared in enumerate(scene.shared):
        by_group.setdefault(shared.group, []).append(i)
    if by_group:
        yield Entry(("shared by all steps:",))
    for group, numbers in by_group.items():
        text: list[str | Letter] = [f"{group} "] if group else []
        lines: list[Text] = []
        for i in numbers:
            shared = scene.shared[i]
            text += [", " if i != numbers[0] else " ", shared.letter, f" ({_shape(shared.shape)})"]
            # A matrix goes on under its first row, without the letter.
            named = [
                line if line[0] == " " else (shared.letter, " ", line) for line in shared.lines
            ]
            lines += map(as_text, named)
        yield Entry(tuple(text), tuple(lines))


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "number"


def _rows(entries: list[Entry], width: float) -> Iterator[list[tuple[Entry, float]]]:
    """Set entries beside each other, as many as fit into a row."""
    row: list[tuple[Entry, float]] = []
    x = MARGIN
    for entry in entries:
        if row and x + entry.width > width - MARGIN:
            yield row
            row, x = [], MARGIN
        row.append((entry, x))
        x += entry.width + BETWEEN
    if row:
        yield row


def _set(row: list[tuple[Entry, float]], y: float) -> Iterator[Label]:
    for entry, x in row:
        place = round(x, 2), round(y, 2)
        yield Label(entry.text, *place, CAPTION_SIZE, role="legend")
        for i, line in enumerate(entry.lines, start=1):
            below = round(y + i * LINE_SIZE * 1.3, 2)
            yield Label(line, round(x, 2), below, LINE_SIZE, role="legend")


def _wrapped(words: str, width: float) -> Iterator[str]:
    line = ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if line and set_line((longer,), CAPTION_SIZE).width > width:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def _moved(layout: Layout, dx: float, dy: float) -> Layout:
    if not dx and not dy:
        return layout
    return replace(
        layout,
        boxes=tuple(_shifted(box, dx, dy) for box in layout.boxes),
        frames=tuple(_shifted(frame, dx, dy) for frame in layout.frames),
        labels=tuple(_shifted(label, dx, dy) for label in layout.labels),
        wires=tuple(
            replace(w, points=tuple((round(x + dx, 2), round(y + dy, 2)) for x, y in w.points))
            for w in layout.wires
        ),
        joints=tuple((round(x + dx, 2), round(y + dy, 2)) for x, y in layout.joints),
        marks=tuple(
            replace(m, points=tuple((round(x + dx, 2), round(y + dy, 2)) for x, y in m.points))
            for m in layout.marks
        ),
    )


def _shifted(thing: Thing, dx: float, dy: float) -> Thing:
    return replace(thing, x=round(thing.x + dx, 2), y=round(thing.y + dy, 2))
