"""The closed form of the gradients: adjoint equations and sums over time, and their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from derivations.arithmetic import ARRAYS, FRACTIONS, over_arrays
from derivations.bptt.adjoints import adjoint, initial_gradient, parameter_term
from derivations.bptt.elements import ElementForm, written_out
from derivations.bptt.evaluation import (
    Arguments,
    Evaluable,
    Evaluation,
    Tape,
    evaluate,
    tape,
    tapes,
)
from derivations.matrix import (
    NEXT,
    SYMBOL,
    Expression,
    Moment,
    at,
    name_of,
    number,
    over_time,
    substitute,
    symbols,
    total,
)
from derivations.sizes import Sizes
from derivations.step import Derivation, Lines, Shown
from derivations.template import Definition, Template


@dataclass(frozen=True)
class Tapes:
    """The expressions of a closed form, laid out for evaluation."""

    equations: list[tuple[Expression, Tape]]
    adjoints: list[tuple[Expression, Tape]]
    last: list[tuple[Expression, Tape]]
    terms: Mapping[str, Tape]
    initial: Mapping[str, Tape]


@dataclass(frozen=True)
class ClosedForm(Shown, Evaluable):
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
        sums = [self.gradients[parameter.name] for parameter in self.template.parameters]
        names = map(name_of, symbols(*rights, *sums))
        read = {name.letter for name in names if name.kind == "total"}
        return tuple(d for d in self.adjoints if name_of(d.left).letter in read)

    @property
    def terms(self) -> dict[str, Expression]:
        """What a step contributes to the gradient of each parameter: the body of its sum.

        A gradient that is no sum over all steps, as a mistaken one may be, has no such terms.
        """
        sums = {p.name: self.gradients[p.name] for p in self.template.parameters}
        bodies = {
            name: gradient.arguments[0] for name, gradient in sums.items() if gradient.arguments
        }
        return {name: body for name, body in bodies.items() if over_time(body) is sums[name]}

    @cached_property
    def last_adjoints(self) -> tuple[Definition, ...]:
        """The adjoint equations at t = T, where everything of the next step is zero."""
        return tuple(replace(d, right=_without_next(d.right)) for d in self.adjoints)

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

    @cached_property
    def derivation(self) -> Derivation:
        """How the closed form is derived, every step verified."""
        # The exposition verifies closed forms, so it stands above this module.
        from derivations.recurrence import derive_bptt

        return derive_bptt(self.template)

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

    def _evaluated(self, arguments: Arguments) -> Evaluation:
        return evaluate(self, arguments, ARRAYS)

    def _evaluated_exactly(self, arguments: Arguments) -> Evaluation:
        return evaluate(self, arguments, over_arrays(FRACTIONS))

    def on_elements(
        self, n: int, m: int, steps: int, k: int | None = None, batch: int = 1
    ) -> ElementForm:
        """Return the closed form on explicit scalar elements: a program, linear in `steps`.

        `k` is the number of classes of the cross-entropy. Raises ValueError for a size that is
        missing, not needed, or not a positive integer.
        """
        letters = {d for p in self.template.parameters for d in p.symbol.shape}
        given = {"n": n, "m": m, "T": steps, "B": batch} | ({} if k is None else {"k": k})
        if ("k" in letters) != ("k" in given):
            raise ValueError(
                "k, the number of classes, belongs to the cross-entropy and to it alone"
            )
        for letter, size in given.items():
            if type(size) is not int or size < 1:
                raise ValueError(f"{letter} must be a positive integer, not {size!r}")
        return written_out(self, Sizes({"1": 1, **given}))


@lru_cache(maxsize=4096)  # as the tapes are
def _without_next(right: Expression) -> Expression:
    def zero(node: Expression) -> Expression | None:
        return number(0) if node.operation is SYMBOL and name_of(node).moment == NEXT else None

    return substitute(right, zero)


def from_template(template: Template) -> ClosedForm:
    """Return the closed form of any template."""
    adjoints = [
        Definition(total(d.left), adjoint(template, d.left), meaning=f"adjoint of the {d.meaning}")
        for d in reversed(template.equations)
    ]
    x = template.inputs  # a layer below, or an embedding, goes on from its adjoint
    adjoints.append(Definition(total(x), adjoint(template, x), meaning="adjoint of the input"))
    gradients = {p.name: over_time(parameter_term(template, p)) for p in template.parameters}
    for state in template.states:
        gradients[f"{name_of(state).letter}_0"] = initial_gradient(template, state)
    return ClosedForm(template, tuple(adjoints), gradients)
