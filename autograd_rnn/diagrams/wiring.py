"""How wires run through the grid of a step: in channels between rows and columns, never in a cell.

A channel H[r] runs below row r, a channel V[c] to the left of column c; one more of each closes the
grid. Boxes stand in cells only and wires turn in channels only, apart from straight runs through
empty cells. So no wire can pass through a box. In a channel every net, that is all that leads away
from one source, has one track: its branches lie on each other until they part.

Here wires are *symbolic*: a place is a pin, a track or a centre line. `lanes` gives them numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from autograd_rnn.diagrams.placing import Placing
from autograd_rnn.diagrams.template import Role

Net = tuple[str, object]  # ("role", role) or ("rail", rail): what a wire leads away from
End = tuple[str, object]  # ("role", role), ("out", rail) or ("sky", "")


class X(NamedTuple):
    """A horizontal place.

    A ``pin`` of a net at a side of a role, a ``v`` track, the ``centre`` of a column, the
    ``border`` of a role, or a ``side`` of the step.
    """

    kind: str
    at: object = None
    side: str = ""
    net: Net | None = None


class Y(NamedTuple):
    """A vertical place: ``h`` track, ``row`` centre line, ``border`` of a role."""

    kind: str
    at: object = None
    side: str = ""


Point = tuple[X, Y]


@dataclass
class Wiring:
    """The wires of a step, symbolic.

    Attributes:
        paths: for each net and end, the places that the wire passes.
        pins: for each role and side, the nets that end or start there, the straight one first.

    """

    placing: Placing
    paths: dict[tuple[Net, End], list[Point]] = field(default_factory=dict)
    pins: dict[tuple[Role, str], list[Net]] = field(default_factory=dict)
    straight: set[tuple[Role, str, Net]] = field(default_factory=set)

    def tracks(self, channel: str) -> dict[int, dict[Net, int]]:
        """Give every net a track in each channel, `h` or `v`, so that no two lie on each other."""
        runs: dict[int, dict[Net, tuple[float, float]]] = {}
        for (net, _), path in self.paths.items():
            for number, low, high in self._runs(path, channel):
                known = runs.setdefault(number, {}).get(net, (low, high))
                runs[number][net] = (min(low, *known), max(high, *known))
        return {number: _packed(nets) for number, nets in sorted(runs.items())}

    def _runs(self, path: list[Point], channel: str) -> Iterator[tuple[int, float, float]]:
        """Yield the stretches of a path in channels of a kind, in the order of the grid."""
        for (x1, y1), (x2, y2) in pairwise(path):
            if channel == "h" and y1 == y2 and y1.kind == "h":
                low, high = sorted((self._across(x1), self._across(x2)))
                yield int(str(y1.at)), low, high
            if channel == "v" and x1 == x2 and x1.kind == "v":
                low, high = sorted((self._up(y1), self._up(y2)))
                yield int(str(x1.at)), low, high

    def _across(self, x: X) -> float:
        """Return where a place lies in the order of columns: V[c] at 2c, column c at 2c + 1."""
        if x.kind == "v":
            return 2.0 * int(str(x.at))
        if x.kind == "centre":
            return 2.0 * int(str(x.at)) + 1
        if x.kind in ("pin", "border"):
            column, _ = self.placing.cells[x.at]  # type: ignore[index]
            return 2.0 * column + 1
        return -1.0 if x.at == "left" else 2.0 * self.placing.columns + 1

    def _up(self, y: Y) -> float:
        """Return where a place lies in the order of rows: H[r] at 2r, row r at 2r + 1."""
        if y.kind == "h":
            return 2.0 * int(str(y.at))
        if y.kind == "row":
            return 2.0 * int(str(y.at)) + 1
        _, row = self.placing.cells[y.at]  # type: ignore[index]
        return 2.0 * row + 1


def _packed(nets: dict[Net, tuple[float, float]]) -> dict[Net, int]:
    """Return the track of each net: the first in which it meets no other (left-edge algorithm)."""
    ends: list[float] = []
    found: dict[Net, int] = {}
    for net, (low, high) in sorted(nets.items(), key=lambda item: (item[1], repr(item[0]))):
        free = next((i for i, end in enumerate(ends) if end < low), len(ends))
        ends[free:] = [high, *ends[free + 1 :]]
        found[net] = free
    return found


def wire(placing: Placing, to_sky: list[Role]) -> Wiring:
    """Return the wires of a step.

    `to_sky` are the roles whose values leave the step upwards, to what stands outside of time.
    """
    made = _Wirer(placing)
    template = placing.template
    for rail, readers in template.enters.items():
        for role in readers:
            made.enter(rail, role)
    for target, sources in template.reads.items():
        for source in sources:
            made.connect(source, target)
    for rail, role in template.leaves.items():
        made.leave(role, rail)
    for role in to_sky:
        made.rise(role)
    return made.wiring


class _Wirer:
    """Finds a way for one wire after the other."""

    def __init__(self, placing: Placing) -> None:
        self.placing = placing
        self.wiring = Wiring(placing)
        self.last = placing.columns
        spines = placing.spines.items()
        self.rail_of = {way[-1]: rail for rail, way in spines}
        self.follows = {pair for _, way in spines for pair in pairwise(way)}

    # --- ends of wires ----------------------------------------------------------------------------

    def enter(self, rail: str, role: Role) -> None:
        """Lead what a rail carries into the step to what reads it."""
        net: Net = ("rail", rail)
        row = self.placing.rail_row[rail]
        column, own_row = self.placing.cells[role]
        start = (X("side", "left"), Y("row", row))
        attached = role in self.placing.template.aliases
        if own_row == row and not attached and self.placing.row_is_clear(row, -1, column):
            path = [start, (X("border", role, "left"), Y("row", row))]
        else:
            path = [start, (X("v", 0), Y("row", row)), *self._into(net, role, X("v", 0))]
        self.wiring.paths[net, ("role", role)] = path

    def leave(self, role: Role, rail: str) -> None:
        """Lead a new state out of the step on its rail."""
        net: Net = ("role", role)
        row = self.placing.rail_row[rail]
        _, own_row = self.placing.cells[role]
        end = (X("side", "right"), Y("row", row))
        turn = X("v", self.last)
        if own_row == row:
            path = [self._right_of(role)]
        elif self._exits_right(role):
            path = [self._right_of(role), (turn, Y("row", own_row)), (turn, Y("row", row))]
        else:
            path = self._out_of(net, role, up=True)
            path += [(turn, Y("h", own_row + 1)), (turn, Y("row", row))]
        self.wiring.paths[net, ("out", rail)] = [*path, end]

    def rise(self, role: Role) -> None:
        """Lead a value out of the step at the top, to what stands outside of time."""
        net: Net = ("role", role)
        column, row = self.placing.cells[role]
        top = Y("h", self.placing.rows)
        if self.placing.column_is_clear(column, row, self.placing.rows):
            self._use(role, "top", net, straight=True)
            x = X("centre", column)
            path = [(x, Y("border", role, "top")), (x, top)]
        else:
            turn = X("v", self.last)
            path = [*self._out_of(net, role, up=True), (turn, Y("h", row + 1)), (turn, top)]
        self.wiring.paths[net, ("sky", "")] = path

    def connect(self, source: Role, target: Role) -> None:
        """Lead a value to what reads it in the same step."""
        net: Net = ("role", source)
        self.wiring.paths[net, ("role", target)] = (
            self._along_the_rail(source, target)
            or self._straight(net, source, target)
            or self._dropped(source, target)
            or self._through_channels(net, source, target)
        )

    # --- ways -------------------------------------------------------------------------------------

    def _along_the_rail(self, source: Role, target: Role) -> list[Point]:
        """Return the way between neighbours on a rail."""
        if (source, target) not in self.follows:
            return []
        (left, row), (right, _) = self.placing.cells[source], self.placing.cells[target]
        attached = target in self.placing.template.aliases
        if attached or not self.placing.row_is_clear(row, left, right):
            return []
        return [self._right_of(source), (X("border", target, "left"), Y("row", row))]

    def _straight(self, net: Net, source: Role, target: Role) -> list[Point]:
        """Return the way to what stands above or below with nothing in between."""
        (column, row), (other, goal) = self.placing.cells[source], self.placing.cells[target]
        low, high = sorted((row, goal))
        if column != other or not self.placing.column_is_clear(column, low, high):
            return []
        start, end = ("top", "bottom") if goal > row else ("bottom", "top")
        self._use(source, start, net, straight=True)
        self._use(target, end, net, straight=True)
        x = X("centre", column)
        return [(x, Y("border", source, start)), (x, Y("border", target, end))]

    def _dropped(self, source: Role, target: Role) -> list[Point]:
        """Return the way from a rail straight down to what stands under it, such as tanh(c_t)."""
        if source not in self.rail_of:
            return []
        (column, row), (other, goal) = self.placing.cells[source], self.placing.cells[target]
        if other <= column or goal >= row:
            return []
        clear = self.placing.column_is_clear(other, goal, row)
        if not clear or not self.placing.row_is_clear(row, column, other + 1):
            return []
        self._use(target, "top", ("role", source), straight=True)
        x = X("centre", other)
        return [self._right_of(source), (x, Y("row", row)), (x, Y("border", target, "top"))]

    def _through_channels(self, net: Net, source: Role, target: Role) -> list[Point]:
        (column, row), (other, goal) = self.placing.cells[source], self.placing.cells[target]
        if self._exits_right(source):
            turn = X("v", other if other > column and source in self.rail_of else column + 1)
            if source not in self.rail_of:
                turn = X("v", column + 1)
            return [
                self._right_of(source),
                (turn, Y("row", row)),
                *self._into(net, target, turn, from_above=goal < row),
            ]
        up = goal >= row
        leaves_at = row + 1 if up else row
        enters_at = goal if up else goal + 1
        start = self._out_of(net, source, up)
        if leaves_at == enters_at:
            return [*start, *self._into(net, target, None, from_above=not up)]
        turn = X("v", other if column < other else other + 1)
        return [
            *start,
            (turn, Y("h", leaves_at)),
            *self._into(net, target, turn, from_above=not up),
        ]

    def _exits_right(self, source: Role) -> bool:
        """Whether a value leaves at the right: a state, on its way to the next step."""
        column, row = self.placing.cells[source]
        return source in self.placing.template.leaves.values() and (
            source in self.rail_of or self.placing.row_is_clear(row, column, self.last)
        )

    def _right_of(self, role: Role) -> Point:
        _, row = self.placing.cells[role]
        return X("border", role, "right"), Y("row", row)

    def _out_of(self, net: Net, source: Role, up: bool) -> list[Point]:
        """Return the way from a box into the channel above or below it."""
        _, row = self.placing.cells[source]
        side = "top" if up else "bottom"
        self._use(source, side, net)
        pin = X("pin", source, side, net)
        return [(pin, Y("border", source, side)), (pin, Y("h", row + 1 if up else row))]

    def _into(
        self, net: Net, target: Role, turn: X | None, from_above: bool = False
    ) -> list[Point]:
        """Return the way from a channel beside a column, or from the channel next to it, in."""
        _, row = self.placing.cells[target]
        side, channel = ("top", row + 1) if from_above else ("bottom", row)
        self._use(target, side, net)
        pin = X("pin", target, side, net)
        before = [(turn, Y("h", channel))] if turn else []
        return [*before, (pin, Y("h", channel)), (pin, Y("border", target, side))]

    def _use(self, role: Role, side: str, net: Net, straight: bool = False) -> None:
        nets = self.wiring.pins.setdefault((role, side), [])
        if net not in nets:
            nets.append(net)
        if straight:
            self.wiring.straight.add((role, side, net))
