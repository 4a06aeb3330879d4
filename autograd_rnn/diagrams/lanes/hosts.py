"""Rows of boxes in the sky: what stands outside of time, and does one thing after the other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from autograd_rnn.diagrams.lanes.boxes import content_of
from autograd_rnn.diagrams.scene.items import Edge, Item, Kind

BETWEEN = 18.0


@dataclass(frozen=True)
class Row:
    """Items that read each other in a row, such as L = Σ ℓ_t and its mean.

    Attributes:
        net: the wire that they stand on. items: from left to right.

    """

    net: Hashable
    items: tuple[Item, ...]

    @property
    def height(self) -> float:
        """How high the boxes are."""
        return max(content_of(item).height for item in self.items)


def row_width(items: Iterable[Item]) -> float:
    """Return how wide items are in a row."""
    widths = [content_of(item).width for item in items]
    return sum(widths) + BETWEEN * (len(widths) - 1)


def row_of(stretch: int, items: list[Item], edges: Iterable[Edge]) -> Row | None:
    """Return what stands outside of time after a stretch as a row, if it is one."""
    held = {item.id for item in items}
    reads: dict[str, list[str]] = {item.id: [] for item in items}
    outwards = set()
    for edge in edges:
        if edge.target in held:
            reads[edge.target].append(edge.source)
        elif edge.source in held:
            outwards.add(edge.source)
    first, *rest = items
    fits = (
        all(item.kind is Kind.OPERATION for item in items)
        and bool(reads[first.id])
        and held.isdisjoint(reads[first.id])
        and all(
            set(reads[item.id]) == {before.id} for before, item in zip(items, rest, strict=False)
        )
        and outwards <= {items[-1].id}
    )
    return Row(("row", stretch), tuple(items)) if fits else None
