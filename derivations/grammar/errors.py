"""What is said about a formula that cannot be read: where, why, and what to write instead."""

from __future__ import annotations

import unicodedata

AROUND = 36
"""How many characters are shown on either side of the place."""


class FormulaError(ValueError):
    """A formula cannot be read.

    `reason` says why and what to write instead, `position` is the place in `text`, from 0. The
    message shows the line with a caret under the place:

        >>> print(FormulaError("W is not known here", "2 W x", 2))
        W is not known here
            2 W x
              ^
    """

    def __init__(self, reason: str, text: str, position: int) -> None:
        self.reason, self.text, self.position = reason, text, position
        super().__init__(reason)

    def __str__(self) -> str:
        start = max(self.text.rfind("\n", 0, self.position) + 1, self.position - AROUND)
        piece = self.text[start : self.position + AROUND].split("\n")
        before, after = (
            "".join(map(_visible, part))
            for part in (
                self.text[start : self.position],
                "\n".join(piece)[self.position - start :],
            )
        )
        line = before + after.split("\n")[0]
        return f"{self.reason}\n    {line}\n    {' ' * _columns(before)}^"


def _visible(character: str) -> str:
    """Return the character, or a stand-in for one that would disturb the line."""
    if character == "\n" or not unicodedata.category(character).startswith("C"):
        return character
    return "\N{REPLACEMENT CHARACTER}"


def _columns(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return wide + sum(not unicodedata.combining(character) for character in text)


def called(character: str) -> str:
    """Return what to call a character that may be invisible or look like another."""
    name = unicodedata.name(character, f"U+{ord(character):04X}")
    return character if character.isascii() and character.isprintable() else name
