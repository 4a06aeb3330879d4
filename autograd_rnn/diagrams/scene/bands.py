"""How several recurrences stand to each other, and which of them a node belongs to.

A recurrence is a *band* of the picture. Layers that read each other step by step share their time
and lie above each other; a recurrence that starts from another's end, or reads all of its states,
comes after it: in a later *stretch* of time, to the right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograd_rnn.engine import Graph, Node
from autograd_rnn.engine.rules.recurrence import Recurrence
from autograd_rnn.engine.rules.structure import thawed

NOTHING: dict[int, int] = {}


@dataclass(frozen=True, slots=True)
class Band:
    """A recurrence in its place.

    Attributes:
        recurrence: what it is.
        times: the step of each of its turns; they fall where it runs backwards.
        stretch: which stretch of time it belongs to, from the left.
        row: how many bands of its stretch lie below it.

    """

    recurrence: Recurrence
    times: tuple[int, ...]
    stretch: int
    row: int

    @property
    def reverse(self) -> bool:
        """Whether it runs from the last step to the first."""
        return len(self.times) > 1 and self.times[0] > self.times[-1]


def taken(node: Node) -> Node:
    """Return what a step takes out of a stack of all steps; any other node is itself.

    A layer that is unrolled over `run.stacked` reads h_t at step t, not the whole stack.
    """
    if node.op != "index" or node.inputs[0].op != "stack":
        return node
    (stack,), key = node.inputs, thawed(node.attrs["key"])
    axis = stack.attrs["axis"]
    *before, number = key
    whole = len(before) == axis and all(part == slice(None) for part in before)
    return stack.inputs[number] if whole and isinstance(number, int) else node


def read_bands(graph: Graph, recurrences: Sequence[Recurrence]) -> tuple[Band, ...]:
    """Return the recurrences of a graph as bands: those that are read come first."""
    times = [_times(r) for r in recurrences]
    beside, after = _relations(graph, recurrences, times)
    stretches = [0] * len(recurrences)
    for _ in recurrences:  # the longest chain has as many links
        for r in range(len(recurrences)):
            reached = [stretches[s] for s in beside[r]] + [stretches[s] + 1 for s in after[r]]
            stretches[r] = max([stretches[r], *reached])
    rows = _rows(stretches, beside, times)
    bands = map(Band, recurrences, times, stretches, rows)
    return tuple(sorted(bands, key=lambda band: (band.stretch, band.row)))


def _times(recurrence: Recurrence) -> tuple[int, ...]:
    places = [carried[0].place.t for carried in recurrence.carried if carried]
    if any(t is None for t in places):
        return tuple(range(1, len(recurrence.carried) + 1))
    return tuple(t for t in places if t is not None)


def _relations(
    graph: Graph, recurrences: Sequence[Recurrence], times: Sequence[tuple[int, ...]]
) -> tuple[list[set[int]], list[set[int]]]:
    """Return, for each recurrence, those it reads step by step, and those it comes after."""
    turn = {
        carry.inputs[0]: (r, k)
        for r, recurrence in enumerate(recurrences)
        for k, carried in enumerate(recurrence.carried)
        for carry in carried
    }
    beside: list[set[int]] = [set() for _ in recurrences]
    after: list[set[int]] = [set() for _ in recurrences]
    reach: dict[Node, dict[int, int]] = {}
    for node in graph.nodes:
        reach[node] = _merged([reach[taken(below)] for below in node.inputs])
        if node in turn:
            r, k = turn[node]
            for s, j in reach[node].items():
                if s != r:
                    (beside if times[s][j] == times[r][k] else after)[r].add(s)
            reach[node] = {r: k}
    for r, recurrence in enumerate(recurrences):
        after[r].update(s for x in recurrence.initial for s in reach.get(x, NOTHING))
        beside[r] -= after[r]
    return beside, after


def _merged(several: list[dict[int, int]]) -> dict[int, int]:
    """Return the latest turn of each recurrence that is reached."""
    filled = [one for one in several if one]
    if not filled:
        return NOTHING
    if all(one is filled[0] or one == filled[0] for one in filled):
        return filled[0]
    merged: dict[int, int] = {}
    for one in filled:
        for r, k in one.items():
            merged[r] = max(k, merged.get(r, 0))
    return merged


def _rows(
    stretches: Sequence[int], beside: Sequence[set[int]], times: Sequence[tuple[int, ...]]
) -> list[int]:
    """Put each recurrence above those it reads, in the first row that is free."""
    rows: list[int] = [-1] * len(stretches)
    taken_rows: set[tuple[int, int]] = set()
    for r in sorted(range(len(stretches)), key=lambda r: (_depth(r, beside), times[r][:1], r)):
        same = [rows[s] for s in beside[r] if stretches[s] == stretches[r]]
        row = 1 + max(same, default=-1)
        while (stretches[r], row) in taken_rows:
            row += 1
        taken_rows.add((stretches[r], row))
        rows[r] = row
    return rows


def _depth(r: int, beside: Sequence[set[int]]) -> int:
    return 1 + max((_depth(s, beside) for s in beside[r]), default=0)


def owners(bands: Iterable[Band], time: Mapping[Node, int | None]) -> dict[Node, int]:
    """Return the number of the band that each node of a step belongs to.

    These are what a band's input and new states of a step are made of, at this step.
    """
    owner: dict[Node, int] = {}
    for number, band in enumerate(bands):
        for t, ends, before in _turns(band):
            waiting = list(reversed(ends))
            while waiting:
                node = waiting.pop()
                if node not in owner and node not in before and time.get(node) == t:
                    owner[node] = number
                    waiting += [taken(below) for below in node.inputs if below.op != "carry"]
    return owner


def _turns(band: Band) -> Iterator[tuple[int, list[Node], set[Node]]]:
    """Yield the step of each turn, its input and new states, and the states it starts from."""
    before = set(band.recurrence.initial)
    turns = zip(band.times, band.recurrence.sequence, band.recurrence.carried, strict=False)
    for t, x, carried in turns:
        yield t, [taken(x), *(carry.inputs[0] for carry in carried)], before
        before = set()
