"""A closed form on explicit elements: one scalar symbol for every entry of every variable and step.

For given sizes the matrix equations become a list of scalar equations, each in terms of symbols
defined before it. Nothing is substituted into anything, so the list grows linearly with T: it is a
program, read from top to bottom. Its sums and products are written out index by index and evaluated
one scalar at a time, so it shares no arithmetic with the evaluation on arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from derivations.arithmetic import FLOATS, FRACTIONS, NumberSystem
from derivations.bptt.evaluation import (
    Arguments,
    Evaluable,
    Evaluation,
    Key,
    Tape,
    gathered,
    key,
    tape,
)
from derivations.matrix import (
    SLOPES,
    Expression,
    Grid,
    Moment,
    add,
    apply,
    at,
    below,
    component,
    element,
    elements_of,
    name_of,
    number,
    softmax,
    spread,
    total,
)
from derivations.sizes import Sizes
from derivations.template import Definition, Parameter, Template

if TYPE_CHECKING:
    from derivations.bptt.form import ClosedForm


def _softmax(logits: list[Expression]) -> list[Expression]:
    whole = softmax(below(*logits))
    return [component(whole, i) for i in range(len(logits))]


EXPRESSIONS = NumberSystem(
    number=number,
    functions={name: partial(apply, name) for name in (*SLOPES, "relu′")} | {"softmax": _softmax},
    total=lambda terms: add(*terms),
)
"""Scalar expressions themselves as numbers: evaluating in them writes formulas out."""


# ----------------------------------------------------------------------------- writing it out


@dataclass(frozen=True, eq=False)
class ElementForm(Evaluable):
    """The scalar program of a closed form, for given sizes.

    `program` defines one scalar symbol a line, the variables for t = 1 .. T and then the adjoints
    for t = T .. 1; `gradients` maps each parameter and each initial state to a matrix of
    expressions in those symbols; `terms` holds what each step contributes to a parameter's.
    """

    form: ClosedForm
    sizes: Sizes
    writer: Writer
    program: tuple[Definition, ...]
    gradients: Mapping[str, Grid]
    terms: Mapping[str, list[Grid]]

    @cached_property
    def equations(self) -> list[Any]:
        """The program, and then the gradients element by element, as SymPy equations."""
        import sympy

        from derivations.symbolic import SYMPY

        def opaque(symbol: Expression) -> Grid:
            return [[sympy.Symbol(symbol.text())]]

        def converted(expression: Expression) -> Any:
            return elements_of(tape(expression), opaque, SYMPY)[0][0]

        lines = [*self.program, *self.gradient_lines]
        return [sympy.Eq(converted(d.left), converted(d.right), evaluate=False) for d in lines]

    @property
    def gradient_lines(self) -> list[Definition]:
        """The gradient of every element of every parameter and initial state, a line each."""
        template = self.form.template
        lefts = {p.name: self.writer.elements(total(p.symbol), None) for p in template.parameters}
        for state in template.states:
            lefts[f"{name_of(state).letter}_0"] = self.writer.elements(total(state), 0)
        return [
            Definition(left, right)
            for name, grid in self.gradients.items()
            for left, right in zip(flat(lefts[name]), flat(grid), strict=True)
        ]

    def _evaluated(self, arguments: Arguments) -> Evaluation:
        return _evaluated(self, arguments.converted(float), FLOATS, float)

    def _evaluated_exactly(self, arguments: Arguments) -> Evaluation:
        return _evaluated(self, arguments, FRACTIONS, object)


class Writer:
    """Writes matrix expressions out as elements: the symbols of each matrix are made once."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.grids: dict[Key, Grid] = {}

    def symbols(self, symbol: Expression, t: int) -> Grid:
        """Return the element symbols of a matrix symbol that is met at step t."""
        place = key(name_of(symbol), t)
        if place not in self.grids:
            self.grids[place] = self.elements(symbol, place[2])
        return self.grids[place]

    def elements(self, symbol: Expression, t: int | None) -> Grid:
        """Return a symbol for each element of a variable at step t, or of a weight if t is None.

        The element of a scalar has no indices, that of a column one, and a column an example adds
        the number of the example.
        """
        rows, columns = symbol.shape
        height, width = self.sizes.of((rows, columns if t is None else "B"))
        whole = symbol if t is None else at(symbol, Moment("", t))
        matrix = width > 1 or (t is None and columns != "1")
        scalar = height == 1 and not matrix

        def place(i: int, j: int) -> tuple[int, ...]:
            return () if scalar else (i, j) if matrix else (i,)

        return [
            [element(whole, place(i, j)) for j in range(1, width + 1)] for i in range(1, height + 1)
        ]

    def written(self, order: Tape, t: int) -> Grid:
        """Return the elements of an expression, given as its tape, at step t."""
        return elements_of(order, lambda symbol: self.symbols(symbol, t), EXPRESSIONS)

    def lines(self, definitions: Iterable[tuple[Expression, Tape]], t: int) -> Iterator[Definition]:
        """Yield a scalar equation for each element that the equations define at step t."""
        for symbol, order in definitions:
            lefts = self.symbols(symbol, t)
            rights = spread(self.written(order, t), len(lefts), len(lefts[0]))
            for left, right in zip(flat(lefts), flat(rights), strict=True):
                yield Definition(left, right)

    def term(self, parameter: Parameter, order: Tape, t: int) -> Grid:
        """Return what step t contributes to a parameter, a vector's examples added up."""
        grid = self.written(order, t)
        return [[add(*row)] for row in grid] if parameter.symbol.shape[1] == "1" else grid


def flat(grid: Grid) -> list[Any]:
    """Return the elements row by row."""
    return [scalar for row in grid for scalar in row]


def _added(grids: list[Grid]) -> Grid:
    rows = zip(*grids, strict=True)
    return [[add(*scalars) for scalars in zip(*row, strict=True)] for row in rows]


def written_out(form: ClosedForm, sizes: Sizes) -> ElementForm:
    """Return the closed form on explicit elements."""
    writer, tapes, steps = Writer(sizes), form.tapes, range(1, sizes.steps + 1)
    program = [line for t in steps for line in writer.lines(tapes.equations, t)]
    program += writer.lines(tapes.last, sizes.steps)
    for t in reversed(steps[:-1]):
        program += writer.lines(tapes.adjoints, t)
    terms = {
        parameter.name: [writer.term(parameter, tapes.terms[parameter.name], t) for t in steps]
        for parameter in form.template.parameters
    }
    gradients = {name: _added(grids) for name, grids in terms.items()}
    gradients |= {name: writer.written(order, 0) for name, order in tapes.initial.items()}
    return ElementForm(form, sizes, writer, tuple(program), gradients, terms)


# ------------------------------------------------------------------------------- evaluating it


def _evaluated(
    elements: ElementForm, arguments: Arguments, system: NumberSystem, dtype: type
) -> Evaluation:
    template, grids = elements.form.template, elements.writer.grids
    given = arguments.bound(template)
    _refuse_other_sizes(arguments.sizes(template), elements.sizes)
    values: dict[Expression, Any] = {}
    for place, array in given.items():
        values.update(zip(flat(grids[place]), array.ravel().tolist(), strict=True))
    carry_out(elements.program, values, system)

    def numbers(grid: Grid) -> Any:
        return np.array([[scalar(e, values, system) for e in row] for row in grid], dtype=dtype)

    environment = {place: numbers(grid) for place, grid in grids.items()}
    gradients = {name: numbers(grid) for name, grid in elements.gradients.items()}
    terms = {name: [numbers(grid) for grid in steps] for name, steps in elements.terms.items()}
    return gathered(template, environment, *_as_stored(template, gradients, terms))


def carry_out(
    program: Iterable[Definition], values: dict[Expression, Any], system: NumberSystem
) -> None:
    """Add to the values, line by line, the value of every symbol that the program defines."""
    for line in program:
        values[line.left] = scalar(line.right, values, system)


def scalar(expression: Expression, values: Mapping[Expression, Any], system: NumberSystem) -> Any:
    """Return the value of a scalar expression, given those of its symbols."""
    return elements_of(tape(expression), lambda symbol: [[values[symbol]]], system)[0][0]


def _as_stored(
    template: Template, gradients: dict[str, Any], terms: dict[str, list[Any]]
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Return gradients with vectors flat, and those of initial states with a row an example."""
    for parameter in template.parameters:
        if parameter.symbol.shape[1] == "1":
            gradients[parameter.name] = gradients[parameter.name].ravel()
            terms[parameter.name] = [term.ravel() for term in terms[parameter.name]]
    initial = {name: array.T for name, array in gradients.items() if name not in terms}
    return gradients | initial, terms


def _refuse_other_sizes(found: Sizes, expected: Sizes) -> None:
    for letter, size in expected.dimensions.items():
        if found.dimensions[letter] != size:
            raise ValueError(
                f"written out for {letter} = {size}, but the arguments have {letter} = "
                f"{found.dimensions[letter]}"
            )
