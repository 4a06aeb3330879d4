"""Walking through expressions and rewriting them: symbols in them, substitution, moving in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from derivations.matrix.expression import (
    Expression,
    Moment,
    Over,
    add,
    at,
    divide,
    element,
    hadamard,
    in_order,
    is_a,
    is_binder,
    is_number,
    make,
    matmul,
    name_of,
    negate,
    number,
)


def symbols(*roots: Expression) -> list[Expression]:
    """Return the symbols in the expressions, in the order in which they are met."""
    return [node for node in in_order(*roots) if is_a(node, "symbol")]


def substitute(
    expression: Expression, replace: Callable[[Expression], Expression | None]
) -> Expression:
    """Return the expression with every node that `replace` knows exchanged for what it gives.

    What it gives is not searched again. Sums and products simplify: a zero removes its term.
    """
    rewritten: dict[Expression, Expression] = {}
    for node in in_order(expression):
        new = replace(node)
        rewritten[node] = _rebuilt(node, rewritten) if new is None else new
    return rewritten[expression]


def _rebuilt(node: Expression, rewritten: Mapping[Expression, Expression]) -> Expression:
    return rebuilt(node, tuple(rewritten[argument] for argument in node.arguments))


def rebuilt(node: Expression, arguments: tuple[Expression, ...]) -> Expression:
    """Return the same operation on other arguments; a zero among them may simplify it."""
    if arguments == node.arguments:
        return node
    if node.operation.name in _VANISHING and any(is_number(a, 0) for a in arguments):
        return number(0)
    simplify = _SIMPLIFYING.get(node.operation.name)
    return simplify(*arguments) if simplify else make(node.operation, arguments, node.data)


# A zero argument makes these zero, and those have a function that simplifies.
_VANISHING = {"transpose", "inner product", "squared norm", "trace", "diagonal", "sum over"}
_SIMPLIFYING: dict[str, Callable[..., Expression]] = {
    "add": add,
    "elementwise product": hadamard,
    "negate": negate,
    "divide": divide,
    "matrix product": matmul,
}


# --------------------------------------------------------------------------------- moving in time


def moved(
    expression: Expression, move: Callable[[Moment], Moment], index: str | None = None
) -> Expression:
    """Return the expression with every moment moved, as by one step or to the third.

    With an `index`, only where that index is free: what a sum or product over it binds stays.
    """
    rewritten: dict[Expression, Expression] = {}
    for node in in_order(expression):
        if is_a(node, "symbol"):
            rewritten[node] = _named_at(node, move)
        elif is_binder(node):
            body = node.arguments[0]
            inner = body if node.data.variable == index else rewritten[body]
            rewritten[node] = make(node.operation, (inner,), node.data.moved(move))
        else:
            rewritten[node] = _rebuilt(node, rewritten)
    return rewritten[expression]


def _named_at(node: Expression, move: Callable[[Moment], Moment]) -> Expression:
    """Return the symbol at the moved moment, and its element at the moved place."""
    name = name_of(node)
    if name.element:
        node = element(node, tuple(_place(p, move) for p in name.element))
    return node if name.moment is None else at(node, move(name.moment))


def _place(place: int | str, move: Callable[[Moment], Moment]) -> int | str:
    if isinstance(place, int):
        return place
    base, offset = moved = move(Moment(place))
    if base and offset:
        raise TypeError(f"no element is named by the place {moved}")
    return base or offset


def shifted(expression: Expression, steps: int) -> Expression:
    """Return the expression some steps later: t becomes t + steps."""
    return instance(expression, Moment("t", steps)) if steps else expression


def instance(expression: Expression, t: int | Moment, index: str = "t") -> Expression:
    """Return the expression with a number, or another moment, in the place of its index."""
    there = t if isinstance(t, Moment) else Moment("", t)

    def move(moment: Moment) -> Moment:
        return moment.instance(index, there) if index in moment.indices else moment

    return moved(expression, move, index)


def free_indices(expression: Expression) -> list[str]:
    """Return the indices that the expression leaves free, such as t, in the order they are met.

    Sizes such as T count as well.
    """
    free: dict[Expression, dict[str, None]] = {}
    for node in in_order(expression):
        found: dict[str, None] = {}
        for argument in node.arguments:
            found |= free[argument]
        if is_binder(node):
            found.pop(node.data.variable, None)
        for moment in _moments(node):
            found |= dict.fromkeys(moment.indices)
        free[node] = found
    return list(free[expression])


def _moments(node: Expression) -> Iterator[Moment]:
    if isinstance(node.data, Over):
        yield from (node.data.lower, node.data.upper)
    elif is_a(node, "symbol"):
        moment, element = name_of(node).moment, name_of(node).element
        yield from (moment,) if moment is not None else ()
        yield from (Moment(place) for place in element if isinstance(place, str))
