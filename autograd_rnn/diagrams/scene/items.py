"""A scene: what a picture shows, before anything is said about where and in which format.

Writers (DOT now) read only this. Everything is plain data in a fixed order, so equal graphs
make equal scenes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from autograd_rnn.diagrams.typography.letters import Letter, Line, Text


class Kind(StrEnum):
    """What a drawn item stands for."""

    OPERATION = "operation"
    INPUT = "input"  # a leaf that stands for itself: x_t, a target, a lone parameter
    STATE = "initial state"
    ALIAS = "alias"  # a shared leaf, where one step reads it
    ENTRY = "entry"  # where a carried state enters a step
    GAP = "gap"  # what passes through the steps that are not drawn


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is drawn.

    Attributes:
        id: unique in the scene, `n` and the node's number in the graph, with a suffix where one
            node is drawn more than once.
        kind: what it stands for.
        letter: what the equations call it, with its time step; None if they do not.
        symbol: the operation; empty for a leaf.
        group: the gate whose colour and frame it has, "" for none.
        column: the number of its column, None outside of time.
        stretch: which stretch of time it belongs to; outside of time, the one it comes after.
        lane: the number of the recurrence that makes it, -1 for none.
        rail: "h", "c", "x": items of one rail lie on one line, in the order of time; "" for none.
        lines: formula, shape, value, gradient, as asked for.
        note: a sentence for those who do not see the picture.

    """

    id: str
    kind: Kind
    letter: Letter | None = None
    symbol: Text = ()
    group: str = ""
    column: int | None = None
    stretch: int = 0
    lane: int = -1
    rail: str = ""
    lines: tuple[Line, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow: `target` reads `source`.

    Attributes:
        source, target: ids of items.
        slot: for a recurrent edge the carried variable, "h" or "c"; else "".
        crosses: whether it goes from one column to another.

    """

    source: str
    target: str
    slot: str = ""
    crosses: bool = False


class ColumnKind(StrEnum):
    """What a column holds."""

    BEFORE = "before"  # the initial state
    STEP = "step"
    GAP = "gap"  # the steps that are not drawn


@dataclass(frozen=True, slots=True)
class Column:
    """A frame that stands for a moment or some steps; columns go from left to right.

    Attributes:
        kind: what it holds. label: what is written under it.
        stretch: the stretch of time that it is part of.
        step: the number of its step; 0 of another column.

    """

    kind: ColumnKind
    label: Text
    stretch: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """A recurrence: a layer, a direction, an encoder or a decoder.

    Attributes:
        stretch: the stretch of time in which it runs; a decoder's comes after its encoder's.
        row: how many lanes of its stretch lie below it.
        reverse: whether it runs from the last step to the first.

    """

    stretch: int = 0
    row: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """A leaf that several steps read: one entry of the legend, for all its aliases.

    Attributes:
        letter: its name. shape: its shape.
        group: the gate that reads it, "" if several do.
        steps: the steps that read it.
        lines: value and gradient, as asked for.

    """

    letter: Letter
    shape: tuple[int, ...]
    group: str
    steps: tuple[int, ...]
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture.

    Attributes:
        title: what it is, e.g. "LSTM unrolled over 3 steps".
        columns: in the order of time.
        items: inputs before readers.
        edges: in the order of reading.
        groups: the gates, in the order of use.
        shared: the legend of parameters.
        slots: the carried variables.
        notes: sentences that belong into the picture: what is left out, what lines mean.
        lanes: the recurrences, by the numbers that items have.
        ends: how the rails of a lone step end: "" for none, "stubs" or "loops".
        low: how much height is saved: 1, a loss stands beside the scores; 2, names of gates and
            their parameters take one line too; 3, names stand within their frames, and what scales
            a gate beside it.

    """

    title: str
    columns: tuple[Column, ...]
    items: tuple[Item, ...]
    edges: tuple[Edge, ...]
    groups: tuple[str, ...]
    shared: tuple[Shared, ...]
    slots: tuple[str, ...]
    notes: tuple[str, ...]
    lanes: tuple[Lane, ...] = ()
    ends: Literal["", "stubs", "loops"] = ""
    low: Literal[0, 1, 2, 3] = 0
