"""From characters to tokens: names with what hangs on them, numbers, signs, exponents, sums."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from derivations.grammar.errors import called
from derivations.grammar.meaning import MAX_DIGITS
from derivations.grammar.names import Vocabulary
from derivations.grammar.source import (
    BEGIN,
    CLOSE_NORM,
    END,
    FRACTION,
    OPEN_NORM,
    Source,
    read_source,
)
from derivations.matrix import FIRST, LAST, Moment, Over
from derivations.step import RELATIONS

MAX_EXPONENT = 64

Sort = Literal[
    "name", "number", "sign", "open", "close", "bar", "between", "over", "partial", "power",
    "fraction", "relation", "end",
]  # fmt: skip


class Token(NamedTuple):
    """A piece of a formula from `start` to `end`, with so many spaces before it."""

    sort: Sort
    value: Any
    start: int
    end: int
    spaces: int = 0


class Power(NamedTuple):
    """What is raised: an exponent, elementwise or not said, or T for the transpose."""

    exponent: int | Moment | Literal["T", "^T"]
    elementwise: bool = False


class Runs(NamedTuple):
    """What runs over a variable: the name and the data of its operation, and the variable."""

    operation: str
    data: Over | str
    variable: str


_SIMPLE: dict[str, tuple[Sort, Any]] = {
    **{sign: ("sign", sign) for sign in "+-@/⊙*"},
    **{sign: ("relation", sign) for sign in RELATIONS},
    **{mark: ("between", mark) for mark in ";,&"},
    **{bracket: ("open", bracket) for bracket in "([{" + BEGIN},
    **{end: ("close", bracket) for bracket, end in zip("([{" + BEGIN, ")]}" + END, strict=True)},
    OPEN_NORM: ("open", "‖"), CLOSE_NORM: ("close", "‖"), "‖": ("bar", "‖"), "|": ("bar", "|"),
    "∗": ("sign", "*"), "∘": ("sign", "⊙"), "◦": ("sign", "⊙"),
    FRACTION: ("fraction", ""), "⊤": ("power", Power("T")), "ᵀ": ("power", Power("T")),
}  # fmt: skip
_PAIRS: dict[str, tuple[Sort, Any]] = {
    ".*": ("sign", "⊙"), "||": ("bar", "‖"), ".T": ("power", Power("T")),
    "<=": ("relation", "≤"), ">=": ("relation", "≥"), "!=": ("relation", "≠"),
}  # fmt: skip
_HINTS = {
    "_": "a name begins with a letter",
    ".": "nothing has attributes here; write .T for the transpose, ⊙ or * for a product",
    "$": "leave out the $",
}
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_RAISED = re.compile("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_WHOLE = re.compile(r" *(-?[0-9]+)")
_SPACES = re.compile(" *")
_PLUS = re.compile(r"⁺|\+|\^\{\+\}|\^\+")
_EXPONENT = re.compile(r"\^(?:\{([^{}]{0,12}|\{[^{}]{0,12}\})\}|(-?[0-9]+|.))?", re.DOTALL)
_BRACED = re.compile(r"_\{((?:[^{}]|\{[^{}]{0,40}\}){1,60})\}")
_RUN = re.compile("[A-Za-zΑ-Ωα-ωℓ0-9]+")
_UNBRACED = re.compile(f"_({_RUN.pattern})")
_ABOVE = re.compile(r"\^(\{[^{}]{1,24}\}|[⟨<][^⟨⟩<>{}]{1,20}[⟩>]|[A-Za-z0-9])")
_STEP = re.compile(r"([-+])([0-9]+)")
_FROM_TO = re.compile(
    r"_(?:\{ ?([A-Za-zτ]) ?(?:=([^{}=]{1,12}))?\}|([A-Za-zτ]))(?:\^(?:\{([^{}]{1,12})\}|(\w)))?"
)
_LIMIT = re.compile("_\\{ ?([A-Za-zτ]) ?→ ?∞ ?\\}")
_LARGEST = re.compile("_\\{ ?([^{}≤]{1,12})≤ ?([A-Za-zτ]) ?≤([^{}≤]{1,12})\\}")
_BINDERS = {"Σ": "Σ", "∑": "Σ", "sum": "Σ", "Π": "Π", "∏": "Π", "prod": "Π"}


def tokens_of(text: str, vocabulary: Vocabulary) -> tuple[Source, list[Token]]:
    """Return the tokens of a formula, the last of sort ``end``; raises FormulaError."""
    lexer = Lexer(read_source(text), vocabulary)
    return lexer.source, lexer.tokens()


class Lexer:
    """Reads tokens from left to right; a name is as long as the vocabulary knows it to be."""

    def __init__(self, source: Source, vocabulary: Vocabulary) -> None:
        self.source, self.vocabulary = source, vocabulary
        self.plain = source.plain

    def tokens(self) -> list[Token]:
        """Return all tokens."""
        found, at = [], 0
        while at < len(self.plain):
            start = _SPACES.match(self.plain, at).end()  # type: ignore[union-attr]
            if start < len(self.plain):
                found.append(self._token(start)._replace(spaces=start - at))
            at = found[-1].end if start < len(self.plain) else start
        return [*found, Token("end", "", at, at)]

    def _token(self, at: int) -> Token:
        character, pair = self.plain[at], self.plain[at : at + 2]
        if _is_letter(character) or character in "𝟏√∞":
            return self._word(at)
        if pair in _PAIRS:
            return self._pair(at, pair)
        if pair == "**":
            digits = _WHOLE.match(self.plain, at + 2)
            return self._power(digits[1] if digits else "", at, digits.end() if digits else at)
        if found := _NUMBER.match(self.plain, at):
            return self._number(found)
        if found := _RAISED.match(self.plain, at):
            return self._power(found[0].translate(_DIGITS), at, found.end())
        if character in _SIMPLE:
            return Token(*_SIMPLE[character], at, at + 1)
        if character == "∂":
            plus = _PLUS.match(self.plain, at + 1)
            return Token("partial", "∂⁺" if plus else "∂", at, plus.end() if plus else at + 1)
        return self._raised(at) if character == "^" else self._other(at, character)

    def _other(self, at: int, character: str) -> Token:
        if character in "·⋅×":
            return self._dot(at, "·" if character == "⋅" else character)
        if character == "'":
            if self.vocabulary.has_primes:
                self.source.fail("' is ambiguous here: write .T for the transpose, ′ in a name", at)
            return Token("power", Power("T"), at, at + 1)
        if unicodedata.decomposition(character).startswith("<fraction>"):
            top, bottom = unicodedata.normalize("NFKC", character).split("⁄")
            if bottom:
                return Token("number", Fraction(int(top), int(bottom)), at, at + 1)
        return self.source.fail(_HINTS.get(character, f"{called(character)} means nothing"), at)

    def _dot(self, at: int, sign: str) -> Token:
        """Return · as this notation means it: elementwise, or a product that is not written."""
        if sign == self.vocabulary.naming.product:
            return Token("sign", "⊙", at, at + 1)
        if sign == "×":
            self.source.fail("× is ambiguous: write @ for the matrix product, ⊙ elementwise", at)
        return Token("sign", "·", at, at + 1)

    def _pair(self, at: int, pair: str) -> Token:
        after = self.plain[at + 2 : at + 3]
        if pair == ".T" and (after.isalnum() or after == "_"):
            self.source.fail("nothing has attributes here but .T, the transpose", at)
        return Token(*_PAIRS[pair], at, at + 2)

    def _number(self, found: re.Match[str]) -> Token:
        if len(found[0]) > MAX_DIGITS:
            self.source.fail(f"a number has at most {MAX_DIGITS} digits", found.start())
        return Token("number", Fraction(found[0]), found.start(), found.end())

    # ---------------------------------------------------------------------------- what is raised

    def _raised(self, at: int) -> Token:
        """Return the exponent or the transpose after ``^``."""
        found = _EXPONENT.match(self.plain, at)
        inside = (found[1] or found[2] or "") if found else ""
        inside = inside.strip("{} ")
        end = found.end() if found else at + 1
        if inside in ("T", "⊤"):
            return Token("power", Power("^T" if inside == "T" else "T"), at, end)
        if inside[:1] == "⊙":
            return self._power(inside[1:].strip(), at, end, elementwise=True)
        if (moment := self.vocabulary.moment(_cleaned(inside))) and moment.base:
            return Token("power", Power(moment), at, end)
        return self._power(inside, at, end)

    def _power(self, digits: str, at: int, end: int, elementwise: bool = False) -> Token:
        if not re.fullmatch(r"-?[0-9]{1,30}", digits):
            self.source.fail("an exponent is a whole number, or T for the transpose", at)
        if abs(int(digits)) > MAX_EXPONENT:
            self.source.fail(f"an exponent is at most {MAX_EXPONENT}", at)
        return Token("power", Power(int(digits), elementwise), at, end)

    # ------------------------------------------------------------------------------------- words

    def _word(self, at: int) -> Token:
        end = self._end_of_letters(at)
        word = self.plain[at:end]
        if self.plain[end : end + 1] == "_":
            if word in _BINDERS:
                return self._over(_BINDERS[word], at, end)
            if word == "lim" and (found := _LIMIT.match(self.plain, end)):
                return self._limit(found, at)
            if word == "max" and (found := _LARGEST.match(self.plain, end)):
                return self._largest(found, at)
        if self.plain[end : end + 2] == "'(" and f"{word}′" in self.vocabulary.functions:
            return Token("name", (f"{word}′", ""), at, end + 1)
        return self._name(word, at, end)

    def _end_of_letters(self, at: int) -> int:
        end = at + 1
        while end < len(self.plain):
            if not (_is_letter(self.plain[end]) or _hangs_on(self.plain[end])):
                break
            end += 1
        return end

    def _name(self, name: str, at: int, end: int) -> Token:
        """Return a name with its subscripts and, where one belongs to it, its superscript."""
        above = ""
        for _ in range(2):  # in either order
            while found := _BRACED.match(self.plain, end) or _UNBRACED.match(self.plain, end):
                name, end = f"{name}_{_cleaned(found[1])}", found.end()
                if self.plain[end - 1] != "}":
                    name, end = self._continued(name, end)
            name, end = self._primed(name, end)
            if not above:
                above, end = self._above(name, end)
        if self.plain[end - 1] not in "}⟩>":
            self._refuse_step(name, above, end)
        return Token("name", (name, above), at, end)

    def _primed(self, name: str, end: int) -> tuple[str, int]:
        """Return the name with the prime that stands behind its subscript, as in LaTeX."""
        if self.plain[end : end + 1] in ("'", "′"):
            letter, below, rest = name.partition("_")
            primed = f"{letter}′{below}{rest}"
            above, _ = self._above(primed, end + 1)
            if self.vocabulary.knows((primed, above)):
                return primed, end + 1
        return name, end

    def _continued(self, name: str, end: int) -> tuple[str, int]:
        """Return the name with a comma and what follows it where that is a name: ``δ_f,t``."""
        if self.plain[end : end + 1] == "," and (found := _RUN.match(self.plain, end + 1)):
            longer = f"{name},{found[0]}"
            if self.vocabulary.meanings((longer, "")):
                name, end = longer, found.end()
        return name, end

    def _refuse_step(self, name: str, above: str, end: int) -> None:
        """Refuse ``h_t-1``, which is h_{t-1} to one reader and h_t - 1 to another."""
        step = _STEP.match(self.plain, end)
        later = (name, f"{above}-1") if above else (f"{name}-1", "")
        if step is None or not self.vocabulary.meanings(later):
            return
        base, _, below = name.partition("_")
        script = f"^{{{above}{step[0]}}}" if above else f"_{{{below}{step[0]}}}"
        self.source.fail(
            f"this is ambiguous: write {name if above else base}{script} for another step, or "
            f"spaces around {step[1]} for a {'sum' if step[1] == '+' else 'difference'}",
            end,
        )

    def _above(self, name: str, end: int) -> tuple[str, int]:
        """Return the superscript that belongs to the name, and where it ends."""
        found = _ABOVE.match(self.plain, end)
        if found:
            above = _cleaned(found[1].strip("{}")).replace("<", "⟨").replace(">", "⟩")
            if self.vocabulary.knows((name, above)):
                if (above.isdigit() or above == "T") and self.vocabulary.meanings((name, "")):
                    reason = f"{name}^{above} is ambiguous, a step or an exponent: put ( ) around"
                    self.source.fail(f"{reason} {name} for an exponent", found.start())
                return above, found.end()
        return "", end

    def _over(self, sign: str, at: int, end: int) -> Token:
        """Return Σ or Π with its index and bounds; without bounds t runs from 1 to T."""
        found = _FROM_TO.match(self.plain, end)
        if found is None:
            self.source.fail(f"write the bounds of {sign} as {sign}_{{t=1}}^T", at)
        operation = "sum over" if sign == "Σ" else "product over"
        index = found[1] or found[3]
        lower, upper = found[2], found[4] or found[5]
        house = self.vocabulary.moment(index)
        assert house is not None
        if lower is None and upper is None and house.base == "t":
            runs = Runs(operation, Over("t", FIRST, LAST), "t")
            return Token("over", runs, at, found.end())
        first, last = (self.vocabulary.moment(_cleaned(bound or "")) for bound in (lower, upper))
        if first is None or last is None:
            self.source.fail(f"write the bounds of {sign} as {sign}_{{{index}=1}}^T", at)
        runs = Runs(operation, Over(house.base, first, last), house.base)
        return Token("over", runs, at, found.end())

    def _limit(self, found: re.Match[str], at: int) -> Token:
        index = self.vocabulary.moment(found[1])
        assert index is not None
        return Token("over", Runs("limit", index.base, index.base), at, found.end())

    def _largest(self, found: re.Match[str], at: int) -> Token:
        first, index, last = (self.vocabulary.moment(_cleaned(part)) for part in found.groups())
        if first is None or last is None or index is None:
            self.source.fail("write the bounds as max_{1≤t≤T}", at)
        runs = Runs("largest over", Over(index.base, first, last), index.base)
        return Token("over", runs, at, found.end())


def _is_letter(character: str) -> bool:
    return character.isalpha() and character != "ᵀ"


def _hangs_on(character: str) -> bool:
    return character == "′" or unicodedata.combining(character) > 0


def _cleaned(script: str) -> str:
    return re.sub("[{} ]", "", script)
