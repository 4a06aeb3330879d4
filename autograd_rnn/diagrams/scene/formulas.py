"""What each box computes, as the equations write it: f_1 = σ(W_f · [h_0, x_1] + b_f).

A formula goes down to what the picture shows and has a letter, so that a box which stands for a
whole gate has the whole formula of the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from autograd_rnn.diagrams.scene.items import Item, Kind, Scene
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.diagrams.typography.letters import (
    FUNCTIONS,
    LONGEST_LIST,
    ORDERED,
    Letter,
    Text,
    at_any_time,
    is_number,
    joined,
    key,
    number,
    plain,
    raised,
    weight_side,
)
from autograd_rnn.engine import Node

DEEPEST = 12  # operations in one formula, one in the other
# How tightly what was written last holds together: a matrix product is put in parentheses beside ⊙.
CASES, SUM, MATRIX, PRODUCT, POWER, ATOM = range(6)
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
            said = len(formula) == 1 or plain(formula) == plain(item.symbol)  # [h_0, x_1]
            if not said:
                item = replace(item, lines=(formula, *item.lines))
        items.append(item)
    return replace(scene, items=tuple(items))


def formula_of(reading: Reading, node: Node) -> Text:
    """Return what an operation computes of what has a letter, as the equations write it."""
    everything = frozenset(f"n{number}" for number in reading.graph.ids.values())
    formula, _ = _Writer(reading, everything, node)._formula(node, DEEPEST)
    return formula


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
            return (number(node),), ATOM if node.value >= 0 else SUM
        read = self.reading.source(node).node
        letter = self.reading.letter(node)
        if letter is not None and (self.reading.is_weight(read) or self._is_shown(read)):
            return (letter,), ATOM
        if self.reading.is_leaf(read) or depth == 0:
            return (letter or "·",), ATOM
        return self._formula(read, depth)

    def _is_shown(self, node: Node) -> bool:
        """Whether a node has a place where its letter stands; another step's is under its own."""
        if self.reading.is_leaf(node):
            return True
        moment = self.reading.timeline.moment
        elsewhere = moment[node] != moment[self.node]
        return elsewhere or f"n{self.reading.graph.ids[node]}" in self.shown

    def _formula(self, node: Node, depth: int) -> Written:
        if node.op in ("add", "add_n"):
            return self._sum(node, depth)
        terms = [self._operand(one, depth - 1) for one in node.inputs]
        if node.op == "multiply":
            return self._multiple(node, terms)
        if node.op in ("concatenate", "stack"):
            parts = self._over_time(node.inputs, [text for text, _ in terms])
            return ("[", *joined(parts, ", "), "]"), ATOM
        if node.op == "minimum" and (bounds := _bounds(node)):
            inner = self._operand(node.inputs[0].inputs[0], depth - 1)
            return _called("clip", [inner[0], *bounds])
        if node.op == "power":
            return raised(_held(terms[0], ATOM), _held(terms[1], ATOM)), POWER
        if node.op in ORDERED:
            return self._ordered(node, terms)
        if node.op == "matmul":
            return self._product(node, terms)
        special = SPECIAL.get(node.op)
        return special(node, terms) if special else _call(node, terms)

    def _sum(self, node: Node, depth: int) -> Written:
        numbers = [one for one in node.inputs if is_number(one) and one.value != 0]
        below = self.reading.terms(node)
        written = [_held(self._operand(one, depth - 1), SUM) for one in below]
        parts = [*((number(one),) for one in numbers), *self._over_time(below, written)]
        return joined(parts, " + "), SUM

    def _over_time(self, nodes: Sequence[Node], texts: list[Text]) -> list[Text]:
        """Leave out the middle of a long row whose texts are alike but for their steps."""
        moment = self.reading.timeline.moment
        steps = [moment[self.reading.source(node).node] for node in nodes]
        alike = {at_any_time(text, t) if t else text for text, t in zip(texts, steps, strict=True)}
        long = len(texts) > LONGEST_LIST and len(alike) == 1
        return [texts[0], ("…",), texts[-1]] if long else texts

    def _multiple(self, node: Node, terms: list[Written]) -> Written:
        first, second = map(self.reading.source, node.inputs)
        base = _held(terms[0], ATOM)
        if first.node is second.node and not (isinstance(base[-1], Letter) and base[-1].sup):
            return raised(base, ("2",)), POWER
        sign = " · " if any(one.shape == () for one in node.inputs) else " ⊙ "
        factors = [term for term in terms if term[0] != ("1",)] or terms[:1]
        if len(factors) == 1:
            return factors[0]
        return joined([_held(term, PRODUCT) for term in factors], sign), PRODUCT

    def _ordered(self, node: Node, terms: list[Written]) -> Written:
        (left, right), sign = terms, ORDERED[node.op]
        if node.op == "subtract":
            return (*_held(left, SUM), f" {sign} ", *_held(right, MATRIX)), SUM
        return (*_held(left, POWER), f" {sign} ", *_held(right, POWER)), PRODUCT

    def _product(self, node: Node, terms: list[Written]) -> Written:
        """Write a weight before the column it acts on; other products as they are computed."""
        side = weight_side(node, self.reading.is_weight)
        if side is not None:
            weight, column = _held(terms[side], ATOM), _held(terms[1 - side], ATOM)
            return (*weight, " · ", *column), MATRIX
        turned = (node.attrs["ta"], node.attrs["tb"])
        sides: list[Text] = [
            (*_held(term, ATOM), "ᵀ") if turn else _held(term, ATOM)
            for term, turn in zip(terms, turned, strict=True)
        ]
        return joined(sides, " · "), MATRIX


def _bounds(node: Node) -> list[Text]:
    """Return between which numbers a minimum of a maximum clips; nothing for any other."""
    below, least = node.inputs
    if not is_number(least) or below.op != "maximum" or not is_number(below.inputs[1]):
        return []
    return [(number(below.inputs[1]),), (number(least),)]


def _call(node: Node, terms: list[Written]) -> Written:
    name = FUNCTIONS.get(node.op, node.op.replace("_", " "))
    return _called(name, [text for text, _ in terms])


def _called(name: str, arguments: list[Text]) -> Written:
    return (Letter(name), "(", *joined(arguments, ", "), ")"), ATOM


def _negative(node: Node, terms: list[Written]) -> Written:
    return ("−", *_held(terms[0], MATRIX)), MATRIX


def _absolute(node: Node, terms: list[Written]) -> Written:
    return ("|", *terms[0][0], "|"), ATOM


def _less_one(node: Node, terms: list[Written]) -> Written:
    return (Letter("exp"), "(", *terms[0][0], ") − 1"), SUM


def _cases(node: Node, terms: list[Written]) -> Written:
    chosen, one, other = (_held(term, SUM) for term in terms)
    return (*one, " if ", *chosen, " else ", *other), CASES


def _piece(node: Node, terms: list[Written]) -> Written:
    return (*_held(terms[0], ATOM), *key(node)), ATOM


def _reshaped(node: Node, terms: list[Written]) -> Written:
    """Write axes of size 1 as the equations do: not at all."""
    before, after = ([n for n in shape if n != 1] for shape in (node.inputs[0].shape, node.shape))
    return terms[0] if before == after else _call(node, terms)


def _transposed(node: Node, terms: list[Written]) -> Written:
    return (*_held(terms[0], ATOM), "ᵀ"), ATOM


def _same(node: Node, terms: list[Written]) -> Written:
    return terms[0]


SPECIAL: dict[str, Callable[[Node, list[Written]], Written]] = {
    "negative": _negative,
    "absolute": _absolute,
    "expm1": _less_one,
    "where": _cases,
    "index": _piece,
    "reshape": _reshaped,
    "transpose": _transposed,
    "identity": _same,
    "broadcast_to": _same,
}


def _held(term: Written, least: int) -> Text:
    """Return a term in parentheses where it does not hold together tightly enough."""
    text, tightness = term
    return text if tightness >= least else ("(", *text, ")")
