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

from typing import NamedTuple

from derivations.matrix import (
    APPLY,
    MATMUL,
    NOW,
    PREVIOUS,
    Expression,
    add,
    at,
    beside,
    collect,
    immediate,
    instance,
    number,
    pull_back,
    shifted,
    substitute,
    symbols,
    total,
)
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
    for simpler in loss.simplifications_of(variable) if loss else ():
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
