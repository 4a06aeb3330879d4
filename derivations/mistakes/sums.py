"""Mistakes in the gradients of parameters: what is added up, over what, and which product it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derivations.matrix import (
    BELOW,
    BESIDE,
    FIRST,
    LAST,
    MATMUL,
    NOW,
    PREVIOUS,
    TRANSPOSE,
    Expression,
    Moment,
    at,
    beside,
    divide,
    hadamard,
    instance,
    name_of,
    number,
    over,
    over_time,
    substitute,
    symbol,
    total,
)
from derivations.mistakes.lines import Change, Edit, Site, becoming, renaming
from derivations.mistakes.roles import Roles, plain, values_at

SECOND = Moment("", 2)


def only_the_last_step(cell: Roles) -> Iterator[Site]:
    """Yield each sum over time to be what t = T contributes."""
    yield from _each_sum(cell, lambda body: instance(body, LAST))


def only_the_first_step(cell: Roles) -> Iterator[Site]:
    """Yield each sum over time to be what t = 1 contributes."""
    yield from _each_sum(cell, lambda body: instance(body, FIRST))


def bias_not_summed(cell: Roles) -> Iterator[Site]:
    """Yield the gradient of each bias to be the δ of the last step."""
    for site in only_the_last_step(cell):
        (edit,) = site.edits
        if _body(cell.gradients[edit.line]) in cell.recursions:
            yield site


def mean_over_time(cell: Roles) -> Iterator[Site]:
    """Yield each sum over time to be divided by T."""
    yield from _each_sum(cell, lambda body: divide(over_time(body), _count("t", LAST)))


def mean_over_the_batch(cell: Roles) -> Iterator[Site]:
    """Yield each gradient, which is summed over the examples, to be divided by their number."""
    yield from _each_sum(cell, lambda body: divide(over_time(body), _count("b", Moment("B"))))


def gradient_counted_twice(cell: Roles) -> Iterator[Site]:
    """Yield each gradient to be doubled."""
    yield from _each_sum(cell, lambda body: hadamard(2, over_time(body)))


def _each_sum(cell: Roles, wrong: Callable[[Expression], Expression]) -> Iterator[Site]:
    for line in cell.gradients:
        yield Site("", (Edit(line, lambda right: _of_body(right, wrong)),))


def _of_body(right: Expression, wrong: Callable[[Expression], Expression]) -> Expression:
    body = _body(right)
    return right if body is None else wrong(body)


def _body(right: Expression) -> Expression | None:
    """Return what a sum over all steps adds up; None when it is no such sum."""
    body = right.arguments[0] if right.arguments else right
    return body if over_time(body) is right else None


def _count(index: str, last: Moment) -> Expression:
    return over(index, FIRST, last, number(1))


# -------------------------------------------------------------------------------- outer products

Outer = tuple[Expression, Expression]  # δ and u, of the product δ uᵀ


def outer_products(body: Expression) -> list[Outer]:
    """Return the products δ uᵀ of columns that stand side by side in a term of a gradient."""
    found: list[Outer] = []
    for part in body.arguments if body.operation is BESIDE else (body,):
        if part.operation is not MATMUL or part.arguments[1].operation is not TRANSPOSE:
            return []
        left, (columns,) = part.arguments[0], part.arguments[1].arguments
        blocks = columns.arguments if columns.operation is BELOW else (columns,)
        found += [(left, column) for column in blocks]
    return found


def _each_outer(
    cell: Roles, wrong: Callable[[Expression, Expression], Expression | None]
) -> Iterator[Site]:
    """Yield each product δ uᵀ of each gradient to be the sum over time that `wrong` gives."""
    for line, right in cell.gradients.items():
        for place, (left, column) in enumerate(outer_products(_body(right) or right)):
            if wrong(left, column) is not None:
                yield Site(column.text(), (Edit(line, _in_place(place, wrong)),))


def _in_place(place: int, wrong: Callable[[Expression, Expression], Expression | None]) -> Change:
    def change(right: Expression) -> Expression:
        products = outer_products(_body(right) or right)
        sums = [over_time(left @ column.T) for left, column in products]
        if place < len(products):
            sums[place] = wrong(*products[place]) or sums[place]
        return beside(*sums) if sums else right

    return change


def outer_product_transposed(cell: Roles) -> Iterator[Site]:
    """Yield u δᵀ for δ uᵀ, where both have as many rows."""

    def wrong(left: Expression, column: Expression) -> Expression | None:
        return over_time(column @ left.T) if left.shape == column.shape else None

    yield from _each_outer(cell, wrong)


def input_of_the_step_before(cell: Roles) -> Iterator[Site]:
    """Yield x_{t-1} for x_t, from the second step on."""
    early = at(cell.template.inputs, PREVIOUS)

    def wrong(left: Expression, column: Expression) -> Expression | None:
        if column is not cell.template.inputs:
            return None
        return over("t", SECOND, LAST, left @ early.T)

    yield from _each_outer(cell, wrong)


def initial_state_as_zero(cell: Roles) -> Iterator[Site]:
    """Yield what reads a state of the step before to be added up from the second step on."""

    def wrong(left: Expression, column: Expression) -> Expression | None:
        if not _past_states(cell, column):
            return None
        return over("t", SECOND, LAST, left @ column.T)

    yield from _each_outer(cell, wrong)


def stacked_the_other_way(cell: Roles) -> Iterator[Site]:
    """Yield [x; h] for [h; x]."""
    for line, right in cell.gradients.items():
        if len(outer_products(_body(right) or right)) == 2:
            yield Site("", (Edit(line, _exchanged),))


def _exchanged(right: Expression) -> Expression:
    products = outer_products(_body(right) or right)
    if len(products) != 2:
        return right
    (left, first), (other, second) = products
    return over_time(beside(other @ second.T, left @ first.T))


# -------------------------------------------------------------------------------- the wrong step


def state_of_this_step(cell: Roles) -> Iterator[Site]:
    """Yield h_t for h_{t-1} in the gradient of each weight."""
    for line, right in cell.gradients.items():
        past = _past_states(cell, right)
        if past and plain(line) not in _stored(cell, cell.peepholes):
            late = {state: at(state, NOW) for state in past}
            yield Site("", (Edit(line, renaming(late)),))


def peephole_of_the_wrong_step(cell: Roles) -> Iterator[Site]:
    """Yield c_t for c_{t-1} in the gradient of a peephole, and the other way round."""
    for line, right in cell.gradients.items():
        if plain(line) in _stored(cell, cell.peepholes):
            seen = {state: at(state, NOW) for state in _past_states(cell, right)}
            seen |= {s: at(s, PREVIOUS) for s in values_at(right, NOW) if s in cell.states}
            yield Site("", (Edit(line, renaming(seen)),))


def delta_state_of_this_step(cell: Roles) -> Iterator[Site]:
    """Yield c_t for c_{t-1} in the δ of each gate."""
    for line in map(total, cell.pre_activations):
        late = {state: at(state, NOW) for state in _past_states(cell, cell.recursions[line])}
        if late:
            yield Site("", (Edit(line, renaming(late)),))


def _past_states(cell: Roles, expression: Expression) -> list[Expression]:
    return [s for s in values_at(expression, PREVIOUS) if at(s, NOW) in cell.states]


def _stored(cell: Roles, blocks: set[Expression]) -> set[Expression]:
    return {p.symbol for p in cell.template.parameters if set(p.blocks) & blocks}


def delta_of_another_gate(cell: Roles) -> Iterator[Site]:
    """Yield each gradient with the δ of another gate."""
    deltas = [total(u) for u in cell.pre_activations]
    for line, right in cell.gradients.items():
        for own in deltas:
            for other in deltas:
                wrong = substitute(right, {own: other}.get)
                if wrong is not right and other.shape == own.shape:
                    where = f"{other.text()} for {own.text()}"
                    yield Site(where, (Edit(line, becoming(wrong)),))


def gradients_exchanged(cell: Roles) -> Iterator[Site]:
    """Yield the gradients of every two gates, exchanged as if they were stored in another order."""
    groups = [_of_gate(cell, total(u)) for u in cell.pre_activations]
    for i, group in enumerate(groups):
        for other in groups[:i]:
            pairs = list(zip(group, other, strict=False))
            alike = len(group) == len(other) and all(a.shape == b.shape for a, b in pairs)
            if alike and group:
                swapped = [Edit(a, becoming(cell.gradients[b])) for a, b in pairs]
                swapped += [Edit(b, becoming(cell.gradients[a])) for a, b in pairs]
                names = " and ".join(name_of(one).letter for one in (other[0], group[0]))
                yield Site(names, tuple(swapped))


def _of_gate(cell: Roles, delta: Expression) -> list[Expression]:
    mark = symbol("mark", delta.shape, NOW)
    read = {line: substitute(right, {delta: mark}.get) for line, right in cell.gradients.items()}
    return [line for line, right in read.items() if right is not cell.gradients[line]]
