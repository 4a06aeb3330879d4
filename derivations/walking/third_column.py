"""The third column: the same line with the numbers of one run.

What a run gives (weights, inputs, initial states) takes the place of random numbers in a `Truth`,
which runs the network's equations forward and differentiates by nudging. So the numbers beside a
line are not those of its own right side copied to the left: each is computed from true values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from derivations.matrix import Expression, Moment, free_indices, instance, is_a, name_of, symbols
from derivations.network import Network
from derivations.notation import Written, house_form
from derivations.nudging import Array, FloatNumbers, Place
from derivations.show.layout import lines_of
from derivations.sizes import Sizes
from derivations.step import Equation, Formula
from derivations.truth import Truth
from derivations.typography import Text
from derivations.typography.naming import HOUSE, Naming

SEQUENCES = {"inputs": "x", "targets": "y"}
"""Under which names `ClosedForm.evaluate` takes what is given at every step, and its letters."""

Key = tuple[str, str, int | None]  # kind, letter and step

ENTRIES = 6  # of a matrix that are written out in a line
CASES = 4  # steps that are written out of a line


class NoNumbers(ValueError):  # noqa: N818 - it says what was met
    """A run does not give what a derivation needs, or in another shape."""


class GivenNumbers(FloatNumbers):
    """Floats of one run in the place of random ones, by kind, letter and step."""

    def __init__(self, given: Mapping[Key, Array], steps: int) -> None:
        super().__init__()
        self.given, self.steps = given, steps

    def draw(self, label: tuple[object, ...], shape: Place) -> Array:
        """Return what the run gives; directions are still random."""
        kind, letter, t = label
        if kind == "direction":
            return super().draw(label, shape)
        if isinstance(t, int) and t > self.steps:  # what is past T is multiplied by 0
            return np.zeros(shape)
        place = f"{letter} at t = {t}" if t is not None else str(letter)
        if label not in self.given:
            raise NoNumbers(f"the run does not say what {place} is")
        array = self.given[label]  # type: ignore[index]  # looked up just now
        if array.shape != shape:
            raise NoNumbers(f"{place} has shape {array.shape}; expected {shape}")
        return array


@dataclass(frozen=True)
class ThirdColumn:
    """The numbers of one example of a run, for every line of a derivation."""

    truth: Truth
    about: str

    def rows(self, formula: Formula) -> list[tuple[str, str]]:
        """Return what is computed and its numbers, for each line and the steps it holds for."""
        return [row for line in lines_of(formula) for row in self._rows(line)]

    def _rows(self, line: Formula) -> Iterator[tuple[str, str]]:
        sides = [line.left, line.right] if isinstance(line, Equation) else [line]
        house = [house_form(side) for side in sides]
        expressions = [side for side in house if isinstance(side, Expression)]
        if len(expressions) < len(sides):
            return
        try:
            cases = self.truth.cases(*expressions)
        except TypeError:  # an index of which nobody says what it runs over
            return
        for case in cases[:CASES]:
            yield self._row(line, sides, expressions, case)
        if len(cases) > CASES:
            yield "⋮", "⋮"

    def _row(
        self,
        line: Formula,
        sides: Sequence[Formula],
        expressions: Sequence[Expression],
        case: Mapping[str, int],
    ) -> tuple[str, str]:
        values = [written(self.truth.value(e, **case)) for e in expressions]
        if isinstance(line, Equation) and line.relation != "=":
            return _instance(sides[0], case), f"{values[0]} {line.relation} {values[1]}"
        named = _instance(sides[0], case) if len(sides) > 1 else _place(case)
        return named, f"= {values[-1]}"


def _instance(formula: Formula, case: Mapping[str, int]) -> str:
    expression = house_form(formula)
    assert isinstance(expression, Expression)
    for index, i in case.items():
        if index in free_indices(expression):
            expression = instance(expression, i, index)
    if isinstance(formula, Written):
        return Written(expression, formula.lettering).text()
    return expression.text()


def _place(case: Mapping[str, int]) -> str:
    return ", ".join(f"{index} = {i}" for index, i in case.items())


def written(array: Array) -> str:
    """Return an array in a line: a column as (1, 2), a matrix row by row, [1, 2; 3, 4]."""
    rows = np.atleast_2d(array)
    if rows.shape[1] == 1:
        return _listed(rows[:, 0], "()") if rows.shape[0] > 1 else f"{rows[0, 0]:.4g}"
    shown = ["; ".join(_listed(row, ("", "")) for row in rows[:ENTRIES])]
    more = ["…"] if rows.shape[0] > ENTRIES else []
    return f"[{'; '.join([*shown, *more])}]"


def _listed(entries: Array, fence: Sequence[str]) -> str:
    shown = [f"{entry:.4g}" for entry in entries[:ENTRIES]]
    return fence[0] + ", ".join([*shown, *(["…"] if len(entries) > ENTRIES else [])]) + fence[1]


# ------------------------------------------------------------------------------- what a run gives


def third_column(
    truth: Truth, run: Any, example: int = 0, naming: Naming = HOUSE, **more: Any
) -> ThirdColumn:
    """Return the third column for one example of a run.

    `run` is an unrolled cell, with `cell.parameters`, `inputs` and `states`, or a mapping with the
    arrays that `ClosedForm.evaluate` takes: ``parameters``, ``inputs`` (B, T, m), ``targets``,
    ``initial`` and ``upstream``; any other letter of the derivation may be given as well. `more`
    adds to them, such as the targets of a run; `naming` has the letters to speak in. Initial states
    are 0 where they are left out, and an abstract loss is the sum of all entries of what it reads.

    Raises NoNumbers for what is missing and for shapes that do not fit.
    """
    arrays = {**(run if isinstance(run, Mapping) else _of_run(run)), **more}
    reader = _Reader(truth.network, example)
    given = reader.read(arrays)
    sizes = Sizes({**truth.sizes.dimensions, **reader.sizes})
    numbers = GivenNumbers(given, sizes.steps)
    about = f"example {example + 1} of {reader.examples}" if reader.examples > 1 else "this run"
    if reader.summed:
        names = ", ".join(one.written(Text(naming)) for one in reader.summed)
        about += f", the loss being the sum of all entries of {names}"
    return ThirdColumn(Truth(truth.network, sizes, numbers, truth.indices), about)


def _of_run(run: Any) -> dict[str, Any]:
    """Return the arrays of an unrolled cell, whose tensors hold theirs as ``data``."""
    cell = run.cell
    initial = dict(zip(cell.slots, run.states[0], strict=True))
    return {
        "parameters": {name: tensor.data for name, tensor in cell.parameters.items()},
        "inputs": np.stack([x.data for x in run.inputs], axis=1),
        "initial": {slot: state.data for slot, state in initial.items()},
    }


class _Reader:
    """Brings arrays into the shapes of a network's symbols, and finds its sizes on the way."""

    def __init__(self, network: Network, example: int) -> None:
        self.network, self.example = network, example
        self.examples = 1
        self.summed: list[Expression] = []  # what the loss is the sum of
        self.sizes: dict[str, int] = {}
        self.given: dict[Key, Array] = {}
        self.symbols = {name_of(s).letter: s for s in network.vocabulary}

    def read(self, arrays: Mapping[str, Any]) -> dict[Key, Array]:
        flat = {
            **arrays.get("parameters", {}),
            **{letter: arrays[name] for name, letter in SEQUENCES.items() if name in arrays},
            **{k: v for k, v in arrays.items() if k not in (*SEQUENCES, *_GROUPS)},
        }
        stored = {
            letter: flat.pop(letter) for letter in list(flat) if letter in self.network.stored
        }
        for letter, array in flat.items():
            self._one(letter, np.asarray(array, dtype=float))
        for letter, array in stored.items():
            self._blocks(letter, np.asarray(array, dtype=float))
        self._initial(arrays.get("initial") or {})
        self._upstream(arrays.get("upstream"))
        return self.given

    def _one(self, letter: str, array: Array) -> None:
        known = {name_of(s).letter for s in self.network.given}
        if letter not in known:
            there_are = ", ".join(dict.fromkeys([*self.network.stored, *known]))
            raise NoNumbers(f"the derivation has no {letter!r}; there are: {there_are}")
        one = self.symbols[letter]
        if name_of(one).moment is None:
            self._keep(("value", letter, None), array, one)
            return
        for t, column in enumerate(self._steps(array), start=1):
            self._keep(("value", letter, t), column, one)

    def _steps(self, array: Array) -> Array:
        """Return the example's sequence, (T, rows)."""
        steps = self._of_example(array) if array.ndim == 3 else array
        self._size("T", len(steps))
        return steps

    def _of_example(self, array: Array) -> Array:
        self.examples = max(self.examples, len(array))
        if not 0 <= self.example < len(array):
            raise NoNumbers(f"there is no example {self.example}; there are {len(array)}")
        return array[self.example]

    def _keep(self, key: Key, array: Array, symbol: Expression) -> None:
        column = array.reshape(-1, 1) if symbol.shape[1] == "1" else array
        if column.ndim != 2:
            raise NoNumbers(f"{key[1]} has shape {array.shape}; it is {' × '.join(symbol.shape)}")
        for letter, size in zip(symbol.shape, column.shape, strict=True):
            self._size(letter, size)
        self.given[key] = column

    def _size(self, letter: str, size: int) -> None:
        if "+" in letter or letter == "1":
            return
        if self.sizes.setdefault(letter, size) != size:
            raise NoNumbers(f"{letter} is {self.sizes[letter]} in one array and {size} in another")

    def _blocks(self, letter: str, array: Array) -> None:
        """Keep the blocks of a stored parameter; the last of unknown width takes what is left."""
        start = 0
        self._size("n", len(array))
        for block in self.network.stored[letter]:
            width = self.sizes.get(block.shape[1], array.shape[1] - start)
            part = array[:, start : start + width]
            self._keep(("value", name_of(block).letter, None), part, block)
            start += width
        if start != array.shape[1]:
            raise NoNumbers(f"{letter} has {array.shape[1]} columns; expected {start}")

    def _initial(self, initial: Mapping[str, Any]) -> None:
        for one in self.network.given:
            letter, moment, _, _ = name_of(one)
            if letter in self.network.definitions and moment == Moment("", 0):
                self._keep_initial(letter, initial.get(letter), one)
        for definitions in self.network.definitions.values():
            one = definitions[-1].left
            if name_of(one).moment is not None and is_a(one, "symbol"):
                letter = name_of(one).letter
                self._keep_initial(letter, initial.get(letter), one)

    def _keep_initial(self, letter: str, array: Any, one: Expression) -> None:
        rows = self.sizes.get(one.shape[0], 1)
        state = np.zeros(rows) if array is None else np.asarray(array, dtype=float)
        state = self._of_example(state) if state.ndim == 2 else state
        self._keep(("value", letter, 0), state, one)

    def _upstream(self, upstream: Any) -> None:
        """Keep what is given of an abstract loss, such as ∂⁺ℓ_t/∂h_t: ones, if nothing is said."""
        read = symbols(*(equation.right for equation in self.network.equations))
        for one in (s for s in read if name_of(s).kind == "immediate"):
            letter, moment, *_ = name_of(one)
            self.summed += [self.symbols[letter]] if upstream is None else []
            shape = tuple(self.sizes.get(d, 1) for d in one.shape)
            whole = np.ones(shape) if upstream is None else np.asarray(upstream, dtype=float)
            if moment is None:
                self._keep(("immediate", letter, None), whole, one)
                continue
            steps = [whole] * self.sizes.get("T", 1) if upstream is None else self._steps(whole)
            for t, step in enumerate(steps, start=1):
                self._keep(("immediate", letter, t), step, one)


_GROUPS = ("parameters", "initial", "upstream")
