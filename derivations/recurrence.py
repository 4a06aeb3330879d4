"""From the equations of any recurrent network to its gradients: backpropagation through time.

**Lemma.** Let every equation read only variables computed before it: earlier ones of its own step
and states of the step before. Then L depends on a variable v_t only through the equations that read
it, so

    dL/dv_t = ∂⁺ℓ_t/∂v_t + Σ (∂⁺u/∂v_t)ᵀ dL/du,  summed over the variables u that read v_t,

and what follows is known before: by induction from t = T down, where nothing past T is read and so
every adjoint past T is zero.

Everything is derived on the template, never on the unrolled graph: the work does not depend on T.
Source: Werbos 1990; the form with total and immediate derivatives, Pascanu, Mikolov and Bengio
2013.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from derivations.arithmetic import ARRAYS, FRACTIONS, over_arrays
from derivations.evaluation import Arguments, Evaluation, Tape, evaluate, tape, tapes
from derivations.matrix import (
    APPLY,
    MATMUL,
    NEXT,
    NOW,
    PREVIOUS,
    SYMBOL,
    Expression,
    Moment,
    Name,
    add,
    at,
    beside,
    collect,
    immediate,
    instance,
    name_of,
    number,
    over_time,
    pull_back,
    shifted,
    substitute,
    symbols,
    total,
)
from derivations.step import Lines, Shown
from derivations.template import Definition, Parameter, Template, stacked

# ----------------------------------------------------------------------- adjoints of variables


class Reading(NamedTuple):
    """One equation that reads a variable, and what the variable's adjoint receives from it."""

    reader: Definition
    delay: int
    received: Expression


def readings(template: Template, variable: Expression) -> list[Reading]:
    """Return every reading of the variable; what comes from the next step is written with t+1."""
    found = []
    for reader, delay in template.readers(variable):
        read = at(variable, PREVIOUS if delay else NOW)
        received = collect(pull_back(reader.right, adjoint_of(template, reader.left), read))
        named = substitute(received, {reader.right: reader.left}.get)
        found.append(Reading(reader, delay, shifted(named, delay)))
    return found


def adjoint_of(template: Template, variable: Expression) -> Expression:
    """Return dL/dv_t as a symbol, or 1 for the loss of a step: L = Σ_t ℓ_t."""
    if template.loss is not None and variable is template.loss.objective:
        return number(1)
    return total(variable)


def sum_over_readers(template: Template, variable: Expression) -> Expression:
    """Return dL/dv_t as the lemma gives it, in the adjoints of the variables that read v_t."""
    if template.loss is not None and variable is template.loss.objective:
        return number(1)
    terms = [reading.received for reading in readings(template, variable)]
    if template.loss is None and variable is template.output:
        terms = [immediate(variable), *terms]
    return add(*terms)


def adjoint(template: Template, variable: Expression) -> Expression:
    """Return dL/dv_t as a person writes it.

    The adjoint of a gate is written out inside that of its pre-activation, so that δ_{f,t} is
    dL/dc_t ⊙ c_{t-1} ⊙ f_t ⊙ (1 - f_t), and a loss may bring a simpler form of its own.
    """
    loss = template.loss
    for simpler in loss.simplifications if loss else ():
        if simpler.of is variable:
            return simpler.gradient
    gates = {total(gate): sum_over_readers(template, gate) for gate in gates_of(template)}
    return substitute(sum_over_readers(template, variable), gates.get)


def gates_of(template: Template) -> list[Expression]:
    """Return the variables that are a function of a pre-activation and die with their step."""
    return [
        definition.left
        for definition in template.cell
        if definition.right.operation is APPLY and definition.left not in template.states
    ]


# ------------------------------------------------------------------------ gradients of weights


def block_gradient(template: Template, block: Expression) -> Expression:
    """Return what one step contributes to the gradient of a block of a parameter."""
    return add(
        *(
            collect(pull_back(definition.right, total(definition.left), block))
            for definition in template.equations
            if block in symbols(definition.right)
        )
    )


def parameter_term(template: Template, parameter: Parameter) -> Expression:
    """Return what one step contributes to a parameter's gradient: δ [u; v]ᵀ from δ uᵀ and δ vᵀ."""
    terms = [block_gradient(template, block) for block in parameter.blocks]
    outer = [t.arguments for t in terms if t.operation is MATMUL]
    if len(outer) == len(terms) > 1 and len({left for left, _ in outer}) == 1:
        return outer[0][0] @ stacked(tuple(right.T for _, right in outer)).T
    return beside(*terms) if len(terms) > 1 else terms[0]


def initial_gradient(template: Template, state: Expression) -> Expression:
    """Return dL/dv_0 for an initial state v_0: what the equations of the first step read of it."""
    delayed = [r.received for r in readings(template, state) if r.delay]
    return instance(add(*delayed), 0)


# ---------------------------------------------------------------------------- the closed form


@dataclass(frozen=True)
class Tapes:
    """The expressions of a closed form, laid out for evaluation."""

    equations: list[tuple[Name, str, Tape]]
    adjoints: list[tuple[Name, str, Tape]]
    last: list[tuple[Name, str, Tape]]
    terms: Mapping[str, Tape]
    initial: Mapping[str, Tape]


@dataclass(frozen=True)
class ClosedForm(Shown):
    """The gradients of a recurrent network: equations, adjoint equations and sums over time.

    `adjoints` are the backward equations in the order in which to evaluate them within a step, for
    t = T .. 1; `gradients` maps the name of each parameter, and ``h_0`` for each initial state, to
    its gradient in terms of them.
    """

    template: Template
    adjoints: tuple[Definition, ...]
    gradients: Mapping[str, Expression]

    @property
    def equations(self) -> tuple[Definition, ...]:
        """The forward equations, in the order in which to evaluate them within a step."""
        return self.template.equations

    @property
    def parameters(self) -> dict[str, tuple[str, ...]]:
        """The shape of every parameter, such as ``("n", "n+m")`` or ``("n",)``."""
        shapes = {p.name: p.symbol.shape for p in self.template.parameters}
        return {name: tuple(d for d in shape if d != "1") for name, shape in shapes.items()}

    @property
    def recursions(self) -> tuple[Definition, ...]:
        """The adjoint equations that another one or a gradient reads: the closed form on paper."""
        rights = [definition.right for definition in self.adjoints]
        names = map(name_of, symbols(*rights, *self.terms.values()))
        read = {name.letter for name in names if name.kind == "total"}
        return tuple(d for d in self.adjoints if name_of(d.left).letter in read)

    @property
    def terms(self) -> dict[str, Expression]:
        """What a step contributes to the gradient of each parameter: the body of its sum."""
        names = [parameter.name for parameter in self.template.parameters]
        return {name: self.gradients[name].arguments[0] for name in names}

    @cached_property
    def last_adjoints(self) -> tuple[Definition, ...]:
        """The adjoint equations at t = T, where everything of the next step is zero."""

        def past(node: Expression) -> Expression | None:
            return number(0) if node.operation is SYMBOL and name_of(node).moment == NEXT else None

        return tuple(replace(d, right=substitute(d.right, past)) for d in self.adjoints)

    @cached_property
    def tapes(self) -> Tapes:
        """The tapes of all expressions, made once."""
        names = [f"{name_of(state).letter}_0" for state in self.template.states]
        return Tapes(
            tapes(self.equations),
            tapes(self.adjoints),
            tapes(self.last_adjoints),
            {name: tape(term) for name, term in self.terms.items()},
            {name: tape(self.gradients[name]) for name in names},
        )

    @property
    def statement(self) -> Lines:
        """The closed form as lines: the recursions, then the gradients."""
        initial = {f"{name_of(s).letter}_0": at(s, Moment("", 0)) for s in self.template.states}
        of = {p.name: p.symbol for p in self.template.parameters} | initial
        gradients = [Definition(total(of[name]), g) for name, g in self.gradients.items()]
        return Lines(*self.recursions, *gradients)

    def text(self) -> str:
        """Return the statement in Unicode."""
        return self.statement.text()

    def latex(self) -> str:
        """Return the statement in LaTeX."""
        return self.statement.latex()

    def mathml(self) -> str:
        """Return the statement in MathML."""
        return self.statement.mathml()

    def evaluate(
        self,
        parameters: Mapping[str, Any],
        inputs: Any,
        targets: Any = None,
        initial: Mapping[str, Any] | None = None,
        upstream: Any = None,
    ) -> Evaluation:
        """Return every value, adjoint and gradient, in floats or complex numbers, at any size.

        The derived expressions themselves are interpreted. `parameters` are as they are stored
        (W_f (n, n+m), b_f (n,)), `inputs` (B, T, m), `targets` (B, T, n) or, for the cross-entropy,
        (B, T, k); `initial` maps h and c to (B, n), zero where absent; `upstream` is ∂⁺ℓ_t/∂h_t, (B, T, n),
        when the loss is abstract. Raises ValueError for an argument that is missing, unknown or of
        another shape than expected.
        """
        arguments = Arguments(parameters, inputs, targets, initial, upstream)
        return evaluate(self, arguments, ARRAYS)

    def evaluate_exactly(
        self,
        parameters: Mapping[str, Any],
        inputs: Any,
        targets: Any = None,
        initial: Mapping[str, Any] | None = None,
        upstream: Any = None,
    ) -> Evaluation:
        """Return the same as `evaluate` in exact fractions.

        An activation's value is the float it has there, taken as exact; all else is exact.
        """
        arguments = Arguments(parameters, inputs, targets, initial, upstream)
        return evaluate(self, arguments.converted(Fraction), over_arrays(FRACTIONS))


def from_template(template: Template) -> ClosedForm:
    """Return the closed form of any template."""
    adjoints = [
        Definition(total(d.left), adjoint(template, d.left), meaning=f"adjoint of the {d.meaning}")
        for d in reversed(template.equations)
    ]
    gradients = {p.name: over_time(parameter_term(template, p)) for p in template.parameters}
    for state in template.states:
        gradients[f"{name_of(state).letter}_0"] = initial_gradient(template, state)
    return ClosedForm(template, tuple(adjoints), gradients)


@lru_cache
def closed_form(
    cell: str, *, loss: str | None = "squared error", activation: str = "tanh"
) -> ClosedForm:
    """Return the closed form of a cell's gradients: rnn, lstm or gru.

    `loss` is ``"squared error"``, ``"cross-entropy"`` or None (∂⁺ℓ_t/∂h_t is given); `activation`
    is the rnn's. Raises ValueError for a name that is not there, naming those that are.

    >>> print(closed_form("rnn", loss=None))
    dL/dh_t = ∂⁺ℓ_t/∂h_t + W_hᵀ δ_{t+1}
        δ_t = dL/dh_t ⊙ (1 - h_t²)
      dL/dW = Σ_{t=1}^T δ_t [h_{t-1}; x_t]ᵀ
      dL/db = Σ_{t=1}^T δ_t
    dL/dh_0 = W_hᵀ δ_1
    """
    # The catalogue is written in terms of templates, so it is read when a name is asked for.
    from derivations import catalogue

    return from_template(catalogue.template(cell, loss=loss, activation=activation))
