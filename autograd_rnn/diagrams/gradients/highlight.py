"""A path that is pointed out: from one letter or node to the next, through what lies between."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from autograd_rnn.diagrams.scene.items import Kind, Scene
from autograd_rnn.engine import Graph, Node, Tensor


def path_through(scene: Scene, graph: Graph, stops: Iterable[Any]) -> frozenset[str]:
    """Return the ids of all items on the shortest path through the stops, in their order.

    Args:
        scene: the picture. graph: what it is of.
        stops: Tensors, nodes, or letters as the picture has them, such as "c_1".

    Raises:
        ValueError: a stop is not in the picture, or nothing leads from one to the next.

    """
    found = [_items_of(scene, graph, stop) for stop in ([stops] if _is_one(stops) else stops)]
    lit = set(found[0][:1]) if len(found) == 1 else set()
    readers: dict[str, list[str]] = {}
    for edge in scene.edges:
        readers.setdefault(edge.source, []).append(edge.target)
    start = found[0] if found else []
    for stop, goal in pairwise(found):
        way = _way(readers, start, set(goal))
        if not way:
            raise ValueError(
                f"highlight: nothing leads from {stop[0]} to {goal[0]} in this picture"
            )
        lit.update(way)
        start = way[-1:]
    return frozenset(lit)


def _is_one(stops: object) -> bool:
    return isinstance(stops, str | Node | Tensor)


def _items_of(scene: Scene, graph: Graph, stop: object) -> list[str]:
    """Return the items that a stop may mean: a shared weight has one at every step."""
    if isinstance(stop, str):
        named = [item for item in scene.items if str(item.letter) == stop]
        # Where a state enters a step it has its letter again, but there is where it was made.
        names = [item.id for item in named if item.kind is not Kind.ENTRY]
    else:
        node = stop.node if isinstance(stop, Tensor) else stop
        while isinstance(node, Node) and node.op == "carry":
            (node,) = node.inputs
        number = graph.ids.get(node) if isinstance(node, Node) else None
        name = f"n{number}"
        names = [i.id for i in scene.items if i.id == name or i.id.startswith(f"{name}_for_")]
    if not names:
        raise ValueError(f"highlight: {stop!r} is not in this picture")
    return names


def _way(readers: dict[str, list[str]], starts: list[str], goals: set[str]) -> list[str]:
    """Return the shortest way from one of the starts to one of the goals, both included."""
    before: dict[str, str] = dict.fromkeys(starts, "")
    waiting = deque(starts)
    while waiting:
        name = waiting.popleft()
        if name in goals:
            way = [name]
            while before[way[0]]:
                way.insert(0, before[way[0]])
            return way
        for reader in readers.get(name, ()):
            if reader not in before:
                before[reader] = name
                waiting.append(reader)
    return []
