"""Mistakes about ways back: what a variable receives from those that read it."""

from __future__ import annotations

from collections.abc import Iterator

from derivations.matrix import (
    MATMUL,
    NEXT,
    NOW,
    TRANSPOSE,
    Expression,
    add,
    at,
    in_order,
    name_of,
    shifted,
    substitute,
    total,
)
from derivations.mistakes.lines import (
    Edit,
    Site,
    dropping,
    factors_of,
    putting,
    refactoring,
    renaming,
    terms_of,
)
from derivations.mistakes.roles import (
    Roles,
    adjoints_at,
    from_next,
    reads_adjoint,
    values_at,
)


def recurrent_path_missing(cell: Roles) -> Iterator[Site]:
    """Yield every Rᵀδ_{t+1} to be left out."""
    for line, right in cell.state_lines.items():
        for term in terms_of(right):
            if from_next(term) and set(cell.weights_of(term)) - cell.peepholes:
                yield Site(cell.inside(term), (Edit(line, dropping(term)),))


def peephole_path_missing(cell: Roles) -> Iterator[Site]:
    """Yield every way back through a peephole, to be left out."""
    for line, right in cell.state_lines.items():
        for term in terms_of(right):
            if cell.peepholes.intersection(cell.weights_of(term)):
                yield Site(cell.inside(term), (Edit(line, dropping(term)),))


def reset_path_missing(cell: Roles) -> Iterator[Site]:
    """Yield the way back through a reset gate, to be left out."""
    deltas = {at(total(cell.definitions[r].right.arguments[0]), NEXT) for r in cell.resets}
    for line, right in cell.state_lines.items():
        for term in terms_of(right):
            if deltas.intersection(adjoints_at(term, NEXT)):
                yield Site(cell.inside(term), (Edit(line, dropping(term)),))


def direct_path_missing(cell: Roles) -> Iterator[Site]:
    """Yield the carousel, dL/dc_{t+1} ⊙ f_{t+1}, to be left out."""
    for line, right in cell.state_lines.items():
        for term in _direct_terms(cell, line, right):
            yield Site("", (Edit(line, dropping(term)),))


def carousel_of_this_step(cell: Roles) -> Iterator[Site]:
    """Yield the carousel with the gate of this step."""
    for line, right in cell.state_lines.items():
        for term in _direct_terms(cell, line, right):
            early = substitute(term, {g: at(g, NOW) for g in values_at(term, NEXT)}.get)
            yield Site("", (Edit(line, putting(term, early)),))


def _direct_terms(cell: Roles, line: Expression, right: Expression) -> list[Expression]:
    own = at(line, NEXT)
    return [t for t in terms_of(right) if own in factors_of(t) and not cell.weights_of(t)]


def output_path_missing(cell: Roles) -> Iterator[Site]:
    """Yield the way from an inner state through the output, to be left out."""
    for line, right in cell.state_lines.items():
        through = [t for t in terms_of(right) if total(cell.output) in adjoints_at(t, NOW)]
        if through and line is not total(cell.output):
            yield Site("", (Edit(line, dropping(*through)),))


def gate_missing_on_the_way(cell: Roles) -> Iterator[Site]:
    """Yield the gate between an inner state and the output, to be left out."""
    for line, right in cell.state_lines.items():
        for term in terms_of(right):
            for gate in set(factors_of(term)).intersection(cell.gates):
                yield Site(gate.text(), (Edit(line, refactoring([gate], None)),))


def factor_missing(cell: Roles) -> Iterator[Site]:
    """Yield in every δ the factor that the gate was multiplied by, to be left out."""
    own = {s.line: set(s.at(s.value)) for s in cell.slopes}
    for line in map(total, cell.pre_activations):
        for term in terms_of(cell.recursions[line]):
            for factor in factors_of(term):
                if factor not in own[line] and not reads_adjoint(factor):
                    yield Site(factor.text(), (Edit(line, refactoring([factor], None)),))


def truncated_at_one(cell: Roles) -> Iterator[Site]:
    """Yield everything of the next step, to be left out."""
    edits = [
        Edit(line, dropping(*later))
        for line, right in cell.recursions.items()
        if (later := [term for term in terms_of(right) if from_next(term)])
    ]
    yield Site("", tuple(edits))


def truncated_at_two(cell: Roles) -> Iterator[Site]:
    """Yield the adjoints of the next step to be put in as they are without one after it."""
    short: dict[Expression, Expression] = {}
    for line, right in cell.recursions.items():
        own = add(*(term for term in terms_of(right) if not from_next(term)))
        short[line] = substitute(own, short.get)
    later = {at(line, NEXT): shifted(right, 1) for line, right in short.items()}
    edits = [
        Edit(line, renaming(later))
        for line, right in cell.recursions.items()
        if adjoints_at(right, NEXT)
    ]
    yield Site("", tuple(edits))


def immediate_for_total(cell: Roles) -> Iterator[Site]:
    """Yield dL/dh_t to be taken for what the loss of the same step says."""
    output = total(cell.output)
    own = add(*(term for term in terms_of(cell.recursions[output]) if not from_next(term)))
    for line, right in cell.recursions.items():
        if output in adjoints_at(right, NOW):
            yield Site("", (Edit(line, putting(output, own)),))


def counted_twice(cell: Roles) -> Iterator[Site]:
    """Yield every contribution of the next step to be doubled."""
    for line, right in cell.state_lines.items():
        for term in terms_of(right):
            if from_next(term):
                yield Site(cell.inside(term), (Edit(line, putting(term, 2 * term)),))


def transpose_missing(cell: Roles) -> Iterator[Site]:
    """Yield every R for Rᵀ."""
    for line, right in cell.recursions.items():
        for node in in_order(right):
            if node.operation is TRANSPOSE and node.shape[0] == node.shape[1]:
                (weight,) = node.arguments
                yield Site(name_of(weight).letter, (Edit(line, putting(node, weight)),))


def weight_of_another_gate(cell: Roles) -> Iterator[Site]:
    """Yield every Rᵀδ with the weight of another gate."""
    back = {w for right in cell.recursions.values() for w in cell.weights_of(right)}
    recurrent = back - cell.peepholes
    for line, right in cell.recursions.items():
        for node in in_order(right):
            weights = cell.weights_of(node)
            if node.operation is not MATMUL or len(weights) != 1 or weights[0] not in recurrent:
                continue
            (weight,) = weights
            for other in sorted(recurrent - {weight}, key=lambda w: name_of(w).letter):
                if other.shape == weight.shape:
                    where = f"{name_of(other).letter} for {name_of(weight).letter}"
                    wrong = substitute(node, {weight: other}.get)
                    yield Site(where, (Edit(line, putting(node, wrong)),))
