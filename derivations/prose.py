"""Sentences with a little mathematics in them, such as a reason that speaks of h_{t-1}."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from derivations.typography import LATEX, MATHML, TEXT
from derivations.typography.characters import MATH, TEXT_ACCENTS, accented

# A name in a sentence, with what hangs on it: w_j, n_in, h_{t-1}, a^⟨t⟩, c̃_t, recurrent_kernel_f.
_NAME = re.compile(
    r"(?P<d>d(?=[^\W\d_][_^\u0302\u0303\u0304]))?"
    r"(?P<letter>[A-Za-z]{2,}(?:_[A-Za-z]{2,})+"
    r"|(?:[^\W\d_]+(?![\u0302\u0303\u0304])|[^\W\d_][\u0302\u0303\u0304])′*)"
    r"(?:_(?:\{(?P<braced>[\w,+-]+)\}|(?P<bare>[A-Za-z0-9]+)))?"
    r"(?:\^(?:(?P<angle>⟨[^⟩]+⟩)|\{(?P<raised>[^{}]+)\}|(?P<one>[A-Za-z])(?!\w)))?"
)


@dataclass(frozen=True)
class Name:
    """A letter or word with a subscript or superscript, met in a sentence.

    The subscript may be a word, as in n_in.
    """

    letter: str
    subscript: str = ""
    superscript: str = ""
    is_word: bool = False


def pieces(sentence: str) -> Iterator[str | Name]:
    """Split a sentence into words and the names with subscripts or superscripts among them."""
    start = 0
    for match in _NAME.finditer(sentence):
        name = _name_in(match)
        if name:
            begin = match.end("d") if match["d"] else match.start()
            yield sentence[start:begin]
            yield name
            start = match.end()
    yield sentence[start:]


def _name_in(match: re.Match[str]) -> Name | None:
    below = match["braced"] or match["bare"] or ""
    above = match["angle"] or match["raised"] or match["one"] or ""
    bare, marks = accented(match["letter"])
    if not (below or above or "_" in bare or (marks and len(bare) == 1)):  # c̃ alone is a name
        return None
    return Name(match["letter"], below, above, is_word=len(match["bare"] or "") > 1)


def rewritten(sentence: str, write: Callable[[Name], str | None]) -> str:
    """Return the sentence with its names as `write` has them; None leaves a name as it is."""
    parts = []
    for piece in pieces(sentence):
        new = write(piece) if isinstance(piece, Name) else piece
        parts.append(_as_text(piece) if new is None and isinstance(piece, Name) else str(new))
    return "".join(parts)


def _as_text(name: Name) -> str:
    if name.is_word:
        return f"{name.letter}_{name.subscript}"
    shown = TEXT.letter(name.letter, name.subscript)
    return TEXT.superscript(shown, name.superscript) if name.superscript else shown


def to_html(words: str) -> str:
    """Return a sentence as HTML, its names with subscripts as mathematics."""
    return "".join(_html_name(p) if isinstance(p, Name) else escape(p) for p in pieces(words))


def _html_name(name: Name) -> str:
    if name.is_word:
        return f"<math><msub><mi>{name.letter}</mi><mtext>{name.subscript}</mtext></msub></math>"
    shown = MATHML.letter(name.letter, name.subscript)
    return (
        f"<math>{MATHML.superscript(shown, name.superscript) if name.superscript else shown}</math>"
    )


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
    return rf"\({latex_of(name)}\)"


def latex_of(name: Name) -> str:
    """Return a name met in a sentence as LaTeX for inside math mode."""
    if name.is_word:
        return rf"{LATEX.letter(name.letter)}_{{\mathrm{{{name.subscript}}}}}"
    shown = LATEX.letter(name.letter, name.subscript)
    return LATEX.superscript(shown, name.superscript) if name.superscript else shown


def _words(words: str) -> str:
    return "".join(_character(character) for character in words)


def _character(character: str) -> str:
    if character in _MATH:
        return rf"\({_MATH[character]}\)"
    if character in _TEXT:
        return _TEXT[character]
    bare, marks = accented(character)
    if marks and bare.isascii() and all(mark in TEXT_ACCENTS for mark in marks):
        return "".join(f"{TEXT_ACCENTS[mark]}{{" for mark in marks) + bare + "}" * len(marks)
    if not character.isascii():
        raise ValueError(f"no LaTeX is known for the character {character!r}")
    return _SPECIAL.get(character, character)
