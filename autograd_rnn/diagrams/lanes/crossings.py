"""Where wires go that leave their step: rails between steps, and wires through the sky.

The sky is above all steps: channels for what is read at other steps, in another stretch of time,
or outside of time. Between two places, steps or what stands beside them, lies a boundary, in which
rails change their height if they must.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from autograd_rnn.diagrams.lanes.layout import Point
from autograd_rnn.diagrams.lanes.measure import TRACK, without_idle
from autograd_rnn.diagrams.lanes.wiring import packed


class Gate(NamedTuple):
    """Where a rail leaves or enters a place.

    Attributes:
        boundary: the number of the boundary there. y: its height.
        of_left: whether the place is to the left of the boundary.

    """

    boundary: int
    y: float
    of_left: bool = False


@dataclass
class Boundaries:
    """The vertical channels between places.

    Attributes:
        runs: for each boundary and net, how high and how deep its vertical run reaches.
        of_left: the nets that come from, or go to, the place to the left.

    """

    runs: dict[int, dict[Hashable, tuple[float, float]]] = field(default_factory=dict)
    of_left: set[tuple[int, Hashable]] = field(default_factory=set)

    def add(self, gate: Gate, net: Hashable, goal: float) -> None:
        """Let a net run from a gate to another height."""
        low, high = sorted((gate.y, goal))
        known = self.runs.setdefault(gate.boundary, {}).get(net, (low, high))
        self.runs[gate.boundary][net] = (min(low, *known), max(high, *known))
        if gate.of_left:
            self.of_left.add((gate.boundary, net))

    def settle(self) -> None:
        """Give every net its track; those of the left place have the tracks on the left."""
        self.track: dict[int, dict[Hashable, int]] = {}
        for number, nets in self.runs.items():
            left = packed({n: run for n, run in nets.items() if (number, n) in self.of_left})
            right = packed({n: run for n, run in nets.items() if n not in left})
            first = 1 + max(left.values(), default=-1)
            self.track[number] = left | {net: first + row for net, row in right.items()}

    def room(self, number: int) -> float:
        """Return how wide the tracks of a boundary are."""
        used = self.track.get(number, {})
        return TRACK * (1 + max(used.values())) if used else 0.0


@dataclass
class Sky:
    """The horizontal channels above all steps.

    Attributes:
        spans: for each net, the first and the last place that it passes.
        hosts: for each net that runs through boxes, how high these are.

    """

    spans: dict[Hashable, tuple[float, float]] = field(default_factory=dict)
    hosts: dict[Hashable, float] = field(default_factory=dict)

    def add(self, net: Hashable, *places: float) -> None:
        """Let a net pass some places."""
        known = self.spans.get(net, (min(places), max(places)))
        self.spans[net] = (min(*places, *known), max(*places, *known))

    def host(self, net: Hashable, height: float) -> None:
        """Make room for boxes on a net."""
        self.hosts[net] = max(height, self.hosts.get(net, 0.0))

    def settle(self) -> None:
        """Give every net its height above the steps, which is negative."""
        # Nets with boxes lie on top: what goes down from others does not have to pass them.
        plain = packed({net: span for net, span in self.spans.items() if net not in self.hosts})
        rows = 1 + max(plain.values(), default=-1)
        self.y = {net: -TRACK * (1 + row) for net, row in plain.items()}
        top = -TRACK * rows
        upper = packed({net: span for net, span in self.spans.items() if net in self.hosts})
        for row in sorted(set(upper.values())):
            here = [net for net, number in upper.items() if number == row]
            height = max(self.hosts[net] for net in here)
            self.y |= dict.fromkeys(here, round(top - height / 2 - 4, 2))
            top -= height + 6
        self.height = -top


@dataclass(frozen=True, slots=True)
class Crossing:
    """A rail on its way from one place to another.

    Attributes:
        net: what it carries. start, end: where it leaves and enters.
        through_sky: whether it passes other places.

    """

    net: Hashable
    start: Gate
    end: Gate

    @property
    def through_sky(self) -> bool:
        """Whether it leaves and enters at different boundaries."""
        return self.start.boundary != self.end.boundary

    def reserve(self, boundaries: Boundaries, sky: Sky, top: float) -> None:
        """Reserve the tracks that it needs; `top` is the height of the steps."""
        if self.through_sky:
            sky.add(self.net, self.start.boundary - 0.5, self.end.boundary - 0.5)
            boundaries.add(self.start, self.net, -top)
            boundaries.add(self.end, self.net, -top)
        elif self.start.y != self.end.y:
            boundaries.add(self.start, self.net, self.end.y)

    def way(
        self, first: Point, last: Point, channel: dict[int, float], sky_y: float
    ) -> list[Point]:
        """Return it as a polyline between two points.

        `channel` is the x of its track in each boundary, `sky_y` the height of that in the sky.
        """
        b, c = self.start.boundary, self.end.boundary
        if self.through_sky:
            turns = [
                (channel[b], first[1]),
                (channel[b], sky_y),
                (channel[c], sky_y),
                (channel[c], last[1]),
            ]
        elif first[1] != last[1]:
            turns = [(channel[b], first[1]), (channel[b], last[1])]
        else:
            turns = []
        return without_idle([first, *turns, last])
