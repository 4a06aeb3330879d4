"""Slips that can be made at any place of an expression: what `mutated` and `mutations` share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derivations.matrix import (
    ADD,
    HADAMARD,
    POWER,
    SYMBOL,
    TRANSPOSE,
    Expression,
    add,
    name_of,
    negate,
    rebuilt,
    symbols,
)


def places(root: Expression) -> Iterator[tuple[Expression, Callable[[Expression], Expression]]]:
    """Yield every occurrence of every part, with what puts another in its place."""
    waiting = [(root, lambda new: new)]
    while waiting:
        node, put = waiting.pop()
        yield node, put
        for i, argument in enumerate(node.arguments):

            def put_argument(new, node=node, put=put, i=i):
                return put(rebuilt(node, (*node.arguments[:i], new, *node.arguments[i + 1 :])))

            waiting.append((argument, put_argument))


def sign_swapped(node: Expression, _: object) -> Iterator[Expression]:
    if node.operation is ADD:
        for i, term in enumerate(node.arguments):
            yield add(*node.arguments[:i], negate(term), *node.arguments[i + 1 :])


def part_dropped(node: Expression, _: object) -> Iterator[Expression]:
    if node.operation in (ADD, HADAMARD):
        for i in range(len(node.arguments)):
            yield rebuilt(node, node.arguments[:i] + node.arguments[i + 1 :])


def transpose_dropped(node: Expression, _: object) -> Iterator[Expression]:
    if node.operation is TRANSPOSE:
        yield node.arguments[0]


def square_dropped(node: Expression, _: object) -> Iterator[Expression]:
    if node.operation is POWER:
        yield node.arguments[0]


def others_alike(node: Expression, *read: Expression) -> Iterator[Expression]:
    """Yield what a symbol can be mistaken for: another of its kind, moment and shape."""
    if node.operation is not SYMBOL:
        return
    for other in dict.fromkeys(symbols(*read)):
        alike = name_of(other)._replace(letter="") == name_of(node)._replace(letter="")
        if alike and other.shape == node.shape and other is not node:
            yield other
