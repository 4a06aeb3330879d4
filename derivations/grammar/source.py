r"""LaTeX and Unicode made alike, before any meaning: ``\delta_{f,t}`` becomes ``δ_{f,t}``.

Nothing is normalized beyond that (NFKC would turn h² into h2). Every character remembers where in
the formula it came from, so that an error can point there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import NoReturn

from derivations.grammar.errors import FormulaError, called
from derivations.step import RELATIONS
from derivations.typography.characters import ACCENTS, MATH

MAX_LENGTH = 4_000
MAX_MARKS = 2
"""How long a formula may be, and how many combining marks a letter may have."""

# Private characters stand for what has no character of its own; nobody may type them.
FRACTION, BEGIN, END, OPEN_NORM, CLOSE_NORM = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
DIFFERENTIAL = "ⅆ"

_FONTS = (
    *("mathrm", "mathbf", "mathit", "mathsf", "mathcal", "boldsymbol", "bm", "text", "vec"),
    "operatorname",
)
_MARKS = {command[1:]: mark for mark, (command, _) in ACCENTS.items()} | {
    "widehat": "\u0302",
    "widetilde": "\u0303",
    "overline": "\u0304",
}
_COMMANDS = {
    **{latex: sign for sign, latex in RELATIONS.items() if latex.startswith("\\")},
    **{latex: character for character, latex in MATH.items() if latex.startswith("\\")},
    **{rf"\{name}": name for name in ("tanh", "exp", "log", "ln", "max", "min", "lim")},
    **dict.fromkeys((r"\,", r"\;", r"\:", r"\!", r"\ ", r"\quad", r"\qquad"), ""),
    **dict.fromkeys((r"\displaystyle", r"\limits", r"\left", r"\right"), ""),
    **dict.fromkeys((r"\big", r"\Big", r"\bigl", r"\bigr", r"\Bigl", r"\Bigr"), ""),
    **dict.fromkeys((r"\frac", r"\dfrac", r"\tfrac"), FRACTION),
    **dict.fromkeys((r"\|", r"\Vert"), "‖"),
    **dict.fromkeys((r"\left\|", r"\left\Vert", r"\left‖", r"\lVert"), OPEN_NORM),
    **dict.fromkeys((r"\right\|", r"\right\Vert", r"\right‖", r"\rVert"), CLOSE_NORM),
    **dict.fromkeys((r"\begin{bmatrix}", r"\begin{pmatrix}"), BEGIN),
    **dict.fromkeys((r"\end{bmatrix}", r"\end{pmatrix}"), END),
    r"\\": ";", r"\_": "_", r"\intercal": "⊤", r"\epsilon": "ε", r"\phi": "φ", r"\sqrt": "√",
    r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\ast": "*",
    r"\operatorname{d}": DIFFERENTIAL, r"\mathcal{L}": "ℒ", r"\mathbf{1}": "𝟏",
}  # fmt: skip
_COMMAND = re.compile(
    r"\\(?:begin|end)\{[a-z]{1,12}\}|\\(?:left|right)\s?(?:\\\||\\Vert|‖)"
    r"|\\operatorname\{d\}|\\mathcal\{L\}|\\mathbf\{1\}|\\[A-Za-z]{1,20}|\\.",
    re.DOTALL,
)
_ARGUMENT = re.compile(
    r"\s?(?:\{((?:[^{}\\]|\\_|\\[A-Za-z]{1,12}){1,40})\}|([^\W\d_]|\\[A-Za-z]+))"
)
_SPACES = " \t\n\N{NO-BREAK SPACE}\N{THIN SPACE}"


@dataclass
class Source:
    """A formula as it was typed, `text`; made alike, `plain`; where each character came from."""

    text: str
    plain: str = ""
    places: list[int] = field(default_factory=list)

    def written(self, index: int) -> str:
        """Return what was typed for a character of `plain`."""
        place = self.places[index]
        end = self.places[index + 1] if index + 1 < len(self.places) else len(self.text)
        return self.text[place:end]

    def fail(self, reason: str, index: int) -> NoReturn:
        """Raise FormulaError at a character of `plain`."""
        place = self.places[index] if index < len(self.places) else len(self.text)
        raise FormulaError(reason, self.text, place)


def read_source(text: str) -> Source:
    """Return the formula with its LaTeX commands as the characters that they mean.

    Raises FormulaError for what is too long, for an unknown command and for a character that is
    invisible or no character at all.
    """
    if len(text) > MAX_LENGTH:
        reason = f"a formula has at most {MAX_LENGTH} characters, and this has {len(text)}"
        raise FormulaError(reason, text[: 2 * MAX_LENGTH], MAX_LENGTH)
    pieces: list[str] = []
    source, place = Source(text), 0
    while place < len(text):
        piece, end = _command(text, place) if text[place] == "\\" else (text[place], place + 1)
        if end == place + 1:
            _refuse_unseen(text, place)
            piece = " " if piece in _SPACES else "-" if piece == "\N{MINUS SIGN}" else piece
        pieces.append(piece)
        source.places += [place] * len(piece)
        place = end
    source.plain = "".join(pieces)
    return source


def _refuse_unseen(text: str, place: int) -> None:
    character = text[place]
    if character.isascii() and (character.isprintable() or character in _SPACES):
        return
    if character == DIFFERENTIAL or character in _SPACES:
        return
    if unicodedata.category(character)[0] in "CZ":
        raise FormulaError(f"{called(character)} cannot be in a formula", text, place)
    marks = text[max(0, place - MAX_MARKS) : place + 1]
    if len(marks) > MAX_MARKS and all(map(unicodedata.combining, marks)):
        raise FormulaError(f"a letter has at most {MAX_MARKS} marks", text, place)


def _command(text: str, place: int) -> tuple[str, int]:
    """Return what the command at this place stands for, and where it ends."""
    found = _COMMAND.match(text, place)
    if found is None:
        raise FormulaError("a backslash begins a LaTeX command such as \\delta", text, place)
    written, end = found[0].replace("t ", "t"), found.end()
    if written in _COMMANDS:
        return _COMMANDS[written], end
    name = written[1:]
    argument = _ARGUMENT.match(text, end)
    if argument and (name in _FONTS or name in _MARKS):
        inside = re.sub(_COMMAND, lambda m: _COMMANDS.get(m[0], "?"), argument[1] or argument[2])
        return inside + _MARKS.get(name, ""), argument.end()
    if name in _FONTS or name in _MARKS:
        raise FormulaError(rf"\{name} wants a letter in braces: \{name}{{h}}", text, place)
    raise FormulaError(f"the command {written} is not known here", text, place)
