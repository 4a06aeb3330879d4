"""The ways of wires through the grid of a step, one after the other, symbolic as in `wiring`.

A wire takes the first of these that is free: along its rail, straight up or down, down from the
rail above it, and else through the channels, which always have room.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from autograd_rnn.diagrams.lanes.grid import Placing
from autograd_rnn.diagrams.lanes.wiring import Net, Place, Wiring, X, Y, mirror
from autograd_rnn.diagrams.scene.template import Role


def wire(placing: Placing, to_sky: Iterable[Role], from_sky: Iterable[tuple[str, Role]]) -> Wiring:
    """Return the wires of a step.

    Args:
        placing: where its roles stand.
        to_sky: the roles whose values leave the step upwards, to what stands elsewhere.
        from_sky: what comes down from elsewhere, by name, and the role that reads it.

    """
    wiring = Wiring(placing)
    if placing.mirrored:
        _wire_mirrored(wiring)
    made = _Wirer(wiring, placing, placing.mirrored)
    made.wire_all()
    for name, role in from_sky:
        made.descend(name, role)
    for role in to_sky:
        made.rise(role)
    return wiring


def _wire_mirrored(wiring: Wiring) -> None:
    """Wire the lanes that run from right to left as if they ran the other way, and turn them."""
    placing = wiring.placing
    last = placing.columns - 1
    turned = replace(
        placing,
        template=placing.template.part(placing.mirrored),
        cells={
            role: (last - placing.cells[role][0], placing.cells[role][1])
            for role in placing.mirrored
        },
        least_columns=placing.columns,
        mirrored=set(),
    )
    inner = Wiring(turned)
    _Wirer(inner, turned, set()).wire_all()
    wiring.pins, wiring.straight = inner.pins, inner.straight
    wiring.paths = {key: mirror(path, placing.columns) for key, path in inner.paths.items()}


class _Wirer:
    """Finds a way for one wire after the other."""

    def __init__(self, wiring: Wiring, placing: Placing, done: set[Role]) -> None:
        self.wiring, self.placing, self.done = wiring, placing, done
        self.last = placing.columns
        spines = [(rail, way) for rail, way in placing.spines.items() if not {*way} & done]
        self.rail_of = {way[-1]: rail for rail, way in spines if way[-1] in placing.cells}
        self.follows = {pair for _, way in spines for pair in pairwise(way)}
        self.states = {r for r in placing.template.leaves.values() if r not in done}
        self.held: dict[tuple[str, int], list[tuple[float, float, Net]]] = {}
        for (net, _), path in wiring.paths.items():
            self._hold(net, path)
        for rail, role in placing.template.leaves.items():  # where the rail leaves
            run = (2.0 * self.last, 2.0 * self.last + 1, ("role", role))
            self.held.setdefault(("row", placing.rail_row[rail]), []).append(run)

    def wire_all(self) -> None:
        """Wire all that no wirer before has."""
        template = self.placing.template
        for rail, role in template.leaves.items():
            if role not in self.done:
                self._add(("role", role), ("out", rail), self._leaving(role, rail))
        for rail, readers in template.enters.items():
            for role in readers:
                if role not in self.done:
                    self._add(("rail", rail), ("role", role), self._entering(rail, role))
        for target, sources in template.reads.items():
            for source in sources:
                if not {source, target} <= self.done:
                    self._add(("role", source), ("role", target), self._between(source, target))

    # --- what is held -----------------------------------------------------------------------------

    def _add(self, net: Net, end: Net, path: list[Place]) -> None:
        self.wiring.paths[net, end] = path
        self._hold(net, path)

    def _hold(self, net: Net, path: list[Place]) -> None:
        for kind, number, low, high in self.wiring.runs(path):
            if kind in ("row", "centre"):
                self.held.setdefault((kind, number), []).append((low, high, net))

    def _is_free(self, net: Net, path: list[Place]) -> bool:
        """Whether no other net runs along the rows and centre lines of a path."""
        return not any(
            other != net and _overlap((low, high), (other_low, other_high))
            for kind, number, low, high in self.wiring.runs(path)
            for other_low, other_high, other in self.held.get((kind, number), ())
        )

    # --- ends of wires ----------------------------------------------------------------------------

    def _entering(self, rail: str, role: Role) -> list[Place]:
        """Lead what a rail carries into the step to what reads it."""
        net: Net = ("rail", rail)
        row = self.placing.rail_row[rail]
        column, own_row = self.placing.cells[role]
        side, turn = ("right", self.last) if self.placing.runs_back(rail) else ("left", 0)
        start = (X("side", side), Y("row", row))
        attached = role in self.placing.template.aliases or side == "right"
        if own_row == row and not attached and self.placing.row_is_clear(row, -1, column):
            direct = [start, (X("border", role, "left"), Y("row", row))]
            if self._is_free(net, direct):
                return direct
        return [start, (X("v", turn), Y("row", row)), *self._into(net, role, X("v", turn))]

    def _leaving(self, role: Role, rail: str) -> list[Place]:
        """Lead a new state out of the step on its rail."""
        net: Net = ("role", role)
        row = self.placing.rail_row[rail]
        _, own_row = self.placing.cells[role]
        end = (X("side", "right"), Y("row", row))
        turn = X("v", self.last)
        if own_row == row and self._exits_right(role):
            path = [self._right_of(role)]
        elif self._exits_right(role):
            path = [self._right_of(role), (turn, Y("row", own_row)), (turn, Y("row", row))]
        else:
            path = self._out_of(net, role, up=True)
            path += [(turn, Y("h", own_row + 1)), (turn, Y("row", row))]
        return [*path, end]

    def rise(self, role: Role) -> None:
        """Lead a value out of the step at the top, to what stands elsewhere."""
        net: Net = ("role", role)
        column, row = self.placing.cells[role]
        top = Y("h", self.placing.rows)
        x = X("centre", column)
        path = [(x, Y("border", role, "top")), (x, top)]
        if self.placing.column_is_clear(column, row, self.placing.rows) and self._is_free(
            net, path
        ):
            self._use(role, "top", net, straight=True)
        else:
            turn, path = X("v", self.last), self._out_of(net, role, up=True)
            if row + 1 < self.placing.rows:  # else it is at the top already
                path += [(turn, Y("h", row + 1)), (turn, top)]
        self._add(net, ("sky", ""), path)

    def descend(self, name: str, role: Role) -> None:
        """Lead a value from elsewhere down to what reads it."""
        net: Net = ("sky", name)
        column, row = self.placing.cells[role]
        top = Y("h", self.placing.rows)
        x = X("centre", column)
        path = [(x, top), (x, Y("border", role, "top"))]
        if self.placing.column_is_clear(column, row, self.placing.rows) and self._is_free(
            net, path
        ):
            self._use(role, "top", net, straight=True)
        else:
            turn = X("v", column)
            path = [(turn, top), *self._into(net, role, turn)]
        self._add(net, ("role", role), path)

    def _between(self, source: Role, target: Role) -> list[Place]:
        """Lead a value to what reads it in the same step."""
        net: Net = ("role", source)
        return (
            self._along_the_rail(net, source, target)
            or self._across(net, source, target)
            or self._straight(net, source, target)
            or self._dropped(net, source, target)
            or self._through_channels(net, source, target)
        )

    # --- ways -------------------------------------------------------------------------------------

    def _along_the_rail(self, net: Net, source: Role, target: Role) -> list[Place]:
        """Return the way between neighbours on a rail."""
        if (source, target) not in self.follows:
            return []
        (left, row), (right, _) = self.placing.cells[source], self.placing.cells[target]
        attached = target in self.placing.template.aliases
        if attached or right < left or not self.placing.row_is_clear(row, left, right):
            return []
        path = [self._right_of(source), (X("border", target, "left"), Y("row", row))]
        return path if self._is_free(net, path) else []

    def _across(self, net: Net, source: Role, target: Role) -> list[Place]:
        """Return the way to what stands next to it in the same row."""
        (column, row), (other, goal) = self.placing.cells[source], self.placing.cells[target]
        if (other, goal) != (column + 1, row) or target in self.placing.template.aliases:
            return []
        path = [self._right_of(source), (X("border", target, "left"), Y("row", row))]
        return path if self._is_free(net, path) else []

    def _straight(self, net: Net, source: Role, target: Role) -> list[Place]:
        """Return the way to what stands above or below with nothing in between."""
        (column, row), (other, goal) = self.placing.cells[source], self.placing.cells[target]
        low, high = sorted((row, goal))
        if column != other or not self.placing.column_is_clear(column, low, high):
            return []
        start, end = ("top", "bottom") if goal > row else ("bottom", "top")
        x = X("centre", column)
        path = [(x, Y("border", source, start)), (x, Y("border", target, end))]
        if not self._is_free(net, path):
            return []
        self._use(source, start, net, straight=True)
        self._use(target, end, net, straight=True)
        return path

    def _dropped(self, net: Net, source: Role, target: Role) -> list[Place]:
        """Return the way from a rail straight down to what stands under it, such as tanh(c_t)."""
        if source not in self.rail_of:
            return []
        (column, row), (other, goal) = self.placing.cells[source], self.placing.cells[target]
        if other <= column or goal >= row:
            return []
        clear = self.placing.column_is_clear(other, goal, row)
        if not clear or not self.placing.row_is_clear(row, column, other + 1):
            return []
        x = X("centre", other)
        path = [self._right_of(source), (x, Y("row", row)), (x, Y("border", target, "top"))]
        if not self._is_free(net, path):
            return []
        self._use(target, "top", net, straight=True)
        return path

    def _through_channels(self, net: Net, source: Role, target: Role) -> list[Place]:
        (column, row), (other, goal) = self.placing.cells[source], self.placing.cells[target]
        if self._exits_right(source):
            turn = X("v", other if other > column and source in self.rail_of else column + 1)
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
        if source not in self.states:
            return False
        column, row = self.placing.cells[source]
        path = [self._right_of(source), (X("v", self.last), Y("row", row))]
        clear = self.placing.row_is_clear(row, column, self.last)
        return clear and self._is_free(("role", source), path)

    def _right_of(self, role: Role) -> Place:
        _, row = self.placing.cells[role]
        return X("border", role, "right"), Y("row", row)

    def _out_of(self, net: Net, source: Role, up: bool) -> list[Place]:
        """Return the way from a box into the channel above or below it."""
        _, row = self.placing.cells[source]
        side = "top" if up else "bottom"
        self._use(source, side, net)
        pin = X("pin", source, side, net)
        return [(pin, Y("border", source, side)), (pin, Y("h", row + 1 if up else row))]

    def _into(
        self, net: Net, target: Role, turn: X | None, from_above: bool = False
    ) -> list[Place]:
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


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two runs lie on each other; in a channel, which has an even number, they might."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return low < high or (low == high and low % 2 == 0)
