"""Characters as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Vocabulary:
    """The characters of a text, in code point order; a character's number is its position."""

    characters: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Vocabulary:
        """Collect the characters of `text`."""
        return cls(tuple(sorted(set(text))))

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Return the number of each character, shape (len(text),).

        Raises:
            ValueError: a character that the vocabulary does not have, with its position.

        """
        numbers = {character: i for i, character in enumerate(self.characters)}
        for position, character in enumerate(text):
            if character not in numbers:
                raise ValueError(f"character {character!r} at {position} is not in the vocabulary")
        return np.array([numbers[character] for character in text], np.intp)

    def decode(self, numbers: Iterable[int]) -> str:
        """Return the text of some numbers."""
        return "".join(self.characters[number] for number in numbers)

    def one_hot(self, text: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return one row a character, 1 at its number and 0 elsewhere: (len(text), len(self))."""
        return np.eye(len(self))[self.encode(text)]
