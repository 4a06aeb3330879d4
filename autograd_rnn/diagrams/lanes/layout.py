"""A layout: where everything of a scene is, once for every format.

Renderers read only this. Lengths are CSS pixels, y points down, and everything comes in a fixed
order, so that equal scenes make equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from autograd_rnn.diagrams.scene.items import Item
from autograd_rnn.diagrams.typography.letters import Text

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """An item in its place; (x, y) is the upper left corner.

    Attributes:
        emphasis: from 0 to 1, how much it stands out; None where no box does.

    """

    item: Item
    x: float
    y: float
    width: float
    height: float
    emphasis: float | None = None

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> Point:
        """The point in the middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge of the scene as a polyline of horizontal and vertical runs.

    Attributes:
        source, target: ids of items; the first point lies on the border of the source's box, the
            last on that of the target's.
        points: at least two; consecutive ones differ in one coordinate. Of a curve, the first point
            and then three a piece: the control points of Bézier curves.
        kind: "wire"; "several", of steps that are not drawn; "rail", a state on its way to the next
            step; "gap", its way through steps that are not drawn; "alias", from a shared leaf.
        slot: of a rail, the carried variable; else "".
        tone: how it is drawn where a picture shows gradients: "flow", as wide as `width` and in the
            colour of `value` on the scale from 0 to 1; "zero", a gradient of 0; "none", where none
            flows; "chosen", what is pointed out, as wide as `width`; "aside", what is not.
        cut: whether a gradient is stopped here. note: words on it, for those who do not see it.

    """

    source: str
    target: str
    points: tuple[Point, ...]
    kind: Literal["wire", "rail", "gap", "several", "alias"] = "wire"
    slot: str = ""
    width: float | None = None
    value: float | None = None
    cut: bool = False
    curved: bool = False
    tone: Literal["", "flow", "zero", "none", "chosen", "aside"] = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line or an area that stands for a number, or from which numbers are read.

    Attributes:
        points: of a polyline; of an area its corners.
        kind: "bar" and "other bar", filled and outlined; "chosen", of what is pointed out;
            "scale", an area in the colour of `value`; "grid", "bound" and "bus", lines.
        note: words on it, for those who do not see it.

    """

    points: tuple[Point, ...]
    kind: Literal["bar", "other bar", "chosen", "scale", "grid", "bound", "bus"]
    value: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle behind boxes: a gate, a step, steps that are not drawn.

    Attributes:
        label: what it is called; it is among the labels of the layout too.
        kind: "gate", "step" or "gap".
        group: the gate whose colour it has, "" for none.

    """

    x: float
    y: float
    width: float
    height: float
    label: Text
    kind: Literal["gate", "step", "gap"]
    group: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Words or letters that stand for themselves.

    Attributes:
        x, y: of the baseline, at the start, in the middle or at the end as `anchor` says.
        role: "rail" (what a rail carries), "gate" or "step" (the name of a frame), "note", "title",
            "legend", or "strip" (along time, under the graph).

    """

    text: Text
    x: float
    y: float
    size: float
    anchor: Literal["start", "middle", "end"] = "start"
    role: Literal["rail", "gate", "step", "note", "title", "legend", "strip"] = "note"


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole picture, placed.

    Attributes:
        boxes: in the order of execution. wires: in the order of reading.
        joints: where a wire branches off another of the same source; drawn as a dot.
        marks: bars and lines of numbers, under the graph.

    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    frames: tuple[Frame, ...] = ()
    labels: tuple[Label, ...] = ()
    joints: tuple[Point, ...] = ()
    marks: tuple[Mark, ...] = ()


Dress = Callable[[Layout], Layout]  # lays something over a picture, or stands it underneath


def bounds(boxes: Sequence[Box]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of some boxes together."""
    return (
        min(box.x for box in boxes),
        min(box.y for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )
