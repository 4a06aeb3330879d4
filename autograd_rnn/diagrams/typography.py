"""Letters and tables in Graphviz's HTML-like labels: italics, subscripts, fills."""

from __future__ import annotations

import html

from autograd_rnn.diagrams.letters import Letter, Text, printable

LETTERS = "Times,serif"
WORDS = "Helvetica,sans-serif"
TITLE_SIZE, LETTER_SIZE, SUBSCRIPT_SIZE, WORD_SIZE, LINE_SIZE = 20, 15, 10, 11, 9


def escape(text: str) -> str:
    """Return plain text as HTML."""
    return html.escape(printable(text))


def letter_html(letter: Letter | None) -> str:
    """Set a letter in italics, with its subscript; a word stays upright."""
    if letter is None:
        return ""
    base = escape(letter.base)
    set_base = f"<i>{base}</i>" if len(letter.base) == 1 else base
    sub = tag("sub", words(letter.sub, SUBSCRIPT_SIZE, LETTERS)) if letter.sub else ""
    return tag("font", set_base + sub, face=LETTERS, point__size=LETTER_SIZE)


def text_html(text: Text) -> str:
    """Set a line of words and letters."""
    return "".join(letter_html(part) if isinstance(part, Letter) else escape(part) for part in text)


def words(text: str, size: int = WORD_SIZE, face: str = WORDS) -> str:
    """Set plain words at a size."""
    return tag("font", escape(text), face=face, point__size=size)


def lines_html(lines: tuple[str, ...]) -> str:
    """Set the small lines below a node, flush left."""
    return "".join(f'{words(line, LINE_SIZE)}<br align="left"/>' for line in lines)


def tag(name: str, content: str, **attributes: str | int) -> str:
    """Return an element; two underscores in an attribute's name stand for a hyphen."""
    written = "".join(f' {key.replace("__", "-")}="{value}"' for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>"


def cell(content: str, **attributes: str | int) -> str:
    """Return one cell of a table."""
    return tag("td", content, **attributes)


def row(*cells: str) -> str:
    """Return one row of a table."""
    return tag("tr", "".join(cells))


def table(*rows: str, **attributes: str | int) -> str:
    """Return a table, with no borders inside and no space between its cells."""
    return tag("table", "".join(rows), **({"cellborder": 0, "cellspacing": 0} | attributes))
