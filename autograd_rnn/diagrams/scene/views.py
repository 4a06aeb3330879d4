"""Views of a network: unrolled or one step, every operation or gates folded.

A view is a scene made from another, so that any two views of a graph have the same items in the
same places, as far as both show them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from autograd_rnn.diagrams.scene.items import Column, ColumnKind, Edge, Item, Scene
from autograd_rnn.diagrams.scene.levels import folded, folding
from autograd_rnn.diagrams.scene.template import template_of
from autograd_rnn.diagrams.typography.letters import Letter, Text, at_any_time

VIEWS = ("op", "unrolled", "cell", "rolled")
ONE_STEP = ("cell", "rolled")


def view_of(
    scene: Scene,
    view: str = "op",
    collapse: str | Iterable[str] = (),
    expand: str | Iterable[str] = (),
) -> Scene:
    """Return a view of a scene.

    Args:
        scene: every operation of the steps that are drawn.
        view: "op", that scene; "unrolled", its gates folded; "cell", every operation of one step;
            "rolled", one step with its gates folded, its states led back.
        collapse: what is folded beyond that: "gate" for all gates, the name of one, "t=2".
        expand: what is not folded after all, in the same words.

    Raises:
        ValueError: a view, a gate or a step that does not exist.

    """
    if view not in VIEWS:
        raise ValueError(f"view={view!r}: choose one of {', '.join(VIEWS)}")
    chosen = [collapse] if isinstance(collapse, str) else list(collapse)
    if view in ("unrolled", "rolled"):
        chosen.append("gate")
    kept = [expand] if isinstance(expand, str) else list(expand)
    shown = folded(scene, folding(scene, filter(None, chosen), filter(None, kept)))
    if view == "cell":
        return one_step(shown, loops=False)
    return one_step(shown, loops=True) if view == "rolled" else shown


def one_step(scene: Scene, loops: bool) -> Scene:
    """Return one step of each stretch of time; its rails end in stubs, or lead back as loops."""
    chosen = _chosen(scene)
    stands_for = _representatives(scene, chosen)
    items = {item.id: item for item in scene.items}
    edges: dict[Edge, None] = {}
    for edge in scene.edges:
        source, target = stands_for.get(edge.source), stands_for.get(edge.target)
        if source and target and _remains(items[edge.source], items[edge.target], edge, loops):
            edges[replace(edge, source=source, target=target)] = None
    names = _Names(scene, chosen)
    kept = dict.fromkeys(stands_for.values())
    numbers = {old: new for new, old in enumerate(sorted(chosen))}
    return replace(
        scene,
        title=f"{scene.title.split(' unrolled')[0]}, one step",
        columns=tuple(names.column(scene.columns[number]) for number in sorted(chosen)),
        items=tuple(names.item(items[name], numbers) for name in items if name in kept),
        edges=tuple(edges),
        notes=tuple(note for note in scene.notes if "not drawn" not in note),
        ends="loops" if loops else "stubs",
    )


def _remains(source: Item, target: Item, edge: Edge, loops: bool) -> bool:
    """Whether an edge is drawn: states where they lead back, and what does not cross steps."""
    beside = source.column is None or target.column is None or source.stretch != target.stretch
    return loops if edge.slot else beside or source.column == target.column


def _chosen(scene: Scene) -> list[int]:
    """Return a step of each stretch: the first that another precedes, if there is one."""
    steps: dict[int, list[int]] = {}
    for number, column in enumerate(scene.columns):
        if column.kind is ColumnKind.STEP:
            steps.setdefault(column.stretch, []).append(number)
    return [numbers[min(1, len(numbers) - 1)] for numbers in steps.values()]


def _representatives(scene: Scene, chosen: list[int]) -> dict[str, str]:
    """Return, for each item of a step, the item of its role in the step that is kept."""
    found = {item.id: item.id for item in scene.items if item.column is None}
    for number in chosen:
        stretch = scene.columns[number].stretch
        steps = {
            i
            for i, column in enumerate(scene.columns)
            if column.stretch == stretch and column.kind is ColumnKind.STEP
        }
        inside = [item for item in scene.items if item.column in steps]
        role_of = template_of(scene, {item.id for item in inside}).role_of
        kept = {role_of[item.id]: item.id for item in inside if item.column == number}
        found |= {item.id: kept[role_of[item.id]] for item in inside if role_of[item.id] in kept}
    return found


class _Names:
    """Calls the step that is kept t, in place of its number."""

    def __init__(self, scene: Scene, chosen: list[int]) -> None:
        self.scene = scene
        self.step = {number: scene.columns[number].step for number in chosen}

    def column(self, column: Column) -> Column:
        return replace(column, label=(Letter("t"),))

    def item(self, item: Item, numbers: dict[int, int]) -> Item:
        if item.column is None:
            return item
        step = self.step[item.column]
        letter = self.letter(item.letter, step) if item.letter else None
        symbol: Text = tuple(
            self.letter(part, step) if isinstance(part, Letter) else part for part in item.symbol
        )
        return replace(item, letter=letter, symbol=symbol, column=numbers[item.column])

    def letter(self, letter: Letter, step: int) -> Letter:
        (general,) = at_any_time((letter,), step)
        return general if isinstance(general, Letter) else letter
