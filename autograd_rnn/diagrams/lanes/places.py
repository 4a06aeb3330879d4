"""What a picture is set together from, from left to right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from autograd_rnn.diagrams.lanes.blocks import Block
from autograd_rnn.diagrams.lanes.boxes import content_of
from autograd_rnn.diagrams.lanes.hosts import row_width
from autograd_rnn.diagrams.lanes.measure import Measure
from autograd_rnn.diagrams.scene.items import Item

GAP_WIDTH = 24.0


@dataclass
class Place:
    """A step, or what stands before, between, after or beside steps.

    Attributes:
        kind: "before", "step", "gap", "after", "aside", or "row" for one in the sky.
        column: its number in the scene, None outside of time. stretch: which stretch it is of.
        items: what stands in it. block: how it is laid out; None for "before", "gap" and "after".

    """

    kind: str
    column: int | None
    stretch: int
    items: list[Item]
    block: Block | None = None
    left: float = 0.0

    @cached_property
    def measure(self) -> Measure | None:
        """The numbers of its block."""
        return self.block.measure(self.items[0]) if self.block else None

    @cached_property
    def width(self) -> float:
        """How wide it is."""
        if self.measure:
            return self.measure.width
        if self.kind == "gap":
            return GAP_WIDTH
        if self.kind == "row":
            return row_width(self.items)
        return max((content_of(item).width for item in self.items), default=0.0)

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width
