"""Running a closed form: its own derived expressions, interpreted on arrays of any size.

Nothing here knows a cell. The equations are evaluated in their order for t = 1 .. T, the adjoint
equations for t = T .. 1, and the gradients are added up over the steps. Inside, a variable is a
matrix with a column an example; outside, arrays have a row an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from derivations.arithmetic import NumberSystem, add_up
from derivations.matrix import (
    Bindings,
    Expression,
    Name,
    array_of,
    immediate,
    in_order,
    is_a,
    name_of,
    value_at,
)
from derivations.sizes import Sizes
from derivations.template import Definition, Parameter, Template

if TYPE_CHECKING:
    from derivations.bptt.form import ClosedForm

Array = Any  # a NumPy array of floats, complex numbers or exact scalars
Key = tuple[str, str, int | None]  # kind, letter and step of a symbol
Environment = dict[Key, Array]


@dataclass(frozen=True)
class Evaluation:
    """Every number of one evaluation of a closed form.

    `values` and `adjoints` map (letter, t) to an array with a row an example: the value of that
    variable at step t, and the total derivative of the loss with respect to it. `gradients` maps
    each parameter to an array of its own shape, and each initial state (``h_0``) to one row an
    example. `loss` is summed over steps and examples; it is None when the loss is abstract.
    """

    loss: Any
    values: Mapping[tuple[str, int], Array]
    adjoints: Mapping[tuple[str, int], Array]
    gradients: Mapping[str, Array]
    contributions: Mapping[str, Sequence[Array]]

    def terms(self, parameter: str, t: int) -> Array:
        """Return what step t contributes to the gradient of a parameter, shaped like it.

        Raises ValueError for a name that is no parameter and for a step that there is not.
        """
        if parameter not in self.contributions:
            known = ", ".join(self.contributions)
            raise ValueError(f"no parameter {parameter!r}; there are: {known}")
        steps = self.contributions[parameter]
        if not 1 <= t <= len(steps):
            raise ValueError(f"no step {t}; there are: 1 to {len(steps)}")
        return steps[t - 1]


# --------------------------------------------------------------------------------- the arguments


@dataclass(frozen=True)
class Arguments:
    """What an evaluation is given: arrays with a row an example.

    `parameters` as they are stored (W_f (n, n+m), b_f (n,)); `inputs` (B, T, m); for a loss
    `targets` (B, T, n), or (B, T, k) for the cross-entropy; `initial` states (B, n) by letter, zero
    where absent; `upstream`, that is ∂⁺ℓ_t/∂h_t, (B, T, n), when the loss is abstract.
    """

    parameters: Mapping[str, Array]
    inputs: Array
    targets: Array | None = None
    initial: Mapping[str, Array] | None = None
    upstream: Array | None = None

    def converted(self, scalar: Callable[[Any], Any]) -> Arguments:
        """Return the same arguments with every scalar converted, in object arrays."""

        def convert(array: Array) -> Array:
            return None if array is None else np.frompyfunc(scalar, 1, 1)(np.asarray(array))

        def convert_all(arrays: Mapping[str, Array] | None) -> dict[str, Array]:
            return {name: convert(array) for name, array in (arrays or {}).items()}

        return Arguments(
            convert_all(self.parameters),
            convert(self.inputs),
            convert(self.targets),
            convert_all(self.initial),
            convert(self.upstream),
        )

    def sizes(self, template: Template) -> Sizes:
        """Return the sizes that inputs and parameters imply.

        Raises ValueError when a parameter is missing or unknown, or inputs are not
        three-dimensional.
        """
        known = [parameter.name for parameter in template.parameters]
        _refuse_unknown("parameter", self.parameters, known, template)
        missing = [name for name in known if name not in self.parameters]
        if missing:
            raise ValueError(f"{template.name}: the parameter {', '.join(missing)} is missing")
        found = np.shape(self.inputs)
        if len(found) != 3 or 0 in found:
            raise ValueError(f"inputs has shape {found}; expected (B, T, m), none of them 0")
        dimensions = dict(zip(("1", "B", "T", "m"), (1, *found), strict=True))
        for parameter in template.parameters:
            rows, *_ = (*np.shape(self.parameters[parameter.name]), 0)
            dimensions.setdefault(parameter.symbol.shape[0], rows)
        return Sizes(dimensions)

    def bound(self, template: Template) -> Environment:
        """Return the arrays that the equations start from, by symbol, a column an example.

        Raises ValueError naming an argument that is missing, unknown, or of another shape than
        expected, with both shapes.
        """
        sizes = self.sizes(template)
        environment: Environment = {}
        for parameter in template.parameters:
            shape = [part for part in parameter.symbol.shape if part != "1"]
            array = _fitted(parameter.name, self.parameters[parameter.name], shape, sizes)
            environment.update(blocks_of(parameter, array, sizes))
        environment.update(self._sequences(template, sizes))
        environment.update(self._states(template, sizes))
        return environment

    def _sequences(self, template: Template, sizes: Sizes) -> Iterator[tuple[Key, Array]]:
        given = {"inputs": self.inputs, "targets": self.targets, "upstream": self.upstream}
        for symbol, label in sequences(template).items():
            array = given.pop(label)
            if array is None:
                raise ValueError(f"{template.name}: {label} are missing")
            array = _fitted(label, array, ("B", "T", symbol.shape[0]), sizes)
            if label == "targets":
                _refuse_unnormalized(template, array)
            name = name_of(symbol)
            for t in range(1, sizes.steps + 1):
                yield (name.kind, name.letter, t), array[:, t - 1].T
        unused = [label for label, array in given.items() if array is not None]
        if unused:
            raise ValueError(f"{template.name}: {unused[0]} are given, but this loss has none")

    def _states(self, template: Template, sizes: Sizes) -> Iterator[tuple[Key, Array]]:
        initial = self.initial or {}
        rows = {name_of(state).letter: state.shape[0] for state in template.states}
        _refuse_unknown("initial state", initial, rows, template)
        for letter, row in rows.items():
            # Of the inputs' own kind: zeros must neither widen floats nor make fractions floats.
            zeros = np.zeros(sizes.of(("B", row)), np.asarray(self.inputs).dtype)
            array = _fitted(f"initial {letter}", initial.get(letter, zeros), ("B", row), sizes)
            yield ("value", letter, 0), array.T


class Evaluable:
    """Mixin: what can be evaluated in floats, or exactly, given the same arguments."""

    def evaluate(
        self,
        parameters: Mapping[str, Any],
        inputs: Any,
        targets: Any = None,
        initial: Mapping[str, Any] | None = None,
        upstream: Any = None,
    ) -> Evaluation:
        """Return every value, adjoint and gradient, in floats; a closed form's in complex ones too.

        `parameters` are as they are stored (W_f (n, n+m), b_f (n,)), `inputs` (B, T, m), `targets`
        (B, T, n) or, for the cross-entropy, (B, T, k); `initial` maps h and c to (B, n), zero where
        absent; `upstream` is ∂⁺ℓ_t/∂h_t, (B, T, n), when the loss is abstract. Raises ValueError
        for an argument that is missing, unknown or of another shape than expected.
        """
        return self._evaluated(Arguments(parameters, inputs, targets, initial, upstream))

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
        return self._evaluated_exactly(arguments.converted(Fraction))

    def _evaluated(self, arguments: Arguments) -> Evaluation:
        raise NotImplementedError

    def _evaluated_exactly(self, arguments: Arguments) -> Evaluation:
        raise NotImplementedError


def sequences(template: Template) -> dict[Expression, str]:
    """Return the symbols that are given at every step, with the argument that holds them."""
    if template.loss is None:
        return {template.inputs: "inputs", immediate(template.output): "upstream"}
    return {template.inputs: "inputs", template.loss.target: "targets"}


def _refuse_unknown(
    what: str, given: Iterable[str], known: Iterable[str], template: Template
) -> None:
    unknown = [name for name in given if name not in set(known)]
    if unknown:
        there_are = ", ".join(known)
        raise ValueError(f"{template.name}: no {what} {', '.join(unknown)}; there are: {there_are}")


def _refuse_unnormalized(template: Template, targets: Array) -> None:
    normalized = template.loss is not None and template.loss.targets_sum_to_one
    if normalized and not np.allclose(np.sum(targets, axis=-1).astype(complex), 1):
        raise ValueError("targets: the entries of a step must sum to one")


def _fitted(label: str, given: Array, shape: Sequence[str], sizes: Sizes) -> Array:
    array = np.asarray(given)
    expected = sizes.of(shape)
    if array.shape != expected:
        letters = ", ".join(shape)
        raise ValueError(f"{label} has shape {array.shape}; expected ({letters}) = {expected}")
    return array.astype(float) if array.dtype.kind in "iub" else array


def blocks_of(parameter: Parameter, array: Array, sizes: Sizes) -> Iterator[tuple[Key, Array]]:
    """Yield the blocks of a stored parameter or of its gradient, a vector as a column."""
    stored = array.reshape(sizes.of(parameter.symbol.shape))
    start = 0
    for block in parameter.blocks:
        (width,) = sizes.of(block.shape[1:])
        yield ("value", name_of(block).letter, None), stored[:, start : start + width]
        start += width


# --------------------------------------------------------------------------------------- running

Tape = Sequence[Expression]  # the nodes of an expression, in the order in which to evaluate them


@lru_cache(maxsize=4096)  # closed forms that differ in one line share all the others
def tape(expression: Expression) -> Tape:
    """Return the nodes of the expression, arguments before what is made of them."""
    return tuple(in_order(expression))


def tapes(definitions: Iterable[Definition]) -> list[tuple[Expression, Tape]]:
    """Return each equation as the symbol it defines and the tape of its right side."""
    return [(definition.left, tape(definition.right)) for definition in definitions]


def key(name: Name, t: int) -> Key:
    """Return where the environment keeps the symbol that is met when evaluating at step t."""
    if name.moment is None:
        return name.kind, name.letter, None
    return name.kind, name.letter, name.moment.offset + (t if name.moment.base else 0)


@dataclass(frozen=True)
class Run:
    """One evaluation of a closed form: an environment that fills in the order of time."""

    form: ClosedForm
    environment: Environment
    sizes: Sizes
    system: NumberSystem

    def define(self, definitions: Iterable[tuple[Expression, Tape]], t: int) -> None:
        """Give every symbol that the equations define its value at step t."""
        for symbol, order in definitions:
            value = np.asarray(self.value(order, t))
            shape = self.sizes.of((symbol.shape[0], "B"))
            # A constant, such as dL/dℓ_t = 1, is the same for every example.
            fitted = value if value.shape == shape else np.broadcast_to(value, shape)
            self.environment[key(name_of(symbol), t)] = fitted

    def value(self, order: Tape, t: int) -> Array:
        """Return the value of an expression at step t."""
        return array_of(order, lambda node: self.environment[key(name_of(node), t)], self.system)

    def through_time(self) -> None:
        """Fill in every variable for t = 1 .. T, then every adjoint for t = T .. 1."""
        self.forward()
        self.backward()

    def forward(self) -> None:
        """Fill in every variable for t = 1 .. T."""
        for t in range(1, self.sizes.steps + 1):
            self.define(self.form.tapes.equations, t)

    def backward(self) -> None:
        """Fill in every adjoint for t = T .. 1, once the variables are there."""
        steps = self.sizes.steps
        self.define(self.form.tapes.last, steps)
        for t in range(steps - 1, 0, -1):
            self.define(self.form.tapes.adjoints, t)

    def contributions(self, parameter: Parameter) -> list[Array]:
        """Return what each step contributes to the gradient of a stored parameter."""
        order = self.form.tapes.terms[parameter.name]
        steps = [self.value(order, t) for t in range(1, self.sizes.steps + 1)]
        # A product of columns u vᵀ has summed over the examples; a column has not yet.
        vector = parameter.symbol.shape[1] == "1"
        return [np.sum(term, axis=1) for term in steps] if vector else steps

    def whole(self, parameter: Parameter) -> Array:
        """Return the gradient of a stored parameter that is no sum over all steps."""

        def leaf(node: Expression, bindings: Bindings) -> Array:
            if is_a(node, "ones"):  # an empty sum is that many zeros
                return np.full(self.sizes.of(node.shape), self.system.number(Fraction(1)))
            name = name_of(node)
            moment = None if name.moment is None else name.moment.at(bindings)
            return self.environment[name.kind, name.letter, moment]

        gradient = self.form.gradients[parameter.name]
        value = value_at(gradient, self.sizes.dimensions, leaf, self.system)
        return np.sum(value, axis=1) if parameter.symbol.shape[1] == "1" else value

    def result(self) -> Evaluation:
        """Return all that the environment holds, with a row an example."""
        parameters = self.form.template.parameters
        summed = [p for p in parameters if p.name in self.form.tapes.terms]
        contributions = {p.name: self.contributions(p) for p in summed}
        gradients = {name: sum(terms[1:], terms[0]) for name, terms in contributions.items()}
        gradients |= {p.name: self.whole(p) for p in parameters if p.name not in contributions}
        for name, order in self.form.tapes.initial.items():
            gradients[name] = self.value(order, 0).T
        return gathered(self.form.template, self.environment, gradients, contributions)


def gathered(
    template: Template,
    environment: Environment,
    gradients: Mapping[str, Array],
    contributions: Mapping[str, Sequence[Array]],
) -> Evaluation:
    """Return an evaluation from the matrices of its environment, which have a column an example."""
    symbols = [template.inputs, *(definition.left for definition in template.equations)]
    variables = {name_of(symbol).letter for symbol in symbols}
    values, adjoints = (
        {
            (letter, t): array.T
            for (kind, letter, t), array in environment.items()
            if kind == wanted and letter in variables and t is not None
        }
        for wanted in ("value", "total")
    )
    for state in template.states:
        letter = name_of(state).letter
        adjoints[letter, 0] = gradients[f"{letter}_0"]
    return Evaluation(loss_of(template, values), values, adjoints, gradients, contributions)


def loss_of(template: Template, values: Mapping[tuple[str, int], Array]) -> Any:
    """Return L = Σ_t ℓ_t summed over the examples, or None when the loss is abstract."""
    if template.loss is None:
        return None
    objective = name_of(template.loss.objective).letter
    total = add_up([np.sum(array) for (letter, _), array in values.items() if letter == objective])
    return total.item() if isinstance(total, np.generic) else total


def evaluate(form: ClosedForm, arguments: Arguments, system: NumberSystem) -> Evaluation:
    """Return every value, adjoint and gradient of a closed form.

    The arrays of `arguments` must hold numbers of the system. Raises ValueError for arguments that
    do not fit, as `Arguments.bound` says.
    """
    environment = arguments.bound(form.template)
    run = Run(form, environment, arguments.sizes(form.template), system)
    run.through_time()
    return run.result()
