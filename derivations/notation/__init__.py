"""The same mathematics in another course's letters.

A `Notation` says how the names of symbols are written, how time is, and which sign an elementwise
product has. It changes letters and never the formulas: what was verified in the letters of the
house is what is shown in others, and every formula remembers the one it stands for.

    >>> from derivations import derive
    >>> print(derive("lstm", wrt="b_f").in_notation("ng").statement.lines[-1])
    dJ/db_f = Σ_{t=1}^T δ_f^⟨t⟩

The presets are TOML files beside this module, in ``presets``; `Notation.load` reads one of your
own. See the page on notation in the documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from derivations.matrix import Expression, name_of, symbols
from derivations.notation.file import PRESETS, presets, read
from derivations.notation.lettering import CELLS, Lettering, cell_of
from derivations.prose import Name, rewritten
from derivations.step import Check, Derivation, Equation, Formula, Lines, Shown, Step, Words
from derivations.typography import LATEX, MATHML, TEXT, Style


class UnknownNotation(LookupError, ValueError):  # noqa: N818 - it says what was met
    """There is no notation of that name."""


@dataclass(frozen=True, repr=False)
class Written(Shown):
    """A formula of the house, `of`, in the letters of a notation."""

    of: Expression
    lettering: Lettering

    def written(self, style: Style) -> str:
        """Return the formula as a style writes it, in these letters."""
        return self.of.written(type(style)(self.lettering))

    def __repr__(self) -> str:
        return f"<{self.text()}: {' × '.join(self.of.shape)}>"

    def text(self) -> str:
        """Return Unicode, one line."""
        return self.written(TEXT)

    def latex(self) -> str:
        """Return LaTeX for inside math mode."""
        return self.written(LATEX)

    def mathml(self) -> str:
        """Return a MathML Core fragment."""
        return self.written(MATHML)


@dataclass(frozen=True, eq=False)
class Notation:
    """A way of writing: a lettering for each kind of cell.

    `cell` says which of them is meant, ``"rnn"``, ``"lstm"`` or ``"gru"``; None leaves it to the
    symbols in what is written, see `cell_of`.
    """

    name: str
    title: str
    source: str
    letterings: Mapping[str, Lettering]
    cell: str | None = None

    @classmethod
    def load(cls, path: str | Path) -> Notation:
        """Return the notation that a TOML file describes.

        Raises BadNotation, which names the file, the section and the key, for a letter that the
        house does not have, for one that cannot be written, and for two that are written alike.
        """
        return cls(*read(Path(path)))

    @classmethod
    def preset(cls, name: str) -> Notation:
        """Return the notation of this name; raises UnknownNotation, which names the nearest."""
        if name not in presets():
            nearest = get_close_matches(name, presets(), n=1, cutoff=0)[0]
            raise UnknownNotation(
                f"no notation is called {name!r}; the nearest is {nearest!r}, "
                f"and there are: {', '.join(presets())}"
            )
        return _preset(name)

    def within(self, cell: str) -> Notation:
        """Return the notation with the letters that it has for this kind of cell."""
        return replace(self, cell=cell)

    def fitted(self, derivation: Derivation) -> Notation:
        """Return the notation within the kind of cell that a derivation is about.

        Letters that would be written alike there stay as they are in the house.
        """
        letters = {name_of(s).letter for s in symbols_of(*formulas_of(derivation))}
        named = [word for word in derivation.topic.split("-") if word in CELLS]
        cell = self.cell or (named[0] if named else cell_of(letters))
        lettering = self.letterings[cell].told_apart(letters)
        return replace(self, cell=cell, letterings={**self.letterings, cell: lettering})

    def lettering(self, of: Iterable[Expression] = ()) -> Lettering:
        """Return the letters for the cell that is meant, or that these symbols are of."""
        cell = self.cell
        return self.letterings[cell_of(name_of(s).letter for s in of) if cell is None else cell]

    def written_name(self, symbol: Expression, style: Style = TEXT) -> str:
        """Return how a symbol of any kind is written: h_t, W_fh, δ_{f,t}, dL/dh_t, ∂⁺ℓ_t/∂h_t.

        Within one kind of cell no two symbols are written alike.
        """
        return symbol.written(type(style)(self.lettering([symbol])))

    def of(self, formula: Formula) -> Formula:
        """Return the formula in this notation; one about chance is returned as it is."""
        formula = house_form(formula)
        return _written(formula, self.lettering(symbols_of(formula)))

    def derivation(self, derivation: Derivation) -> Derivation:
        """Return the derivation with every formula and every reason in this notation."""
        house = derivation.original or derivation
        if self.name == "house":
            return house
        known = frozenset(name_of(s).letter for s in symbols_of(*formulas_of(house)))
        writer = _Writer(self.fitted(house).lettering(), known)
        weakened = house.weakened
        return replace(
            house,
            title=writer.label(house.title),
            summary=writer.sentence(house.summary),
            statement=writer.formula(house.statement),
            steps=tuple(map(writer.step, house.steps)),
            symbols=tuple(
                replace(s, name=writer.formula(s.name), meaning=writer.label(s.meaning))
                for s in house.symbols
            ),
            weakened=weakened and (lambda assumption: self.derivation(weakened(assumption))),
            notation=self.name,
            original=house,
        )


@cache
def _preset(name: str) -> Notation:
    return Notation.load(PRESETS / f"{name}.toml")


# ------------------------------------------------------------------------ formulas and sentences


def house_form(formula: Formula) -> Formula:
    """Return the formula in the letters of the house, whatever notation it is in."""
    if isinstance(formula, Written):
        return formula.of
    if isinstance(formula, Equation):
        return replace(formula, left=house_form(formula.left), right=house_form(formula.right))
    if isinstance(formula, Lines):
        return Lines(*map(house_form, formula.lines))
    return formula


def _written(formula: Formula, lettering: Lettering) -> Formula:
    if isinstance(formula, Expression):
        return Written(formula, lettering)
    if isinstance(formula, Equation):
        left, right = (_written(side, lettering) for side in (formula.left, formula.right))
        return replace(formula, left=left, right=right)
    if isinstance(formula, Lines):
        return Lines(*(_written(line, lettering) for line in formula.lines))
    return formula


def symbols_of(*formulas: Formula) -> list[Expression]:
    """Return the symbols of the house in these formulas."""
    return symbols(*(expression for f in formulas for expression in _expressions(f)))


def _expressions(formula: Formula) -> list[Expression]:
    formula = house_form(formula)
    if isinstance(formula, Equation):
        return [*_expressions(formula.left), *_expressions(formula.right)]
    if isinstance(formula, Lines):
        return [expression for line in formula.lines for expression in _expressions(line)]
    return [formula] if isinstance(formula, Expression) else []


def formulas_of(derivation: Derivation) -> list[Formula]:
    """Return every formula that a derivation shows, in no order."""
    found = [derivation.statement, *(symbol.name for symbol in derivation.symbols)]
    waiting = list(derivation.steps)
    while waiting:
        step = waiting.pop()
        found += [step.before, step.after, *([step.changed] if step.changed else [])]
        waiting += step.substeps
    return found


@dataclass(frozen=True)
class _Writer:
    """Writes formulas, sentences and steps with one lettering; `known` are the letters to write."""

    lettering: Lettering
    known: frozenset[str]

    def formula(self, formula: Formula) -> Formula:
        if isinstance(formula, Words):
            return Words(self.sentence(formula.words))
        return _written(formula, self.lettering)

    def step(self, step: Step) -> Step:
        return replace(
            step,
            rule=self.label(step.rule),
            before=self.formula(step.before),
            after=self.formula(step.after),
            changed=self.formula(step.changed) if step.changed else None,
            why=self.sentence(step.why),
            substeps=tuple(map(self.step, step.substeps)),
            check=step.check and _in_house(step.check),
        )

    def label(self, words: str) -> str:
        """Return a few words, in which a letter on its own stands for itself: Gather W."""
        return self.sentence(_ALONE.sub(self._alone, words))

    def sentence(self, words: str) -> str:
        """Return a sentence, in which a letter on its own is any of its kind: In W u a small du."""
        style = type(TEXT)(self.lettering)
        loss = style.name("L")
        if "L" in self.known:
            words = re.sub(r"(?<![\w/^])L(?![\w^])", loss, words)
        words = _BARE_DERIVATIVE.sub(lambda m: f"d{loss}/d{style.name(m[1])}", words)
        words = re.sub(r"\bdL/d(?=[^\W\d_]_)", f"d{loss}/d", words)
        words = rewritten(words, self._name)
        for index, name in self.lettering.indices.items():
            words = re.sub(rf"(?<![\w{{^⟨,]){index}(?!\w)", name, words)
        return words

    def _alone(self, letter: re.Match[str]) -> str:
        return type(TEXT)(self.lettering).name(letter[0]) if letter[0] in self.known else letter[0]

    def _name(self, name: Name) -> str | None:
        """Return how a name met in a sentence is written; None leaves it as it is."""
        *below, last = name.subscript.split(",")
        moment = last if _MOMENT.fullmatch(last) else ""
        letter = "_".join([name.letter, *below] if moment else [name.letter, *below, last])
        house = f"a{letter[1:]}" if letter[0] == "δ" else letter
        if house not in self.known or name.superscript:
            return None
        kind = "total" if letter[0] == "δ" else "value"
        return type(TEXT)(self.lettering).symbol(house, moment, kind)


_BARE_DERIVATIVE = re.compile(r"\bdL/d([^\W\d_])(?![\w{^])")
_ALONE = re.compile(r"(?<![\w/^∂′'])(?!a\b)[^\W\d_](?![\w^{′'(ᵀ])")
_MOMENT = re.compile(r"[tkT]([+-]\d+)?|\d+")


def _in_house(check: Check) -> Check:
    return lambda before, after: check(house_form(before), house_form(after))


__all__ = [
    "Notation",
    "UnknownNotation",
    "Written",
    "formulas_of",
    "house_form",
    "presets",
    "symbols_of",
]
