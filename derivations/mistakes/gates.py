"""Mistakes about gates and activations: slopes, one gate for another, one cell for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from derivations.bptt.form import from_template
from derivations.matrix import (
    HADAMARD,
    MATMUL,
    NEXT,
    NOW,
    SYMBOL,
    Expression,
    add,
    apply,
    as_product,
    at,
    hadamard,
    in_order,
    substitute,
    total,
)
from derivations.mistakes.lines import (
    Change,
    Edit,
    Site,
    becoming,
    factors_of,
    lines_of,
    refactoring,
    terms_of,
)
from derivations.mistakes.roles import Roles, Slope, values_at
from derivations.template import Definition, Template

# ------------------------------------------------------------------------------------- slopes


def slope_missing(cell: Roles) -> Iterator[Site]:
    """Yield the slope of each activation, to be left out."""
    yield from _each_slope(cell, lambda slope: None)


def slope_at_the_output(cell: Roles) -> Iterator[Site]:
    """Yield 1 - h² for 1 - tanh(c)², where h = o ⊙ tanh(c)."""
    inside = [s for s in cell.slopes if s.value.operation is not SYMBOL]
    yield from _each_slope(cell, lambda slope: slope.at(slope.holder), inside)


def slope_at_the_argument(cell: Roles) -> Iterator[Site]:
    """Yield 1 - a² for 1 - tanh(a)²."""
    yield from _each_slope(cell, lambda slope: slope.at(slope.argument))


def slope_of_the_value(cell: Roles) -> Iterator[Site]:
    """Yield 1 - tanh(g)² for 1 - g², where g is a tanh already."""
    yield from _each_slope(cell, lambda slope: slope.at(apply(slope.function, slope.value)))


def slope_of_another_function(cell: Roles) -> Iterator[Site]:
    """Yield s (1 - s) for 1 - s², and the other way round."""
    other = {"σ": "tanh", "tanh": "σ"}
    known = [s for s in cell.slopes if s.function in other]
    yield from _each_slope(cell, lambda s: s.at(s.value, other[s.function]), known)


def _each_slope(
    cell: Roles,
    wrong: Callable[[Slope], tuple[Expression, ...] | None],
    slopes: list[Slope] | None = None,
) -> Iterator[Site]:
    for slope in cell.slopes if slopes is None else slopes:
        new = wrong(slope)
        product = None if new is None else hadamard(*new)
        change = refactoring(slope.at(slope.value), product)
        yield Site("", (Edit(slope.line, change),))


# ------------------------------------------------------------------------- one gate for another


def gate_for_another(cell: Roles) -> Iterator[Site]:
    """Yield every gate in every line, with every other gate in its place."""
    for line, right in cell.recursions.items():
        for moment in (NOW, NEXT):
            for gate in (s for s in values_at(right, moment) if at(s, NOW) in cell.gates):
                for other in (at(g, moment) for g in cell.gates):
                    if other is not gate and other.shape == gate.shape:
                        change = becoming(substitute(right, {gate: other}.get))
                        where = f"{other.text()} for {gate.text()}"
                        yield Site(where, (Edit(line, change),))


def complement(cell: Roles) -> Iterator[Site]:
    """Yield z for 1 - z and 1 - z for z."""
    for line, right in cell.recursions.items():
        for gate in cell.interpolating:
            for moment in (NOW, NEXT):
                change = _complementing(at(gate, moment))
                own = any(s.line is line and s.value is gate for s in cell.slopes)
                if not own and change(right) is not right:
                    yield Site("", (Edit(line, change),))


def _complementing(z: Expression) -> Change:
    swapped = {z: 1 - z, 1 - z: z}

    def one(term: Expression) -> Expression:
        coefficient, factors = as_product([term])
        if {z, 1 - z} <= set(factors):
            return term
        return hadamard(coefficient, *(swapped.get(factor, factor) for factor in factors))

    return lambda right: add(*map(one, terms_of(right)))


def reset_factor_missing(cell: Roles) -> Iterator[Site]:
    """Yield the reset gate, to be left out where it weights the past."""
    lines = cell.recursions | cell.gradients
    for gate in cell.resets:
        own = {s.line for s in cell.slopes if s.value is gate}
        for line, right in lines.items():
            change = _without(gate)
            if line not in own and change(right) is not right:
                yield Site("", (Edit(line, change),))


def _without(gate: Expression) -> Change:
    def change(right: Expression) -> Expression:
        products = [n for n in in_order(right) if n.operation is HADAMARD]
        gates = {gate, at(gate, NEXT)}
        bare = {n: hadamard(*(f for f in n.arguments if f not in gates)) for n in products}
        return substitute(right, {n: new for n, new in bare.items() if new is not n}.get)

    return change


# ------------------------------------------------------------------------- one cell for another


def other_sign_of_the_update(cell: Roles) -> Iterator[Site]:
    """Yield the backward pass of the cell in which z and 1 - z change places."""
    for gate in cell.interpolating:
        swapped = {gate: 1 - gate, 1 - gate: gate}
        changed = [
            replace(d, right=substitute(d.right, swapped.get))
            if {gate, 1 - gate} <= set(in_order(d.right))
            else d
            for d in cell.template.cell
        ]
        yield from _of_cell(cell, replace(cell.template, cell=tuple(changed)))


def reset_on_the_other_side(cell: Roles) -> Iterator[Site]:
    """Yield the backward pass of the cell that resets after the product for before, or before."""
    for gate in cell.resets:
        for other in (_reset_after(cell.template, gate), _reset_before(cell.template, gate)):
            if other is not None:
                yield from _of_cell(cell, other)


def _of_cell(cell: Roles, other: Template) -> Iterator[Site]:
    """Yield the lines of another cell with the same variables, in the place of this one's."""
    wrong = lines_of(from_template(other))
    lines = [line for line in lines_of(cell.form) if line in wrong]
    unread = [total(variable) for variable in cell.definitions]
    read = [line for line in lines if line in cell.recursions or line not in unread]
    yield Site("", tuple(Edit(line, becoming(wrong[line])) for line in read))


def _reset_after(template: Template, gate: Expression) -> Template | None:
    """Return the cell with R (r ⊙ h) as r ⊙ (R h), or None when there is none such."""
    for d in template.cell:
        for node in in_order(d.right):
            if node.operation is MATMUL and gate in factors_of(node.arguments[1]):
                weight, inside = node.arguments
                rest = hadamard(*(f for f in factors_of(inside) if f is not gate))
                after = substitute(d.right, {node: gate * (weight @ rest)}.get)
                return _with_equation(template, replace(d, right=after))
    return None


def _reset_before(template: Template, gate: Expression) -> Template | None:
    """Return the cell with r ⊙ (R h + b) as R (r ⊙ h) + b, or None when there is none such."""
    named = {d.left: d for d in template.cell if d.left not in template.states}
    for d in template.cell:
        for node in in_order(d.right):
            inner = [named[f] for f in factors_of(node) if f in named and f is not gate]
            if node.operation is HADAMARD and gate in node.arguments and inner and d.left in named:
                before = add(*(_reset_inside(t, gate) for t in terms_of(inner[0].right)))
                wrong = replace(d, right=substitute(d.right, {node: before}.get))
                return _with_equation(template, wrong, without=inner[0].left)
    return None


def _reset_inside(term: Expression, gate: Expression) -> Expression:
    if term.operation is not MATMUL:
        return term
    weight, past = term.arguments
    return weight @ (gate * past)


def _with_equation(
    template: Template, changed: Definition, without: Expression | None = None
) -> Template:
    cell = tuple(
        changed if d.left is changed.left else d for d in template.cell if d.left is not without
    )
    return replace(template, cell=cell)
