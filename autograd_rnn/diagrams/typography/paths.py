"""Paths of lines and Bézier curves, as SVG writes them and as Graphviz takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Point = tuple[float, float]
Command = tuple[str, tuple[float, ...]]  # ("M", (x, y)), "L", "Q", "C" as in SVG, or ("Z", ())


def svg_path(commands: Iterable[Command]) -> str:
    """Return the `d` of an SVG path, in coordinates relative to each other, which are short.

    >>> svg_path([("M", (1, 2)), ("L", (4, 2)), ("L", (4, 6.5)), ("Q", (4, 9, 7, 9)), ("Z", ())])
    'M1 2h3v4.5q0 2.5 3 2.5z'
    """
    written: list[str] = []
    at = start = (0.0, 0.0)
    for letter, numbers in commands:
        if letter == "Z":
            written.append("z")
            at = start
            continue
        if letter == "M":
            start = numbers[0], numbers[1]
            written.append(f"M{number(numbers[0])} {number(numbers[1])}")
        else:
            written.append(_relative(letter, numbers, at))
        at = numbers[-2], numbers[-1]
    return "".join(written)


def _relative(letter: str, numbers: tuple[float, ...], at: Point) -> str:
    moved = [number(value - at[i % 2]) for i, value in enumerate(numbers)]
    if letter == "L" and moved[1] == "0":
        return f"h{moved[0]}"
    if letter == "L" and moved[0] == "0":
        return f"v{moved[1]}"
    return letter.lower() + " ".join(moved).replace(" -", "-")


def cubics(commands: Iterable[Command]) -> Iterator[list[Point]]:
    """Yield each part of a path as cubic Bézier curves: a start, then three points a piece."""
    points: list[Point] = []
    for letter, numbers in commands:
        ends = list(zip(numbers[::2], numbers[1::2], strict=True))
        if letter == "M":
            if points:
                yield points
            points = ends
        elif letter == "L":
            points += [points[-1], ends[0], ends[0]]
        elif letter == "Q":
            points += [_third(points[-1], ends[0]), _third(ends[1], ends[0]), ends[1]]
        elif letter == "C":
            points += ends
        elif points[-1] != points[0]:
            points += [points[-1], points[0], points[0]]
    if points:
        yield points


def _third(end: Point, control: Point) -> Point:
    """Return the control point of the cubic curve that is a quadratic one."""
    return end[0] + (control[0] - end[0]) * 2 / 3, end[1] + (control[1] - end[1]) * 2 / 3


def rectangle(
    x: float, y: float, width: float, height: float, radius: float
) -> tuple[Command, ...]:
    """Return the path of a rectangle with round corners."""
    r = min(radius, width / 2, height / 2)
    bend = r * 0.4477  # where the control points of a quarter of a circle are
    right, bottom = x + width, y + height
    return (
        ("M", (x + r, y)),
        ("L", (right - r, y)),
        ("C", (right - bend, y, right, y + bend, right, y + r)),
        ("L", (right, bottom - r)),
        ("C", (right, bottom - bend, right - bend, bottom, right - r, bottom)),
        ("L", (x + r, bottom)),
        ("C", (x + bend, bottom, x, bottom - bend, x, bottom - r)),
        ("L", (x, y + r)),
        ("C", (x, y + bend, x + bend, y, x + r, y)),
        ("Z", ()),
    )


def number(value: float) -> str:
    """Write a coordinate: two decimals at most, no minus zero.

    >>> number(3), number(-0.001), number(-0.5), number(2.25)
    ('3', '0', '-.5', '2.25')
    """
    rounded = round(value, 2)
    if rounded == int(rounded):
        return str(int(rounded))
    written = f"{rounded:.2f}".rstrip("0")
    return written.replace("0.", ".", 1) if -1 < rounded < 1 else written
