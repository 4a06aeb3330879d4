"""A recurrent network written once: its equations for one step t, with what they read of t-1.

A `Template` is data. `derivations.catalogue` holds one for each cell and a `Loss` for each loss;
`derivations.recurrence` derives the gradients of any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from derivations.matrix import (
    NOW,
    PREVIOUS,
    Expression,
    at,
    below,
    beside,
    name_of,
    symbol,
    symbols,
)
from derivations.step import Equation


def column(letter: str, rows: str) -> Expression:
    """Return the variable `letter` at step t, a column."""
    return symbol(letter, (rows, "1"), NOW)


def weight(letter: str, rows: str, columns: str) -> Expression:
    """Return the weight `letter`, the same at every step; a bias is a weight of one column."""
    return symbol(letter, (rows, columns))


@dataclass(frozen=True)
class Definition(Equation):
    """An equation whose left side is a symbol that the right side defines.

    `meaning` says in a few words what the symbol is.
    """

    left: Expression
    right: Expression
    relation: str = "="
    meaning: str = ""


@dataclass(frozen=True)
class Parameter:
    """A weight as it is stored: one array, whose columns may be the blocks the equations use.

    ``Parameter("W_f", (W_fh, W_fx), ...)`` is stored as W_f = [W_fh  W_fx], shape (n, n+m).
    """

    name: str
    blocks: tuple[Expression, ...]
    meaning: str

    @cached_property
    def symbol(self) -> Expression:
        """The parameter as one symbol."""
        stored = self.blocks[0] if len(self.blocks) == 1 else beside(*self.blocks)
        return symbol(self.name, stored.shape)

    @cached_property
    def definition(self) -> Definition:
        """What the parameter is made of: itself, or its blocks side by side."""
        return Definition(self.symbol, beside(*self.blocks))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameter and of its blocks."""
        return tuple(dict.fromkeys((self.name, *(name_of(b).letter for b in self.blocks))))


def stacked_weight(name: str, rows: str, reads: tuple[Expression, ...], meaning: str) -> Parameter:
    """Return the weight on the stacked columns: W_f on [h; x] has the blocks W_fh and W_fx.

    The block of a weight without subscript carries the letter alone: W = [W_h  W_x].
    """
    letter = name if "_" in name else f"{name}_"
    blocks = [weight(letter + name_of(r).letter, rows, r.shape[0]) for r in reads]
    return Parameter(name, tuple(blocks), meaning)


@dataclass(frozen=True)
class Simplification:
    """A gradient as a person writes it, why it holds, and the assumption it needs.

    The assumption is that the entries of the column `normalized` sum to one.
    """

    of: Expression
    gradient: Expression
    why: str
    normalized: Expression
    assumption: str


@dataclass(frozen=True)
class Loss:
    """What is minimized: L = Σ_t ℓ_t, and the equations from h_t to ℓ_t = `objective`.

    `targets_sum_to_one` is what the loss requires of the entries of every target.
    """

    name: str
    equations: tuple[Definition, ...]
    parameters: tuple[Parameter, ...]
    target: Expression
    objective: Expression
    source: str
    simplifications: tuple[Simplification, ...] = ()
    targets_sum_to_one: bool = False

    def simplifications_of(self, variable: Expression) -> list[Simplification]:
        """Return the simpler forms that the loss has for the adjoint of a variable."""
        return [simpler for simpler in self.simplifications if simpler.of is variable]


@dataclass(frozen=True)
class Template:
    """The equations of a cell at step t, in the order in which they are computed.

    `title` is that of its derivation; `states` are the variables that the next step reads, the
    first of them the output; `loss` is None when ∂⁺ℓ_t/∂h_t is given from outside.

    Raises ValueError when an equation reads what is not known yet: something other than earlier
    variables of its step, states of the step before, the input, the target and the parameters;
    also when two equations define the same variable.
    """

    name: str
    title: str
    cell: tuple[Definition, ...]
    weights: tuple[Parameter, ...]
    states: tuple[Expression, ...]
    inputs: Expression
    source: str
    loss: Loss | None = None

    def __post_init__(self) -> None:
        known = {self.inputs, *(block for p in self.parameters for block in p.blocks)}
        known |= {at(state, PREVIOUS) for state in self.states}
        known |= {self.loss.target} if self.loss else set()
        for definition in self.equations:
            for read in symbols(definition.right):
                if read not in known:
                    raise ValueError(f"{definition.text()} reads {read.text()}, not known there")
            if definition.left in known:
                raise ValueError(f"{definition.left.text()} has two meanings in this {self.name}")
            known.add(definition.left)
        missing = [state.text() for state in self.states if state not in known]
        if missing:
            raise ValueError(f"no equation of {self.name} defines {', '.join(missing)}")

    @property
    def equations(self) -> tuple[Definition, ...]:
        """The equations of the cell, then those of the loss."""
        return self.cell + (self.loss.equations if self.loss else ())

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the cell, then those of the loss."""
        return self.weights + (self.loss.parameters if self.loss else ())

    @property
    def output(self) -> Expression:
        """The state that the loss reads."""
        return self.states[0]

    def with_loss(self, loss: Loss | None) -> Template:
        """Return the same cell under another loss."""
        return replace(self, loss=loss)

    def readers(self, variable: Expression) -> Iterator[tuple[Definition, int]]:
        """Yield each equation that reads the variable, with how many steps later it does.

        The loss comes first, then the cell's other equations of the same step, then those of the
        next one.
        """
        for delay, moment in enumerate((NOW, PREVIOUS)):
            read = at(variable, moment)
            for definition in (*(self.loss.equations if self.loss else ()), *self.cell):
                if read in symbols(definition.right):
                    yield definition, delay


def stacked(columns: tuple[Expression, ...]) -> Expression:
    """Return the columns one below the other; a single one stays itself."""
    return columns[0] if len(columns) == 1 else below(*columns)
