"""What has been read and what is still open: operands, and frames on a stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from derivations.grammar.meaning import Misfit, Sign, brief, product_of, shape_of
from derivations.grammar.source import BEGIN, Source
from derivations.matrix import SCALAR, Expression, Over, add, make, negate

MAX_DEPTH = 64
MAX_WORK = 1_000_000
SPAN = 10  # how many steps a Σ up to T is taken to have when work is estimated
"""How deep brackets may be, and how many operations a formula may ask for once written out."""


class Operand(NamedTuple):
    """A part of a formula that has been read, and what the limits must know of it.

    `free` are the indices free in it, `reaching` those of a Σ at its end that no bracket closes;
    `degree` is its largest exponent once powers of powers are multiplied out, `work` the number of
    operations.
    """

    expression: Expression
    start: int
    free: frozenset[str] = frozenset()
    reaching: frozenset[str] = frozenset()
    degree: int = 1
    work: int = 1

    def becoming(self, expression: Expression, **changes: Any) -> Operand:
        """Return the operand with something done to it."""
        return self._replace(expression=expression, work=self.work + 1, **changes)


def joined(expression: Expression, parts: Sequence[Operand]) -> Operand:
    """Return what is made of some parts."""
    return Operand(
        expression,
        parts[0].start,
        frozenset[str]().union(*(part.free for part in parts)),
        degree=max(part.degree for part in parts),
        work=sum(part.work for part in parts) + 1,
    )


@dataclass
class Frame:
    """Something open: its bracket, or what it is a bracket of, such as ``Σ``; its parts so far.

    `data` is what the bracket needs to know when it closes. Within a frame, the product that is
    being read has factors, signs between them, and a minus in front of some; `terms` are finished
    products, `rows` finished blocks.
    """

    bracket: str
    place: int
    data: Any = None
    factors: list[Operand] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)
    negative: set[int] = field(default_factory=set)
    terms: list[Operand] = field(default_factory=list)
    rows: list[list[Operand]] = field(default_factory=lambda: [[]])
    separators: set[str] = field(default_factory=set)
    side_by_side: int | None = None  # where a space stands between factors, in square brackets


CLOSED_BY = {"root": "{", "top": "{", "bottom": "{", "function": "(", "min": "(", "max": "|"}
_CLOSING = {"{": "}", "(": ")", "[": "]", "‖": "‖", "|": "|", BEGIN: r"\end{bmatrix}"}


def closing(bracket: str) -> str:
    """Return how the bracket of a frame is closed."""
    return _CLOSING[CLOSED_BY.get(bracket, bracket)]


class Stack:
    """The frames that are open, the outermost first; `steps` counts the work of finishing them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.frames = [Frame("", 0)]
        self.steps = 0

    @property
    def top(self) -> Frame:
        """The innermost frame."""
        return self.frames[-1]

    @property
    def around(self) -> Frame:
        """The innermost frame that something closes: a Σ ends by itself."""
        return next(frame for frame in reversed(self.frames) if frame.bracket != "Σ")

    @property
    def bound(self) -> set[str]:
        """The indices of the Σ and Π that are open."""
        return {frame.data.variable for frame in self.frames if frame.bracket == "Σ"}

    def open(self, frame: Frame) -> None:
        """Go one level deeper; raises FormulaError where that is too deep."""
        if len(self.frames) > MAX_DEPTH:
            self.source.fail(f"brackets may be {MAX_DEPTH} deep", frame.place)
        self.frames.append(frame)

    # ------------------------------------------------------------------------- what is finished

    def term(self) -> Frame:
        """Finish the product that is being read, and every Σ that ends with it."""
        while True:
            frame = self.top
            factors = len(frame.factors)
            frame.terms.append(self._product(frame))
            frame.factors, frame.signs, frame.negative = [], [], set()
            if frame.bracket != "Σ":
                return frame
            if frame.data.operation in ("limit", "largest over") and factors > 1:
                self.source.fail("put ( ) around all that this is of", frame.place)
            self.frames.pop()
            self.top.factors.append(self._over(frame))

    def _product(self, frame: Frame) -> Operand:
        factors = frame.factors
        self.steps += len(factors)
        values = [
            negate(factor.expression) if i and i in frame.negative else factor.expression
            for i, factor in enumerate(factors)
        ]
        try:
            product = product_of(values, frame.signs)
        except Misfit as misfit:
            self.source.fail(str(misfit), misfit.position)
        product = negate(product) if 0 in frame.negative else product
        made = joined(product, factors) if len(factors) > 1 else factors[0].becoming(product)
        return made._replace(reaching=factors[-1].reaching)

    def _over(self, frame: Frame) -> Operand:
        """Return the Σ or Π whose body is finished."""
        (body,), runs = frame.terms, frame.data
        ends: frozenset[str] = frozenset()
        span = SPAN
        if isinstance(over := runs.data, Over):
            ends = frozenset((*over.lower.indices, *over.upper.indices))
            span = SPAN if ends else max(1, over.upper.offset - over.lower.offset + 1)
        self.refuse_work(body.work * span, frame.place)
        try:
            made = make(runs.operation, (body.expression,), runs.data)
        except TypeError as error:
            self.source.fail(f"this wants another shape behind it: {error}", frame.place)
        return Operand(
            made,
            frame.place,
            (body.free - {runs.variable}) | ends,
            body.reaching | {runs.variable},
            body.degree,
            body.work * span + 1,
        )

    def refuse_work(self, work: int, place: int) -> None:
        """Raise FormulaError for more operations than a formula may ask for."""
        if work > MAX_WORK:
            self.source.fail("this asks for too much: written out, it is too long", place)

    def sum(self, frame: Frame) -> Operand:
        """Return the sum of a frame's terms, which start anew."""
        terms, frame.terms = frame.terms, []
        self.steps += len(terms)
        if len(terms) == 1:
            return terms[0]
        self._refuse_reaching(terms)
        self._refuse_misfit(terms)
        return joined(add(*(term.expression for term in terms)), terms)

    def _refuse_reaching(self, terms: Sequence[Operand]) -> None:
        """Refuse ``Σ_t a_t + b_t``: a reader may take b_t to be inside."""
        later: frozenset[str] = frozenset()
        for term in reversed(terms):
            for index in term.reaching & later:
                self.source.fail(
                    f"this is ambiguous: {index} stands behind this Σ over {index}; put ( ) around "
                    "all that it adds up, or around the Σ",
                    term.start,
                )
            later |= term.free

    def _refuse_misfit(self, terms: Sequence[Operand]) -> None:
        whole = next((term for term in terms if term.expression.shape != SCALAR), terms[0])
        for term in terms:
            if term.expression.shape not in (SCALAR, whole.expression.shape):
                one, other = whole.expression, term.expression
                self.source.fail(
                    f"{brief(one)} is {shape_of(one)} and {brief(other)} is {shape_of(other)}: "
                    "only like shapes are added",
                    term.start,
                )
