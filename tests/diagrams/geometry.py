"""What must hold of every layout: nothing overlaps, and no wire passes through a box."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from autograd_rnn.diagrams.lanes.boxes import content_of
from autograd_rnn.diagrams.lanes.layout import Box, Label, Layout, Wire
from autograd_rnn.diagrams.typography.letters import plain
from autograd_rnn.diagrams.typography.typeset import set_line

SLACK = 0.05  # positions are rounded to hundredths


def faults(layout: Layout) -> list[str]:
    """Return a sentence for everything that is wrong with a layout."""
    return [
        *_overlapping_boxes(layout),
        *_wires_through_boxes(layout),
        *_wires_that_end_nowhere(layout),
        *_wires_on_each_other(layout),
        *_outside(layout),
        *_labels_in_the_way(layout),
        *_labels_outside(layout),
        *_labels_under_wires(layout),
        *_contents_that_do_not_fit(layout),
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
                if _meets(a, b, box):  # ends lie on borders, not inside
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


# ------------------------------------------------------------------------------------------ labels

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


def rectangle(label: Label, dx: float = 0.0, dy: float = 0.0) -> Rectangle:
    """Return what a label covers."""
    line = set_line(label.text, label.size)
    back = {"start": 0.0, "middle": line.width / 2, "end": line.width}[label.anchor]
    left, base = label.x + dx - back, label.y + dy
    return left, base - 0.72 * label.size, left + line.width, base + 0.2 * label.size


def _apart(one: Rectangle, other: Rectangle, slack: float = 0.5) -> bool:
    return (
        one[0] >= other[2] - slack
        or other[0] >= one[2] - slack
        or one[1] >= other[3] - slack
        or other[1] >= one[3] - slack
    )


def _within(one: Rectangle, other: Rectangle, slack: float = 0.6) -> bool:
    starts = one[0] >= other[0] - slack and one[1] >= other[1] - slack
    return starts and one[2] <= other[2] + slack and one[3] <= other[3] + slack


def _labels_in_the_way(layout: Layout) -> Iterator[str]:
    covered = [(label, rectangle(label)) for label in layout.labels]
    for label, area in covered:
        for box in layout.boxes:
            if not _apart(area, (box.x, box.y, box.right, box.bottom)):
                yield f"the label {plain(label.text)} lies on the box {box.item.id}"
    for (one, area), (other, area2) in combinations(covered, 2):
        if not _apart(area, area2):
            yield f"the labels {plain(one.text)} and {plain(other.text)} overlap"


def _labels_outside(layout: Layout) -> Iterator[str]:
    page = (0.0, 0.0, layout.width, layout.height)
    gates = [f for f in layout.frames if f.kind == "gate" and f.label]
    steps = [f for f in layout.frames if f.kind != "gate"]
    for label in layout.labels:
        area, name = rectangle(label), plain(label.text)
        if not _within(area, page):
            yield f"the label {name} is clipped by the page"
        if label.role == "gate":
            frames = [f for f in gates if name in plain(f.label)]
            if not any(_within(area, (f.x, f.y, f.x + f.width, f.y + f.height)) for f in frames):
                yield f"the label {name} is not within its frame"
        if label.role == "step" and not any(_is_under(label, f) for f in steps):
            yield f"the label {name} is not under its step"
        if label.role == "rail":
            for f in steps:
                if not _apart(area, (f.x, f.y, f.x + f.width, f.y + f.height)):
                    yield f"the label {name} lies on a step"


def _is_under(label: Label, frame) -> bool:
    below = rectangle(label)[1] >= frame.y + frame.height - SLACK
    return below and abs(frame.x + frame.width / 2 - label.x) < 1 and label.text == frame.label


def _labels_under_wires(layout: Layout) -> Iterator[str]:
    for label in layout.labels:
        left, top, right, bottom = rectangle(label)
        inside = Box(None, left + 0.5, top + 0.5, right - left - 1, bottom - top - 1)
        for wire in layout.wires:
            if any(_meets(a, b, inside) for a, b in pairwise(wire.points)):
                yield f"the wire {wire.source} → {wire.target} crosses {plain(label.text)}"


def _contents_that_do_not_fit(layout: Layout) -> Iterator[str]:
    for box in layout.boxes:
        content = content_of(box.item)
        shift = (box.width - content.width) / 2
        areas = [(i, rectangle(i, box.x + shift, box.y)) for i in content.labels]
        for label, area in areas:
            if not _within(area, (box.x, box.y, box.right, box.bottom)):
                yield f"{plain(label.text)} does not fit into {box.item.id}"
        for (_, one), (_, other) in combinations(areas, 2):
            if not _apart(one, other):
                yield f"what is written in {box.item.id} overlaps"
