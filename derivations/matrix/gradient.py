"""Gradients and differentials of expressions, by the rules of the table of operations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from derivations.matrix.expression import (
    Expression,
    add,
    as_product,
    hadamard,
    in_order,
    is_a,
    moving,
    name_of,
    number,
)


def pull_back(
    expression: Expression, gradient: Expression, by: Expression
) -> tuple[Expression, ...]:
    """Return what each occurrence of the symbol `by` receives from the gradient of `expression`.

    Their sum is the gradient with respect to `by`, shaped like `by`. Raises TypeError for an
    operation that has no pull-back or whose argument was broadcast.
    """
    leading = leading_to(by, expression)
    received: list[Expression] = []
    waiting = [(expression, gradient)]
    while waiting:
        node, upstream = waiting.pop()
        if node is by:
            received.append(upstream)
            continue
        reached = [i for i, argument in enumerate(node.arguments) if argument in leading]
        waiting.extend((node.arguments[i], _through(node, upstream, i)) for i in reversed(reached))
    return tuple(received)


def leading_to(target: Expression, expression: Expression) -> set[Expression]:
    """Return the target and every node of the expression that it is a part of."""
    leading = {target}
    for node in in_order(expression):
        if not leading.isdisjoint(node.arguments):
            leading.add(node)
    return leading


def _through(node: Expression, gradient: Expression, position: int) -> Expression:
    if node.operation.pull_back is None:
        raise TypeError(f"no gradient is pulled back through {node.operation.name}: {node.text()}")
    pulled = node.operation.pull_back(node, gradient, position)
    if pulled.shape != node.arguments[position].shape and not is_a(pulled, "number"):
        raise TypeError(f"{node.arguments[position].text()} is broadcast in {node.text()}")
    return pulled


def collect(terms: Sequence[Expression]) -> Expression:
    """Return the sum of the terms with like terms merged and common factors grouped in front.

    >>> from derivations.matrix import symbol
    >>> d, g, h = (symbol(letter, ("n", "1")) for letter in "dgh")
    >>> collect([d * g, -(d * h)]).text()
    'd ⊙ (g - h)'
    """
    merged: dict[tuple[Expression, ...], Fraction] = {}
    for coefficient, factors in (as_product([term]) for term in terms):
        merged[factors] = merged.get(factors, Fraction(0)) + coefficient
    merged = {factors: c for factors, c in merged.items() if c}
    if not merged:
        return number(0)
    first, *others = merged
    common = [f for f in first if all(f in other for other in others)] if others else []
    rest = [hadamard(c, *_without(factors, common)) for factors, c in merged.items()]
    return hadamard(*common, add(*rest))


def _without(factors: Sequence[Expression], removed: Sequence[Expression]) -> list[Expression]:
    kept = list(factors)
    for factor in removed:
        kept.remove(factor)
    return kept


def differential(expression: Expression, letters: Collection[str]) -> Expression:
    """Return how the expression moves, to first order, when the symbols of these letters do.

    Raises TypeError for an operation that has no differential.

    >>> from derivations.matrix import symbol
    >>> W, h = symbol("W", ("n", "n")), symbol("h", ("n", "1"))
    >>> differential(W @ h, {"W", "h"}).text()
    'dW h + W dh'
    """
    moved: dict[Expression, Expression] = {}
    for node in in_order(expression):
        if is_a(node, "symbol"):
            name = name_of(node)
            moves = name.kind == "value" and name.letter in letters
            moved[node] = moving(node) if moves else number(0)
        elif not node.arguments:
            moved[node] = number(0)
        elif node.operation.differential is None:
            raise TypeError(f"no differential is known of {node.operation.name}: {node.text()}")
        else:
            moved[node] = node.operation.differential(node, [moved[a] for a in node.arguments])
    return moved[expression]
