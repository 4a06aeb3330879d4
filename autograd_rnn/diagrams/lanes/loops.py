"""What is written on the rails of a lone step, which lead back into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from autograd_rnn.diagrams.lanes.layout import Label, Wire
from autograd_rnn.diagrams.lanes.plan import DELAY_SIZE, Plan
from autograd_rnn.diagrams.typography.typeset import set_line

DELAY = ("next step",)


def delays(plan: Plan, wires: Sequence[Wire], top: float) -> Iterator[Label]:
    """Say on each loop that it is a step late, where no other wire crosses it.

    Args:
        plan: which loops there are. wires: all that is drawn. top: where the sky begins.

    """
    width = set_line(DELAY, DELAY_SIZE).width + 4
    for edge in plan.loops:
        y, crossing = round(top + plan.sky.y[edge.source], 2), plan.crossings[edge]
        gates = crossing.start, crossing.end
        low, high = sorted(plan.channel(gate.boundary, edge.source) for gate in gates)
        crossed = sorted(x for x in _crossing(wires, y) if low < x < high)
        free = [low, *crossed, high]
        starts = [a + 6 for a, b in pairwise(free) if b - a > width + 8] or [low + 6]
        yield Label(DELAY, round(starts[0], 2), round(y - 4, 2), DELAY_SIZE, role="rail")


def _crossing(wires: Sequence[Wire], y: float) -> Iterator[float]:
    """Yield where vertical runs cross a height."""
    for wire in wires:
        for (x, y1), (x2, y2) in pairwise(wire.points):
            if x == x2 and min(y1, y2) < y < max(y1, y2):
                yield x
