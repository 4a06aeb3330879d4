"""Gradients and differentials of expressions, by the rules of the table of operations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction

from derivations.matrix.expression import (
    SCALAR,
    Expression,
    add,
    as_product,
    hadamard,
    in_order,
    inner,
    is_a,
    moving,
    name_of,
    number,
    ones,
    over,
    trace,
)
from derivations.matrix.walk import free_indices, symbols


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


def received(expression: Expression, upstream: Expression, by: Expression) -> Expression:
    """Return the gradient with respect to `by`, given `upstream`, that of the expression itself.

    Every node is met once, after all that read it. An argument that was broadcast receives the sum
    over its places. Raises TypeError for an operation that has no gradient, and for a sum that
    reads `by` at several of its steps.
    """
    leading = leading_to(by, expression)
    gradients: dict[Expression, list[Expression]] = {expression: [upstream]}
    for node in reversed(list(in_order(expression))):
        if node is by or node not in gradients:
            continue
        for argument, passed in _passed(node, collect(gradients.pop(node)[::-1]), by):
            if argument in leading:
                gradients.setdefault(argument, []).append(passed)
    return collect(gradients.get(by, [])[::-1])


def _passed(
    node: Expression, upstream: Expression, by: Expression
) -> Iterator[tuple[Expression, Expression]]:
    """Yield each argument of a node with what it receives, the last one first."""
    if is_a(node, "sum over"):
        yield by, _through_sum(node, upstream, by)
        return
    if not node.arguments:
        return
    if node.operation.pull_back is None:
        raise TypeError(f"no gradient is known of {node.operation.name}: {node.text()}")
    for position, argument in reversed(list(enumerate(node.arguments))):
        yield argument, _fitted(node.operation.pull_back(node, upstream, position), argument)


def _fitted(pulled: Expression, argument: Expression) -> Expression:
    """Return the gradient in the shape of the argument: a scalar is read at every place."""
    pulled = _without_identity(pulled)
    if pulled.shape == argument.shape or is_a(pulled, "number"):
        return pulled
    rows, columns = pulled.shape
    rest = pulled if columns == "1" else pulled @ ones(columns)
    return rest if rows == "1" else _summed_up(rest)


def _summed_up(column: Expression) -> Expression:
    """Return 𝟏ᵀ u, and uᵀ v for a product u ⊙ v."""
    coefficient, (*factors, last) = as_product([column])
    if not factors or last.shape != column.shape:
        return inner(ones(column.shape[0]), column)
    rest = hadamard(coefficient, *factors)
    return rest * inner(ones(last.shape[0]), last) if rest.shape == SCALAR else inner(rest, last)


def _without_identity(product: Expression) -> Expression:
    """Return c A for the matrix product of A and c I, where c is a scalar or nothing."""
    if is_a(product, "matrix product"):
        for one, other in (product.arguments, product.arguments[::-1]):
            coefficient, factors = as_product([one])
            scalars = [f for f in factors if not is_a(f, "identity")]
            if len(scalars) == len(factors) - 1 and all(f.shape == SCALAR for f in scalars):
                return hadamard(coefficient, *scalars, other)
    return product


def _through_sum(node: Expression, upstream: Expression, by: Expression) -> Expression:
    index, lower, upper = node.data
    (body,) = node.arguments
    if index in free_indices(upstream):
        raise TypeError(f"{index} is free around {node.text()} and bound in it: rename one")
    for other in symbols(body):
        if other is not by and _may_be(other, by, index):
            raise TypeError(f"{other.text()} in {node.text()} is {by.text()} at some step")
    found = received(body, upstream, by)
    return found if index in free_indices(by) else over(index, lower, upper, found)


def _may_be(other: Expression, by: Expression, index: str) -> bool:
    same = name_of(other)._replace(moment=None) == name_of(by)._replace(moment=None)
    return same and index in free_indices(other)


def pairing(gradient: Expression, direction: Expression) -> Expression:
    """Return ⟨G, dX⟩, the sum of the products element by element."""
    if direction.shape == SCALAR or is_a(gradient, "number"):
        return hadamard(gradient, direction)
    if direction.shape[1] == "1":
        return inner(gradient, direction)
    turned = gradient if is_a(gradient, "identity") else gradient.T
    return trace(_without_identity(turned @ direction))


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
