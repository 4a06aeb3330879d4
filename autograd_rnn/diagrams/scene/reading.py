"""How a graph is read before it is drawn: what each node is called, where it stands, what it reads.

Three things of a graph are not drawn as nodes of their own. A carry is the edge from one step to
the next; a plain number is written into the operation that uses it; the partial sums of a sum
over time are one Σ.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from autograd_rnn.diagrams.scene.bands import taken
from autograd_rnn.diagrams.scene.timeline import BEFORE, Timeline, rail_name
from autograd_rnn.diagrams.typography.letters import Letter, Pen, Spell, Text, is_number, plain
from autograd_rnn.engine import Graph, Node
from autograd_rnn.engine.place import Place
from autograd_rnn.engine.rules.structure import Span


class Source(NamedTuple):
    """What is read: the node itself, the slot that it is carried in, and its line over time."""

    node: Node
    slot: str = ""
    rail: str = ""


class Reading:
    """A graph and its timeline, and the questions a picture asks of them."""

    def __init__(self, graph: Graph, timeline: Timeline, spell: Spell = Letter.of) -> None:
        self.spell = spell
        self.graph = graph
        self.timeline = timeline
        self.readers = graph.consumers()
        self._outputs = set(graph.outputs)
        self._cells = {node.place.cell for node in graph.nodes} - {""}
        self._letters: dict[Node, Letter | None] = {}
        self._gates: dict[tuple[Place, str], str] = {}
        self._pen = Pen(self.letter, self.is_weight)
        self._leaf_names = Counter(node.name for node in graph.nodes if self.is_leaf(node))

    @cached_property
    def partial_sums(self) -> frozenset[Node]:
        """Sums that only go on into a sum over several steps: ((ℓ_1 + ℓ_2) + ℓ_3) is one Σ."""
        moment = self.timeline.moment
        partial: set[Node] = set()
        if not self.timeline.steps:
            return frozenset()
        for node in reversed(self.graph.nodes):
            inner = not node.name and node not in self._outputs
            if inner and _is_untimed_sum(node) and len(self.readers[node]) == 1:
                (reader,) = self.readers[node]
                over_time = reader in partial or moment[reader] is None
                if over_time and _is_untimed_sum(reader):
                    partial.add(node)
        return frozenset(partial)

    @cached_property
    def drawn(self) -> tuple[Node, ...]:
        """The nodes that get an item of their own, inputs first."""
        timeline = self.timeline
        aside = timeline.unseen | timeline.shared.keys() | self.partial_sums
        return tuple(
            node for node in self.graph.nodes if node not in aside and self._has_an_item(node)
        )

    def _has_an_item(self, node: Node) -> bool:
        known_otherwise = node.primitive is None and node not in self.timeline.leaves
        written_elsewhere = is_number(node) and node not in self._outputs
        unseen = taken(node) is not node or self._is_taken_apart(node)
        if unseen and node not in self._outputs:
            return False
        return node.op != "carry" and not known_otherwise and not written_elsewhere

    def _is_taken_apart(self, node: Node) -> bool:
        """Whether all that reads a stack of all steps takes its own step out of it."""
        readers = self.readers[node] if node.op == "stack" else ()
        return bool(readers) and all(taken(reader) is not reader for reader in readers)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The gates, by how late in a step they end, then by how soon another gate reads them."""
        moment = self.timeline.moment
        depth: dict[Node, int] = {}
        end: dict[str, int] = {}
        read: dict[str, int] = {}
        for node in self.graph.nodes:
            here, group = moment[node], self.gate(node)
            inside = [below for below in node.inputs if moment[below] == here]
            depth[node] = 1 + max((depth[below] for below in inside), default=0)
            end[group] = max(end.get(group, 0), depth[node])
            for other in {self.gate(below) for below in inside} - {group}:
                read[other] = min(read.get(other, depth[node]), depth[node])
        end.pop("", None)
        return tuple(sorted(end, key=lambda group: (end[group], read.get(group, len(depth)))))

    def is_leaf(self, node: Node) -> bool:
        """Whether `node` reads nothing."""
        return node in self.timeline.leaves

    def is_parameter(self, node: Node) -> bool:
        """Whether `node` is a weight or a bias: a variable that is no part of the data."""
        data = node in self.timeline.initial or node in self.timeline.sequence
        return self.is_leaf(node) and node.needs_grad and not data

    def is_weight(self, node: Node) -> bool:
        """Whether `node` is a parameter or a block of one, such as W_g[:, :2]."""
        while _is_block(node):
            (node,) = node.inputs
        return self.is_parameter(node)

    def source(self, node: Node, reader: Node | None = None) -> Source:
        """Follow carries, and stacks that are taken apart, down to what `reader` really reads."""
        node = taken(node)
        if node.op == "carry":
            slot, recurrence = node.attrs["slot"], node.attrs["recurrence"]
            while node.op == "carry":
                (node,) = node.inputs
            number = next(
                i for i, b in enumerate(self.timeline.bands) if b.recurrence is recurrence
            )
            return Source(node, slot, rail_name(slot, number))
        return self._start(node, reader) or self._passed_on(node, reader) or Source(node)

    def _start(self, node: Node, reader: Node | None) -> Source | None:
        """Return the initial state of the recurrence that `reader` belongs to."""
        timeline = self.timeline
        if node not in timeline.initial:
            return None
        number = timeline.owner.get(reader) if reader is not None else None
        if number is not None and node in timeline.bands[number].recurrence.initial:
            band = timeline.bands[number]
            slot = band.recurrence.slots[band.recurrence.initial.index(node)]
            if reader is not None and timeline.moment[reader] == band.times[0]:
                return Source(node, slot, rail_name(slot, number))
        if self.is_leaf(node):
            return Source(node, timeline.initial[node], self.rail(node))
        return None

    def _passed_on(self, node: Node, reader: Node | None) -> Source | None:
        """Return what a step hands to the next without a carry, in a loop written by hand."""
        if reader is None or not self._is_next(node, reader):
            return None
        return Source(node, node.name or node.op, self.rail(node))

    def _is_next(self, node: Node, reader: Node) -> bool:
        moment, stretch = self.timeline.moment, self.timeline.stretch
        now, then = moment[node], moment[reader]
        if not now or not then or now >= then or stretch[node] != stretch[reader]:
            return False
        return self._next[max(stretch[node], 0)].get(now) == then

    @cached_property
    def _next(self) -> list[dict[int, int]]:
        return [dict(pairwise(times)) for times in self.timeline.times]

    @cached_property
    def _handed_on(self) -> dict[Node, str]:
        """The lines over time of what a step hands to the next without a carry."""
        met: Counter[tuple[int, int | None, str]] = Counter()
        rails: dict[Node, str] = {}
        timeline = self.timeline
        for node in self.graph.nodes:
            if node.op == "carry" or node in timeline.rail or node in timeline.shared:
                continue
            if any(self._is_next(node, reader) for reader in self.readers[node]):
                base = node.name or node.op
                key = (timeline.stretch[node], timeline.moment[node], base)
                rails[node] = rail_name(f"{base} handed on", met[key])
                met[key] += 1
        return rails

    def terms(self, node: Node) -> list[Node]:
        """Return what `node` reads, plain numbers left out; a Σ reads what its parts read."""
        terms: list[Node] = []
        if self.is_leaf(node):
            return terms
        stack = list(reversed(node.inputs))
        while stack:
            below = stack.pop()
            if below in self.partial_sums:
                stack.extend(reversed(below.inputs))
            elif not is_number(below):
                terms.append(below)
        return terms

    def letter(self, node: Node) -> Letter | None:
        """Return what the equations call `node`, with its step; None if they do not name it."""
        if node not in self._letters:
            self._letters[node] = self._letter(node)
        return self._letters[node]

    def _letter(self, node: Node) -> Letter | None:
        state = self.source(node).node
        if not state.name:
            return None
        letter, mark = self._spelled(state), self._mark(state)
        return replace(letter, sup=",".join(filter(None, (mark, letter.sup)))) if mark else letter

    def _spelled(self, node: Node) -> Letter:
        t = self.timeline.moment[node]
        if t == BEFORE and node.name.endswith("_0"):
            return self.spell(node.name.removesuffix("_0"), t)
        lone = self.is_leaf(node) and self._leaf_names[node.name] == 1
        of_no_step = t == BEFORE or (lone and node not in self.timeline.sequence)
        return self.spell(node.name, None if of_no_step or node in self._same_blocks else t)

    @cached_property
    def _same_blocks(self) -> frozenset[Node]:
        """Blocks of parameters that have a name, and are the same block wherever they have it."""
        blocks: dict[tuple[Node, str], list[Node]] = {}
        for node in self.graph.nodes:
            if node.name and _is_block(node) and self.is_weight(node):
                blocks.setdefault((node.inputs[0], node.name), []).append(node)
        alike = (found for found in blocks.values() if len({n.attrs["key"] for n in found}) == 1)
        return frozenset(node for found in alike for node in found)

    def _mark(self, node: Node) -> str:
        """Tell recurrences of one stretch of time apart: by their layer, by their direction."""
        if not any(self._marks):
            return ""
        timeline, number = self.timeline, self.timeline.owner.get(node)
        if number is None and node in timeline.initial:
            starts = (i for i, b in enumerate(timeline.bands) if node in b.recurrence.initial)
            number = next(starts, None)
        elif number is None and node in timeline.shared:
            readers = {timeline.owner.get(reader) for reader in self.readers[node]}
            number = readers.pop() if len(readers) == 1 else None
        given = number is None or node in timeline.sequence
        return "" if given or number is None else self._marks[number]

    @cached_property
    def _marks(self) -> list[str]:
        bands, marks = self.timeline.bands, []
        for band in bands:
            beside = [other for other in bands if other.stretch == band.stretch]
            alike = [other for other in beside if other.reverse == band.reverse]
            arrow = "←" if band.reverse else "→"
            layer = f"({alike.index(band) + 1})" if len(alike) > 1 else ""
            marks.append(layer + arrow * (len(alike) < len(beside)))
        return marks

    def symbol(self, node: Node) -> Text:
        """Return the operation as it is written; nothing for a leaf."""
        if self.is_leaf(node):
            return ()
        is_long_sum = not self.partial_sums.isdisjoint(node.inputs)
        return ("Σ",) if is_long_sum else self._pen.symbol(node)

    def gate(self, node: Node) -> str:
        """Return the gate at which `node` stands, "" for none.

        Two kinds of cell in one graph, and the backward pass, have frames of their own.
        """
        key = (node.place, node.phase)
        if key not in self._gates:
            cell, gate, _ = node.place
            words = [cell if gate and len(self._cells) > 1 else "", gate]
            words.append("(backward)" if node.phase == "backward" else "")
            self._gates[key] = " ".join(filter(None, words))
        return self._gates[key]

    def group(self, node: Node) -> str:
        """Return the gate that `node` belongs to; for a leaf, the one gate that reads it."""
        if not self.is_leaf(node):
            return self.gate(node)
        groups = {self.gate(reader) for reader in self.readers[node]}
        of_the_step = node in self.timeline.initial or node in self.timeline.sequence
        return "" if of_the_step or len(groups) != 1 else groups.pop()

    def rail(self, node: Node) -> str:
        """Return the line over time that `node` lies on, "" for none."""
        return self.timeline.rail.get(node) or self._handed_on.get(node, "")

    def sentence(self, node: Node) -> str:
        """Say what `node` is: `f_2 = sigmoid(a_f,2), shape (1, 2), lstm / forget gate / t=2`."""
        letter = self.letter(node)
        name = node.op if letter is None else str(letter)
        if not self.is_leaf(node):
            operands = ", ".join(plain(self._pen.operand(below)) for below in node.inputs)
            name += f" = {node.op}({operands})" if letter else f"({operands})"
        place = f", {node.place}" if str(node.place) else ""
        return f"{name}, shape {node.shape}{place}"


def _is_block(node: Node) -> bool:
    """Whether `node` takes some rows and columns; W[3] is one of many and has a step."""
    return node.op == "index" and all(isinstance(part, Span) for part in node.attrs["key"])


def _is_untimed_sum(node: Node) -> bool:
    return node.op == "add" and node.place.t is None
