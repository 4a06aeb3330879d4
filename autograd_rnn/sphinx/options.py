"""How options of the directives are written that a figure has not, and the mark of their pages."""

from __future__ import annotations

MADE = "made by autograd_rnn"  # in the metadata of a page


def percent(words: str) -> int:
    """Return the percentage that ``80`` or ``80 %`` says."""
    number = words.removesuffix("%").strip()
    if not number.isdecimal() or int(number) == 0:
        raise ValueError("write a percentage, such as 80")
    return int(number)
