"""The derivation of a closed form as one writes it on a board: one verified step after another.

First who reads whom (the lemma of `adjoints`), then the adjoint of each variable from
its readers, last the gradients, added up over time. What leads to the gradient that is asked for
comes first; the adjoints that it only needs from the step after are collapsed into one step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from derivations.blackboard import changed_part, row
from derivations.bptt.adjoints import (
    Reading,
    adjoint_of,
    block_gradient,
    readings,
    sum_over_readers,
)
from derivations.bptt.form import ClosedForm, from_template
from derivations.bptt.program import Program
from derivations.matrix import (
    ADD,
    APPLY,
    HADAMARD,
    NOW,
    NUMBER,
    PREVIOUS,
    SCALAR,
    SUM_OVER,
    Expression,
    Moment,
    add,
    at,
    collect,
    immediate,
    in_order,
    inner,
    instance,
    jacobian,
    leading_to,
    name_of,
    over_time,
    pull_back,
    shifted,
    substitute,
    symbol,
    symbols,
    total,
)
from derivations.network import of_template
from derivations.sizes import Sizes
from derivations.step import Check, Derivation, Equation, Formula, Lines, Step, Symbol, Verdict
from derivations.template import Definition, Simplification, Template
from derivations.truth import SMALL, Truth
from derivations.verify import by_rule, exact_equality, exact_gradient

LEMMA = (
    "L depends on a variable only through the equations that read it, so its adjoint is a sum over "
    "them; from t = T down it is known, since nothing past T is read and every adjoint there is 0."
)

REASONS = {
    "matrix product": "In W u a small du moves the result by W du, and δᵀ (W du) = (Wᵀ δ)ᵀ du.",
    "elementwise product": "A product is linear in each factor, so the other factors remain.",
    "σ": "The slope of σ, in terms of its value s, is s (1 - s).",
    "tanh": "The slope of tanh, in terms of its value g, is 1 - g².",
    "relu": "The slope of relu is 1 where its argument is positive and 0 elsewhere.",
    "log": "The slope of log p is 1/p.",
    "softmax": "The Jacobian of p = softmax(s) is diag(p) - p pᵀ, which is its own transpose.",
    "squared norm": "The gradient of ½ ‖e‖² is e.",
    "inner product": "An inner product is linear in each column, so the other column remains.",
}
"""Why a gradient is what it is, by the operation through which it passes."""

SUMMED = "Each equation that reads it hands back its own adjoint times its slope; they add up."
WEIGHT = "In δᵀ W u a small dW changes δᵀ dW u = ⟨δ uᵀ, dW⟩, so the gradient is δ uᵀ."
BIAS = "A bias is added, so it receives δ itself."
ADDED = "What is added moves the sum by as much as it moves itself."


def why(expression: Expression, read: Expression) -> str:
    """Return the reasons for the gradient of an expression with respect to a symbol in it."""
    reached = leading_to(read, expression)
    names = [_through(node) for node in in_order(expression) if node in reached]
    reasons = [REASONS[name] for name in dict.fromkeys(reversed(names)) if name in REASONS]
    return " ".join(reasons) or ADDED


def _through(node: Expression) -> str:
    """Return the name under which `REASONS` knows an operation; a constant factor needs none."""
    if node.operation is HADAMARD and node.arguments[0].operation is NUMBER:
        return "constant factor"
    return str(node.data) if node.operation is APPLY else node.operation.name


# ------------------------------------------------------------------------------- what is asked


@dataclass(frozen=True)
class Goal:
    """A gradient that is asked for, of a parameter, of a block of one, or of an initial state.

    `blocks` are what the equations read of a parameter.
    """

    of: Expression
    gradient: Expression
    blocks: tuple[Expression, ...] = ()

    @property
    def equation(self) -> Equation:
        """The gradient as an equation."""
        return Equation(total(self.of), self.gradient)


def goals(template: Template, wrt: str | None) -> tuple[Goal, ...]:
    """Return the goal of this name; without a name, every parameter and initial state.

    Raises ValueError for a name that is not there, naming those that are.
    """
    form = from_template(template)
    whole, parts = {}, {}
    for p in template.parameters:
        for block in p.blocks:
            gradient = over_time(block_gradient(template, block))
            parts[name_of(block).letter] = Goal(block, gradient, (block,))
        whole[p.name] = Goal(p.symbol, form.gradients[p.name], p.blocks)
    for state in template.states:
        name = f"{name_of(state).letter}_0"
        whole[name] = Goal(at(state, Moment("", 0)), form.gradients[name])
    known = parts | whole
    if wrt is None:
        return tuple(whole.values())
    if wrt not in known:
        raise ValueError(f"{template.name} has no {wrt!r}; there are: {', '.join(known)}")
    return (known[wrt],)


# --------------------------------------------------------------------------------- the writing


@dataclass(frozen=True)
class Exposition:
    """Writes the derivation of some gradients of a recurrent network."""

    template: Template
    goals: tuple[Goal, ...]

    def derivation(self, steps: int | None) -> Derivation:
        """Return the derivation, written out for so many steps at the end if a number is given."""
        own, others = self.own_and_others
        lines = [self.who_reads_whom(), *map(self.adjoint_step, own)]
        lines += [self.together(others)] if others else []
        lines += map(self.goal_step, self.goals)
        lines += [self.written_out(steps)] if steps is not None else []
        return Derivation(
            topic=self.template.name,
            title=self.template.title,
            statement=Lines(*self.needed, *(goal.equation for goal in self.goals)),
            steps=tuple(lines),
            symbols=tuple(self.symbols()),
            source=self.template.source,
            truth=self.truth,
        )

    @cached_property
    def form(self) -> ClosedForm:
        """The closed form that is derived."""
        return from_template(self.template)

    @cached_property
    def truth(self) -> Truth:
        """What is true of the network, to hold every line against."""
        return Truth(of_template(self.template))

    @cached_property
    def variables(self) -> dict[str, Definition]:
        """The forward equation of each variable, by its letter."""
        return {name_of(d.left).letter: d for d in self.template.equations}

    @cached_property
    def needed(self) -> list[Definition]:
        """The adjoint equations that the goals need, directly or through others."""
        rights = {name_of(d.left).letter: d.right for d in self.form.adjoints}
        wanted = {letter for goal in self.goals for letter in _adjoints_in(goal.gradient)}
        waiting = list(wanted)
        while waiting:
            new = _adjoints_in(rights[waiting.pop()]) - wanted
            wanted |= new
            waiting += new
        return [d for d in self.form.adjoints if name_of(d.left).letter in wanted]

    @cached_property
    def own_and_others(self) -> tuple[list[Definition], list[Definition]]:
        """The adjoint equations on a way from the goals to the loss within one step, and the rest.

        With several goals, or an initial state, which every gate of the first step reads, all are
        the goal's own.
        """
        if len(self.goals) > 1 or not self.goals[0].blocks:
            return self.needed, []
        block = self.goals[0].blocks[0]
        reached = [d.left for d in self.template.equations if block in symbols(d.right)]
        for variable in reached:
            readers = [d.left for d, delay in self.template.readers(variable) if not delay]
            reached += [reader for reader in readers if reader not in reached]
        letters = {name_of(variable).letter for variable in reached}
        own = [d for d in self.needed if name_of(d.left).letter in letters]
        return own, [d for d in self.needed if d not in own]

    # ------------------------------------------------------------------------------ the steps

    def who_reads_whom(self) -> Step:
        """Return the lemma, applied: the adjoint of each variable as a sum over its readers."""
        loss = self.template.loss
        objective = loss.objective if loss else symbol("ℓ", SCALAR, NOW)
        total_loss = Equation(symbol("L", SCALAR), over_time(objective))
        variables = [d.left for d in reversed(self.template.equations) if d.left is not objective]
        needed = [v for v in variables if self._leads_to_needed(v)]
        return Step.checked(
            rule="Who reads whom",
            before=Lines(*self.template.equations, total_loss),
            after=Lines(*(Equation(total(v), self._by_readers(v)) for v in needed)),
            why=LEMMA,
            check=by_rule(
                "induction on t, from T down: each equation reads only what is computed before it",
                self.truth.check,
            ),
            changed=total_loss,
            source="Werbos 1990",
        )

    def adjoint_step(self, adjoint: Definition) -> Step:
        """Return the step from the readers of a variable to its adjoint."""
        variable = self.variables[name_of(adjoint.left).letter]
        details = tuple(self._details(variable.left))
        several = len(list(self.template.readers(variable.left))) > 1
        return Step.checked(
            rule=f"Adjoint of the {variable.meaning}",
            before=Equation(adjoint.left, self._by_readers(variable.left)),
            after=adjoint,
            why=SUMMED if several else " ".join(dict.fromkeys(step.why for step in details)),
            check=self.truth.check,
            changed=self._by_readers(variable.left),
            substeps=details,
            assumptions=tuple(name for step in details for name in step.assumptions),
        )

    def together(self, adjoints: list[Definition]) -> Step:
        """Return one step for the adjoints that are only needed from the step after."""
        variables = [self.variables[name_of(d.left).letter] for d in adjoints]
        return Step.checked(
            rule="The adjoints of the step after",
            before=Lines(*(Equation(total(v.left), self._by_readers(v.left)) for v in variables)),
            after=Lines(*adjoints),
            why="The adjoints above read these one step later; they follow in the same way.",
            check=self.truth.check,
            changed=Lines(*(self._by_readers(v.left) for v in variables)),
            substeps=tuple(map(self.adjoint_step, adjoints)),
        )

    def goal_step(self, goal: Goal) -> Step:
        """Return the step from the adjoints to a gradient that is asked for."""
        if not goal.blocks:
            return self._initial_step(goal)
        read = [d for d in self.template.equations if set(goal.blocks) & set(symbols(d.right))]
        return Step.checked(
            rule=f"Gather {goal.of.text()} over time",
            before=Lines(*read) if len(read) > 1 else read[0],
            after=goal.equation,
            why="The same weights are read at every step, so what they receive there adds up.",
            check=self.truth.check,
            changed=add(*goal.blocks) if len(goal.blocks) == 1 else goal.of,
            substeps=tuple(
                self._one_step(d, b) for d in read for b in goal.blocks if b in symbols(d.right)
            ),
        )

    def _initial_step(self, goal: Goal) -> Step:
        state = self.variables[name_of(goal.of).letter].left
        delayed = [r for r in readings(self.template, state) if r.delay]
        received = add(*(self._through(state, reading) for reading in delayed))
        before = Equation(total(goal.of), instance(received, 0))
        return Step.checked(
            rule=f"Down to the initial {goal.of.text()}",
            before=before,
            after=goal.equation,
            why="Only the equations of the first step read the initial state.",
            check=self.truth.check,
            changed=changed_part(before, goal.equation),
        )

    def written_out(self, steps: int) -> Step:
        """Return the closed form with numbers for t, from T down, sums and all."""
        sizes = Sizes({**SMALL.dimensions, "T": steps})
        lines: list[Formula] = []
        for t in range(steps, 0, -1):
            adjoints = self.form.last_adjoints if t == steps else self.form.adjoints
            letters = {name_of(d.left).letter for d in self.needed}
            shown = [d for d in adjoints if name_of(d.left).letter in letters]
            lines += [Definition(instance(d.left, t), instance(d.right, t)) for d in shown]
        for goal in self.goals:
            lines.append(Equation(total(goal.of), _summed(goal.gradient, steps)))
        return Step.checked(
            rule=f"Written out for T = {steps}",
            before=Lines(*self.needed, *(goal.equation for goal in self.goals)),
            after=Lines(*lines),
            why="Backwards in time every line reads lines above it, and nothing is read past T.",
            changed=Lines(*self.needed),
            check=Program(of_template(self.template), sizes).check,
        )

    # ---------------------------------------------------------------------------- their details

    def _details(self, variable: Expression) -> Iterator[Step]:
        """Yield a step for each reading of a variable, after those of hidden readers."""
        for reading in readings(self.template, variable):
            reader = reading.reader.left
            if reader in self._hidden and reader is not self._objective:
                yield from self._details(reader)
            yield self._reading_step(variable, reading)
        loss = self.template.loss
        for simpler in loss.simplifications_of(variable) if loss else ():
            before = self._inserted(sum_over_readers(self.template, variable))
            yield Step.checked(
                rule="Simplify",
                before=before,
                after=simpler.gradient,
                why=simpler.why,
                check=_equal_where_normalized(simpler),
                changed=before,
                assumptions=(simpler.assumption,),
            )

    def _reading_step(self, variable: Expression, reading: Reading) -> Step:
        reader, delay, received = reading
        read = at(variable, PREVIOUS if delay else NOW)
        upstream = adjoint_of(self.template, reader.left)

        def check(_: Formula, after: Formula) -> Verdict:
            assert isinstance(after, Expression)
            return exact_gradient(reader, upstream, read, shifted(after, -delay))

        before = self._through(variable, reading)
        return Step.checked(
            rule=f"Through the {reader.meaning}{' of the step after' if delay else ''}",
            before=before,
            after=received,
            why=why(reader.right, read),
            check=check,
            changed=changed_part(before, received),
        )

    def _one_step(self, reader: Definition, block: Expression) -> Step:
        upstream, right = total(reader.left), reader.right
        terms = right.arguments if right.operation is ADD else (right,)
        read = add(*(term for term in terms if block in symbols(term)))

        def check(_: Formula, after: Formula) -> Verdict:
            assert isinstance(after, Expression)
            return exact_gradient(reader, upstream, block, after)

        return Step.checked(
            rule=f"The share of {block.text()}",
            before=inner(upstream, read),
            after=collect(pull_back(right, upstream, block)),
            why=BIAS if read is block else WEIGHT,
            check=check,
            changed=read,
        )

    # --------------------------------------------------------------------------------- helpers

    def _by_readers(self, variable: Expression) -> Expression:
        """Return the adjoint of a variable as the lemma has it, slopes not yet worked out."""
        given = self.template.loss is None and variable is self.template.output
        terms = [immediate(variable)] if given else []
        return add(*terms, *(self._through(variable, r) for r in readings(self.template, variable)))

    def _through(self, variable: Expression, reading: Reading) -> Expression:
        if reading.reader.left is self._objective:
            return immediate(variable)
        reader = shifted(reading.reader.left, reading.delay)
        return jacobian(reader, variable).T @ total(reader)

    def _inserted(self, expression: Expression) -> Expression:
        """Return the expression with the adjoints that are not shown put in."""
        hidden = {total(v): sum_over_readers(self.template, v) for v in self._hidden}
        return substitute(expression, hidden.get)

    @cached_property
    def _hidden(self) -> list[Expression]:
        """The variables whose adjoints the closed form does not show: gates, probabilities, ℓ_t."""
        shown = {name_of(d.left).letter for d in self.form.recursions}
        return [d.left for letter, d in self.variables.items() if letter not in shown]

    @property
    def _objective(self) -> Expression | None:
        return self.template.loss.objective if self.template.loss else None

    def _leads_to_needed(self, variable: Expression) -> bool:
        needed = {name_of(d.left).letter for d in self.needed}
        read = {name_of(s).letter for s in symbols(self.variables[name_of(variable).letter].right)}
        return name_of(variable).letter in needed or (
            variable in self._hidden and bool(needed & read)
        )

    def symbols(self) -> Iterator[Symbol]:
        """Yield the rows of the table of symbols."""
        template = self.template
        yield row(template.inputs, "input of step t")
        if template.loss:
            yield row(template.loss.target, "target of step t")
        for definition in template.equations:
            yield row(definition.left, definition.meaning)
        for parameter in template.parameters:
            yield row(parameter.symbol, parameter.meaning)
        yield row(total(template.output), "total derivative of the loss; dL/da is written δ")
        if template.loss is None:
            yield row(
                immediate(template.output), "immediate derivative of the loss of step t, given"
            )


def _equal_where_normalized(simpler: Simplification) -> Check:
    def check(before: Formula, after: Formula) -> Verdict:
        assert isinstance(before, Expression)
        assert isinstance(after, Expression)
        return exact_equality(before, after, simpler.normalized)

    return check


def _adjoints_in(expression: Expression) -> set[str]:
    names = map(name_of, symbols(expression))
    return {name.letter for name in names if name.kind == "total"}


def _summed(gradient: Expression, steps: int) -> Expression:
    if gradient.operation is not SUM_OVER:
        return gradient
    (term,) = gradient.arguments
    return add(*(instance(term, t) for t in range(1, steps + 1)))
