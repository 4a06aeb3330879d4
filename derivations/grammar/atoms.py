"""Names, elements and derivatives: what a few tokens together stand for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from derivations.grammar.errors import called
from derivations.grammar.lexer import Token
from derivations.grammar.names import Vocabulary, Written
from derivations.grammar.source import Source
from derivations.matrix import (
    Expression,
    element,
    identity,
    immediate,
    is_a,
    jacobian,
    name_of,
    ones,
    total,
    total_jacobian,
)

Bare = Literal["d", "∂⁺"]
Place = tuple[int | str, ...]
MAX_PLACE = 9_999
_LOOKALIKES = ("CYRILLIC", "FULLWIDTH", "MATHEMATICAL", "MODIFIER", "ARMENIAN")


class Side(NamedTuple):
    """One side of a derivative: d or ∂ and a name, perhaps of an element, up to a token."""

    sign: str
    name: Written
    place: Place
    token: Token
    after: int


class Atoms:
    """Reads what a name or a derivative stands for; a bare ∂ is read as `bare`."""

    def __init__(
        self, source: Source, tokens: Sequence[Token], vocabulary: Vocabulary, bare: Bare
    ) -> None:
        self.source, self.tokens, self.vocabulary, self.bare = source, tokens, vocabulary, bare
        self.bare_partial = False

    def symbol(self, at: int, bound: Collection[str]) -> tuple[Expression, int]:
        """Return the symbol or derivative that begins at this token, and the token after it."""
        found = self._quotient(at, bound)
        if found:
            return found
        token = self.tokens[at]
        if token.sort == "partial":
            self.source.fail("∂ stands in a derivative such as ∂⁺h_t/∂c_t", token.start)
        after = self.tokens[at + 1]
        if self.vocabulary.naming.deltas and token.value == ("δ", "") and after.sort == "name":
            return total(self._only(self._values(after.value), after.value, after, bound)), at + 2
        meanings = self.vocabulary.meanings(token.value) + self._constants(token.value)
        return self._only(meanings, token.value, token, bound), at + 1

    def fraction(self, at: int, bound: Collection[str]) -> tuple[Expression, int] | None:
        r"""Return the derivative ``\frac{dL}{dh_t}`` that begins here; None if it is none."""
        top = self._within_braces(at + 1, bound)
        bottom = self._within_braces(top.after, bound) if top else None
        if top is None or bottom is None or not _belong(top, bottom):
            return None
        if self.vocabulary.differentials and top.token.value[0].startswith("ⅆ"):
            return None  # a quotient of differentials
        return self._derivative(top, bottom, bound), bottom.after

    def place(self, at: int, bound: Collection[str]) -> tuple[Place, int]:
        """Return the place of an element, ``[1,3]`` or ``[i]``, that begins here, if one does."""
        tokens = self.tokens[at : at + 5]
        if (tokens[0].sort, tokens[0].value) != ("open", "[") or tokens[0].spaces:
            return (), at
        for length in (3, 5):
            inside, end = tokens[1 : length - 1], tokens[length - 1 : length]
            commas = [(token.sort, token.value) for token in inside[1::2]]
            closed = [(token.sort, token.value) for token in end] == [("close", "[")]
            places = [self._index(token, bound) for token in inside[::2]]
            if closed and commas in ([], [("between", ",")]) and None not in places:
                return tuple(place for place in places if place is not None), at + length
        return (), at

    def _index(self, token: Token, bound: Collection[str]) -> int | str | None:
        if token.sort == "number":
            if token.value < 1 or token.value != int(token.value) or token.value > MAX_PLACE:
                self.source.fail("elements are counted 1, 2, 3, ...", token.start)
            return int(token.value)
        index = token.value[0] if token.sort == "name" and not token.value[1] else ""
        return index if index in self.vocabulary.indices or index in bound else None

    # ------------------------------------------------------------------------------- derivatives

    def _quotient(self, at: int, bound: Collection[str]) -> tuple[Expression, int] | None:
        """Return the derivative ``dL/dh_t`` that begins here; None if it is none."""
        top = self._side(at, bound)
        slash = self.tokens[top.after] if top else None
        if top is None or slash is None or (slash.sort, slash.value) != ("sign", "/"):
            return None
        bottom = self._side(top.after + 1, bound)
        if bottom is None or not _belong(top, bottom):
            return None
        apart = slash.spaces or self.tokens[top.after + 1].spaces
        if top.sign == "d" and apart and not self.vocabulary.is_loss(top.name):
            if self.vocabulary.differentials:
                return None
            self.source.fail("without spaces this is a derivative: dh_t/dc_t", slash.start)
        return self._derivative(top, bottom, bound), bottom.after

    def _side(self, at: int, bound: Collection[str]) -> Side | None:
        """Return d or ∂ and a name, and the element that is meant, from this token on."""
        first = self.tokens[at]
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else first
        if first.sort == "partial" or first.value in (("d", ""), ("ⅆ", "")):
            if after.sort != "name":
                return None
            place, end = self.place(at + 2, bound)
            return Side(
                first.value if first.sort == "partial" else "d", after.value, place, first, end
            )
        if first.sort != "name" or first.value[0][0] not in "dⅆ" or len(first.value[0]) == 1:
            return None
        place, end = self.place(at + 1, bound)
        return Side("d", (first.value[0][1:], first.value[1]), place, first, end)

    def _within_braces(self, at: int, bound: Collection[str]) -> Side | None:
        if (self.tokens[at].sort, self.tokens[at].value) != ("open", "{"):
            return None
        side = self._side(at + 1, bound) if at + 1 < len(self.tokens) else None
        if side is None:
            return None
        closing = self.tokens[side.after]
        if (closing.sort, closing.value) != ("close", "{"):
            return None
        return side._replace(after=side.after + 1)

    def _derivative(self, top: Side, bottom: Side, bound: Collection[str]) -> Expression:
        by = self._value(bottom, bound)
        moment = name_of(by).moment
        whole = self.vocabulary.is_loss(top.name)
        step = self.vocabulary.is_loss_of(top.name, moment)
        sign = top.sign
        if sign == "∂":
            self.bare_partial, sign = True, self.bare
            whole, step = (whole or step, False) if sign == "d" else (False, whole or step)
        if sign == "d" and whole:
            return total(by)
        if sign == "∂⁺" and step:
            return immediate(by)
        if sign == "∂⁺" and whole:
            self.source.fail("L sums over all steps: write ∂⁺ℓ_t, the loss of one", top.token.start)
        if step and not self.vocabulary.find(top.name):
            self.source.fail(
                "write dL/d.. for the total derivative, ∂⁺ℓ_t/∂.. for that of one step",
                top.token.start,
            )
        of = self._value(top, bound)
        return total_jacobian(of, by) if sign == "d" else jacobian(of, by)

    def _value(self, side: Side, bound: Collection[str]) -> Expression:
        found = self._only(self._values(side.name), side.name, side.token, bound)
        return self.element(found, side.place, side.token.start) if side.place else found

    # ------------------------------------------------------------------------------------- names

    def _values(self, written: Written) -> list[Expression]:
        return [one for one in self.vocabulary.find(written) if name_of(one).kind == "value"]

    def element(self, of: Expression, place: Place, start: int) -> Expression:
        """Return one element of a symbol."""
        dimensions = [d for d in of.shape if d != "1"]
        if len(place) != max(1, len(dimensions)):
            wanted = "one number" if len(dimensions) < 2 else "a row and a column, [1,3]"
            self.source.fail(f"an element of {of.text()} has {wanted}", start)
        for number, size in zip(place, dimensions, strict=False):
            if size.isdigit() and isinstance(number, int) and number > int(size):
                self.source.fail(f"{of.text()} has no element {number}", start)
        return element(of, place)

    def _constants(self, written: Written) -> list[Expression]:
        """Return the identity or the ones that a name such as ``I_n`` stands for."""
        letter, _, sizes = written[0].partition("_")
        known = {
            d for one in self.vocabulary.symbols for shape in one.shape for d in shape.split("+")
        }
        parts = sizes.split("×")
        if not all(d in known or d.isdigit() for part in parts for d in part.split("+")):
            return []
        if letter == "I" and len(parts) == 1:
            return [identity(sizes)]
        return [ones(*parts)] if letter == "𝟏" and len(parts) < 3 else []

    def _only(
        self, meanings: list[Expression], written: Written, token: Token, bound: Collection[str]
    ) -> Expression:
        """Return the one thing that a name means; refuse it when that is none or several."""
        name = f"{written[0]}^{written[1]}" if written[1] else written[0]
        if len(meanings) > 1:
            several = " or ".join(repr(one) for one in meanings[:3])
            self.source.fail(f"{name} is ambiguous: {several}", token.start)
        if not meanings:
            self.source.fail(self._unknown(written, name), token.start)
        (one,) = meanings
        if is_a(one, "symbol") and (moment := name_of(one).moment):
            for index in moment.indices:
                if index not in self.vocabulary.indices and index not in bound:
                    reason = f"{index} in {name} is no time: write t, or a Σ over it"
                    self.source.fail(reason, token.start)
        return one

    def _unknown(self, written: Written, name: str) -> str:
        timed = self.vocabulary.meanings((f"{written[0]}_t", "")) or self.vocabulary.meanings(
            (f"{written[0]},t", "")
        )
        if timed and not written[1]:
            return f"{name} has a time: write {timed[0].text()}"
        if written[0] in self.vocabulary.functions:
            return f"{name} is a function and wants parentheses: {name}(...)"
        foreign = next((c for c in written[0] if called(c).startswith(_LOOKALIKES)), None)
        if foreign:
            return f"{name[:40]} has a {called(foreign)}: write the letter that it looks like"
        nearest = self.vocabulary.nearest(written)
        hint = f"; the nearest is {nearest}" if nearest else ""
        return f"{name[:40]} is not known here{hint}"


def _belong(top: Side, bottom: Side) -> bool:
    """Say whether d stands below d, or ∂ below ∂ or ∂⁺."""
    return (top.sign[0], bottom.sign) in (("d", "d"), ("∂", "∂"))
