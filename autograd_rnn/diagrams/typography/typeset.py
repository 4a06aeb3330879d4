"""Setting text in glyph outlines, so that a picture looks the same on a machine without fonts.

Letters of the equations are set in STIX Two Math, words in DejaVu Sans; both come with packages
that pip installs. A line is glyphs at places: renderers draw each distinct glyph once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import ziafont.font

from autograd_rnn.diagrams.typography.letters import Letter, Text, printable
from autograd_rnn.diagrams.typography.paths import Command

FACES = {
    "letters": ("ziamath", "STIXTwoMath-Regular.ttf"),
    "words": ("ziafont", "DejaVuSans.ttf"),
}
EM = 1000  # units of an outline that make the size of its text
SCRIPT_SPACE = 0.17  # of a script's size: after each part of it
SMALL = 0.7  # of the size: a subscript or superscript
LOWERED, RAISED = 0.22, -0.36  # of the size: how far below the line they stand
ASCENT, DESCENT = 0.76, 0.24  # of the size: the height of a line above and below its baseline
X_HEIGHT = 480  # of an italic letter, in units of its outline
POWER_OF_TEN = re.compile(r"(?<=\d)e(?=[+-]\d)")  # the e of 9.003e-07 is no word
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


class Placed(NamedTuple):
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
    x, lowered = 0.0, False
    for part in text:
        if isinstance(part, str):
            x = _put(glyphs, _words(part), x, size)
        else:
            x = _put_letter(glyphs, part, x, size)
            lowered = lowered or bool(part.sub)
    descent = size * (LOWERED + DESCENT * SMALL if lowered else DESCENT)
    return Line(tuple(glyphs), round(x, 2), ASCENT * size, round(descent, 2))


def _put_letter(glyphs: list[Placed], letter: Letter, x: float, size: float) -> float:
    """Put a letter down at x; return where it ends. Subscript and superscript share their place."""
    x = _put(glyphs, _base(letter.base), x, size)
    if not (letter.sub or letter.sup):
        return x
    below = _put(glyphs, _script(letter.sub), x, size * SMALL, LOWERED * size)
    return max(below, _put(glyphs, _script(letter.sup), x, size * SMALL, RAISED * size))


def _put(glyphs: list[Placed], run: Run, x: float, size: float, y: float = 0.0) -> float:
    """Put a run down at x, with its baseline at y; return where it ends."""
    for glyph, right, up, _ in run.glyphs:
        glyphs.append(Placed(glyph, round(x + right * size, 2), round(y + up * size, 2), size))
    return x + run.width * size


# ------------------------------------------------------------------ runs: what is set once for all


class Run(NamedTuple):
    """Characters beside each other, in units of their size."""

    glyphs: tuple[Placed, ...]
    width: float


def _run(characters: Iterable[tuple[str, str]]) -> Run:
    """Set characters, each with the face that it is wanted in."""
    placed: list[Placed] = []
    x = 0.0
    for face, character in characters:
        glyph = _glyph(face, character)
        if not character.isspace():
            placed.append(Placed(glyph, x, 0.0, 1.0))
        x += glyph.advance
    return Run(tuple(placed), x)


@cache
def _words(words: str) -> Run:
    """Tell words from mathematics: signs such as σ and ⊙, and all that has no letters in it."""
    signs = not any(character.isalpha() for character in POWER_OF_TEN.sub("", words))
    foreign = (not c.isascii() and (not c.isalpha() or c in "σΣ") for c in words)
    faces = ("letters" if signs or other else "words" for other in foreign)
    return _run(zip(faces, printable(words), strict=True))


@cache
def _base(base: str) -> Run:
    """Set a letter in italics, a word upright, and accents over the character they follow."""
    apart = unicodedata.normalize("NFD", printable(base))
    bare = "".join(character for character in apart if character not in ACCENTS)
    if len(bare) != 1:
        return _run(("letters", character) for character in printable(base))
    run = _run([("letters", italic(bare))])
    accents = (ACCENTS[character] for character in apart if character in ACCENTS)
    return Run((*run.glyphs, *(_accent(one, run.glyphs[0].glyph) for one in accents)), run.width)


def _accent(character: str, below: Glyph) -> Placed:
    """Place an accent over a glyph, a little to the right, as italics lean."""
    glyph = _glyph("letters", character)
    (left, right, top), (start, end, _) = _extent(below), _extent(glyph)
    shift = (left + right - start - end) / 2 + 0.12 * (top - X_HEIGHT) + 45
    raised = max(0.0, top - X_HEIGHT) + 20
    return Placed(glyph, shift / EM, -raised / EM, 1.0)


@cache
def _script(script: str) -> Run:
    """Set a subscript or superscript: a lone letter, and the t of t-1, in italics, a word upright.

    Parts stand beside each other with some space in place of their comma.
    """
    placed: list[Placed] = []
    x = 0.0
    for part in printable(script).split(",") if script else ():
        letters = re.findall(r"[^\W\d_]+|[\W\d_]", part)
        run = _run(
            ("letters", italic(c) if len(word) == 1 else c) for word in letters for c in word
        )
        placed += [glyph._replace(x=glyph.x + x) for glyph in run.glyphs]
        x += run.width + SCRIPT_SPACE
    return Run(tuple(placed), x)


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
    if not _font(face).glyphindex(character):
        face = next(other for other in FACES if other != face)  # one has what the other has not
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
