r"""A layout as TikZ, for papers and slides: text in the document's own fonts.

A .tikz file is one `tikzpicture`, to be read by ``\input``; a .tex file is a page of the picture's
size. Both need no package but TikZ, and compile with plain pdfLaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autograd_rnn.diagrams.formats.shapes import Look, Part, Pen, Rectangle, Writing, shapes
from autograd_rnn.diagrams.lanes.layout import Layout
from autograd_rnn.diagrams.typography.letters import Letter, Text, printable
from autograd_rnn.diagrams.typography.paths import Command, cubics, number
from autograd_rnn.diagrams.typography.typeset import POWER_OF_TEN, set_line

POINT = 0.75  # of a pixel, in big points
FONT_SIZE = 10.0  # of the fonts that are scaled
SLACK = 3.0  # pixels by which a line may be wider than in the fonts of the other formats
FITTED = r"\def\fitted#1#2{\setbox0=\hbox{#2}\ifdim\wd0>#1\resizebox{#1}{!}{\box0}\else\box0\fi}"
LARGEST = 16_000.0  # points, a little less than TeX can count
SIGNS = set("0123456789()[]+-=/.,:;<>|!? ")  # alike in mathematics
DOTS = {"⋯": r"\cdots", "…": r"\dots", "^": r"\wedge", "⏨": r"\mathrm{e}"}


def tex_source(layout: Layout, look: Look) -> str:
    """Return a LaTeX document whose one page is the picture; raises as `tikz_source`."""
    size = f"paperwidth={_big(layout.width)}bp,paperheight={_big(layout.height)}bp"
    return "\n".join(
        [
            r"\documentclass{article}",
            rf"\usepackage[{size},margin=0bp,noheadfoot]{{geometry}}",
            r"\usepackage{tikz}",
            r"\pagestyle{empty}\topskip=0pt",
            r"\begin{document}",
            r"\noindent\hbox to 0pt{\vbox to 0pt{\hbox{%",
            tikz_source(layout, look) + r"}\vss}\hss}",
            r"\end{document}",
            "",
        ]
    )


def tikz_source(layout: Layout, look: Look) -> str:
    """Return the picture as a `tikzpicture`.

    Raises ValueError for a picture larger than TeX can count, and a character that has no LaTeX.
    """
    largest = max(layout.width, layout.height) * POINT
    if largest > LARGEST:
        raise ValueError(
            f"TeX cannot draw a picture of {largest:.0f} points, only of {LARGEST:.0f}: "
            "draw fewer steps"
        )
    return "\n".join(_Writer().lines(layout, look)) + "\n"


class _Writer:
    """Writes shapes; each pen and each colour gets a name."""

    def __init__(self) -> None:
        self.pens: dict[Pen, str] = {}
        self.colours: dict[str, str] = {}

    def lines(self, layout: Layout, look: Look) -> Iterator[str]:
        body: list[str] = []
        for group in shapes(layout, look):
            if group.title and group.kind == "box":
                body.append(f"% {printable(group.title)}")
            for stamp, x, y in group.placed:
                body += [self._part(part, x, y) for part in stamp.parts]
        page = Pen(fill=look.theme.paper)
        background = self._part(Rectangle(0, 0, layout.width, layout.height, 0, page), 0, 0)
        yield rf"% needs \usepackage{{tikz}}; {_big(layout.width)} by {_big(layout.height)} bp"
        yield r"\begin{tikzpicture}[x=.75bp, y=-.75bp]"
        yield from self._colours()
        yield FITTED
        yield r"\tikzset{"
        yield from self._styles()
        yield "}"
        yield background
        yield from body
        yield r"\end{tikzpicture}%"

    def _colours(self) -> Iterator[str]:
        list(map(self._colour, (c for pen in self.pens for c in (pen.stroke, pen.fill) if c)))
        for value, name in self.colours.items():
            yield rf"\definecolor{{{name}}}{{HTML}}{{{value[1:].upper()}}}"

    def _styles(self) -> Iterator[str]:
        text = r"font=\fontsize{10}{12}\selectfont, inner sep=0pt, outer sep=0pt"
        yield f"  writing/.style={{{text}}},"
        for pen, name in self.pens.items():
            yield f"  {name}/.style={{{', '.join(self._style(pen))}}},"

    def _style(self, pen: Pen) -> Iterator[str]:
        if pen.fill:
            yield f"fill={self._colour(pen.fill)}"
        if pen.stroke:
            yield f"draw={self._colour(pen.stroke)}"
            yield f"line width={_big(pen.width)}bp"
        if pen.dash:
            on, off = map(_big, pen.dash)
            yield f"dash pattern=on {on}bp off {off}bp"

    def _pen(self, pen: Pen) -> str:
        return self.pens.setdefault(pen, f"pen {len(self.pens) + 1}")

    def _colour(self, value: str) -> str:
        return self.colours.setdefault(value, f"colour{len(self.colours) + 1}")

    # --- parts ------------------------------------------------------------------------------------

    def _part(self, part: Part, x: float, y: float) -> str:
        if isinstance(part, Writing):
            return self._writing(part, x, y)
        if isinstance(part, Rectangle):
            return self._rectangle(part, x, y)
        return rf"\path[{self._pen(part.pen)}] {_path(part.commands, x, y)};"

    def _rectangle(self, part: Rectangle, x: float, y: float) -> str:
        left, top = part.x + x, part.y + y
        corner = _at(left + part.width, top + part.height)
        radius = min(part.radius, part.width / 2, part.height / 2)
        round_ = f", rounded corners={_big(radius)}bp" if radius else ""
        return rf"\path[{self._pen(part.pen)}{round_}] {_at(left, top)} rectangle {corner};"

    def _writing(self, part: Writing, x: float, y: float) -> str:
        share = {"start": 0.0, "middle": 0.5, "end": 1.0}[part.anchor]
        at = _at(part.x + x + share * set_line(part.text, part.size).width, part.y + y)
        anchor = {"start": "base west", "middle": "base", "end": "base east"}[part.anchor]
        scale = number(part.size * POINT / FONT_SIZE)
        look = f"writing, anchor={anchor}, scale={scale}, text={self._colour(part.colour)}"
        room = _big((set_line(part.text, part.size).width + SLACK) / float(scale))
        return rf"\node[{look}] at {at} {{\fitted{{{room}bp}}{{{latex(part.text)}}}}};"


def _path(commands: Iterable[Command], x: float, y: float) -> str:
    written = []
    closed = [letter for letter, _ in commands].count("Z")
    for points in cubics(commands):
        moved = [(px + x, py + y) for px, py in points]
        text = _at(*moved[0])
        for i in range(1, len(moved), 3):
            one, other, end = moved[i : i + 3]
            straight = one == moved[i - 1] and other == end
            bend = "--" if straight else f".. controls {_at(*one)} and {_at(*other)} .."
            text += f" {bend} {_at(*end)}"
        written.append(text + " -- cycle" * bool(closed))
    return " ".join(written)


def _at(x: float, y: float) -> str:
    return f"({number(x)},{number(y)})"


def _big(pixels: float) -> str:
    return number(pixels * POINT)


# ------------------------------------------------------------------------------------------- text


def latex(text: Text) -> str:
    r"""Return a line as LaTeX; raises ValueError for a character that has none.

    >>> latex((Letter("h", "1"), " = ", Letter("o", "1"), " ⊙ ", Letter("tanh")))
    '$h_{1}=o_{1}\\odot \\mathrm{tanh}$'
    """
    parts = (_words(part) if isinstance(part, str) else _letter(part) for part in text)
    return "".join(parts).replace("$$", "")


def _letter(letter: Letter) -> str:
    from derivations.typography import LATEX

    base = printable(letter.base)
    words = base.split(" ")
    if len(words) > 1:
        return _words(base)
    shown = LATEX.letter(base, printable(letter.sub))
    return f"${LATEX.superscript(shown, printable(letter.sup)) if letter.sup else shown}$"


def _words(words: str) -> str:
    from derivations.prose import to_latex
    from derivations.typography.characters import MATH, math

    words = printable(words)
    marked = POWER_OF_TEN.sub("⏨", words)
    if all(c in SIGNS or c in MATH or c in DOTS for c in marked) and words.strip():
        tight = re.sub(r" ?([=+−⊙×<>,]) ?", r"\1", marked)  # TeX spaces these itself
        signs = (DOTS.get(c) or (r"\," if c == " " else math(c)) for c in tight)
        written = "".join(sign + " " * sign[-1].isalpha() for sign in signs)
        signed = re.sub(r"(?<=mathrm{e})[-+]", r"{\g<0>}", written)  # a sign, no operation
        return f"${signed}$"
    return rf"\textsf{{{to_latex(words)}}}"
