"""How many parameters a cell has: the shapes of its template, added up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from derivations.blackboard import Blackboard, row
from derivations.catalogue import template
from derivations.counting import AddsUp, AtSizes, length, numbers_in
from derivations.matrix import Expression, add, number
from derivations.network import Network
from derivations.step import Derivation, Equation, Formula, Lines, Words
from derivations.template import Parameter
from derivations.topics import TOPICS

n, m, V, d, k, T = map(length, ("n", "m", "V", "d", "k", "T"))
RNN = n * m + n**2 + n
LSTM, GRU = 4 * (m * n + n**2 + n), 3 * (m * n + n**2 + n)


class Count(NamedTuple):
    """How a cell is called, its settings, whether each bias is there twice, and the count."""

    name: str
    cell: str
    settings: dict[str, Any]
    two_biases: bool
    number: Expression

    @property
    def parameters(self) -> list[Parameter]:
        """The parameters of the template, a second bias beside each bias where there are two."""
        found = template(self.cell, loss=None, **self.settings).parameters
        biases = [p for p in found if p.name.startswith("b")] if self.two_biases else []
        return [*found, *(replace(bias, name=f"{bias.name}′") for bias in biases)]


COUNTS = (
    Count("RNN", "rnn", {}, False, RNN),
    Count("RNN, two biases", "rnn", {}, True, n * m + n**2 + 2 * n),
    Count("LSTM", "lstm", {}, False, LSTM),
    Count("LSTM, diagonal peepholes", "lstm", {"peepholes": "diagonal"}, False, LSTM + 3 * n),
    Count("LSTM, matrix peepholes", "lstm", {"peepholes": "matrix"}, False, LSTM + 3 * n**2),
    Count("LSTM, two biases", "lstm", {}, True, 4 * (m * n + n**2 + 2 * n)),
    Count("GRU", "gru", {}, False, GRU),
    Count("GRU, two biases", "gru", {}, True, 3 * (m * n + n**2 + 2 * n)),
    Count("GRU, no bias", "gru", {"bias": False}, False, 3 * (m * n + n**2)),
    Count("GRU, reset after", "gru", {"reset": "after"}, False, GRU + n),
    Count("GRU, simplified", "gru", {"reset": "none"}, False, 2 * (m * n + n**2 + n)),
)

# What is known of models: how they are called, their count, the sizes, and the total.
TOTALS = (
    ("SimpleRNN(32) on 32 inputs", RNN, {"n": 32, "m": 32}, 2_080),
    ("Embedding(10000, 32)", V * d, {"V": 10_000, "d": 32}, 320_000),
    (
        "Embedding(10000, 32), SimpleRNN(32)",
        V * d + RNN,
        {"V": 10_000, "d": 32, "n": 32, "m": 32},
        322_080,
    ),
    (
        "Embedding(10000, 32), SimpleRNN(32) four times",
        V * d + 4 * RNN,
        {"V": 10_000, "d": 32, "n": 32, "m": 32},
        328_320,
    ),
    (
        "Embedding(10000, 8), 40 steps flattened, Dense(1)",
        V * d + T * d * k + k,
        {"V": 10_000, "d": 8, "T": 40, "k": 1},
        80_321,
    ),
)


def parameter_counts() -> Derivation:
    """Derive how many parameters each cell has, and the known totals of some models."""
    board = Blackboard(Network(()), start=Words("shapes"))
    formulas = [_of_cell(board, count) for count in COUNTS]
    totals = [_total(board, *known) for known in TOTALS]
    return Derivation(
        topic="parameter-counts",
        title=TOPICS["parameter-counts"].title,
        statement=Lines(*formulas, *totals),
        steps=tuple(board.steps),
        symbols=(
            row(n, "hidden size"),
            row(m, "size of the input"),
            row(V, "size of the vocabulary"),
            row(d, "size of an embedding"),
            row(T, "number of steps"),
            row(k, "number of outputs of a dense layer"),
        ),
        summary="Rows times columns of every weight, added up.",
        source="the templates of the cells; the totals are those that Keras prints",
    )


def _of_cell(board: Blackboard, count: Count) -> Formula:
    parameters, name = count.parameters, Words(count.name)
    shapes = Lines(*(Words(_shape(parameter)) for parameter in parameters))
    board.line(
        f"{count.name}: add up",
        Equation(name, add(*map(numbers_in, parameters))),
        "A weight has as many numbers as rows times columns.",
        before=shapes,
        check=AddsUp(parameters),
    )
    return board.line(
        f"{count.name}: collect",
        Equation(name, count.number),
        "Gates have equal shapes, and n (n + m) is m n + n².",
        check=AddsUp(parameters),
    ).after


def _shape(parameter: Parameter) -> str:
    rows, columns = (f"({size})" if "+" in size else size for size in parameter.symbol.shape)
    return f"{parameter.name}: {rows} × {columns}"


def _total(
    board: Blackboard, name: str, count: Expression, sizes: dict[str, int], total: int
) -> Formula:
    which = ", ".join(f"{letter} = {size}" for letter, size in sizes.items())
    return board.line(
        name,
        Equation(Words(name), number(total)),
        f"Here {which}.",
        before=Equation(Words(name), count),
        check=AtSizes(sizes),
    ).after
