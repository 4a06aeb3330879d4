"""Matrix calculus: the gradient of a scalar with respect to any symbol in it, and its derivation.

The gradient G of L with respect to X is what stands beside dX when dL is written as ⟨G, dX⟩, which
is Gᵀ dX for columns and tr(Gᵀ dX) for matrices. So `derive_gradient` takes differentials first,
moves what stands around dX to its other side, part by part, and reads G off.

Two layouts are in use. In the denominator's, G has the shape of X; in the numerator's, it is
transposed. Source: J. R. Magnus and H. Neudecker, Matrix Differential Calculus, 3rd edition 2019.

>>> from derivations.matrix import apply, inner, symbol
>>> W, h, v = symbol("W", ("n", "m")), symbol("h", ("m", "1")), symbol("v", ("n", "1"))
>>> L = inner(v, apply("tanh", W @ h))
>>> gradient(L, W).text()
'(v ⊙ (1 - tanh(W h)²)) hᵀ'
>>> gradient(L, h, layout="numerator").text()
'(Wᵀ (v ⊙ (1 - tanh(W h)²)))ᵀ'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from derivations.blackboard import Blackboard
from derivations.matrix import (
    SCALAR,
    Expression,
    Moment,
    Over,
    add,
    collect,
    differential,
    free_indices,
    in_order,
    instance,
    is_a,
    is_binder,
    leading_to,
    moving,
    name_of,
    number,
    over,
    pairing,
    rebuilt,
    received,
    substitute,
    symbol,
    symbols,
    total,
)
from derivations.network import STEPS, Network
from derivations.step import Check, Derivation, Equation, Formula, Lines, Verdict
from derivations.template import Definition
from derivations.truth import SMALL

Layout = Literal["denominator", "numerator"]
LAYOUTS = ("denominator", "numerator")

# ------------------------------------------------------------------------------- the gradient


def gradient(expression: Expression, wrt: Expression, layout: Layout = "denominator") -> Expression:
    """Return the gradient of a scalar with respect to a symbol, shaped like the symbol.

    In the ``"numerator"`` layout it is transposed. It is the number 0 where the scalar does not
    depend on the symbol. With respect to x_t a sum over t moves with its term t alone.

    Raises TypeError for an expression that is no scalar, a `wrt` that is no symbol, an operation
    that has no gradient, and a sum that reads the symbol at several of its steps; ValueError for
    another layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"the layout is one of {', '.join(LAYOUTS)}, not {layout!r}")
    _refuse_unless_fit(expression, wrt)
    found = received(expression, number(1), wrt)
    return found if layout == "denominator" or found.shape == SCALAR else found.T


def _refuse_unless_fit(expression: Expression, wrt: Expression) -> None:
    if expression.shape != SCALAR:
        raise TypeError(f"{expression!r} is no scalar")
    if not is_a(wrt, "symbol") or name_of(wrt).kind != "value":
        raise TypeError(f"{wrt!r} is no symbol for a value")


# ------------------------------------------------------------------------------ its derivation

LOSS = symbol("L", SCALAR)
REASONS: Mapping[str, str] = {
    "add": "What is added moves the sum by as much as it moves itself.",
    "matrix product": "⟨G, du v⟩ is ⟨G vᵀ, du⟩ and ⟨G, u dv⟩ is ⟨uᵀ G, dv⟩.",
    "elementwise product": "⟨G, u ⊙ dv⟩ is ⟨G ⊙ u, dv⟩: a factor changes sides element by element.",
    "function": "A function of every element moves by its slope there, times what moves it.",
    "power": "A function of every element moves by its slope there, times what moves it.",
    "divide": "A quotient moves by du / v, and by minus itself times dv / v.",
    "softmax": "The Jacobian of p = softmax(z) is diag(p) - p pᵀ, which is its own transpose.",
    "softmax of rows": "Each row's Jacobian is diag(a) - a aᵀ, which is its own transpose.",
    "inner product": "uᵀ v moves by vᵀ du and by uᵀ dv.",
    "squared norm": "‖u‖² moves by 2 uᵀ du.",
    "trace": "The trace is linear: tr(du) is ⟨I, du⟩.",
    "diagonal": "⟨G, diag(du)⟩ meets the diagonal of G alone.",
    "transpose": "⟨G, duᵀ⟩ is ⟨Gᵀ, du⟩.",
    "sum over": "Every term of a sum moves it, and what they read in common adds up.",
}
"""Why a gradient passes through an operation as it does."""


def derive_gradient(expression: Expression, wrt: Expression) -> Derivation:
    """Derive the gradient of a scalar, called L, with respect to a symbol, line by line.

    The differential of L is rewritten as ⟨G, du⟩ + ... for one part u after the other, from the
    outermost in, until only ⟨G, dX⟩ is left. Every line is held against true values.

    Raises TypeError as `gradient` does, and for an expression that reads the symbol's letter at
    several steps; ValueError for one that does not read the symbol, that reads a letter L, or that
    takes a root, of which a finite field has only half.
    """
    _refuse_unless_fit(expression, wrt)
    met = symbols(expression)
    if wrt not in met:
        raise ValueError(f"{wrt.text()} is not in {expression.text()}")
    letters = [name_of(s).letter for s in dict.fromkeys(met)]
    if "L" in letters:
        raise ValueError("L is the name of the scalar itself: rename the symbol L")
    if letters.count(name_of(wrt).letter) > 1:
        raise TypeError(f"{name_of(wrt).letter} is read at several steps: name them apart")
    return _Writing(expression, wrt).derivation()


@dataclass(frozen=True)
class _Writing:
    """Writes the derivation of one gradient."""

    expression: Expression
    wrt: Expression

    def derivation(self) -> Derivation:
        """Return the derivation."""
        board = self._board()
        if self.parts:
            self._name_parts(board)
        gathered = self._differentials(board)
        self._read_off(board, gathered)
        meanings = {name_of(s).letter: "given" for s in symbols(self.expression)}
        return board.derivation(
            "gradient",
            title=f"The gradient with respect to {self.wrt.text()}",
            meanings=meanings,
            summary="Differentials first; what multiplies the last of them is the gradient.",
            source="Magnus & Neudecker 2019",
        )

    # -------------------------------------------------------------------------------- its parts

    @cached_property
    def binder(self) -> Over | None:
        """What the outermost sum runs over, if the scalar is a sum over an index."""
        return self.expression.data if is_a(self.expression, "sum over") else None

    @cached_property
    def body(self) -> Expression:
        """The scalar, or the terms of its outermost sum."""
        return self.expression.arguments[0] if self.binder else self.expression

    @cached_property
    def names(self) -> dict[Expression, Expression]:
        """The parts of the body that get a name, innermost first, with their names."""
        leading = leading_to(self.wrt, self.body)
        inside = [n for n in _outside_sums(self.body) if n in leading and n is not self.wrt]
        top = _below_wrappers(self.body)
        kept = [n for n in inside if not _is_wrapper(n) and n not in top]
        used = {name_of(s).letter[0] for s in symbols(self.expression)}
        letter = next(c for c in "uvwabcdefghpqrsxyz" if c not in used)
        return {
            node: symbol(f"{letter}_{i}", node.shape, self._moment(node))
            for i, node in enumerate(kept, start=1)
        }

    def _moment(self, node: Expression) -> Moment | None:
        index = self.binder.variable if self.binder else ""
        return Moment(index) if index in free_indices(node) else None

    @cached_property
    def parts(self) -> tuple[Definition, ...]:
        """The definitions of the parts, innermost first."""
        return tuple(
            Definition(name, self._in_parts(node), meaning="a part of L")
            for node, name in self.names.items()
        )

    def _in_parts(self, node: Expression) -> Expression:
        return rebuilt(node, tuple(substitute(a, self.names.get) for a in node.arguments))

    @cached_property
    def whole(self) -> Definition:
        """L in terms of its parts."""
        return Definition(LOSS, self._summed(self._in_parts(self.body)), meaning="the scalar")

    def _summed(self, body: Expression) -> Expression:
        return over(*self.binder, body) if self.binder else body

    # -------------------------------------------------------------------------------- the lines

    def _board(self) -> Blackboard:
        equations = tuple(
            Definition(d.left, self._fixed(d.right), meaning=d.meaning)
            for d in (*self.parts, self.whole)
        )
        ranges = {}
        indices = {"t": STEPS}
        if self.binder:
            index, lower, upper = self._fixed(self.expression).data
            indices = {index: (lower, upper)}
            ranges = {name_of(name).letter: (lower, upper) for name in self.names.values()}
        network = Network(
            equations, loss=LOSS, moving=frozenset({name_of(self.wrt).letter}), ranges=ranges
        )
        start = Equation(LOSS, self.expression)
        board = Blackboard(network, start, sizes=self._sizes(), indices=indices)
        self._check(board)(start, start)
        return board

    def _name_parts(self, board: Blackboard) -> None:
        board.line(
            "Name the parts",
            Lines(*self.parts, self.whole),
            "Each part then has a differential of its own, and the chain rule is read off names.",
            check=self._check(board),
        )

    def _differentials(self, board: Blackboard) -> Expression:
        """Write dL in the differentials of the parts, from the outermost in; return G."""
        pending: dict[Expression, list[Expression]] = {}
        body = self._in_parts(self.body)
        self._hand_on(pending, body, number(1), LOSS)
        board.line(
            "Differentiate L",
            Equation(moving(LOSS), self._pairings(pending)),
            _why(body),
            before=self.whole,
            check=self._check(board),
        )
        for part in reversed(self.parts):
            self._hand_on(pending, part.right, collect(pending.pop(part.left)), part.left)
            aside = board.aside(part)
            moved = differential(part.right, self._moving_letters)
            moved = substitute(moved, {part.right: part.left}.get)
            aside.line(
                "Differential",
                Equation(moving(part.left), moved),
                "By the rule for this operation; what does not depend on the symbol stays.",
                check=self._check(board),
            )
            board.line(
                f"Through {_called(part.right)}",
                Equation(moving(LOSS), self._pairings(pending)),
                _why(part.right),
                check=self._check(board),
                changed=moving(part.left),
                details=aside.steps,
            )
        return collect(pending[self.wrt])

    def _hand_on(
        self,
        pending: dict[Expression, list[Expression]],
        right: Expression,
        upstream: Expression,
        left: Expression,
    ) -> None:
        """Give each part, and the symbol, what it receives from what reads it, `left` = `right`."""
        for read in dict.fromkeys(symbols(right)):
            if read is self.wrt or read in self.names.values():
                passed = received(right, upstream, read)
                if left is not LOSS:  # the slope of tanh in terms of its value
                    passed = substitute(passed, {right: left}.get)
                pending.setdefault(read, []).append(passed)

    def _pairings(self, pending: Mapping[Expression, list[Expression]]) -> Expression:
        order = [*reversed(self.names.values()), self.wrt]
        return self._summed(
            add(*(pairing(collect(pending[s]), moving(s)) for s in order if s in pending))
        )

    def _read_off(self, board: Blackboard, found: Expression) -> None:
        summed = self.binder and self.binder.variable not in free_indices(self.wrt)
        whole = self._summed(found) if summed else found
        board.line(
            "Read off the gradient",
            Equation(total(self.wrt), whole),
            f"It is what multiplies d{self.wrt.text()}, whatever that is.",
            check=self._check(board),
        )
        explicit = whole
        for part in reversed(self.parts):
            explicit = substitute(explicit, {part.left: part.right}.get)
        if explicit is not whole:
            board.line(
                "Insert the parts",
                Equation(total(self.wrt), explicit),
                "Names have done their work.",
                check=self._check(board),
            )

    # ------------------------------------------------------------------------------ how it is held

    @cached_property
    def _moving_letters(self) -> set[str]:
        return {name_of(s).letter for s in (self.wrt, *self.names.values())}

    def _fixed(self, expression: Expression) -> Expression:
        """Return the expression with the number 2 for each index, such as t, that is free in L."""
        for index in free_indices(self.expression):
            if index.islower():
                expression = instance(expression, 2, index)
        return expression

    def _check(self, board: Blackboard) -> Check:
        def check(before: Formula, after: Formula) -> Verdict:
            return board.truth.check(self._claim(before), self._claim(after))

        return check

    def _claim(self, formula: Formula) -> Formula:
        if isinstance(formula, Lines):
            return Lines(*map(self._claim, formula.lines))
        assert isinstance(formula, Equation)
        sides = (formula.left, formula.right)
        left, right = (self._fixed(s) if isinstance(s, Expression) else s for s in sides)
        return Equation(left, right, formula.relation)

    def _sizes(self) -> dict[str, int]:
        """Return a size for every letter that has none yet, each different."""
        shapes = {part for n in in_order(self.expression) for d in n.shape for part in d.split("+")}
        bounds = {index for index in _all_indices(self.expression) if not index.islower()}
        unknown = sorted((shapes | bounds) - set(SMALL.dimensions))
        numbers = {d: int(d) for d in unknown if d.isdigit()}
        return numbers | {d: 5 + i for i, d in enumerate(d for d in unknown if not d.isdigit())}


def _outside_sums(root: Expression) -> list[Expression]:
    """Return the nodes, arguments first, without those inside of sums over an index."""
    shown = {root}
    for node in reversed(list(in_order(root))):
        if node in shown and not is_binder(node):
            shown.update(node.arguments)
    return [n for n in in_order(root) if n in shown]


def _below_wrappers(root: Expression) -> set[Expression]:
    """Return the first nodes below sums, signs and constant factors: the terms of a scalar."""
    found, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if _is_wrapper(node):
            waiting.extend(node.arguments)
        else:
            found.add(node)
    return found


def _is_wrapper(node: Expression) -> bool:
    """Say whether a node is written inside of what reads it, without a name of its own."""
    if is_a(node, "elementwise product"):
        return sum(not is_a(factor, "number") for factor in node.arguments) == 1
    return any(is_a(node, name) for name in ("add", "negate", "transpose"))


def _why(right: Expression) -> str:
    names = (node.operation.name for node in _below_wrappers(right))
    reasons = dict.fromkeys(REASONS[name] for name in names if name in REASONS)
    return " ".join(reasons) or REASONS["add"]


def _called(right: Expression) -> str:
    return str(right.data) if is_a(right, "function") else f"the {right.operation.name}"


def _all_indices(expression: Expression) -> set[str]:
    found = set(free_indices(expression))
    for node in in_order(expression):
        if is_binder(node):
            found |= {i for moment in node.data[1:] for i in moment.indices}
    return found
