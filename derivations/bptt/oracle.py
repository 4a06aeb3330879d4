"""The oracle: SymPy differentiates the whole composed loss, and the closed form must equal that.

The equations are put into each other until the loss is one expression of the parameters, which
SymPy differentiates with respect to every element of every parameter and initial state. No adjoint,
no reader and no matrix rule takes part. The price is an expression that grows several times over
with each step, so the sizes are small. Activations are opaque: all SymPy knows of them is their
slope.

Both sides are then compared at one random point of a prime field; how likely it is that a
difference goes unseen there is counted and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from time import perf_counter
from typing import Any

import sympy

from derivations.arithmetic import NumberSystem, add_up, multiplied
from derivations.bptt.elements import ElementForm, carry_out, flat, scalar
from derivations.degrees import Degree, Degrees, power_of_two
from derivations.field import MERSENNE_FIELD, PrimeField
from derivations.matrix import Expression, name_of
from derivations.recurrence import closed_form
from derivations.symbolic import FUNCTIONS, SYMPY, Softmax

Derivatives = Mapping[Expression, Any]  # SymPy expressions


@dataclass(frozen=True)
class OracleReport:
    """What the comparison of a closed form with the oracle found.

    `entries` counts the elements compared and `difference` names the first that differs;
    `error_bound` bounds the probability that a difference went unseen.
    """

    equal: bool
    sizes: str
    entries: int
    error_bound: str
    seconds: float
    difference: str | None


def oracle_check(
    cell: str,
    n: int,
    m: int,
    steps: int,
    *,
    loss: str = "squared error",
    k: int | None = None,
    **settings: Any,
) -> OracleReport:
    """Hold the closed form of a cell against the oracle, for one example of these sizes.

    `k` is the number of classes of the cross-entropy, `settings` are a variant's. Raises ValueError
    for a cell, loss or setting that is not there and for sizes that are not positive.
    """
    start = perf_counter()
    elements = closed_form(cell, loss=loss, **settings).on_elements(n, m, steps, k)
    derivatives = full_diff(elements)
    difference = first_difference(elements, derivatives)
    return OracleReport(
        equal=difference is None,
        sizes=", ".join(
            f"{d} = {size}" for d, size in elements.sizes.dimensions.items() if d != "1"
        ),
        entries=len(list(gradients(elements))),
        error_bound=error_bound(elements, derivatives),
        seconds=perf_counter() - start,
        difference=difference,
    )


def gradients(elements: ElementForm) -> Iterator[tuple[Expression, Expression]]:
    """Yield each scalar of parameters and initial states with the closed form of its gradient."""
    template, writer = elements.form.template, elements.writer
    for parameter in template.parameters:
        blocks = [writer.symbols(block, 0) for block in parameter.blocks]
        rows = [[scalar for block in row for scalar in block] for row in zip(*blocks, strict=True)]
        yield from zip(flat(rows), flat(elements.gradients[parameter.name]), strict=True)
    for state in template.states:
        symbols = writer.symbols(state, 0)
        closed = elements.gradients[f"{name_of(state).letter}_0"]
        yield from zip(flat(symbols), flat(closed), strict=True)


def full_diff(elements: ElementForm) -> Derivatives:
    """Return SymPy's derivative of the composed loss by each scalar of `gradients`.

    Raises ValueError when the loss is abstract, for then there is nothing to differentiate.
    """
    loss = elements.form.template.loss
    if loss is None:
        raise ValueError("an abstract loss cannot be differentiated; name one")
    values = {symbol: sympy.Symbol(symbol.text()) for symbol in _given(elements)}
    forward = [line for line in elements.program if name_of(line.left).kind == "value"]
    carry_out(forward, values, SYMPY)
    objective = name_of(loss.objective).letter
    composed = sympy.Add(*(v for s, v in values.items() if name_of(s).letter == objective))
    return {s: sympy.diff(composed, sympy.Symbol(s.text())) for s, _ in gradients(elements)}


def _given(elements: ElementForm) -> list[Expression]:
    """Return the scalars that the program reads and does not define."""
    defined = {line.left for line in elements.program}
    met = (symbol for grid in elements.writer.grids.values() for symbol in flat(grid))
    return [symbol for symbol in met if symbol not in defined]


# ------------------------------------------------------------------------------- the comparison


def first_difference(
    elements: ElementForm, derivatives: Derivatives, field: PrimeField = MERSENNE_FIELD
) -> str | None:
    """Return the first element at which closed form and oracle differ at a random point, if any."""

    def draw(symbol: Expression) -> Any:
        return field.dual(field.random(symbol.text()))

    for symbol, said, found in _both_sides(elements, derivatives, draw, field.system):
        if said.value != found.value:
            return symbol.text()
    return None


def error_bound(
    elements: ElementForm, derivatives: Derivatives, field: PrimeField = MERSENNE_FIELD
) -> str:
    """Return a bound on the probability that `first_difference` misses one."""
    degrees = Degrees()
    sides = _both_sides(elements, derivatives, lambda _: Degree(1), degrees.system)
    worst = sum(said.value + found.value for _, said, found in sides)
    return power_of_two(degrees.bound(worst), field.prime)


def _both_sides(
    elements: ElementForm,
    derivatives: Derivatives,
    draw: Callable[[Expression], Any],
    system: NumberSystem,
) -> Iterator[tuple[Expression, Any, Any]]:
    """Yield each scalar with the values of its gradient, by the closed form and by the oracle."""
    values = {symbol: draw(symbol) for symbol in _given(elements)}
    _normalize(elements, values, system)
    sympy_values = {sympy.Symbol(symbol.text()): value for symbol, value in values.items()}
    carry_out(elements.program, values, system)
    for symbol, closed in gradients(elements):
        yield (
            symbol,
            scalar(closed, values, system),
            sympy_value(derivatives[symbol], sympy_values, system),
        )


def _normalize(elements: ElementForm, values: dict[Expression, Any], system: NumberSystem) -> None:
    loss = elements.form.template.loss
    if loss and loss.targets_sum_to_one:
        for t in range(1, elements.sizes.steps + 1):
            *rest, last = flat(elements.writer.symbols(loss.target, t))
            values[last] = system.number(Fraction(1)) - add_up([values[s] for s in rest])


def sympy_value(expression: Any, values: dict[Any, Any], system: NumberSystem) -> Any:
    """Return the value of a SymPy expression; `values` holds its symbols' and keeps the rest."""
    for node in _in_order(expression, values):
        values[node] = _value(node, values, system)
    return values[expression]


def _in_order(root: Any, known: Iterable[Any]) -> Iterator[Any]:
    """Yield the parts that are not known yet, arguments first (without recursion)."""
    waiting = [(root, False)]
    while waiting:
        node, ready = waiting.pop()
        if node in known:
            continue
        if ready:
            yield node
        else:
            waiting.append((node, True))
            waiting.extend((argument, False) for argument in node.args)


def _value(node: Any, values: dict[Any, Any], system: NumberSystem) -> Any:
    if node.is_Rational:
        return system.number(Fraction(int(node.p), int(node.q)))
    arguments = [values[argument] for argument in node.args]
    if node.is_Add:
        return system.total(arguments)
    if node.is_Mul:
        return multiplied(arguments)
    if node.is_Pow:
        return _power(arguments[0], int(node.exp), system)
    if isinstance(node, Softmax):
        index, *logits = node.args
        return system.functions["softmax"]([values[logit] for logit in logits])[int(index) - 1]
    return system.functions[FUNCTIONS[type(node)]](arguments[0])


def _power(base: Any, exponent: int, system: NumberSystem) -> Any:
    if exponent >= 0:
        return base**exponent
    return system.number(Fraction(1)) / base**-exponent
