"""Values of expressions: on whole arrays and element by element, in any number system."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from operator import matmul
from typing import Any

import numpy as np

from derivations.arithmetic import NumberSystem, add_up, multiplied
from derivations.matrix.expression import (
    Expression,
    Grid,
    identity,
    is_a,
    is_binder,
    ones,
)


def array_of(
    order: Sequence[Expression], lookup: Callable[[Expression], Any], system: NumberSystem
) -> Any:
    """Return the array that the last of the nodes stands for; `order` comes from `in_order`."""
    values: dict[Expression, Any] = {}
    for node in order:
        if is_a(node, "symbol"):
            values[node] = lookup(node)
            continue
        if node.operation.arrays is None:
            raise TypeError(f"{node.operation.name} has no value: {node.text()}")
        arguments = [values[argument] for argument in node.arguments]
        values[node] = node.operation.arrays(node, arguments, system)
    return values[order[-1]]


def elements_of(
    order: Sequence[Expression], lookup: Callable[[Expression], Grid], system: NumberSystem
) -> Grid:
    """Return the elements, row by row, of what the last of the nodes stands for."""
    grids: dict[Expression, Grid] = {}
    for node in order:
        if is_a(node, "symbol"):
            grids[node] = lookup(node)
            continue
        if node.operation.elements is None:
            raise TypeError(f"{node.operation.name} has no elements: {node.text()}")
        arguments = [grids[argument] for argument in node.arguments]
        grids[node] = node.operation.elements(node, arguments, system)
    return grids[order[-1]]


# ------------------------------------------------------------------------- with indices bound

Bindings = Mapping[str, int]  # the number that each index, and each size, stands for just now
Leaf = Callable[[Expression, Bindings], Any]


def value_at(expression: Expression, bindings: Bindings, leaf: Leaf, system: NumberSystem) -> Any:
    """Return the array that an expression stands for where its indices have these numbers.

    `leaf` gives the arrays of what the expression only names: symbols, Jacobians, constants of a
    size. Sums and products over an index are carried out.
    """
    values: dict[Expression, Any] = {}
    for node in _outside_binders(expression):
        if is_binder(node):
            values[node] = _carried_out(node, bindings, leaf, system)
        elif node.operation.arrays is None:
            values[node] = leaf(node, bindings)
        else:
            arguments = [values[argument] for argument in node.arguments]
            values[node] = node.operation.arrays(node, arguments, system)
    return values[expression]


def _outside_binders(root: Expression) -> Iterator[Expression]:
    """Yield the nodes, arguments first, without those inside of names and of sums over an index."""
    seen: set[Expression] = set()
    waiting = [(root, False)]
    while waiting:
        node, ready = waiting.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            if node.operation.arrays is not None:
                waiting.extend((argument, False) for argument in reversed(node.arguments))


def _carried_out(node: Expression, bindings: Bindings, leaf: Leaf, system: NumberSystem) -> Any:
    index, lower, upper = node.data
    (body,) = node.arguments
    found = [
        value_at(body, {**bindings, index: i}, leaf, system)
        for i in range(lower.at(bindings), upper.at(bindings) + 1)
    ]
    if is_a(node, "sum over"):
        zero = system.number(Fraction(0))
        return add_up(found) if found else leaf(ones(*node.shape), bindings) * zero
    if is_a(node, "largest over"):
        return reduce(np.maximum, found)
    if is_a(node, "power over"):
        return multiplied(found) if found else system.number(Fraction(1))
    return reduce(matmul, found[::-1]) if found else leaf(identity(node.shape[0]), bindings)
