"""A mistake as a teacher names it, and the wrong closed forms that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from derivations.bptt.form import ClosedForm
from derivations.matrix import Expression
from derivations.mistakes.lines import Edit, Lines, Site, altered, changed_lines
from derivations.mistakes.roles import Roles

How = Literal["anywhere", "somewhere", "everywhere"]


@dataclass(frozen=True)
class Mistake:
    """A mistake in adjoint equations, by a name of its own.

    `title` is what a teacher would write beside it, `explanation` why it is wrong, `hint` what to
    think of without saying the answer. `sites` finds, in a closed form of any cell, where it can
    be made. `how` says whether it is made at one site (``"somewhere"``), at all of them at once
    (``"everywhere"``), or either (``"anywhere"``).
    """

    name: str
    title: str
    explanation: str
    hint: str
    sites: Callable[[Roles], Iterator[Site]]
    how: How = "anywhere"

    def applies(self, form: ClosedForm) -> bool:
        """Say whether the mistake can be made in this closed form."""
        return next(self.wrong_forms(form), None) is not None

    def wrong_forms(self, form: ClosedForm) -> Iterator[WrongForm]:
        """Yield the closed form with the mistake, at each site and at all of them together."""
        single = [
            wrong
            for site in self.sites(Roles(form))
            for wrong in made(form, (self,), site.where, site.edits)
        ]
        if self.how != "everywhere" or len(single) == 1:
            yield from single
        if self.how != "somewhere" and len(single) > 1:
            edits = tuple(edit for wrong in single for edit in wrong.edits)
            yield from made(form, (self,), "everywhere", edits)


@dataclass(frozen=True, eq=False)
class WrongForm:
    """A closed form with a mistake in it, or with several.

    `mistakes` are those that were made, `also` other names that the very same lines go by; `where`
    is a detail of the place, `right` the closed form without mistake.
    """

    mistakes: tuple[Mistake, ...]
    where: str
    edits: tuple[Edit, ...]
    right: ClosedForm
    form: ClosedForm
    also: tuple[Mistake, ...] = ()

    @cached_property
    def lines(self) -> Lines:
        """The wrong right sides, by the left sides of their lines."""
        return changed_lines(self.right, self.form)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the mistakes that were made."""
        return tuple(mistake.name for mistake in self.mistakes)

    @property
    def place(self) -> str:
        """The lines that are wrong, and where in them."""
        lines = ", ".join(left.text() for left in self.lines)
        return f"{lines} ({self.where})" if self.where else lines

    def says(self, line: Expression) -> Expression:
        """Return the right side that a line has here."""
        return self.lines[line]

    def text(self) -> str:
        """Say which mistake it is and where."""
        return f"{' and '.join(m.title for m in self.mistakes)}: {self.place}"

    def __repr__(self) -> str:
        return f"<{self.text()}>"


def made(
    form: ClosedForm, mistakes: tuple[Mistake, ...], where: str, edits: tuple[Edit, ...]
) -> Iterator[WrongForm]:
    """Yield the closed form with these edits, if they can be made."""
    wrong = altered(form, edits)
    if wrong is not None:
        yield WrongForm(mistakes, where, edits, form, wrong)


def together(first: WrongForm, second: WrongForm) -> Iterator[WrongForm]:
    """Yield the closed form with both mistakes, unless one of them hides the other."""
    where = " and ".join(one.where or one.place for one in (first, second))
    edits, mistakes = first.edits + second.edits, first.mistakes + second.mistakes
    for pair in made(first.right, mistakes, where, edits):
        if pair.lines not in (first.lines, second.lines):
            yield pair
