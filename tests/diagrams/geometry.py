"""What must hold of every layout: nothing overlaps, and no wire passes through a box."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from autograd_rnn.diagrams.layout import Box, Layout, Wire

SLACK = 0.05  # positions are rounded to hundredths


def faults(layout: Layout) -> list[str]:
    """Return a sentence for everything that is wrong with a layout."""
    return [
        *_overlapping_boxes(layout),
        *_wires_through_boxes(layout),
        *_wires_that_end_nowhere(layout),
        *_wires_on_each_other(layout),
        *_outside(layout),
    ]


def _overlapping_boxes(layout: Layout) -> Iterator[str]:
    boxes = sorted(layout.boxes, key=lambda box: box.x)
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            if other.x >= one.right - SLACK:
                break
            if one.y < other.bottom - SLACK and other.y < one.bottom - SLACK:
                yield f"the boxes {one.item.id} and {other.item.id} overlap"


def _wires_through_boxes(layout: Layout) -> Iterator[str]:
    boxes = sorted(layout.boxes, key=lambda box: box.x)
    for wire in layout.wires:
        for a, b in pairwise(wire.points):
            for box in boxes:
                if _meets(a, b, box) and not _only_touches_its_end(wire, a, b, box):
                    yield f"the wire {wire.source} → {wire.target} passes through {box.item.id}"


def _meets(a, b, box: Box) -> bool:
    left, right = sorted((a[0], b[0]))
    top, bottom = sorted((a[1], b[1]))
    return (
        left < box.right - SLACK
        and right > box.x + SLACK
        and top < box.bottom - SLACK
        and bottom > box.y + SLACK
    )


def _only_touches_its_end(wire: Wire, a, b, box: Box) -> bool:
    return False  # a wire ends on the border, so that it never meets the inside of any box


def _wires_that_end_nowhere(layout: Layout) -> Iterator[str]:
    boxes = {box.item.id: box for box in layout.boxes}
    for wire in layout.wires:
        for name, (x, y) in ((wire.source, wire.points[0]), (wire.target, wire.points[-1])):
            box = boxes.get(name)
            if box is not None and not _on_the_border(box, x, y):
                yield f"the wire {wire.source} → {wire.target} does not end on {name}"
        for a, b in pairwise(wire.points):
            if a[0] != b[0] and a[1] != b[1]:
                yield f"the wire {wire.source} → {wire.target} runs aslant"


def _on_the_border(box: Box, x: float, y: float) -> bool:
    inside = box.x - SLACK <= x <= box.right + SLACK and box.y - SLACK <= y <= box.bottom + SLACK
    at_an_edge = min(abs(x - box.x), abs(x - box.right), abs(y - box.y), abs(y - box.bottom))
    return inside and at_an_edge <= SLACK


def _wires_on_each_other(layout: Layout) -> Iterator[str]:
    """Wires of one source, or into one sum, may lie on each other; no others."""
    runs: dict[tuple[str, float], list[tuple[float, float, Wire]]] = {}
    for wire in layout.wires:
        for (x1, y1), (x2, y2) in pairwise(wire.points):
            if x1 == x2:
                runs.setdefault(("x", x1), []).append((*sorted((y1, y2)), wire))
            else:
                runs.setdefault(("y", y1), []).append((*sorted((x1, x2)), wire))
    for place, several in runs.items():
        for (low, high, one), (low2, high2, other) in combinations(several, 2):
            together = min(high, high2) - max(low, low2) > SLACK
            related = one.source == other.source or one.target == other.target
            if together and not related and not _same_rail(one, other):
                yield f"at {place}: {one.source} → {one.target} on {other.source} → {other.target}"


def _same_rail(one: Wire, other: Wire) -> bool:
    """A rail ends where it enters a step and goes on from there under the entry's name."""
    return one.target == other.source or other.target == one.source


def _outside(layout: Layout) -> Iterator[str]:
    for box in layout.boxes:
        if box.x < 0 or box.y < 0 or box.right > layout.width or box.bottom > layout.height:
            yield f"the box {box.item.id} is outside of the page"
    for wire in layout.wires:
        for x, y in wire.points:
            if not (0 <= x <= layout.width and 0 <= y <= layout.height):
                yield f"the wire {wire.source} → {wire.target} leaves the page"
