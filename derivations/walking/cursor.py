"""A walk through a derivation: a cursor that goes from line to line, hints, and is answered to.

>>> w = walk("rnn", wrt="W")
>>> w.next()
1 of 4: Who reads whom
...
>>> w.hint()
Hint 1: the rule is “Adjoint of the hidden state”.
...
>>> w.answer("dL/dh_t = ∂⁺ℓ_t/∂h_t + W_h.T @ delta_{t+1}")
Equal: this is the next line.
...

Every question is answered with a page that shows itself. A walk belongs to who holds it: nothing
is global, and two walks through the same derivation do not know of each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derivations.session import derive
from derivations.show.layout import MEANINGS, results_of, sides
from derivations.show.page import Follows, Heading, Note, Page, Part, Table
from derivations.step import Derivation, Formula, Step, numbered
from derivations.walking import stored
from derivations.walking.hints import hints
from derivations.walking.rules import by_rule

if TYPE_CHECKING:
    from derivations.answers.answer import Answer
    from derivations.walking.third_column import ThirdColumn

BAR = 10  # characters of the bar that shows how far a walk is


class Walk:
    """A walk through a derivation, or through a topic with its options; it shows where it stands.

    Raises what `derive` raises for a topic or option that is not there, and TypeError for options
    beside a derivation that is there already.
    """

    def __init__(self, derivation: Derivation | str, **options: Any) -> None:
        if isinstance(derivation, str):
            derivation = derive(derivation, **options)
        elif options:
            raise TypeError(f"the derivation is there already: {', '.join(options)} come too late")
        self.derivation = derivation
        self._steps = dict(numbered(derivation.steps))
        self._at = ""  # the number of the line it stands on; empty before the first
        self._expanded: set[str] = set()
        self._understood: dict[str, None] = {}
        self._hints = 0
        self._column: ThirdColumn | None = None
        self._answer: Answer | None = None

    # ------------------------------------------------------------------------------ where it is

    @property
    def line(self) -> Step | None:
        """The line it stands on; None before the first."""
        return self._steps.get(self._at)

    @property
    def done(self) -> bool:
        """Whether it stands on the last line."""
        return not self._ahead()

    def _lines(self) -> list[str]:
        """Return the numbers of the lines to walk: all lines, and the sub-steps that are open."""
        return [n for n in self._steps if "." not in n or n.rpartition(".")[0] in self._expanded]

    def _ahead(self) -> list[str]:
        lines = self._lines()
        return lines[lines.index(self._at) + 1 :] if self._at else lines

    def _behind(self) -> list[str]:
        lines = self._lines()
        return lines[: lines.index(self._at)] if self._at else []

    def _stand_on(self, number: str) -> None:
        self._at, self._hints = number, 0

    def _silent(self, number: str) -> bool:
        """Say whether a line is applied silently; the end never is."""
        known = (number in by_rule(self._steps, name) for name in self._understood)
        return any(known) and number != self._lines()[-1]

    # ----------------------------------------------------------------------------------- moving

    def next(self) -> Page:
        """Go on by one line and show it."""
        passed: list[str] = []
        for number in self._ahead():
            if not self._silent(number):
                self._stand_on(number)
                return self._page(number, passed)
            passed.append(number)
        return Page(Heading("Nothing is left: the derivation is complete."), *self._result())

    def back(self) -> Page:
        """Go back by one line and show it."""
        shown = [number for number in self._behind() if not self._silent(number)]
        self._stand_on(shown[-1] if shown else "")
        return self._page(self._at) if self._at else self._start()

    def all(self) -> Page:
        """Go to the end and show every line on the way."""
        parts: list[Part] = []
        while not self.done:
            parts += self.next().parts
        return Page(*parts, *self._result())

    def rule(self, name: str) -> Page:
        """Go to the next line that follows by a rule, such as ``"chain"``, and show it.

        A part of the rule's name is enough. Raises UnknownRule, which names the nearest.
        """
        lines = list(self._steps)
        start = lines.index(self._at) + 1 if self._at else 0
        found = by_rule(self._steps, name)
        ahead = [number for number in self._ahead() if number in found] or [
            number for number in lines[start:] if number in found
        ]
        if not ahead:
            return Page(Note(f"No line ahead follows by {name!r}; back() leads to earlier ones."))
        self._open_down_to(ahead[0])
        self._stand_on(ahead[0])
        return self._page(ahead[0])

    def expand(self) -> Page:
        """Open the sub-steps of this line: they come next."""
        if not self._at:
            return Page(Note("There is no line yet: next() shows the first."))
        inner = [n for n in self._steps if n.rpartition(".")[0] == self._at]
        if not inner:
            return Page(Note("This line has no sub-steps."))
        self._expanded.add(self._at)
        rows = tuple((number, self._steps[number].rule) for number in inner)
        return Page(
            Heading(f"Line {self._at} in {_count(len(inner), 'sub-step')}:"),
            Table(rows),
            Note("next() walks them."),
        )

    def _open_down_to(self, number: str) -> None:
        parts = number.split(".")
        self._expanded |= {".".join(parts[:i]) for i in range(1, len(parts))}

    # ----------------------------------------------------------------------------------- asking

    def hint(self) -> Page:
        """Give a hint for the next line; each further one says more, the last all of it."""
        ahead = self._ahead()
        if not ahead:
            return Page(Note("There is no next line."))
        known = hints(self._steps[ahead[0]])
        level = min(self._hints, len(known) - 1)
        self._hints = level + 1
        more = len(known) - self._hints
        note = f"hint() says more: {_count(more, 'hint')} to come." if more else "next() goes on."
        first, *rest = known[level]
        return Page(Heading(f"Hint {self._hints}: {first}"), *rest, Note(note))

    def why(self) -> Page:
        """Say why this line follows, on whose word, and what it assumes."""
        step = self.line
        if step is None:
            return Page(Note("There is no line yet: next() shows the first."))
        parts: list[Part] = [Heading(f"{self._at}: {step.rule}"), step.why]
        if step.changed is not None:
            parts += ["It acts on", step.changed]
        if step.assumptions:
            parts.append(f"It assumes {', '.join(step.assumptions)}.")
        if step.source:
            parts.append(f"Source: {step.source}.")
        assert step.verdict is not None
        meaning = MEANINGS[step.verdict.kind]
        return Page(*parts, Note(f"✓ {step.verdict}. That is {meaning}."))

    def remaining(self) -> Page:
        """Say by which rules the lines that are left follow."""
        ahead = self._ahead()
        if not ahead:
            return Page(Note("Nothing is left."))
        rows = tuple((number, self._steps[number].rule) for number in ahead)
        return Page(Heading(f"{_count(len(ahead), 'line')} to go:"), Table(rows))

    def symbols(self) -> Page:
        """List what can be typed in an answer, with shapes."""
        from derivations.answers.vocabulary import typed

        return typed(self.derivation)

    def understand(self, name: str) -> Page:
        """From now on pass lines by this rule silently; the last line is always shown.

        Raises UnknownRule, which names the nearest.
        """
        found = by_rule(self._steps, name)
        self._understood[name] = None
        count = len([number for number in self._ahead() if number in found])
        return Page(Note(f"Lines by {name!r} now pass silently; {count} of those ahead do."))

    def with_numbers(self, run: Any, *, example: int = 0, **more: Any) -> Walk:
        """Show the numbers of a run beside every line from now on, and return the walk.

        `run` is an unrolled cell or a mapping of arrays, `example` one of its batch, and `more` are
        further arrays; see `derivations.walking.third_column.third_column`.

        Raises NoNumbers for arrays that are missing or do not fit, and for a derivation that is not
        about a network.
        """
        from derivations.answers.vocabulary import lettering_of
        from derivations.walking.third_column import NoNumbers, third_column

        if self.derivation.truth is None:
            raise NoNumbers(f"the derivation {self.derivation.topic!r} is not about a network")
        naming = lettering_of(self.derivation)
        self._column = third_column(self.derivation.truth, run, example, naming, **more)
        return self

    def answer(self, text: str) -> Answer:
        """Judge a line of one's own: the next line, a later one, or the final answer.

        It may be typed as text, Unicode or LaTeX, with or without its left side. If it is the next
        line, the walk goes on to it.
        """
        from derivations.answers import judged

        ahead = {number: self._steps[number] for number in self._ahead()}
        found = judged(self.derivation, ahead, text)
        if found.line is not None and found.is_next:
            self._stand_on(found.line)
        self._answer = found
        return found

    def witness(self) -> Page:
        """Show all numbers of the point at which the last answer was found to be different."""
        return self._answer.witness() if self._answer else Page(Note("There is no answer yet."))

    # ------------------------------------------------------------------------- keeping a place

    def save(self, file: str | Path) -> Page:
        """Write to a JSON file where the walk stands; `Walk.load` goes on from there.

        The numbers of a run are not kept. Raises ValueError for a derivation that `derive` cannot
        make again.
        """
        stored.write(
            file,
            self.derivation,
            at=self._at,
            expanded=sorted(self._expanded),
            understood=list(self._understood),
            hints=self._hints,
        )
        return Page(Note(f"Saved to {file}; walk.load({str(file)!r}) goes on from here."))

    @classmethod
    def load(cls, file: str | Path) -> Walk:
        """Return the walk that was saved to a file; raises ValueError for another file."""
        derivation, place = stored.read(file)
        w = cls(derivation)
        numbers = {*w._steps, ""}
        if place["at"] not in numbers or not numbers.issuperset(place["expanded"]):
            raise ValueError(f"{file}: the derivation has no line {place['at']!r} any more")
        w._expanded = set(place["expanded"])
        w._understood = dict.fromkeys(place["understood"])
        w._at, w._hints = place["at"], place["hints"]
        return w

    # ---------------------------------------------------------------------------------- showing

    def page(self) -> Page:
        """Return where the walk stands: its line, how far it is, and what can be done."""
        if not self._at:
            return self._start()
        page = self._page(self._at)
        return Page(Heading(self._progress()), *page.parts, Note(self._can_do()))

    def _start(self) -> Page:
        summary = [self.derivation.summary] if self.derivation.summary else []
        first = next(iter(self._steps.values()))
        return Page(
            Heading(self._progress()),
            *summary,
            "Wanted: " + ", ".join(_wanted(self.derivation.statement)),
            "Given:",
            first.before,
            Note(self._can_do()),
        )

    def _page(self, number: str, passed: Iterable[str] = ()) -> Page:
        step = self._steps[number]
        parts: list[Part] = [Heading(f"{number} of {len(self.derivation)}: {step.rule}")]
        silently = "; ".join(self._steps[one].rule for one in passed)
        if silently:
            parts.append(Note(f"Passed silently: {silently}."))
        if not self._is_continued(number):
            parts.append(step.before)
        parts += [Follows(step.after), step.why]
        rows = self._column.rows(step.after) if self._column else []
        if rows and self._column:
            parts += [Note(f"In numbers ({self._column.about}):"), Table(tuple(rows))]
        return Page(*parts)

    def _is_continued(self, number: str) -> bool:
        """Say whether a line starts from what the line before it came to."""
        parent, _, last = number.rpartition(".")
        if last == "1":
            return False
        before = self._steps[f"{parent}.{int(last) - 1}".lstrip(".")]
        return before.after.text() == self._steps[number].before.text()

    def _result(self) -> list[Part]:
        return [Heading("Result"), self.derivation.statement]

    def _progress(self) -> str:
        top = int(self._at.partition(".")[0] or 0)
        whole = len(self.derivation)
        filled = BAR * top // whole
        return f"{self.derivation.title}  {top}/{whole} {'█' * filled}{'░' * (BAR - filled)}"

    def _can_do(self) -> str:
        inner = [n for n in self._steps if n.rpartition(".")[0] == self._at and self._at]
        can = ["next()", "hint()", "answer('...')"] if not self.done else []
        can += ["why()", "back()"] if self._at else []
        can += ["expand()"] if inner and self._at not in self._expanded else []
        return f"You can: {', '.join([*can, 'remaining()', 'symbols()', 'save(file)'])}."

    def __repr__(self) -> str:
        return self.page().text()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.page().text())

    def _repr_html_(self) -> str:
        return self.page().html()

    def _repr_latex_(self) -> str | None:
        return self.page()._repr_latex_()


walk = Walk


def _wanted(statement: Formula) -> list[str]:
    """Return what is to be derived: the left sides of the results."""
    found = map(sides, results_of(statement))
    return [(left or right).text() for left, _, right in found]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
