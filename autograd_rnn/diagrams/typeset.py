"""Setting text in glyph outlines, so that a picture looks the same on a machine without fonts.

Letters of the equations are set in STIX Two Math, words in DejaVu Sans; both come with packages
that pip installs. A line is glyphs at places: renderers draw each distinct glyph once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ziafont.font

from autograd_rnn.diagrams.letters import Letter, Text, printable

FACES = {
    "letters": ("ziamath", "STIXTwoMath-Regular.ttf"),
    "words": ("ziafont", "DejaVuSans.ttf"),
}
EM = 1000  # units of an outline that make the size of its text
SUBSCRIPT, LOWERED = 0.7, 0.22  # of the size: how large a subscript is, how far below the line
ASCENT, DESCENT = 0.76, 0.24  # of the size: the height of a line above and below its baseline


@dataclass(frozen=True, slots=True)
class Glyph:
    """One outline.

    Attributes:
        face: "letters" or "words". character: what it draws.
        advance: its width in units of the size.

    """

    face: str
    character: str
    advance: float

    @property
    def path(self) -> str:
        """The outline as the `d` of an SVG path: `EM` units high, its baseline at y = 0."""
        return _path(self.face, self.character)


@dataclass(frozen=True, slots=True)
class Placed:
    """A glyph at a place of its line: (x, y) from the line's start and baseline, at a size."""

    glyph: Glyph
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, set.

    Attributes:
        glyphs: where they are. width, ascent, descent: how much room the line takes.

    """

    glyphs: tuple[Placed, ...]
    width: float
    ascent: float
    descent: float


@cache
def set_line(text: Text, size: float) -> Line:
    """Set a line of words and letters at a size in pixels."""
    glyphs: list[Placed] = []
    x = 0.0
    for part in text:
        for face, characters, scale, y in _pieces(part):
            for character in characters:
                glyph = _glyph(face, character)
                if not character.isspace():
                    glyphs.append(Placed(glyph, round(x, 2), y * size, scale * size))
                x += glyph.advance * scale * size
    lowered = any(placed.y for placed in glyphs)
    descent = size * max(DESCENT, LOWERED + DESCENT * SUBSCRIPT if lowered else 0)
    return Line(tuple(glyphs), round(x, 2), ASCENT * size, round(descent, 2))


def _pieces(part: str | Letter) -> Iterator[tuple[str, str, float, float]]:
    """Yield face, characters, scale and depth below the baseline of what is set alike."""
    if isinstance(part, str):
        yield from _words(part)
        return
    base = printable(part.base)
    yield ("letters", italic(base) if len(base) == 1 else base, 1.0, 0.0)
    for piece in part.sub.split(",") if part.sub else ():
        sub = printable(piece)
        yield ("letters", italic(sub) if len(sub) == 1 else sub, SUBSCRIPT, LOWERED)
        yield ("letters", "\u2009", SUBSCRIPT, LOWERED)


def _words(words: str) -> Iterator[tuple[str, str, float, float]]:
    """Tell words from signs such as σ and ⊙, which are mathematics."""
    for character in printable(words):
        mathematics = not character.isascii() and (not character.isalpha() or character in "σΣ")
        yield ("letters" if mathematics else "words", character, 1.0, 0.0)


def italic(letter: str) -> str:
    """Return the mathematical italic of a letter, where Unicode has one."""
    code = ord(letter)
    if letter == "h":
        return "ℎ"  # Unicode has it among the constants of physics
    for first, target in (("a", 0x1D44E), ("A", 0x1D434), ("α", 0x1D6FC)):
        if 0 <= code - ord(first) < 26 and letter.isalpha():
            return chr(target + code - ord(first))
    return "𝓁" if letter == "ℓ" else letter


@cache
def _glyph(face: str, character: str) -> Glyph:
    return Glyph(face, character, _drawn(face, character).advance() / _units(face))


@cache
def _path(face: str, character: str) -> str:
    scale = EM / _units(face)
    operators = _drawn(face, character).operators
    return "".join(operator.path(0, 0, scale) for operator in operators).strip()


def _drawn(face: str, character: str) -> Any:
    return _font(face).glyph(character)


def _units(face: str) -> float:
    return float(_font(face).info.layout.unitsperem)


@cache
def _font(face: str) -> Any:
    package, name = FACES[face]
    found = find_spec(package)  # importing ziamath would set up fonts that are not needed here
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"the package {package}, which has the font {name}, is missing")
    return ziafont.font.Font(str(Path(found.origin).with_name("fonts") / name))
