"""What can be typed: the names of symbols, of their derivatives, and of functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from html import escape
from string import ascii_letters
from typing import Protocol

from derivations.matrix import (
    NOW,
    Expression,
    Moment,
    Over,
    apply,
    at,
    diag,
    in_order,
    is_a,
    largest_singular_value,
    moving,
    name_of,
    rowsoftmax,
    softmax,
    symbol,
    total,
    trace,
)
from derivations.typography import Text
from derivations.typography.characters import MATH
from derivations.typography.naming import HOUSE, Glyph, Naming, is_delta

INDICES = ("t", "s", "k", "j", "i", "l", "τ", "T", "K")
"""The letters that may always stand for a time, beside those bound by a Σ or a Π."""

SOME_TIME = "⌂"  # stands for any time in the table of names
_TIME = re.compile(r"-?(?:[A-Za-zτ]|\d{1,4})(?:[+-](?:[A-Za-zτ]|\d{1,4})){0,3}", re.ASCII)
_PART = re.compile(r"([+-]?)(?:([A-Za-zτ])|(\d+))")
_GREEK = {latex[1:]: letter for letter, latex in MATH.items() if latex[1:].isalpha()}

Function = Callable[[Expression], Expression]
Written = tuple[str, str]
"""A name as it is written: letter and subscript such as ``a_f,t``, and superscript."""


class Letters(Protocol):
    """A notation, as far as a vocabulary needs to know it: `derivations.notation.Notation`."""

    def lettering(self, of: Iterable[Expression] = ()) -> Naming:
        """Return how the names of these symbols are written."""
        ...


def _applied(name: str) -> Function:
    return lambda argument: apply(name, argument)


FUNCTIONS: Mapping[str, Function] = {
    **{name: _applied(name) for name in ("σ", "tanh", "relu", "relu′", "log", "exp", "√")},
    "sigmoid": _applied("σ"), "logistic": _applied("σ"), "ln": _applied("log"),
    "sqrt": _applied("√"), "ReLU": _applied("relu"), "ReLU′": _applied("relu′"),
    "softmax": softmax, "rowsoftmax": rowsoftmax,
    "σ_max": largest_singular_value, "diag": diag, "tr": trace, "trace": trace, "Tr": trace,
}  # fmt: skip
"""The functions that are always known, by the names under which they can be typed."""


@dataclass(frozen=True, repr=False, eq=False)
class Vocabulary:
    """What can be typed: symbols and functions, in the letters of `naming`.

    A symbol with a time is known at any time, and with it its derivatives; `indices` are the
    letters that may stand for a time or for the place of an element. `differentials` says what
    ``dW`` is: the differential of W, or else short for dL/dW.
    """

    symbols: tuple[Expression, ...]
    functions: Mapping[str, Function]
    indices: frozenset[str] = frozenset(INDICES)
    naming: Naming = HOUSE
    differentials: bool = False

    @classmethod
    def of(
        cls,
        expressions: Iterable[Expression],
        *,
        notation: Letters | None = None,
        functions: Iterable[str] = (),
        differentials: bool | None = None,
    ) -> Vocabulary:
        """Return the vocabulary of the symbols and functions in some expressions.

        `functions` are names of further elementwise functions, such as ``φ``. Without a word on
        `differentials`, dW is a differential where one is among the expressions.
        """
        nodes = list(in_order(*expressions))
        named_here = [node for node in nodes if is_a(node, "symbol")]
        found = {_value(node): None for node in named_here if not name_of(node).element}
        whole = {name_of(one).letter for one in found}
        found |= {_unseen(node): None for node in named_here if name_of(node).letter not in whole}
        named = {node.data for node in nodes if is_a(node, "function")} | set(functions)
        if differentials is None:
            differentials = "differential" in {name_of(node).kind for node in named_here}
        return cls(
            tuple(found),
            {**FUNCTIONS, **{name: _applied(name) for name in sorted(named)}},
            frozenset(INDICES).union(*map(indices_of, nodes)),
            notation.lettering(list(found)) if notation else HOUSE,
            differentials,
        )

    # ------------------------------------------------------------------------------ looking up

    def find(self, written: Written) -> list[Expression]:
        """Return every symbol that is written so: values, and δ for derivatives."""
        name, above = (unicodedata.normalize("NFC", part) for part in written)
        found = list(self._table.get((name, above), ()))
        for key, moment in self._timed(name, above):
            found += [at(one, moment) for one in self._table.get(key, ())]
        return list(dict.fromkeys(found)) or self._find_in_greek(name, above)

    def _timed(self, name: str, above: str) -> Iterator[tuple[Written, Moment]]:
        """Yield the name with its last part taken as a time, in the subscript or above."""
        cut = max(name.rfind("_"), name.rfind(",")) + 1
        if cut and (moment := self.moment(name[cut:])):
            yield (name[:cut] + SOME_TIME, above), moment
        cut = above.rfind(",") + 1
        inner = above[cut:].strip("⟨⟩()")
        if inner and (moment := self.moment(inner)):
            yield (name, above[:cut] + above[cut:].replace(inner, SOME_TIME)), moment

    def _find_in_greek(self, name: str, above: str) -> list[Expression]:
        word = re.match("[A-Za-z]*", name)
        letter = _GREEK.get(word[0]) if word else None
        return self.find((letter + name[len(word[0]) :], above)) if word and letter else []

    def moment(self, written: str) -> Moment | None:
        """Return the time that is written so, such as ``t-1``, ``T`` or ``3``."""
        if _TIME.fullmatch(written) is None:
            return None
        base, offset = "", 0
        for sign, index, number in _PART.findall(written):
            base += f"{sign or '+'}{self._house.get(index, index)}" if index else ""
            offset += int(sign + number) if number else 0
        return Moment(base.removeprefix("+"), offset)

    def meanings(self, written: Written) -> list[Expression]:
        """Return everything that a name may mean: a symbol, or d and a symbol."""
        moved = moving if self.differentials else total
        found = self.find(written)
        found += [moved(one) for one in self.behind("dⅆ", written)]
        if self.naming.deltas:
            found += [total(one) for one in self.behind("δ", written)]
        return list(dict.fromkeys(found))

    def behind(self, signs: str, written: Written) -> list[Expression]:
        """Return the values that are written behind one of these signs, such as h_t in ``dh_t``."""
        name, above = written
        found = self.find((name[1:], above)) if name[:1] in signs and name[1:] else []
        return [one for one in found if name_of(one).kind == "value"]

    def knows(self, written: Written) -> bool:
        """Say whether a name means something, be it the loss of a step in a derivative."""
        loss = _key(self.naming.glyph("ℓ", SOME_TIME))
        return bool(self.meanings(written)) or loss in (key for key, _ in self._timed(*written))

    def is_loss(self, written: Written) -> bool:
        """Say whether this is the letter of the whole loss, L."""
        return written == _key(self.naming.glyph("L"))

    def is_loss_of(self, written: Written, moment: Moment | None) -> bool:
        """Say whether this is the loss of a step, ℓ_t, at this time."""
        time = "" if moment is None else str(moment)
        return written == _key(self.naming.glyph("ℓ", time))

    def nearest(self, written: Written) -> str:
        """Return the name that is most like one that is not known, as it is written, or nothing."""
        names = {self._text(one): None for one in self.symbols}
        plain = "".join(written)[:40]
        close = get_close_matches(plain, names, n=1, cutoff=0.5) if len(names) < 500 else []
        return close[0] if close else ""

    @cached_property
    def has_primes(self) -> bool:
        """Whether a symbol's name has a prime."""
        return any("′" in name for name, _ in self._table)

    @cached_property
    def _table(self) -> Mapping[Written, list[Expression]]:
        table: dict[Written, list[Expression]] = {}
        for one in self.symbols:
            letter, moment, *_ = name_of(one)
            time = SOME_TIME if moment else ""
            table.setdefault(_key(self.naming.glyph(letter, time)), []).append(one)
            if is_delta(letter, "total") and not self.naming.deltas:
                delta = self.naming.glyph(f"δ{letter[1:]}", time)
                table.setdefault(_key(delta), []).append(total(one))
        return table

    @cached_property
    def _house(self) -> Mapping[str, str]:
        """The house's index for each written one."""
        written = [(self.naming.moment(letter), letter) for letter in (*ascii_letters, "τ")]
        return dict(sorted(written, key=lambda pair: pair[0] != pair[1]))

    # -------------------------------------------------------------------------------- showing

    def _text(self, one: Expression) -> str:
        return one.written(Text(self.naming))

    def _rows(self) -> list[tuple[str, str, str]]:
        timed = "at any time"
        return [
            (self._text(one), " × ".join(one.shape), timed if name_of(one).moment else "")
            for one in self.symbols
        ]

    def __repr__(self) -> str:
        rows = self._rows()
        name, shape = (max((len(row[i]) for row in rows), default=0) for i in (0, 1))
        lines = [f"{a:<{name}}  {b:<{shape}}  {c}".rstrip() for a, b, c in rows]
        return "\n".join([*lines, f"functions: {', '.join(self.functions)}"])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th><code>{escape(a)}</code></th><td>{b}</td><td>{c}</td></tr>"
            for a, b, c in self._rows()
        )
        return f"<table>{rows}</table>"


def indices_of(node: Expression) -> set[str]:
    """Return the indices that a single node names: of its time, its place, or what it runs over."""
    if isinstance(node.data, Over):
        return {node.data.variable, *node.data.lower.indices, *node.data.upper.indices}
    if not is_a(node, "symbol"):
        return set()
    _, moment, _, place = name_of(node)
    return {*(moment.indices if moment else ()), *(i for i in place if isinstance(i, str))}


def _value(one: Expression) -> Expression:
    letter, moment, *_ = name_of(one)
    return symbol(letter, one.shape, moment and NOW)


def _unseen(one: Expression) -> Expression:
    """Return the matrix or column of which only an element is seen: its sizes are not known."""
    letter, moment, _, place = name_of(one)
    return symbol(letter, ("?", "?") if len(place) == 2 else ("?", "1"), moment and NOW)


def _key(glyph: Glyph) -> Written:
    name = f"{glyph.letter}_{glyph.subscript}" if glyph.subscript else glyph.letter
    return unicodedata.normalize("NFC", name), glyph.superscript
