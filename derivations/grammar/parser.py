"""From tokens to expressions, by precedence, without recursion.

What is open (a bracket, a fraction, a Σ) is a frame on a stack. `Parser` takes one token at a time:
where a factor is due it begins one, after a factor it goes on with it or finishes what it ends.
"""

from __future__ import annotations

from typing import NoReturn

from derivations.grammar.brackets import Brackets, Next
from derivations.grammar.frames import CLOSED_BY, SPAN, Frame, Operand, closing
from derivations.grammar.lexer import MAX_EXPONENT, Power, Token
from derivations.grammar.meaning import MAX_DIGITS, Sign, brief, has_large_number
from derivations.grammar.names import indices_of
from derivations.grammar.source import BEGIN
from derivations.matrix import (
    SCALAR,
    Expression,
    Moment,
    Over,
    component,
    is_a,
    name_of,
    number,
    repeated,
)

_SPECIAL = (("√", "open", "{", "root"), ("min", "open", "(", "min"), ("max", "bar", "|", "max"))


class Parser(Brackets):
    """Reads one line."""

    def line(self) -> list[Expression]:
        """Return the sides of the line: one, or two with one of `relations` between them."""
        go_on = Next(0, True)
        while len(self.sides) <= len(self.relations):
            self.stack.steps += 1
            go_on = (self._factor_due if go_on.due else self._after_factor)(go_on.at)
        return [side.expression for side in self.sides]

    # ---------------------------------------------------------------------- where a factor is due

    def _factor_due(self, at: int) -> Next:
        token = self.tokens[at]
        if token.sort in ("name", "partial"):
            return self._named(token, at)
        if token.sort == "number":
            return self.factor(Operand(number(token.value), token.start), at + 1)
        if token.sort in ("open", "bar"):
            return self.open(Frame(token.value, token.start), at + 1)
        if token.sort == "over":
            return self._over(token, at)
        if token.sort == "fraction":
            return self._fraction(token, at)
        if (token.sort, token.value) == ("sign", "-"):
            self.stack.top.negative ^= {len(self.stack.top.factors)}
            return Next(at + 1, True)
        return self._nothing(token, at)

    def _nothing(self, token: Token, at: int) -> Next:
        frame = self.stack.top
        if self.is_at(at, "close", BEGIN) and frame.bracket == BEGIN and frame.rows[-1:] == [[]]:
            frame.rows.pop()  # a \\ after the last row
            return self.stacked(frame, at) if frame.rows else self._due(token)
        return self._due(token)

    def _due(self, token: Token) -> NoReturn:
        what = "the formula ends" if token.sort == "end" else "this stands"
        self.source.fail(f"{what} where a name, a number or ( is due", token.start)

    def _named(self, token: Token, at: int) -> Next:
        functions = self.vocabulary.functions
        for name, sort, bracket, opened in _SPECIAL:
            if token.value == (name, "") and self.is_at(at + 1, sort, bracket):
                return self.open(Frame(opened, token.start, functions["√"]), at + 2)
        if token.sort == "name" and token.value[0] in functions and self.is_at(at + 1, "open", "("):
            apart = self.tokens[at + 1].spaces and self.vocabulary.meanings(token.value)
            if not apart and not token.value[1]:
                frame = Frame("function", token.start, functions[token.value[0]])
                return self.open(frame, at + 2)
        return self._symbol(*self.atoms.symbol(at, self.stack.bound), token)

    def _symbol(self, found: Expression, after: int, token: Token) -> Next:
        free = frozenset[str]().union(*map(indices_of, (found, *found.arguments)))
        return self.factor(Operand(found, token.start, free), after)

    def _over(self, token: Token, at: int) -> Next:
        if isinstance(over := token.value.data, Over):
            self._refuse_unknown(over.lower, token)
            self._refuse_unknown(over.upper, token)
        return self.open(Frame("Σ", token.start, token.value), at + 1)

    def _refuse_unknown(self, moment: Moment, token: Token) -> None:
        sizes = {d for one in self.vocabulary.symbols for d in one.shape}
        for index in moment.indices:
            if index not in self.vocabulary.indices | self.stack.bound | sizes:
                self.source.fail(f"{index} is no index and no size", token.start)

    def _fraction(self, token: Token, at: int) -> Next:
        found = self.atoms.fraction(at, self.stack.bound)
        if found:
            return self._symbol(*found, token)
        self.brace(at + 1)
        return self.open(Frame("top", token.start), at + 2)

    # ------------------------------------------------------------------------- after a factor

    def _after_factor(self, at: int) -> Next:
        token = self.tokens[at]
        if token.sort == "power":
            return self._power(token, at)
        if token.sort in ("relation", "end"):
            return self._side(token, at)
        if token.sort == "sign":
            if token.value in "+-":
                self._refuse_leaning(token, at)
                self.stack.term().negative = {0} if token.value == "-" else set()
            else:
                self.stack.top.signs.append(Sign(token.value, token.start))
            return Next(at + 1, True)
        if token.sort == "between":
            return self.between(token, at)
        around = self.stack.around.bracket
        if token.sort == "close" or (
            token.sort == "bar" and token.value == CLOSED_BY.get(around, around)
        ):
            return self.close(token, at)
        return self._beside(token, at)

    def _refuse_leaning(self, token: Token, at: int) -> None:
        """Refuse ``[A -B]``, which may be a difference or two blocks."""
        leaning = token.spaces and not self.tokens[at + 1].spaces
        if leaning and self.stack.around.bracket == "[":
            reason = (
                "this is ambiguous in [ ]: put ( ) around -b, or a space on both sides of the sign"
            )
            self.source.fail(reason, token.start)

    def _beside(self, token: Token, at: int) -> Next:
        """Go on after a factor with what begins another: an element, a product or a block."""
        around = self.stack.around
        if self.is_at(at, "open", "[") and not token.spaces:
            return self._element(token, at)
        if token.sort == "number":
            self.source.fail("a number stands in front: 2 h_t; or write * before it", token.start)
        if around.bracket == "[" and token.spaces > 1:
            self.block(self.stack.term(), "  ")
            return Next(at, True)
        if around.bracket == "[" and token.spaces:
            around.side_by_side = token.start
        self.stack.top.signs.append(Sign("", token.start))
        return Next(at, True)

    def _element(self, token: Token, at: int) -> Next:
        factors = self.stack.top.factors
        of = factors[-1].expression
        place, after = self.atoms.place(at, self.stack.bound)
        if not place:
            self.source.fail(
                "write [1] or [1,3] for an element, a space before blocks", token.start
            )
        if is_a(of, "symbol") and not self.is_at(at - 1, "close", "("):
            element = self.atoms.element(of, place, token.start)
        elif of.shape[0] != "1" == of.shape[1] and len(place) == 1 and isinstance(place[0], int):
            element = component(of, place[0] - 1)
        else:
            self.source.fail("elements are of names and of columns", token.start)
        free = factors[-1].free | {index for index in place if isinstance(index, str)}
        factors[-1] = factors[-1].becoming(element, free=free)
        return Next(after, False)

    def _power(self, token: Token, at: int) -> Next:
        power: Power = token.value
        factors, before = self.stack.top.factors, self.tokens[at - 1]
        of = factors[-1].expression
        if before.sort == "power" and self.source.plain[before.start] != ".":
            self.source.fail("one exponent at a time: put ( ) around what is raised", token.start)
        if isinstance(power.exponent, Moment):
            return self._repeated(power.exponent, token, at)
        if isinstance(power.exponent, int):
            self._refuse_power(factors[-1], power, token, before)
            degree = factors[-1].degree * max(1, abs(power.exponent))
            raised = of**power.exponent
            if has_large_number(raised):
                self.source.fail(f"a number has at most {MAX_DIGITS} digits", token.start)
            factors[-1] = factors[-1].becoming(raised, degree=degree)
            return Next(at + 1, False)
        if is_a(of, "number") or (power.exponent == "^T" and of.shape == SCALAR):
            self.source.fail(f"is this the transpose of {brief(of)}, or a power?", token.start)
        factors[-1] = factors[-1].becoming(of.T)
        return Next(at + 1, False)

    def _repeated(self, times: Moment, token: Token, at: int) -> Next:
        """Raise a scalar to a power such as t-k: a factor for each step from k+1 to t."""
        operand = self.stack.top.factors[-1]
        self._refuse_unknown(times, token)
        if operand.expression.shape != SCALAR:
            reason = f"only a scalar has such a power, not {brief(operand.expression)}"
            self.source.fail(reason, token.start)
        self.stack.refuse_work(operand.work * SPAN, token.start)
        after, up_to = Moment("", 1), Moment("", times.offset)
        for index, minus in times.terms:
            base = f"{after.base}+{index}" if minus else f"{up_to.base}+{index}"
            if minus:
                after = after._replace(base=base.removeprefix("+"))
            else:
                up_to = up_to._replace(base=base.removeprefix("+"))
        raised = repeated("s", after, up_to, operand.expression)
        free = operand.free | frozenset(times.indices)
        work = operand.work * SPAN
        self.stack.top.factors[-1] = operand._replace(expression=raised, free=free, work=work)
        return Next(at + 1, False)

    def _refuse_power(self, operand: Operand, power: Power, token: Token, before: Token) -> None:
        of, exponent = operand.expression, power.exponent
        assert isinstance(exponent, int)
        if operand.degree * abs(exponent) > MAX_EXPONENT:
            self.source.fail(f"powers of powers go up to {MAX_EXPONENT}", token.start)
        if exponent < 1 and is_a(of, "number") and not of.data:
            self.source.fail("0 has no such power", token.start)
        if is_a(of, "symbol") and name_of(of).kind == "differential" and before.sort == "name":
            self.source.fail("this is ambiguous: put ( ) around d and its name", token.start)
        if "1" not in of.shape and not power.elementwise:
            self.source.fail(
                f"{brief(of)} is a matrix, so this is ambiguous: write @ for its product with "
                f"itself, ^{{⊙{exponent}}} for the power of every element",
                token.start,
            )

    def _side(self, token: Token, at: int) -> Next:
        """Finish a side of the line at its relation or at its end."""
        frame = self.stack.term()
        if frame.bracket:
            missing = closing(frame.bracket)
            self.source.fail(f"this is not closed: {missing} is missing", frame.place)
        self.sides.append(self.stack.sum(frame))
        if token.sort == "relation":
            if self.relations:
                self.source.fail("a line has one relation", token.start)
            self.relations.append(token)
        return Next(at + 1, True)
