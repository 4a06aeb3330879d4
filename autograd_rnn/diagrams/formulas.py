"""What each box computes, as the equations write it: f_1 = σ(W_f · [h_0, x_1] + b_f).

A formula goes down to what the picture shows and has a letter, so that a box which stands for a
whole gate has the whole formula of the gate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from autograd_rnn.diagrams.letters import (
    FUNCTIONS,
    ORDERED,
    Letter,
    Text,
    at_any_time,
    is_number,
    joined,
    number,
    plain,
    raised,
    weight_side,
)
from autograd_rnn.diagrams.reading import Reading
from autograd_rnn.diagrams.scene import Item, Kind, Scene
from autograd_rnn.engine import Node

DEEPEST = 12  # operations in one formula, one in the other
SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4  # how tightly what was written last holds together
Written = tuple[Text, int]


def with_formulas(scene: Scene, reading: Reading) -> Scene:
    """Return the scene with the formula of each operation under it."""
    nodes = {f"n{number}": node for node, number in reading.graph.ids.items()}
    shown = frozenset(item.id for item in scene.items)
    items = []
    for item in scene.items:
        if item.kind is Kind.OPERATION and item.id in nodes:
            formula = _Writer(reading, shown, nodes[item.id]).equation(item)
            if scene.ends and item.column is not None:  # one step stands for all
                formula = at_any_time(formula, scene.columns[item.column].step)
            if plain(formula) != plain(item.symbol):  # [h_0, x_1] says it already
                item = replace(item, lines=(formula, *item.lines))
        items.append(item)
    return replace(scene, items=tuple(items))


@dataclass(frozen=True)
class _Writer:
    """Writes the formula of a node, down to the items that are `shown`."""

    reading: Reading
    shown: frozenset[str]
    node: Node

    def equation(self, item: Item) -> Text:
        """Return the formula of an item, after its letter if it has one."""
        right, _ = self._formula(self.node, DEEPEST)
        return right if item.letter is None else (item.letter, " = ", *right)

    def _operand(self, node: Node, depth: int) -> Written:
        if is_number(node):
            return (number(node),), ATOM
        read = self.reading.source(node).node
        letter = self.reading.letter(node)
        if letter is not None and (self.reading.is_leaf(read) or self._is_shown(read)):
            return (letter,), ATOM
        if self.reading.is_leaf(read) or depth == 0:
            return (letter or "·",), ATOM
        return self._formula(read, depth)

    def _is_shown(self, node: Node) -> bool:
        """Whether a node has a place where its letter stands; another step's is under its own."""
        moment = self.reading.timeline.moment
        elsewhere = moment[node] != moment[self.node]
        return elsewhere or f"n{self.reading.graph.ids[node]}" in self.shown

    def _formula(self, node: Node, depth: int) -> Written:
        below = self.reading.terms(node) if node.op == "add" else list(node.inputs)
        terms = [self._operand(one, depth - 1) for one in below]
        if node.op in ("add", "add_n"):
            numbers = [(number(one),) for one in node.inputs if is_number(one)]
            written: list[Text] = [text for text, _ in terms if text not in numbers]
            return joined([*numbers, *written], " + "), SUM
        if node.op == "multiply":
            sign = " · " if any(one.shape == () for one in node.inputs) else " ⊙ "
            return joined([_held(term, PRODUCT) for term in terms], sign), PRODUCT
        if node.op == "power":
            return raised(_held(terms[0], ATOM), _held(terms[1], ATOM)), POWER
        if node.op in ORDERED:
            return self._ordered(node, terms)
        if node.op == "matmul":
            return self._product(node, terms)
        special = SPECIAL.get(node.op)
        return special(node, terms) if special else _call(node, terms)

    def _ordered(self, node: Node, terms: list[Written]) -> Written:
        (left, right), sign = terms, ORDERED[node.op]
        if node.op == "subtract":
            return (*left[0], f" {sign} ", *_held(right, PRODUCT)), SUM
        return (*_held(left, POWER), f" {sign} ", *_held(right, POWER)), PRODUCT

    def _product(self, node: Node, terms: list[Written]) -> Written:
        """Write a weight before the column it acts on; other products as they are computed."""
        side = weight_side(node, self.reading.is_parameter)
        if side is not None:
            weight, column = _held(terms[side], PRODUCT), _held(terms[1 - side], ATOM)
            return (*weight, " · ", *column), PRODUCT
        turned = (node.attrs["ta"], node.attrs["tb"])
        sides: list[Text] = [
            (*_held(term, ATOM), "ᵀ") if turn else _held(term, ATOM)
            for term, turn in zip(terms, turned, strict=True)
        ]
        return joined(sides, " "), PRODUCT


def _call(node: Node, terms: list[Written]) -> Written:
    name = FUNCTIONS.get(node.op, node.op.replace("_", " "))
    if node.op == "negative":
        return ("−", *_held(terms[0], PRODUCT)), PRODUCT
    return (Letter(name), "(", *joined([text for text, _ in terms], ", "), ")"), ATOM


def _list(node: Node, terms: list[Written]) -> Written:
    return ("[", *joined([text for text, _ in terms], ", "), "]"), ATOM


def _transposed(node: Node, terms: list[Written]) -> Written:
    return (*_held(terms[0], ATOM), "ᵀ"), ATOM


def _same(node: Node, terms: list[Written]) -> Written:
    return terms[0]


SPECIAL: dict[str, Callable[[Node, list[Written]], Written]] = {
    "concatenate": _list,
    "stack": _list,
    "transpose": _transposed,
    "identity": _same,
    "broadcast_to": _same,
}


def _held(term: Written, least: int) -> Text:
    """Return a term in parentheses where it does not hold together tightly enough."""
    text, tightness = term
    return text if tightness >= least else ("(", *text, ")")
