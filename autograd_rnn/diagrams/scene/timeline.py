"""Which node belongs to which step, which steps are drawn, and which leaves they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from autograd_rnn.diagrams.scene.bands import Band, owners, read_bands, taken
from autograd_rnn.diagrams.typography.letters import is_number
from autograd_rnn.engine import Graph, Node
from autograd_rnn.engine.rules.recurrence import Recurrence

BEFORE = 0  # the moment of the initial state
MOST_STEPS = 4  # more than these are elided: the first two, a gap, the last
Shown = tuple[tuple[int, ...], ...]  # for each stretch, the steps that are drawn
ALWAYS = -1  # the stretch of what depends on no step
Moments = dict[Node, int | None]
Steps = str | Iterable[int]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Time in a graph.

    Attributes:
        leaves: what reads nothing; a leaf that is only read under another name has that name.
        moment: the step of each node; `BEFORE` for the initial state, None outside of time.
        stretch: the stretch of time of each node, from 0; what stands outside of time comes after
            its stretch, and `ALWAYS` before the first.
        times: for each stretch, its steps in order.
        drawn: for each stretch, the steps that a picture shows.
        bands: the recurrences. owner: the number of the band that a node of a step belongs to.
        initial: the slot that each initial state fills.
        rail: the line over time that each state and each input of a sequence lies on.
        sequence: the step whose input each of these nodes is.
        shared: for each leaf that several steps read, these steps.
        unseen: the nodes of steps that are not drawn.

    """

    leaves: frozenset[Node]
    moment: Moments
    stretch: dict[Node, int]
    times: tuple[tuple[int, ...], ...]
    drawn: Shown
    bands: tuple[Band, ...]
    owner: dict[Node, int]
    initial: dict[Node, str]
    rail: dict[Node, str]
    sequence: dict[Node, int]
    shared: dict[Node, tuple[int, ...]]
    unseen: frozenset[Node]

    @property
    def steps(self) -> tuple[int, ...]:
        """Every step there is, in order."""
        return tuple(sorted({t for times in self.times for t in times}))

    @property
    def elided(self) -> tuple[int, ...]:
        """The steps that a picture leaves out."""
        return tuple(sorted({t for i in range(len(self.times)) for t in self.left_out(i)}))

    def left_out(self, stretch: int) -> tuple[int, ...]:
        """The steps of a stretch that a picture leaves out."""
        shown = set(self.drawn[stretch])
        return tuple(t for t in self.times[stretch] if t not in shown)

    def showing(self, drawn: Shown) -> Timeline:
        """Return the same time with other steps drawn."""
        return replace(self, drawn=drawn, unseen=_unseen(self.moment, self.stretch, drawn))

    def elisions(self) -> Iterator[Timeline]:
        """Yield it with ever fewer steps: 1, 2, ..., T; 1, ..., T; T alone, stretch by stretch."""
        ends = [(times[0], times[-1])[-len(times) :] for times in self.times]
        choices = [tuple(_chosen(times, "elide") for times in self.times)]
        for count in range(len(ends) + 1):
            choices.append(tuple(pair[-1:] if i < count else pair for i, pair in enumerate(ends)))
        yield from map(self.showing, dict.fromkeys(choices))


def read_time(graph: Graph, known: Iterable[Recurrence] = (), steps: Steps = "elide") -> Timeline:
    """Find the time step of every node of `graph`.

    Args:
        graph: the graph.
        known: recurrences it comes from, beyond those that its carry nodes tell of.
        steps: which are drawn: "all"; "elide", of more than 4 t = 1, 2, ..., T, of which `fitting`
            may leave out more; or their numbers.

    Raises:
        ValueError: a number of a step that the graph has not, or none at all.

    """
    found = (node.attrs["recurrence"] for node in graph.nodes if node.op == "carry")
    recurrences = list(dict.fromkeys([*known, *found]))
    bands = read_bands(graph, recurrences)
    initial = {x: slot for r in recurrences for x, slot in zip(r.initial, r.slots, strict=True)}
    sequence = _sequence(bands)
    leaves = _leaves(graph, sequence)
    time = _moments(graph, leaves, sequence)
    owner = owners(bands, time)
    moment, stretch = _stretches(graph, bands, owner, time, leaves)
    shared = _place_leaves(graph, leaves, moment, stretch, initial, sequence)
    times = _times(moment, stretch)
    drawn = tuple(_chosen(several, steps) for several in times)
    unseen = _unseen(moment, stretch, drawn)
    if times and not any(drawn):
        raise ValueError(
            f"steps={steps!r}: the graph has the steps {times[0][0]} to {times[0][-1]}"
        )
    rail = _rails(bands)
    return Timeline(
        leaves, moment, stretch, times, drawn, bands, owner, initial, rail, sequence, shared, unseen
    )


def _sequence(bands: Iterable[Band]) -> dict[Node, int]:
    """Return the step of each input that is read at one step only."""
    return {
        x: t
        for band in bands
        for t, x in zip(band.times, band.recurrence.sequence, strict=False)
        if taken(x) is x
    }


def _unseen(moment: Moments, stretch: dict[Node, int], drawn: Shown) -> frozenset[Node]:
    shown = [set(steps) for steps in drawn]
    return frozenset(n for n, t in moment.items() if t and t not in shown[max(stretch[n], 0)])


def _chosen(times: tuple[int, ...], steps: Steps) -> tuple[int, ...]:
    if steps == "all":
        return times
    if steps == "elide":
        return (*times[:2], times[-1]) if len(times) > MOST_STEPS else times
    if isinstance(steps, str):
        raise ValueError(f"steps={steps!r}: 'all', 'elide', or the numbers of steps")
    wanted = set(steps)
    return tuple(t for t in times if t in wanted)


def _times(moment: Moments, stretch: dict[Node, int]) -> tuple[tuple[int, ...], ...]:
    found: dict[int, set[int]] = {}
    for node, t in moment.items():
        if t:
            found.setdefault(max(stretch[node], 0), set()).add(t)
    return tuple(tuple(sorted(found.get(i, ()))) for i in range(1 + max(found, default=-1)))


def rail_name(slot: str, band: int) -> str:
    """Name the line of a slot: "h", "c", "x"; "h 2" of a second recurrence."""
    return slot + f" {band + 1}" * (band > 0)


def _rails(bands: Iterable[Band]) -> dict[Node, str]:
    rail: dict[Node, str] = {}
    for number, band in enumerate(bands):
        r = band.recurrence
        states = [*([carry.inputs[0] for carry in carried] for carried in r.carried), r.initial]
        for state in states:
            for node, slot in zip(state, r.slots, strict=True):
                rail.setdefault(node, rail_name(slot, number))
        for node in r.sequence:
            rail.setdefault(node, rail_name("x", number))
    return rail


def _leaves(graph: Graph, sequence: dict[Node, int]) -> frozenset[Node]:
    """Return the leaves as the equations know them.

    In place of a leaf that only an `identity` reads stands that other name for it; in place of one
    array of all inputs, the x_t that were taken out of it.
    """
    readers = graph.consumers()
    leaves = set(graph.leaves)
    for leaf in graph.leaves:
        renamed = [reader.op for reader in readers[leaf]] == ["identity"]
        taken_apart = readers[leaf] and all(reader in sequence for reader in readers[leaf])
        if renamed or taken_apart:
            leaves.remove(leaf)
            leaves.update(readers[leaf])
    return frozenset(leaves)


def _moments(graph: Graph, leaves: frozenset[Node], sequence: dict[Node, int]) -> Moments:
    """Return the step each node was made at; else the one step that all it reads belongs to."""
    moment: Moments = {}
    for node in graph.nodes:
        t = sequence.get(node, node.place.t)
        if t is None:
            inputs = map(taken, node.inputs)
            times = {moment[x] for x in inputs if x in sequence or x not in leaves}
            t = times.pop() if len(times) == 1 else None
        moment[node] = t
    return moment


def _stretches(
    graph: Graph,
    bands: tuple[Band, ...],
    owner: dict[Node, int],
    time: Moments,
    leaves: frozenset[Node],
) -> tuple[Moments, dict[Node, int]]:
    """Return step and stretch of each node.

    What an earlier stretch has made is known at every step of a later one: what reads it and one
    step of the last stretch belongs to that step.
    """
    moment, stretch = dict(time), dict.fromkeys(graph.nodes, ALWAYS)
    for node in graph.nodes:
        inside = [x for x in map(taken, node.inputs) if x not in leaves]
        last = max((stretch[x] for x in inside), default=ALWAYS)
        if node in owner:
            stretch[node] = bands[owner[node]].stretch
            continue
        stretch[node] = max(last, 0) if time[node] is not None else last
        if node.place.t is None and last > ALWAYS:
            times = {moment[x] for x in inside if stretch[x] == last}
            moment[node] = times.pop() if len(times) == 1 else None
    return moment, stretch


def _place_leaves(
    graph: Graph,
    leaves: frozenset[Node],
    moment: Moments,
    stretch: dict[Node, int],
    initial: dict[Node, str],
    sequence: dict[Node, int],
) -> dict[Node, tuple[int, ...]]:
    """Put each leaf into the one step that reads it; return those that belong to all steps.

    These are the leaves that several steps read, and a cell's parameters even where it takes one.
    """
    shared: dict[Node, tuple[int, ...]] = {}
    readers = graph.consumers()
    for leaf in filter(leaves.__contains__, graph.nodes):
        reading = readers[leaf]
        if leaf not in sequence:
            stretch[leaf] = min((stretch[reader] for reader in reading), default=ALWAYS)
        if leaf in initial:
            moment[leaf] = BEFORE
        elif moment[leaf] is None and not is_number(leaf):
            places = {(stretch[reader], moment[reader]) for reader in reading}
            known = tuple(sorted({t for _, t in places if t is not None}))
            of_a_cell = leaf not in sequence and all(r.place.cell for r in reading)
            several = sum(t is not None for _, t in places) > 1
            if several or (known and leaf.needs_grad and of_a_cell):
                shared[leaf] = known
            elif len(places) == 1:
                moment[leaf] = places.pop()[1]
    return shared
