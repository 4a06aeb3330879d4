"""Where DOT needs a hint: how a carried state comes down from its rail to what reads it.

Graphviz routes an edge around nodes only if the edge goes up. A state enters a step on the rail
at the top and is mostly read at the bottom. So it is led to a point at the foot of the step
first, on the left where nothing stands, and fans out upwards from there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from autograd_rnn.diagrams.scene import Edge, Item, Kind, Scene


@dataclass(frozen=True, slots=True)
class Routes:
    """The edges as DOT draws them.

    Attributes:
        edges: all edges. points: the column of each point that an entering state goes through.
        free: the edges that must not push their ends apart: those that go sideways or down.

    """

    edges: tuple[Edge, ...]
    points: dict[str, int | None]
    free: frozenset[Edge]


def route(scene: Scene) -> Routes:
    """Lead every state that is read several times, or far below its rail, through a point."""
    entries = {item.id: item for item in scene.items if item.kind is Kind.ENTRY}
    point_of = {name: f"{name}_point" for name in _in_need_of_a_point(scene, entries)}
    edges = [replace(edge, source=point_of.get(edge.source, edge.source)) for edge in scene.edges]
    edges += [Edge(name, point) for name, point in point_of.items()]
    return Routes(
        edges=tuple(edges),
        points={point: entries[name].column for name, point in point_of.items()},
        free=frozenset(edge for edge in edges if edge.crosses or edge.source in entries),
    )


def _in_need_of_a_point(scene: Scene, entries: dict[str, Item]) -> Iterator[str]:
    items = {item.id: item for item in scene.items}
    heights = _heights(scene)
    rail_height: dict[tuple[int | None, str], int] = defaultdict(lambda: len(items))
    for item in scene.items:
        if item.rail and item.kind is Kind.OPERATION:
            rail_height[item.column, item.rail] = heights[item.id]
    readers: dict[str, list[str]] = {name: [] for name in entries}
    for edge in scene.edges:
        if edge.source in entries:
            readers[edge.source].append(edge.target)
    for name, targets in readers.items():
        first = targets[0]
        rail = rail_height[entries[name].column, entries[name].rail]
        framed_and_far = items[first].group and heights[first] < rail - 1
        if len(targets) > 1 or framed_and_far:
            yield name


def _heights(scene: Scene) -> dict[str, int]:
    """Return how many readings lie below each item within its column."""
    heights = {item.id: 0 for item in scene.items}
    for edge in scene.edges:  # ordered by reader, so that a source is done before it is read
        if not edge.crosses:
            heights[edge.target] = max(heights[edge.target], heights[edge.source] + 1)
    return heights
