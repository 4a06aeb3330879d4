"""Who is who in a closed form: gates, states, weights, slopes; found from the equations alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from derivations.bptt.adjoints import gates_of
from derivations.bptt.form import ClosedForm
from derivations.matrix import (
    APPLY,
    HADAMARD,
    MATMUL,
    NEXT,
    NOW,
    SLOPES,
    SYMBOL,
    Expression,
    Moment,
    at,
    in_order,
    name_of,
    number,
    symbol,
    symbols,
    total,
)
from derivations.mistakes.lines import (
    Lines,
    factors_of,
    parameter_gradients,
    recursions,
)
from derivations.template import Definition


class Slope(NamedTuple):
    """The derivative of y = φ(u), as its factors stand in the line of u's adjoint.

    `holder` is the variable in whose equation φ(u) stands: y itself, or h in h = o ⊙ tanh(c).
    """

    function: str
    argument: Expression
    value: Expression
    holder: Expression

    @property
    def line(self) -> Expression:
        """The left side of the line in which the slope stands."""
        return total(self.argument)

    def at(self, value: Expression, function: str | None = None) -> tuple[Expression, ...]:
        """Return the factors of the slope, were this the value, or the function another one."""
        slope = SLOPES[function or self.function]
        return factors_of(slope(number(1), value, self.argument))


class Roles:
    """The parts of a closed form by what they do in it."""

    def __init__(self, form: ClosedForm) -> None:
        self.form, self.template = form, form.template
        self.recursions: Lines = recursions(form)
        self.gradients: Lines = parameter_gradients(form)
        self.states, self.output = self.template.states, self.template.output
        self.gates = gates_of(self.template)
        self.weights = {block for p in self.template.parameters for block in p.blocks}

    @cached_property
    def definitions(self) -> dict[Expression, Definition]:
        """The forward equation of each variable."""
        return {d.left: d for d in self.template.equations}

    @cached_property
    def state_lines(self) -> Lines:
        """The lines of the states' adjoints, to which the next step contributes."""
        return {line: r for line, r in self.recursions.items() if plain(line) in self.states}

    @cached_property
    def slopes(self) -> list[Slope]:
        """Every activation whose slope stands in a line."""
        found = []
        for d in self.template.cell:
            for node in in_order(d.right):
                if node.operation is APPLY:
                    value = d.left if node is d.right else node
                    slope = Slope(node.data, node.arguments[0], value, d.left)
                    found += [slope] if slope.line in self.recursions else []
        return found

    @cached_property
    def pre_activations(self) -> list[Expression]:
        """The arguments of the gates, each with a δ of its own."""
        return [s.argument for s in self.slopes if s.value.operation is SYMBOL]

    @cached_property
    def peepholes(self) -> set[Expression]:
        """The weights through which a gate sees a state, and nothing else."""
        alone = {p.blocks[0] for p in self.template.weights if len(p.blocks) == 1}
        products = [
            node
            for d in self.template.cell
            for node in in_order(d.right)
            if node.operation in (HADAMARD, MATMUL) and self.reads_state(node)
        ]
        return {block for node in products for block in node.arguments if block in alone}

    def reads_state(self, expression: Expression) -> bool:
        """Say whether an expression reads a state."""
        return any(at(s, NOW) in self.states for s in symbols(expression) if name_of(s).moment)

    @cached_property
    def resets(self) -> list[Expression]:
        """The gates that weight what a pre-activation sees of the past."""
        inner = [d.right for d in self.template.cell if d.left not in self.states]
        products = [n for right in inner for n in in_order(right) if n.operation is HADAMARD]
        return [gate for gate in self.gates if any(gate in n.arguments for n in products)]

    @cached_property
    def interpolating(self) -> list[Expression]:
        """The gates z that appear beside 1 - z in one equation."""
        return [
            gate
            for gate in self.gates
            if any({gate, 1 - gate} <= set(_factors_in(d.right)) for d in self.template.cell)
        ]

    def weights_of(self, expression: Expression) -> list[Expression]:
        """Return the weights in an expression."""
        return [s for s in symbols(expression) if s in self.weights]

    def inside(self, term: Expression) -> str:
        """Say where a term passes through: a weight, or else what is written there."""
        weights = [name_of(w).letter for w in self.weights_of(term)]
        return f"through {', '.join(weights)}" if weights else term.text()


def _factors_in(right: Expression) -> Iterator[Expression]:
    for node in in_order(right):
        if node.operation is HADAMARD:
            yield from node.arguments


def plain(line: Expression) -> Expression:
    """Return the variable or parameter that an adjoint belongs to."""
    (letter, moment, *_), shape = line.data
    return symbol(letter, shape, moment)


def values_at(expression: Expression, moment: Moment) -> list[Expression]:
    """Return the variables, not the adjoints, that an expression reads at a moment."""
    named = [(s, name_of(s)) for s in symbols(expression)]
    return [s for s, name in named if name.kind == "value" and name.moment == moment]


def adjoints_at(expression: Expression, moment: Moment) -> list[Expression]:
    """Return the adjoints that an expression reads at a moment."""
    named = [(s, name_of(s)) for s in symbols(expression)]
    return [s for s, name in named if name.kind == "total" and name.moment == moment]


def from_next(term: Expression) -> bool:
    """Say whether a term comes from the step after."""
    return bool(adjoints_at(term, NEXT))


def reads_adjoint(term: Expression) -> bool:
    """Say whether a term or factor is about an adjoint at all."""
    return any(name_of(s).kind in ("total", "immediate") for s in symbols(term))
