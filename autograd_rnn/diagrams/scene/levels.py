"""How much of a scene is shown: every operation, or a gate as one box.

A gate that is folded is drawn as its last operation, which keeps its place and its name and gets
everything that the gate reads. Folding changes no other item, and what is folded can be unfolded at
a step: the scene it was made from is still there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from autograd_rnn.diagrams.scene.items import Edge, Item, Kind, Scene
from autograd_rnn.diagrams.typography.letters import Letter

Fold = Callable[[Item], bool]


def folding(scene: Scene, collapse: Iterable[str], expand: Iterable[str]) -> Fold:
    """Return which items are folded, as words say it: "gate" for all, a gate's name, or "t=2".

    Raises:
        ValueError: there is no such gate and no such step.

    """
    wanted = [_meant(scene, word) for word in collapse]
    kept = [_meant(scene, word) for word in expand]
    return lambda item: any(w(item) for w in wanted) and not any(k(item) for k in kept)


def _meant(scene: Scene, word: str) -> Fold:
    if word == "gate":
        return lambda item: True
    step = re.fullmatch(r"t\s*=\s*(\d+)", word)
    numbers = {i for i, c in enumerate(scene.columns) if step and c.step == int(step[1])}
    if numbers:
        return lambda item: item.column in numbers
    if word in scene.groups:
        return lambda item: item.group == word
    drawn = [f"t={column.step}" for column in scene.columns if column.step]
    known = ", ".join(["gate", *scene.groups, *drawn])
    raise ValueError(f"{word!r} can be neither collapsed nor expanded; there are {known}")


def folded(scene: Scene, fold: Fold = lambda item: True) -> Scene:
    """Return the scene with its gates folded, each at the items that `fold` says yes to.

    A gate is folded from its first operation with a parameter on: what comes before, such as the
    reset of a GRU's state, stays. What makes no state, scores or a loss, is folded whole.
    """
    gates = _folding(scene, fold)
    into = gates | _same_aliases(scene, gates)
    edges: dict[Edge, None] = {}
    for edge in scene.edges:
        source, target = into.get(edge.source, edge.source), into.get(edge.target, edge.target)
        if source != target:
            edges[replace(edge, source=source, target=target)] = None
    whole = set(gates.values())
    items = tuple(
        _named(item) if item.id in whole else item for item in scene.items if item.id not in into
    )
    return replace(scene, items=items, edges=tuple(edges))


def _same_aliases(scene: Scene, into: dict[str, str]) -> dict[str, str]:
    """Return the aliases of a leaf that one folded gate reads twice, and the first of them."""
    items = {item.id: item for item in scene.items}
    first: dict[tuple[object, ...], str] = {}
    again: dict[str, str] = {}
    for edge in scene.edges:
        item = items[edge.source]
        if item.kind is Kind.ALIAS and edge.target in into:
            key = (into[edge.target], item.letter, item.note)
            if first.setdefault(key, item.id) != item.id:
                again[item.id] = first[key]
    return again


def _named(item: Item) -> Item:
    """Write the name of what is folded; its last operation only where that is a function."""
    (first, *more) = item.symbol or ("",)
    name = first.base if isinstance(first, Letter) and not first.sub else str(first)
    is_function = not more and name.isalpha() and name != "Σ"
    return item if item.letter is None or is_function else replace(item, symbol=())


def _folding(scene: Scene, fold: Fold) -> dict[str, str]:
    """Return, for each item that disappears, the item that stands for it."""
    items = {item.id: item for item in scene.items}
    reads: dict[str, list[str]] = {}
    for edge in scene.edges:
        reads.setdefault(edge.target, []).append(edge.source)
    readers: dict[str, set[str]] = {}
    for edge in scene.edges:
        readers.setdefault(edge.source, set()).add(edge.target)
    weighted = {e.target for e in scene.edges if items[e.source].kind is Kind.ALIAS}
    within: dict[tuple[int | None, int, str], list[Item]] = {}
    for item in scene.items:
        if item.group and item.kind is Kind.OPERATION and fold(item):
            within.setdefault((item.column, item.lane, item.group), []).append(item)
    into: dict[str, str] = {}
    for (_, lane, _), members in within.items():
        aside = lane < 0 and bool(scene.lanes)
        starts = {item.id for item in members} if aside else weighted
        into.update(_one_gate(members, reads, starts, readers))
    return into


def _one_gate(
    members: list[Item],
    reads: dict[str, list[str]],
    starts: set[str],
    readers: dict[str, set[str]],
) -> dict[str, str]:
    """Fold a gate from `starts` on into its last operation, if only that is read elsewhere."""
    after: dict[str, None] = {}
    for item in members:  # in the order of execution
        if item.id in starts or any(read in after for read in reads.get(item.id, ())):
            after[item.id] = None
    *rest, last = after or ("",)
    if any(not readers.get(name, set()) <= after.keys() for name in rest):
        return {}
    return dict.fromkeys(rest, last)
