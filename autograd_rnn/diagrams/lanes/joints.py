"""Where wires of one source part: the dots of a circuit diagram."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from autograd_rnn.diagrams.lanes.layout import Point, Wire


def joints(wires: Iterable[Wire]) -> list[Point]:
    """Return the points where wires of one source part."""
    by_source: dict[str, list[Wire]] = {}
    for one in wires:
        if one.kind != "alias":
            by_source.setdefault(one.source, []).append(one)
    found: dict[Point, None] = {}
    for several in by_source.values():
        for i, one in enumerate(several):
            for other in several[:i]:
                point = _parting(one.points, other.points)
                if point:
                    found[point] = None
    return list(found)


def _parting(one: tuple[Point, ...], other: tuple[Point, ...]) -> Point | None:
    """Return the last point that two polylines from one start share, unless it is that start."""
    if one[0] != other[0]:
        return None
    last = one[0]
    for (a, b), (c, d) in zip(pairwise(one), pairwise(other), strict=False):
        if a != c or _direction(a, b) != _direction(c, d):
            break
        if b == d:
            last = b
            continue
        last = min(b, d, key=lambda p: abs(p[0] - a[0]) + abs(p[1] - a[1]))
        break
    return last if last != one[0] else None


def _direction(a: Point, b: Point) -> tuple[bool, bool]:
    return (b[0] > a[0], b[1] > a[1]) if a[0] != b[0] or a[1] != b[1] else (False, False)
