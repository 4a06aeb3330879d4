"""The letters of one notation for one cell: what each of the house's letters is written as."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from derivations.typography.characters import accented
from derivations.typography.naming import Glyph, Naming

Time = Literal["subscript", "superscript", "angle", "parenthesis"]
TIMES: tuple[str, ...] = get_args(Time)
PRODUCTS = ("⊙", "∘", "*", "·", "×")

GATES: Mapping[str, str] = {"": "", "rnn": "", "lstm": "figo", "gru": "zrg"}
"""The gates of each cell; the cell without a name is what all derivations have in common."""

CELLS = ("rnn", "lstm", "gru")

LETTERS: Mapping[str, str] = {
    "": "x y s p L ℓ W_y b_y",
    "rnn": "h a δ W W_h W_x b",
    "lstm": "h c f i g o a_* δ_* W_* W_*h W_*c W_*x b_* P_*",
    "gru": "h z r g q a_* δ_* W_* W_*h W_*x b_* b_gh",
}
"""The letters that a notation may write otherwise; ``*`` stands for each gate."""

_TIMED = {"angle": "⟨{}⟩", "parenthesis": "({})", "superscript": "{}"}
_WRITTEN = re.compile(
    r"(?P<letter>[A-Za-z]{2,}(?:_[A-Za-z]{2,})*|[^\W\d_])"
    r"(?P<marks>[\u0302\u0303\u0304]*)(?:_(?P<below>[^_^]+))?(?:\^(?P<above>[^_^]+))?"
)


@dataclass(frozen=True, eq=False)
class Lettering(Naming):
    """How the names of one cell's symbols are written.

    `letters` gives, for a letter of the house, what is written: a letter or a word, perhaps with an
    accent, ``_`` and a subscript, ``^`` and a superscript. A ``*`` stands for a gate, on the left
    by its letter and on the right by its name in `subscripts`. `time` says where time stands,
    `indices` renames t or T. Where nothing is said, the house's letter stays, and so it does for
    the letters in `kept`.
    """

    cell: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)
    subscripts: Mapping[str, str] = field(default_factory=dict)
    indices: Mapping[str, str] = field(default_factory=dict)
    time: str = "subscript"
    product: str = "⊙"
    deltas: bool = False
    kept: frozenset[str] = frozenset()

    def glyph(self, letter: str, moment: str = "") -> Glyph:
        """Return how a symbol is written, given its letter such as ``W_fh`` and its time."""
        bare = letter.replace("′", "")  # h′ is the slope of h in any letters
        spelled = self.spelled(bare)
        written, below, above = super().glyph(bare) if spelled == bare else split(spelled)
        written += "′" * (len(letter) - len(bare))
        time = self.moment(moment)
        if time and self.time in _TIMED:
            above = ",".join(part for part in (above, _TIMED[self.time].format(time)) if part)
        elif time:
            below = ",".join(part for part in (below, time) if part)
        return Glyph(written, below, above)

    def moment(self, moment: str) -> str:
        """Return a time such as ``t-1`` with its index as it is written."""
        return re.sub("[A-Za-z]+", lambda m: self.indices.get(m[0], m[0]), moment)

    def spelled(self, letter: str) -> str:
        """Return what is written for a letter of the house, time left out."""
        if letter in self.kept:
            return letter
        if letter in self.letters:
            return self.letters[letter]
        base, _, below = letter.partition("_")
        if below and below[0] in GATES[self.cell]:
            pattern = f"{base}_*{below[1:]}"
            return self.letters.get(pattern, pattern).replace("*", self.gate(below[0]))
        if f"{letter}_*" in self.letters:  # a of any gate
            return self.letters[f"{letter}_*"].replace("_*", "")
        return letter

    def gate(self, letter: str) -> str:
        """Return how a gate is named in subscripts."""
        return self.subscripts.get(letter, letter)

    def told_apart(self, letters: Iterable[str]) -> Lettering:
        """Return the lettering in which no two of the letters are written alike.

        Those that would be stay as they are in the house.
        """
        found, every = self, sorted(letters)
        while pair := found.alike_among(every):
            if set(pair) <= found.kept:
                raise ValueError(f"{' and '.join(pair)} are written alike in the house")
            found = replace(found, kept=found.kept | set(pair))
        return found

    def alike(self) -> tuple[str, str] | None:
        """Return two letters of the house that are written alike, if there are any."""
        return self.alike_among(house_letters(self.cell))

    def alike_among(self, letters: Iterable[str]) -> tuple[str, str] | None:
        """Return two of the letters that are written alike, if there are any."""
        seen: dict[tuple[str, ...], str] = {}
        for letter in letters:
            glyph = self.glyph(letter)
            key = (*accented(glyph.letter), *glyph[1:])
            if key in seen:
                return seen[key], letter
            seen[key] = letter
        return None


def split(written: str) -> Glyph:
    """Split what is written into its letter, its subscript and its superscript.

    Raises ValueError for what is neither a letter nor a word with what hangs on it.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is no letter or word with a subscript and a superscript")
    letter = found["letter"] + found["marks"]
    return Glyph(letter, found["below"] or "", found["above"] or "")


def patterns(cell: str) -> tuple[str, ...]:
    """Return what a notation may write otherwise for a cell, with ``*`` for its gates."""
    return tuple(f"{LETTERS['']} {LETTERS[cell] if cell else ''}".split())


def house_letters(cell: str) -> Iterator[str]:
    """Yield the letters of the house for a cell, those of its gates one by one."""
    for letter in patterns(cell):
        yield from (letter.replace("*", q) for q in (GATES[cell] if "*" in letter else "-"))


_OWN: Mapping[str, tuple[str, ...]] = {"lstm": ("c f", "c i", "c o"), "gru": ("z h", "r h")}
_OF_A_GATE = re.compile(r"[aWbPδ]_([a-z])[hxc]?h?")


def cell_of(letters: Iterable[str]) -> str:
    """Return the kind of cell that has these letters of the house; empty when none has.

    A gate's pre-activation or weight tells, as do c beside a gate, and z or r beside h.
    """
    found = set(letters)
    gates = {match[1] for letter in found if (match := _OF_A_GATE.fullmatch(letter))}
    for cell, own in _OWN.items():
        signs = set(GATES[cell]) - {"g"}
        if gates & signs or any(found.issuperset(pair.split()) for pair in own):
            return cell
    return "rnn" if found & {"h", "W_h", "W_x"} else ""
