"""What is true of a network: every value and every derivative, computed without any derivation.

A `Truth` runs the equations of a `Network` forward, at one point. A derivative is what something
does when something else is nudged and all that follows moves along: no adjoint, no rule for a
matrix and no chain rule takes part, other than that of dual numbers. So a line of a derivation can
be held against it: its two sides are computed from true values, for every step t, and must agree.

The numbers are a choice: dual numbers over a prime field to judge by, where equality is exact and
the chance of an error has a bound; floats to show a reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import islice

import numpy as np

from derivations.arithmetic import add_up
from derivations.degrees import power_of_two
from derivations.matrix import (
    NOW,
    SCALAR,
    Bindings,
    Expression,
    Kind,
    free_indices,
    in_order,
    is_a,
    make,
    name_of,
    value_at,
)
from derivations.network import STEPS, Network, Range
from derivations.nudging import Along, Array, DegreeNumbers, FieldNumbers, Numbers, Place
from derivations.sizes import Sizes
from derivations.step import Equation, Formula, Lines, NotVerified, Verdict

Key = tuple[str, int | None]  # a letter and a step

SMALL = Sizes({"1": 1, "n": 2, "m": 3, "k": 4, "T": 3, "B": 1})
"""The smallest sizes at which nothing hides.

With n = 1 a transpose is invisible and so is the order of factors; n, m and k differ, so that no
matrix fits in another's place; with T = 1 nothing is read from the step before, and with T = 3 one
step has both a step before and a step after.
"""


# ------------------------------------------------------------------------------------ one run


class Forward:
    """One run of a network: values as they are asked for, some of them nudged."""

    def __init__(
        self,
        truth: Truth,
        nudges: Mapping[Key, Array] | None = None,
        known: Mapping[Key, Array] | None = None,
    ) -> None:
        self.truth, self.nudges = truth, nudges or {}
        self.values: dict[Key, Array] = dict(known or {})

    def value(self, symbol: Expression, t: int | None) -> Array:
        """Return the value of a symbol at step t."""
        key = (name_of(symbol).letter, t)
        if key not in self.values:
            found = self._computed(symbol, t)
            if key in self.nudges:
                found = self.truth.numbers.nudged(found, self.nudges[key])
            self.values[key] = found
        return self.values[key]

    def _computed(self, symbol: Expression, t: int | None) -> Array:
        truth, letter = self.truth, name_of(symbol).letter
        definition = truth.network.definition(letter, t, truth.bindings)
        if definition is None:
            return truth.given(symbol, t)
        index = name_of(definition.left).moment
        bindings = dict(truth.bindings)
        if index is not None and index.base and t is not None:
            bindings[index.base] = t - index.offset
        value = value_at(definition.right, bindings, self.leaf, truth.numbers.system)
        return np.broadcast_to(np.asarray(value), truth.shape(symbol))

    def through_time(self) -> Forward:
        """Run every step in the order of time, so that a long run needs no deep recursion."""
        truth = self.truth
        lefts = [equation.left for equation in truth.network.equations]
        for t in range(1, truth.sizes.steps + 1):
            for left in lefts:
                if name_of(left).moment == NOW:
                    self.value(left, t)
        return self

    def leaf(self, node: Expression, bindings: Bindings) -> Array:
        """Return what an equation names: only values, constants, and what is given of the loss."""
        constant = self.truth.constant(node)
        if constant is not None:
            return constant
        name = name_of(node)
        t = None if name.moment is None else name.moment.at(bindings)
        whole = self.value(node, t) if name.kind == "value" else self.truth.given(node, t)
        return whole[_places(name.element, bindings)]


def _places(element: tuple[int | str, ...], bindings: Bindings) -> tuple[slice, ...]:
    """Return where an element stands, given as numbers or by indices; all of it without one."""
    places = (bindings[p] if isinstance(p, str) else p for p in element)
    return tuple(slice(i - 1, i) for i in places)


# ----------------------------------------------------------------------------------- the truth


class Truth:
    """Every value and derivative of a network at one point, and what follows for a formula.

    `indices` says for which values of its free indices a formula is meant: by default t = 1 .. T.
    """

    def __init__(
        self,
        network: Network,
        sizes: Sizes = SMALL,
        numbers: Numbers | None = None,
        indices: Mapping[str, Range] | None = None,
    ) -> None:
        self.network, self.sizes = network, sizes
        self.numbers: Numbers = numbers or FieldNumbers()
        self.indices = {"t": STEPS} if indices is None else dict(indices)
        self.bindings: Bindings = dict(sizes.dimensions)
        self.base = Forward(self)
        self._shapes = {name_of(s).letter: s.data[1] for s in network.vocabulary}
        self._derivatives: dict[object, Array] = {}

    # ------------------------------------------------------------------------------ of formulas

    def value(self, expression: Expression, **indices: int) -> Array:
        """Return the true value of an expression, derivatives in it included."""
        bindings = {**self.bindings, **indices}
        value = value_at(expression, bindings, self.leaf, self.numbers.system)
        return np.broadcast_to(np.asarray(value), self.sizes.of(expression.shape))

    def leaf(self, node: Expression, bindings: Bindings) -> Array:
        """Return the true value of a name: a value, a derivative, a Jacobian or a constant."""
        constant = self.constant(node)
        if constant is not None:
            return constant
        if not is_a(node, "symbol"):
            return self._jacobian(node, bindings)
        name = name_of(node)
        if name.letter in self.network.stored:
            return self._beside(node, bindings)
        t = None if name.moment is None else name.moment.at(bindings)
        if name.kind == "value":
            return self.base.leaf(node, bindings)
        key = (name.kind, name.letter, t)
        if key not in self._derivatives:
            self._derivatives[key] = getattr(self, f"_{name.kind}")(node, t)
        return self._derivatives[key][_places(name.element, bindings)]

    def _beside(self, node: Expression, bindings: Bindings) -> Array:
        """Return the blocks of a stored parameter, or their derivatives, side by side."""
        name = name_of(node)
        blocks = [_of_kind(block, name.kind) for block in self.network.stored[name.letter]]
        whole = np.concatenate([self.leaf(block, bindings) for block in blocks], axis=1)
        return whole[_places(name.element, bindings)]

    def cases(self, *expressions: Expression) -> list[dict[str, int]]:
        """Return every way to bind the free indices of the expressions."""
        sizes = set(self.bindings) - set(self.indices)
        free = {index for e in expressions for index in free_indices(e)} - sizes
        if unknown := free - set(self.indices):
            raise TypeError(f"nothing says what {', '.join(sorted(unknown))} runs over")
        cases: list[dict[str, int]] = [{}]
        for index, (lower, upper) in self.indices.items():
            if index in free or any(
                index in (lo.base, up.base) for lo, up in self.indices.values()
            ):
                cases = [
                    {**case, index: i}
                    for case in cases
                    for i in range(
                        lower.at({**self.bindings, **case}),
                        upper.at({**self.bindings, **case}) + 1,
                    )
                ]
        return cases

    # ------------------------------------------------------------------------------- as a judge

    def check(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict on a line: its two sides agree, for every t, at a random point.

        A formula without left side must agree with the one before. Raises `NotVerified` naming the
        equation and the step at which they differ, and TypeError for what is no equation between
        expressions.
        """
        claims = list(_claims(before, after))
        for left, right in claims:
            self._refuse_if_false(left, right)
        letters = self.letters([side for claim in claims for side in claim])
        sizes = ", ".join(f"{d} = {self.sizes.dimensions[d]}" for d in letters)
        by = "dual numbers over a prime field, the equations run forward"
        return Verdict("tested", by, sizes or "scalars", self.error_bound(claims))

    def agree(self, left: Expression, right: Expression) -> bool:
        """Say whether two expressions have the same value for all values of their indices."""
        return next(self.differences(left, right), None) is None

    def differences(self, left: Expression, right: Expression) -> Iterator[dict[str, int]]:
        """Yield the values of their indices for which two expressions differ."""
        for case in self.cases(left, right):
            one, other = (np.asarray(self.value(side, **case)) for side in (left, right))
            if not _same(one, other):
                yield case

    def _refuse_if_false(self, left: Expression, right: Expression) -> None:
        if left.shape != right.shape and not {left.shape, right.shape} & {SCALAR}:
            raise NotVerified(f"the shapes differ: {left!r} and {right!r}")
        for case in self.differences(left, right):
            place = ", ".join(f"{index} = {i}" for index, i in case.items())
            where = f" at {place}" if place else ""
            raise NotVerified(f"{left.text()} = {right.text()} does not hold{where}")

    def error_bound(self, claims: Sequence[tuple[Expression, Expression]]) -> str:
        """Return a bound on the probability that one of the claims is wrong unnoticed."""
        assert isinstance(self.numbers, FieldNumbers)
        return power_of_two(self.degree(claims), self.numbers.field.prime)

    def degree(self, claims: Sequence[tuple[Expression, Expression]]) -> int:
        """Return what, divided by the prime of a field, bounds that probability there."""
        shadow = Truth(self.network, self.sizes, DegreeNumbers(), self.indices)
        worst = sum(
            int(sum(entry.value for entry in shadow.value(side, **case).flat))
            for claim in claims
            for case in shadow.cases(*claim)
            for side in claim
        )
        assert isinstance(shadow.numbers, DegreeNumbers)
        return shadow.numbers.degrees.bound(worst)

    @cached_property
    def _in_degrees(self) -> Truth:
        return Truth(self.network, self.sizes, DegreeNumbers(), self.indices)

    def letters(self, expressions: Sequence[Expression]) -> list[str]:
        """Return the letters of sizes that the equations and the expressions mention."""
        sides = [e for d in self.network.equations for e in (d.left, d.right)]
        nodes = list(in_order(*sides, *expressions))
        met = {part for node in nodes for d in node.shape for part in d.split("+")}
        met |= {index for side in (*sides, *expressions) for index in free_indices(side)}
        if "t" in met:
            met.add("T")
        return [d for d in self.sizes.dimensions if d in met - {"1"}]

    # ---------------------------------------------------------------------------- derivatives

    def given(self, symbol: Expression, t: int | None) -> Array:
        """Return what nothing defines: random numbers, or as the network says."""
        name = name_of(symbol)
        if name.kind == "value" and name.letter in self.network.chosen:
            return self._chosen(name.letter, symbol)
        array = self.numbers.draw((name.kind, name.letter, t), self.shape(symbol))
        if name.letter in self.network.normalized:
            rest = add_up(list(array[:-1]))
            array[-1] = self.numbers.system.number(Fraction(1)) - rest
        return array

    def _chosen(self, letter: str, symbol: Expression) -> Array:
        """Return the value that the network chooses, a constant: nothing nudged moves it."""
        choice = self.network.chosen[letter]
        value = value_at(choice, self.bindings, self.base.leaf, self.numbers.system)
        return np.broadcast_to(np.asarray(value), self.shape(symbol))

    def constant(self, node: Expression) -> Array | None:
        """Return the value of a matrix of ones or an identity, or None for anything else."""
        if is_a(node, "ones"):
            return np.full(self.sizes.of(node.shape), self.numbers.system.number(Fraction(1)))
        if is_a(node, "identity"):
            zero, one = (self.numbers.system.number(Fraction(i)) for i in (0, 1))
            matrix = np.full(self.sizes.of(node.shape), zero)
            np.fill_diagonal(matrix, one)
            return matrix
        return None

    def shape(self, symbol: Expression) -> Place:
        """Return the whole shape of a symbol, in numbers, also that of an element's matrix."""
        return self.sizes.of(self._shapes.get(name_of(symbol).letter, symbol.data[1]))

    def _total(self, node: Expression, t: int | None) -> Array:
        if self.network.loss is None:
            raise TypeError(f"{node.text()}: this network has no loss")
        return self._moved(self.network.loss, None, node, t).reshape(self.shape(node))

    def _immediate(self, node: Expression, t: int | None) -> Array:
        """Return how ℓ_t moves with a variable that only the equations of the loss read."""
        objective = self.network.objective
        if objective is None:
            return self.given(node, t)
        return self._moved(objective, t, node, t).reshape(self.shape(node))

    def _differential(self, node: Expression, t: int | None) -> Array:
        """Return how a variable moves when all that is given and may move does, at random."""
        return self.numbers.slope(self._along.value(_plain(node), t))

    @cached_property
    def _along(self) -> Forward:
        return _Along(self)

    def _moved(self, of: Expression, t_of: int | None, by: Expression, t_by: int | None) -> Array:
        """Return the Jacobian of one variable by another, all that follows moving along."""
        plain, key = _plain(by), (name_of(by).letter, t_by)
        self.base.value(of, t_of)
        known = dict(_before(key, self.base.values))

        def along(direction: Array) -> Array:
            run = Forward(self, {key: direction}, known)
            return self.numbers.slope(run.value(of, t_of))

        return self._gathered(along, self.shape(plain))

    def _gathered(self, along: Along, shape: Place) -> Array:
        """Return the slopes along every place as columns, or as they are for a scalar's."""
        columns = [slope.reshape(-1) for _, slope in self.numbers.slopes(along, shape)]
        return np.stack(columns, axis=1)

    def _jacobian(self, node: Expression, bindings: Bindings) -> Array:
        of, by = node.arguments
        t_of, t_by = (
            None if (moment := name_of(s).moment) is None else moment.at(bindings) for s in (of, by)
        )
        key = (node.operation.name, name_of(of).letter, t_of, name_of(by).letter, t_by)
        if key not in self._derivatives:
            total = is_a(node, "total Jacobian")
            make = self._moved if total else self._moved_directly
            self._derivatives[key] = make(_plain(of), t_of, by, t_by)
        rows, columns = (_places(name_of(s).element, bindings) for s in (of, by))
        found = self._derivatives[key][rows]
        return found.reshape(-1, *self.shape(by))[:, *columns].reshape(len(found), -1)

    def _moved_directly(
        self, of: Expression, t_of: int | None, by: Expression, t_by: int | None
    ) -> Array:
        """Return the Jacobian of one equation's right side by a variable that it reads."""
        letter = name_of(of).letter
        definition = self.network.definition(letter, t_of, self.bindings) or next(
            iter(self.network.definitions[letter])
        )
        bindings = dict(self.bindings)
        index = name_of(definition.left).moment
        if index is not None and index.base and t_of is not None:
            bindings[index.base] = t_of - index.offset

        def along(direction: Array) -> Array:
            def leaf(node: Expression, bound: Bindings) -> Array:
                value = self.base.leaf(node, bound)
                if not is_a(node, "symbol"):
                    return value
                name = name_of(node)
                t = None if name.moment is None else name.moment.at(bound)
                moves = (name.letter, t) == (name_of(by).letter, t_by)
                return self.numbers.nudged(value, direction) if moves else value

            value = value_at(definition.right, bindings, leaf, self.numbers.system)
            whole = np.broadcast_to(np.asarray(value), self.shape(of))
            return self.numbers.slope(whole)

        return self._gathered(along, self.shape(by))


class _Along(Forward):
    """A run in which everything moves that is given and may move."""

    def _computed(self, symbol: Expression, t: int | None) -> Array:
        found = super()._computed(symbol, t)
        name, truth = name_of(symbol), self.truth
        defined = truth.network.definition(name.letter, t, truth.bindings)
        moving = truth.network.moving
        if defined is None and (moving is None or name.letter in moving):
            direction = truth.numbers.draw(("direction", name.letter, t), truth.shape(symbol))
            return truth.numbers.nudged(found, direction)
        return found


def _plain(symbol: Expression) -> Expression:
    """Return the symbol for the value itself."""
    return _of_kind(symbol, "value")


def _of_kind(symbol: Expression, kind: Kind) -> Expression:
    name, shape = symbol.data
    return make("symbol", (), (name._replace(kind=kind, element=()), shape))


def _before(key: Key, values: Mapping[Key, Array]) -> Iterator[tuple[Key, Array]]:
    """Yield the values that were known before this one was: they do not depend on it."""
    place = list(values).index(key) if key in values else len(values)
    return islice(values.items(), place)


# ------------------------------------------------------------------------------------- claims


def _claims(before: Formula, after: Formula) -> Iterator[tuple[Expression, Expression]]:
    """Yield what a line claims to be equal."""
    if isinstance(after, Expression):
        if not isinstance(before, Expression):
            raise TypeError(f"{after.text()} can only follow another expression")
        yield before, after
        return
    for line in after.lines if isinstance(after, Lines) else (after,):
        if not isinstance(line, Equation) or line.relation != "=":
            raise TypeError(f"{line.text()} is no equation")
        if not isinstance(line.left, Expression) or not isinstance(line.right, Expression):
            raise TypeError(f"{line.text()} is no equation between matrix expressions")
        yield line.left, line.right


def _same(one: Array, other: Array) -> bool:
    pairs = zip(*(side.flat for side in np.broadcast_arrays(one, other)), strict=True)
    return all(a.value == b.value for a, b in pairs)
