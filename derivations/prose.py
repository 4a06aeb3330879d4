"""Sentences with a little mathematics in them, such as a reason that speaks of h_{t-1}."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from derivations.characters import MATH
from derivations.typography import MATHML

# A name with a subscript in a sentence: w_j, n_in, h_{t-1}.
_NAME = re.compile(r"([A-Za-zα-ωΑ-Ωℓ]+)_(?:\{([\w,+-]+)\}|([A-Za-z0-9]+))")


@dataclass(frozen=True)
class Name:
    """A letter with a subscript, met in a sentence; the subscript may be a word, as in n_in."""

    letter: str
    subscript: str
    is_word: bool = False


def pieces(sentence: str) -> Iterator[str | Name]:
    """Split a sentence into words and the names with subscripts among them."""
    start = 0
    for match in _NAME.finditer(sentence):
        yield sentence[start : match.start()]
        letter, braced, bare = match.groups()
        yield Name(letter, braced) if braced else Name(letter, bare, is_word=len(bare) > 1)
        start = match.end()
    yield sentence[start:]


def to_html(words: str) -> str:
    """Return a sentence as HTML, its names with subscripts as mathematics."""
    return "".join(_html_name(p) if isinstance(p, Name) else escape(p) for p in pieces(words))


def _html_name(name: Name) -> str:
    if name.is_word:
        return f"<math><msub><mi>{name.letter}</mi><mtext>{name.subscript}</mtext></msub></math>"
    return f"<math>{MATHML.letter(name.letter, name.subscript)}</math>"


_MATH = {**MATH, **{sign: sign for sign in "<>|"}}  # other characters in TeX's oldest text fonts
_TEXT = {"“": "``", "”": "''", "‘": "`", "’": "'", "′": "'", "–": "--", "—": "---", "…": r"\dots{}"}

_SPECIAL = {
    **{c: "\\" + c for c in "#$%&_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def to_latex(words: str) -> str:
    """Return a sentence as LaTeX text in plain ASCII, its names with subscripts as mathematics.

    Raises ValueError for a character that has no LaTeX here: none is lost silently.
    """
    latex = "".join(_latex_name(p) if isinstance(p, Name) else _words(p) for p in pieces(words))
    return latex.replace(r"}\)\(^{", "")  # raised characters in a row are one exponent


def _latex_name(name: Name) -> str:
    subscript = rf"\mathrm{{{name.subscript}}}" if name.is_word else _math(name.subscript)
    return rf"\({_math(name.letter)}_{{{subscript}}}\)"


def _math(letters: str) -> str:
    return "".join(_MATH.get(c, c) + (" " if c in _MATH else "") for c in letters).strip()


def _words(words: str) -> str:
    return "".join(_character(character) for character in words)


def _character(character: str) -> str:
    if character in _MATH:
        return rf"\({_MATH[character]}\)"
    if character in _TEXT:
        return _TEXT[character]
    if not character.isascii():
        raise ValueError(f"no LaTeX is known for the character {character!r}")
    return _SPECIAL.get(character, character)
