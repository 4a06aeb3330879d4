"""How a symbol's name is made into letters: the house's way, which a notation may replace."""

from __future__ import annotations

from typing import Literal, NamedTuple

Manner = Literal["plain", "raised", "quotient"]
"""How a name is written, as far as what stands beside it must know: with nothing raised; with a
superscript, so that an exponent needs parentheses; as a derivative, one name over another."""


class Glyph(NamedTuple):
    """A name as it is written: a letter or word, perhaps with an accent, and what hangs on it."""

    letter: str
    subscript: str = ""
    superscript: str = ""


class Naming:
    """The letters of the house: ``W_fh`` is W with fh below, and time stands below as well.

    `product` is the sign of elementwise products. `deltas` says whether a total derivative is
    written as δ and the name, and not as a quotient.
    """

    product = "⊙"
    deltas = False

    def glyph(self, letter: str, moment: str = "") -> Glyph:
        """Return how a symbol is written, given its letter such as ``W_fh`` and its time."""
        base, *below = letter.split("_")
        return Glyph(base, ",".join(part for part in (*below, moment) if part))

    def moment(self, moment: str) -> str:
        """Return a time such as ``t-1`` as it is written."""
        return moment

    def manner(self, letter: str, moment: str, kind: str) -> Manner:
        """Return how a symbol is written, given its letter, its time and its kind."""
        quotient = kind == "immediate" or (kind == "total" and not is_delta(letter, kind))
        if quotient and not (kind == "total" and self.deltas):
            return "quotient"
        return "raised" if self.glyph(letter, moment).superscript else "plain"


def is_delta(letter: str, kind: str) -> bool:
    """Say whether a symbol is the total derivative of a pre-activation, which has its letter δ."""
    return kind == "total" and letter.split("_")[0] == "a"


HOUSE = Naming()
