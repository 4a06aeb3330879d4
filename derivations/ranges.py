"""Ranges of functions of one number: what is claimed, and interval arithmetic that checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from derivations.bounds import sides_of
from derivations.matrix import Expression, in_order, is_a, number, substitute
from derivations.step import Equation, Formula, NotVerified, Shown, Verdict
from derivations.typography import LATEX, MATHML, TEXT, Style

END, PIECES, SLACK = 30, 240, 1e-6  # finite intervals of length 1/4, and two that are not finite


@dataclass(frozen=True)
class Span(Shown):
    """An interval between two numbers, with or without its ends: (0, 1/4]."""

    lower: Fraction
    upper: Fraction
    with_lower: bool = False
    with_upper: bool = True

    def text(self) -> str:
        """Return ``(0, 1/4]``."""
        return self._written(TEXT)

    def latex(self) -> str:
        """Return the interval in LaTeX."""
        return self._written(LATEX)

    def mathml(self) -> str:
        """Return the interval in MathML."""
        return self._written(MATHML)

    def _written(self, style: Style) -> str:
        inside = [style.number(self.lower), style.sign(",").lstrip(), style.number(self.upper)]
        fences = "[" if self.with_lower else "(", "]" if self.with_upper else ")"
        return style.fence(style.row(inside), *fences)

    def mutations(self) -> Iterator[Span]:
        """Yield other intervals that one might claim."""
        yield replace(self, upper=self.upper * 2)
        yield replace(self, upper=self.upper / 2)
        yield replace(self, lower=self.lower - 1)
        yield replace(self, with_lower=not self.with_lower)
        yield replace(self, with_upper=not self.with_upper)


@dataclass(frozen=True)
class Values(Shown):
    """A set of scalars: {0, 1}."""

    members: tuple[Expression, ...]

    def text(self) -> str:
        """Return ``{0, 1}``."""
        return f"{{{', '.join(member.text() for member in self.members)}}}"

    def latex(self) -> str:
        """Return the set in LaTeX."""
        return rf"\left\{{ {', '.join(member.latex() for member in self.members)} \right\}}"

    def mathml(self) -> str:
        """Return the set in MathML."""
        inside = "<mo>,</mo>".join(member.mathml() for member in self.members)
        return f"<mrow><mo>{{</mo>{inside}<mo>}}</mo></mrow>"

    def mutations(self) -> Iterator[Values]:
        """Yield other sets that one might claim."""
        yield Values(self.members[:-1])
        yield Values((*self.members, number(2)))
        yield Values((number(-1), *self.members[1:]))


def enclosure(expression: Expression, variable: Expression, interval: Any) -> Any:
    """Return an interval in which the expression lies while the variable lies in another.

    Raises `NotVerified` for an operation that has no enclosure.
    """
    from mpmath import iv

    functions: dict[str, Callable[[Any], Any]] = {
        "exp": iv.exp,
        "σ": lambda a: 1 / (1 + iv.exp(-a)),
        "tanh": lambda a: 1 - 2 / (iv.exp(2 * a) + 1),
    }
    found: dict[Expression, Any] = {}
    for node in in_order(expression):
        parts = [found[part] for part in node.arguments]
        if node is variable:
            found[node] = interval
        elif is_a(node, "number"):
            found[node] = iv.mpf(node.data.numerator) / node.data.denominator
        elif is_a(node, "function") and node.data in functions:
            found[node] = functions[node.data](parts[0])
        elif node.operation.name in _INTERVALS:
            found[node] = _INTERVALS[node.operation.name](node, parts)
        else:
            raise NotVerified(f"no enclosure is known of {node.text()}")
    return found[expression]


def _product(_: Expression, parts: list[Any]) -> Any:
    product = parts[0]
    for part in parts[1:]:
        product = product * part
    return product


_INTERVALS: dict[str, Callable[[Expression, list[Any]], Any]] = {
    "add": lambda _, parts: sum(parts[1:], parts[0]),
    "negate": lambda _, parts: -parts[0],
    "elementwise product": _product,
    "divide": lambda _, parts: parts[0] / parts[1],
    "power": lambda node, parts: parts[0] ** node.data,
}


@dataclass(frozen=True)
class Fills:
    """Checks that a function of `variable` takes the values of a `Span`, and no others.

    `meaning` says what names in the line stand for. The function is enclosed on small intervals and
    on both tails; the upper end is to be reached at 0, the lower one to be neared in the tails.
    """

    variable: Expression
    meaning: tuple[Expression, Expression]

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` for another range."""
        left, _, right = sides_of(before)
        if not isinstance(after, Equation) or (after.left, after.relation) != (left, "∈"):
            raise NotVerified(f"not a range of the line before: {after.text()}")
        name, stands_for = self.meaning
        function = substitute(right, {name: stands_for}.get)
        if not isinstance(after.right, Span) or not self._filled(function, after.right):
            raise NotVerified(f"not its range: {after.text()}")
        by = f"interval arithmetic, {PIECES} intervals and both tails"
        return Verdict("tested", by, f"every {self.variable.text()}", f"{SLACK:.0e}")

    def _filled(self, function: Expression, span: Span) -> bool:
        from mpmath import iv

        before, iv.dps = iv.dps, 40
        try:
            lower, upper = (iv.mpf(e.numerator) / e.denominator for e in (span.lower, span.upper))
            at_zero = enclosure(function, self.variable, iv.mpf(0))
            reached = upper in at_zero and at_zero.delta < SLACK
            neared = all(abs(tail - lower).b < SLACK for tail in self._tails(function))
            pieces = list(self._pieces(function))
            inside = all(p.b <= (upper + SLACK).b and p.a > lower.a for p in pieces)
        finally:
            iv.dps = before
        return reached and neared and inside and span.with_upper and not span.with_lower

    def _tails(self, function: Expression) -> Iterator[Any]:
        from mpmath import iv

        for ends in ([END, "inf"], ["-inf", -END]):
            yield enclosure(function, self.variable, iv.mpf(ends))

    def _pieces(self, function: Expression) -> Iterator[Any]:
        from mpmath import iv

        for i in range(PIECES):
            ends = [iv.mpf(2 * END) * j / PIECES - END for j in (i, i + 1)]
            yield enclosure(function, self.variable, iv.mpf([ends[0].a, ends[1].b]))


@dataclass(frozen=True)
class Takes:
    """Checks that an expression takes these values, as a switch in it is 0 or 1, and no others."""

    switch: Expression

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` for another set of values."""
        import sympy

        from derivations.chance.scalar_algebra import as_sympy

        left, _, right = sides_of(before)
        if not isinstance(after, Equation) or (after.left, after.relation) != (left, "∈"):
            raise NotVerified(f"not about the values of the line before: {after.text()}")
        ends = (substitute(right, {self.switch: number(i)}.get) for i in (0, 1))
        taken = {sympy.simplify(as_sympy(end)) for end in ends}
        claimed = after.right.members if isinstance(after.right, Values) else ()
        if {as_sympy(member) for member in claimed} != taken:
            raise NotVerified(f"not its values: {after.text()}")
        return Verdict("exact", "both cases", f"{self.switch.text()} = 0, 1")
