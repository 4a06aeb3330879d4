"""Pictures for those who do not see them: what a scene shows, told in the order of execution."""

from __future__ import annotations

from collections.abc import Iterator

from autograd_rnn.diagrams.scene.items import ColumnKind, Kind, Scene
from autograd_rnn.diagrams.typography.letters import count_of, plain

MOST_NOTES = 60  # a description is listened to


def describe(scene: Scene) -> str:
    """Tell a scene in sentences, in the order of reading: parameters first, then step by step.

    Steps repeat each other, so the nodes of the first are told one by one, of the others not.
    """
    return " ".join([*_parameters(scene), *_columns(scene), *(f"{note}." for note in scene.notes)])


def _parameters(scene: Scene) -> Iterator[str]:
    entries = [
        f"{shared.letter} of shape {shared.shape}, read at {count_of(len(shared.steps), 'step')}"
        for shared in scene.shared
    ]
    if entries:
        yield f"Shared over the steps: {'; '.join(entries)}."
    if scene.slots:
        yield f"Carried from step to step: {', '.join(scene.slots)}."


def _columns(scene: Scene) -> Iterator[str]:
    notes: dict[int | None, list[str]] = {}
    for item in scene.items:
        if item.kind not in (Kind.ALIAS, Kind.ENTRY):
            notes.setdefault(item.column, []).append(item.note)
    told = False
    for number, column in enumerate(scene.columns):
        name, here = plain(column.label), notes.get(number, [])
        if column.kind is ColumnKind.STEP and told:
            yield f"{name}: likewise, {count_of(len(here), 'node')}."
        else:
            yield f"{name}: {_listed(here)}."
        told = told or column.kind is ColumnKind.STEP
    if None in notes:
        yield f"{'Outside of the steps: ' * bool(scene.columns)}{_listed(notes[None])}."


def _listed(notes: list[str]) -> str:
    more = f"; and {len(notes) - MOST_NOTES} more" if len(notes) > MOST_NOTES else ""
    return "; ".join(notes[:MOST_NOTES]) + more
