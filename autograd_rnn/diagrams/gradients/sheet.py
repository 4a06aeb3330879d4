"""A layout that grows at its foot: what is drawn along time stands under its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from autograd_rnn.diagrams.gradients.backward import Moment
from autograd_rnn.diagrams.lanes.layout import Frame, Label, Layout, Mark, Point, Wire
from autograd_rnn.diagrams.scene.items import ColumnKind, Scene
from autograd_rnn.diagrams.typography.letters import Text
from autograd_rnn.diagrams.typography.typeset import set_line

MARGIN, LEAST_STAIR = 10.0, 0.8


@dataclass
class Sheet:
    """A layout that something is added to, from its foot on.

    Attributes:
        layout: what is there. scene: what it shows.
        columns: the number of the column of every step, drawn or not.

    """

    layout: Layout
    scene: Scene
    columns: Mapping[Moment, int]
    marks: list[Mark] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    y: float = 0.0
    right: float = 0.0

    def __post_init__(self) -> None:
        self.y, self.right = self.layout.height, self.layout.width
        frames: dict[Text, list[Frame]] = {}
        for frame in sorted(self.layout.frames, key=lambda frame: -frame.x):
            if frame.kind in ("step", "gap"):
                frames.setdefault(frame.label, []).append(frame)
        self.spans = {}
        for number, column in enumerate(self.scene.columns):
            if frames.get(column.label):  # two stretches may have a step of the same number
                frame = frames[column.label].pop()
                self.spans[number] = frame.x, frame.x + frame.width

    def finished(self) -> Layout:
        """Return the layout with what was added."""
        layout = self.layout
        return replace(
            layout,
            width=round(self.right, 2),
            height=round(self.y, 2),
            marks=(*layout.marks, *self.marks),
            labels=(*layout.labels, *self.labels),
            wires=(*layout.wires, *self.wires),
        )

    def is_drawn(self, moment: Moment) -> bool:
        """Whether a step has a column of its own."""
        return self.scene.columns[self.columns[moment]].kind is ColumnKind.STEP

    def span(self, moment: Moment) -> tuple[float, float]:
        """Return from where to where a step reaches: its frame, or its share of a gap."""
        column = self.columns[moment]
        left, right = self.spans[column]
        inside = [m for m, n in self.columns.items() if n == column]
        width = (right - left) / len(inside)
        start = left + width * inside.index(moment)
        return start, start + width

    def extent(self, gap: Sequence[Moment]) -> tuple[float, float]:
        """Return from where to where a gap reaches."""
        spans = [self.span(moment) for moment in gap]
        return min(left for left, _ in spans), max(right for _, right in spans)

    def middle(self, moment: Moment) -> float:
        """Return the middle of a step."""
        left, right = self.span(moment)
        return (left + right) / 2

    def write(self, text: Text, x: float, y: float, size: float, anchor: str = "middle") -> None:
        """Write a label; the page grows to the right where it must."""
        placed = Label(text, round(x, 2), round(y, 2), size, anchor, "strip")  # type: ignore[arg-type]
        self.labels.append(placed)
        end = x + set_line(text, size).width * {"start": 1.0, "middle": 0.5, "end": 0.0}[anchor]
        self.right = max(self.right, end + MARGIN)

    def line(self, kind: str, *points: Point) -> None:
        """Draw a line."""
        self.marks.append(Mark(tuple(map(rounded, points)), kind))  # type: ignore[arg-type]

    def bar(
        self, kind: str, left: float, right: float, foot: float, height: float, note: str
    ) -> None:
        """Draw a bar that stands on `foot`."""
        corners = ((left, foot), (left, foot - height), (right, foot - height), (right, foot))
        self.marks.append(Mark(tuple(map(rounded, corners)), kind, note=note))  # type: ignore[arg-type]

    def stairs(
        self, kind: str, left: float, width: float, foot: float, heights: Sequence[float]
    ) -> None:
        """Draw bars side by side as one area; of many, no more than can be told apart."""
        pieces = min(len(heights), max(1, int(width / LEAST_STAIR)))
        bounds = [round(i * len(heights) / pieces) for i in range(pieces + 1)]
        points = [(left, foot)]
        for i, (low, high) in enumerate(pairwise(bounds)):
            level = foot - sum(heights[low:high]) / (high - low)
            points += [(left + width * k / pieces, level) for k in (i, i + 1)]
        self.marks.append(
            Mark(tuple(map(rounded, [*points, (left + width, foot)])), kind)  # type: ignore[arg-type]
        )


def rounded(point: Point) -> Point:
    """Return a point in hundredths of a pixel."""
    return round(point[0], 2), round(point[1], 2)


def gaps(sheet: Sheet, moments: Sequence[Moment]) -> Iterator[list[Moment]]:
    """Yield the steps of each gap."""
    unseen = [moment for moment in moments if not sheet.is_drawn(moment)]
    for _, several in groupby(unseen, key=lambda moment: sheet.columns[moment]):
        yield list(several)
