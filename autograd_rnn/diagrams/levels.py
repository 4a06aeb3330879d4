"""How much of a scene is shown: every operation, or a gate as one box.

A gate that is folded is drawn as its last operation, which keeps its place and its name and gets
everything that the gate reads. Folding changes no other item, and what is folded can be unfolded at
a step: the scene it was made from is still there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from autograd_rnn.diagrams.scene import Edge, Item, Kind, Scene

Fold = Callable[[Item], bool]


def folded(scene: Scene, fold: Fold = lambda item: True) -> Scene:
    """Return the scene with its gates folded, each at the items that `fold` says yes to.

    A gate is folded from its first operation with a parameter on: what comes before, such as the
    reset of a GRU's state, stays.
    """
    into = _folding(scene, fold)
    edges: dict[Edge, None] = {}
    for edge in scene.edges:
        source, target = into.get(edge.source, edge.source), into.get(edge.target, edge.target)
        if source != target:
            edges[replace(edge, source=source, target=target)] = None
    items = tuple(item for item in scene.items if into.get(item.id, item.id) == item.id)
    return replace(scene, items=items, edges=tuple(edges))


def _folding(scene: Scene, fold: Fold) -> dict[str, str]:
    """Return, for each item that disappears, the item that stands for it."""
    items = {item.id: item for item in scene.items}
    reads: dict[str, list[str]] = {}
    for edge in scene.edges:
        reads.setdefault(edge.target, []).append(edge.source)
    weighted = {e.target for e in scene.edges if items[e.source].kind is Kind.ALIAS}
    within: dict[tuple[int | None, str], list[Item]] = {}
    for item in scene.items:
        if item.group and item.kind is Kind.OPERATION and fold(item):
            within.setdefault((item.column, item.group), []).append(item)
    into: dict[str, str] = {}
    for members in within.values():
        into.update(_one_gate(members, reads, weighted, scene.edges))
    return into


def _one_gate(
    members: list[Item], reads: dict[str, list[str]], weighted: set[str], edges: Iterable[Edge]
) -> dict[str, str]:
    names = {item.id for item in members}
    after: set[str] = set()
    for item in members:  # in the order of execution
        if item.id in weighted or any(read in after for read in reads.get(item.id, ())):
            after.add(item.id)
    read_outside = {e.source for e in edges if e.source in after and e.target not in after}
    last = [item.id for item in members if item.id in after][-1:]
    # What several others read, or what is a state, cannot be one box.
    if not last or read_outside - set(last) or not after <= names:
        return {}
    return dict.fromkeys(after - set(last), last[0])
