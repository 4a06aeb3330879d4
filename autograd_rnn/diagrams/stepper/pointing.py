"""Which items of a picture show a node, and which nodes lie in steps that are not drawn."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import TypeVar

from autograd_rnn.diagrams.gradients.backward import columns_of
from autograd_rnn.diagrams.scene.items import Item, Kind, Scene
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.engine import Node

Key = TypeVar("Key", bound=Hashable)


class Pointing:
    """A graph as it is read, and the picture in which its nodes are pointed at."""

    def __init__(self, reading: Reading, scene: Scene) -> None:
        self.reading, self.timeline, self.scene = reading, reading.timeline, scene
        self.ids, self.items = reading.graph.ids, {item.id: item for item in scene.items}
        self.columns = columns_of(reading, scene)

    # --- time -------------------------------------------------------------------------------------

    def at(self, node: Node) -> Node:
        """Return the node that says when one is: a state is carried by the step it comes into."""
        readers = self.reading.readers[node] if node.op == "carry" else ()
        return next(iter(readers), node)

    def gap(self, node: Node) -> int | None:
        """Return the column in which a node is not drawn; None if it is.

        A partial sum over time goes with the term that it adds.
        """
        if node in self.reading.partial_sums:
            terms = (self.gap(n) for n in node.inputs if n not in self.reading.partial_sums)
            return next((gap for gap in terms if gap is not None), None)
        node = self.at(node)
        if node not in self.timeline.unseen or node in self.timeline.shared:
            return None
        return self._column(node)

    def _column(self, node: Node) -> int | None:
        moment = self.timeline.moment[node] or 0
        return self.columns.get((max(self.timeline.stretch[node], 0), moment))

    # --- items ------------------------------------------------------------------------------------

    def boxes_of_gap(self, gap: int) -> tuple[str, ...]:
        """Return the ids of what passes through a column whose steps are not drawn."""
        return tuple(self._passages.get(gap, ()))

    def boxes(self, node: Node) -> tuple[str, ...]:
        """Return the ids of the items that show a node."""
        return self._boxes[node]

    @cached_property
    def _boxes(self) -> dict[Node, tuple[str, ...]]:
        found: dict[Node, tuple[str, ...]] = {}
        for node in reversed(self.reading.graph.nodes):  # so that readers come first
            found[node] = self._own_boxes(node) or self._boxes_of_readers(node, found)
        return found

    def _own_boxes(self, node: Node) -> tuple[str, ...]:
        gap = self.gap(node)
        while gap is None and node in self.reading.partial_sums:
            (node,) = self.reading.readers[node]  # up to the sum that is drawn
        name = f"n{self.ids[node]}"
        if gap is not None:
            return self.boxes_of_gap(gap)
        if node.op == "carry":
            rail, column = self.reading.source(node).rail, self._column(self.at(node))
            return tuple(self._entries.get((rail, column), ()))
        return (name,) if name in self.items else tuple(self._aliases.get(name, ()))

    def _boxes_of_readers(
        self, node: Node, found: Mapping[Node, tuple[str, ...]]
    ) -> tuple[str, ...]:
        above = [found[reader] for reader in self.reading.readers[node]]
        if node.primitive is None:  # all inputs in one array, of which each step takes a part
            return tuple(box for boxes in above for box in boxes)
        # What is folded is shown by what reads it.
        return next(filter(None, above), ())

    @cached_property
    def _aliases(self) -> dict[str, list[str]]:
        """The items of each shared leaf, by its own id."""
        return self._grouped(Kind.ALIAS, lambda item: item.id.partition("_for_")[0])

    @cached_property
    def _entries(self) -> dict[tuple[str, int | None], list[str]]:
        """The items by which states enter a column, by their rail and the column."""
        return self._grouped(Kind.ENTRY, lambda item: (item.rail, item.column))

    @cached_property
    def _passages(self) -> dict[int | None, list[str]]:
        """What passes through each column whose steps are not drawn."""
        return self._grouped(Kind.GAP, lambda item: item.column)

    def _grouped(self, kind: Kind, key: Callable[[Item], Key]) -> dict[Key, list[str]]:
        found: dict[Key, list[str]] = {}
        for item in self.scene.items:
            if item.kind is kind:
                found.setdefault(key(item), []).append(item.id)
        return found

    def boxes_read_by(self, node: Node, below: Node) -> tuple[str, ...]:
        """Return the ids of the items that show an input; of a shared leaf, that of this use."""
        if below in self.timeline.shared:
            alias = f"n{self.ids[below]}_for_n{self.ids[node]}"
            return (alias,) if alias in self.items else ()
        if below.primitive is None and f"n{self.ids[below]}" not in self.items:
            return ()  # all inputs in one array
        return tuple(box for box in self.boxes(below) if box not in self.boxes(node))

    def boxes_of_passed(self, below: Node) -> tuple[str, ...]:
        """Return the id of the item of a node that a gap hands something to, if it has its own."""
        name = f"n{self.ids[below]}"
        return (name,) if name in self.items else ()
