"""Setting text in glyph outlines, so that a picture looks the same on a machine without fonts.

Letters of the equations are set in STIX Two Math, words in DejaVu Sans; both come with packages
that pip installs. A line is glyphs at places: renderers draw each distinct glyph once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ziafont.font

from autograd_rnn.diagrams.letters import Letter, Text, printable
from autograd_rnn.diagrams.paths import Command

FACES = {
    "letters": ("ziamath", "STIXTwoMath-Regular.ttf"),
    "words": ("ziafont", "DejaVuSans.ttf"),
}
EM = 1000  # units of an outline that make the size of its text
SMALL = 0.7  # of the size: a subscript or superscript
LOWERED, RAISED = 0.22, -0.36  # of the size: how far below the line they stand
ASCENT, DESCENT = 0.76, 0.24  # of the size: the height of a line above and below its baseline
X_HEIGHT = 480  # of an italic letter, in units of its outline
ACCENTS = {"\u0302": "ˆ", "\u0303": "˜", "\u0304": "¯", "\u0307": "˙"}


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
    def commands(self) -> tuple[Command, ...]:
        """The outline as a path: `EM` units high, its baseline at y = 0, y pointing down."""
        return _commands(self.face, self.character)


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
        if isinstance(part, str):
            x = _set(glyphs, _words(part), x, size)
        else:
            x = _set_letter(glyphs, part, x, size)
    lowered = any(placed.y > 0 for placed in glyphs)
    descent = size * max(DESCENT, LOWERED + DESCENT * SMALL if lowered else 0)
    return Line(tuple(glyphs), round(x, 2), ASCENT * size, round(descent, 2))


def _set_letter(glyphs: list[Placed], letter: Letter, x: float, size: float) -> float:
    """Set a letter from x on; return where it ends. Subscript and superscript share their place."""
    x = _set_base(glyphs, printable(letter.base), x, size)
    ends = [x]
    for script, shift in ((letter.sub, LOWERED), (letter.sup, RAISED)):
        end = x
        for word in script.split(",") if script else ():
            end = _set(glyphs, _script(printable(word)), end, size * SMALL, shift * size)
            end += size * SMALL * 0.17
        ends.append(end)
    return max(ends)


def _set_base(glyphs: list[Placed], base: str, x: float, size: float) -> float:
    """Set a letter in italics, a word upright, and accents above the character they follow."""
    bare = [c for c in unicodedata.normalize("NFD", base) if c not in ACCENTS]
    for character in unicodedata.normalize("NFD", base) if len(bare) == 1 else base:
        if character in ACCENTS and glyphs:
            glyphs.append(_accent(ACCENTS[character], glyphs[-1]))
        else:
            shown = italic(character) if len(bare) == 1 else character
            x = _set(glyphs, [("letters", shown)], x, size)
    return x


def _accent(character: str, below: Placed) -> Placed:
    """Place an accent over a glyph, a little to the right, as italics lean."""
    glyph = _glyph("letters", character)
    (left, right, top), (start, end, _) = _extent(below.glyph), _extent(glyph)
    shift = (left + right - start - end) / 2 + 0.12 * (top - X_HEIGHT) + 45
    raised = max(0.0, top - X_HEIGHT) + 20
    scale = below.size / EM
    return Placed(
        glyph, round(below.x + shift * scale, 2), round(below.y - raised * scale, 2), below.size
    )


def _set(
    glyphs: list[Placed], pieces: Iterable[tuple[str, str]], x: float, size: float, y: float = 0.0
) -> float:
    """Set characters of given faces from x on; return where they end."""
    for face, character in pieces:
        glyph = _glyph(face, character)
        if not character.isspace():
            glyphs.append(Placed(glyph, round(x, 2), round(y, 2), size))
        x += glyph.advance * size
    return x


def _words(words: str) -> Iterator[tuple[str, str]]:
    """Tell words from mathematics: signs such as σ and ⊙, and all that has no letters in it."""
    signs = not any(character.isalpha() for character in words)
    for character in printable(words):
        foreign = not character.isascii() and (not character.isalpha() or character in "σΣ")
        yield ("letters" if signs or foreign else "words", character)


def _script(word: str) -> Iterator[tuple[str, str]]:
    """Set a lone letter, and the t of t-1, in italics, a word upright."""
    for letters in re.findall(r"[^\W\d_]+|[\W\d_]", word):
        for character in letters:
            yield ("letters", italic(character) if len(letters) == 1 else character)


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
def _commands(face: str, character: str) -> tuple[Command, ...]:
    scale = EM / _units(face)
    found: list[Command] = []
    for operator in _drawn(face, character).operators:
        points, _ = operator.points()
        letter = "M" if type(operator).__name__ == "Moveto" else " LQC"[len(points)]
        numbers = [round(v * scale, 1) for point in points for v in (point.x, -point.y)]
        if letter == "M" and found:
            found.append(("Z", ()))
        if letter != "L" or tuple(numbers) != found[-1][1]:
            found.append((letter, tuple(numbers)))
    return (*found, ("Z", ())) if found else ()


def _extent(glyph: Glyph) -> tuple[float, float, float]:
    """Return left, right and top of an outline."""
    numbers = [n for _, n in glyph.commands if n]
    xs, ys = [x for n in numbers for x in n[::2]], [y for n in numbers for y in n[1::2]]
    return min(xs), max(xs), -min(ys)


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
