"""A derivation is a sequence of steps, each with a reason and a verdict.

Nothing here knows any mathematics. A `Formula` is anything that can be shown in three ways. A
`Step` turns one formula into another and says why, and who checked it. A `Derivation` refuses to
exist while one of its steps is unchecked: whatever can be displayed has been verified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload, runtime_checkable

from derivations.prose import to_latex
from derivations.typography.characters import columns

if TYPE_CHECKING:
    from derivations.notation import Notation
    from derivations.truth import Truth

# ---------------------------------------------------------------------------------- formulas


@runtime_checkable
class Formula(Protocol):
    """Anything that can be shown: an expression, an equation, several equations, a phrase."""

    def text(self) -> str:
        """Return Unicode for a terminal, one or more lines."""
        ...

    def latex(self) -> str:
        """Return LaTeX for inside math mode; several lines make an ``aligned`` environment."""
        ...

    def mathml(self) -> str:
        """Return MathML Core, a ``<mrow>`` or ``<mtable>`` without its ``<math>`` wrapper."""
        ...


class Shown:
    """Mixin: a formula prints as its text, and as mathematics where a notebook can."""

    def text(self) -> str:
        """Return Unicode for a terminal."""
        raise NotImplementedError

    def latex(self) -> str:
        """Return LaTeX for inside math mode."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.text())

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


RELATIONS = {
    "=": "=",
    "≠": r"\neq",
    "≤": r"\leq",
    "≥": r"\geq",
    "≈": r"\approx",
    "∈": r"\in",
    "⇔": r"\Leftrightarrow",
    "⇒": r"\Rightarrow",
}


@dataclass(frozen=True)
class Words(Shown):
    """A phrase standing where a formula may stand, such as "given"."""

    words: str

    def text(self) -> str:
        """Return the words."""
        return self.words

    def latex(self) -> str:
        r"""Return the words in ``\text``."""
        return rf"\text{{{to_latex(self.words)}}}"

    def mathml(self) -> str:
        """Return the words in ``<mtext>``."""
        return f"<mtext>{escape(self.words)}</mtext>"


@dataclass(frozen=True)
class Equation(Shown):
    """Two formulas and the relation between them.

    Raises ValueError for a relation that is not one of `RELATIONS`.
    """

    left: Formula
    right: Formula
    relation: str = "="

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS:
            known = " ".join(RELATIONS)
            raise ValueError(f"the relation {self.relation!r} is not one of: {known}")

    def text(self) -> str:
        """Return ``left = right``."""
        return f"{self.left.text()} {self.relation} {self.right.text()}"

    def latex(self) -> str:
        """Return ``left = right``."""
        return f"{self.left.latex()} {RELATIONS[self.relation]} {self.right.latex()}"

    def mathml(self) -> str:
        """Return one ``<mrow>``."""
        relation = f"<mo>{self.relation}</mo>"
        return f"<mrow>{self.left.mathml()}{relation}{self.right.mathml()}</mrow>"


@dataclass(frozen=True, init=False)
class Lines(Shown):
    """Several formulas, one a line; the relations of equations are aligned.

    Raises ValueError when there is no line.
    """

    lines: tuple[Formula, ...]

    def __init__(self, *lines: Formula) -> None:
        if not lines:
            raise ValueError("Lines needs at least one formula")
        object.__setattr__(self, "lines", lines)

    def text(self) -> str:
        """Return one formula a line, the relations of equations below each other."""
        lefts = [line.left.text() for line in self.lines if isinstance(line, Equation)]
        width = max(map(columns, lefts), default=0)
        return "\n".join(_padded(line, width) for line in self.lines)

    def latex(self) -> str:
        """Return an ``aligned`` environment."""
        rows = " \\\\\n".join(_latex_row(line) for line in self.lines)
        return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"

    def mathml(self) -> str:
        """Return a ``<mtable>`` of left side, relation, right side."""
        rows = "".join(f"<mtr>{_mathml_cells(line)}</mtr>" for line in self.lines)
        return f'<mtable displaystyle="true">{rows}</mtable>'


def _padded(line: Formula, width: int) -> str:
    if not isinstance(line, Equation):
        return line.text()
    left = line.left.text()
    return f"{' ' * (width - columns(left))}{left} {line.relation} {line.right.text()}"


def _latex_row(line: Formula) -> str:
    if not isinstance(line, Equation):
        return f"& {line.latex()}"
    return f"{line.left.latex()} &{RELATIONS[line.relation]} {line.right.latex()}"


def _mathml_cells(line: Formula) -> str:
    start = '<mtd style="text-align: left; text-align: -webkit-left">'
    if not isinstance(line, Equation):
        return f'{start[:-1]} columnspan="3">{line.mathml()}</mtd>'
    end = '<mtd style="text-align: right; text-align: -webkit-right">'
    relation = f"<mtd><mo>{line.relation}</mo></mtd>"
    return f"{end}{line.left.mathml()}</mtd>{relation}{start}{line.right.mathml()}</mtd>"


# ------------------------------------------------------------------------------------- steps


# What each kind of verdict must state.
VERDICTS = {"derived": ("by",), "exact": ("by", "sizes"), "tested": ("by", "sizes", "error_bound")}


@dataclass(frozen=True)
class Verdict:
    """Who checked a step, and how far the word of that check goes.

    - ``derived``: an instance of a rule that is valid for all sizes.
    - ``exact``: an exact identity at the sizes stated.
    - ``tested``: true at random points at the sizes stated, up to the error bound stated.

    `by` names the check. Raises ValueError for another kind, for a check without a name, for an
    ``exact`` without sizes and for a ``tested`` without sizes and error bound.
    """

    kind: Literal["derived", "exact", "tested"]
    by: str
    sizes: str = ""
    error_bound: str = ""

    def __post_init__(self) -> None:
        if self.kind not in VERDICTS:
            raise ValueError(f"a verdict is derived, exact or tested, not {self.kind!r}")
        missing = [name for name in VERDICTS[self.kind] if not getattr(self, name)]
        if missing:
            raise ValueError(f"the verdict {self.kind!r} must state its {' and '.join(missing)}")

    def __str__(self) -> str:
        bound = f"error bound {self.error_bound}" if self.error_bound else ""
        details = "; ".join(part for part in (self.by, self.sizes, bound) if part)
        return f"{self.kind}: {details}"


class NotVerified(ValueError):  # noqa: N818 - it says what was found
    """A formula was checked and found wrong; the message says which, and where."""


Check = Callable[[Formula, Formula], Verdict]
"""Given `before` and `after`, returns the verdict on `after`; raises `NotVerified` if it is wrong.
"""


@dataclass(frozen=True, repr=False)
class Step:
    """One line of a derivation: by `rule`, `before` becomes `after`.

    `why` is one sentence, `changed` the part of `before` that the rule acted on, `source` a paper
    or equation, `assumptions` the named assumptions the step uses, `substeps` its details. `check`
    is who gave the verdict: it can be asked again, of this line or of another in its place.
    """

    rule: str
    before: Formula
    after: Formula
    why: str
    verdict: Verdict | None
    changed: Formula | None = None
    source: str = ""
    substeps: tuple[Step, ...] = ()
    assumptions: tuple[str, ...] = ()
    check: Check | None = field(default=None, compare=False)

    @classmethod
    def checked(
        cls, rule: str, before: Formula, after: Formula, why: str, check: Check, **more: Any
    ) -> Step:
        """Return the step with the verdict that `check` gives; `more` are its other fields.

        Raises `NotVerified` for what `check` finds wrong.
        """
        return cls(rule, before, after, why, check(before, after), check=check, **more)

    def __repr__(self) -> str:
        return f"<Step: {self.rule} ({self.verdict.kind if self.verdict else 'unverified'})>"

    def __str__(self) -> str:
        from derivations.show.text import step_lines

        return "\n".join(step_lines(self))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from derivations.show.html import step_fragment

        return step_fragment(self)


@dataclass(frozen=True)
class Symbol:
    """A row of the table of symbols: how it looks, what it means, its shape such as ``n × m``."""

    name: Formula
    meaning: str
    shape: str


class UnverifiedStep(ValueError):  # noqa: N818 - it says what was met
    """A step that nobody has verified was about to be shown."""


def numbered(steps: Sequence[Step], prefix: str = "") -> Iterator[tuple[str, Step]]:
    """Yield steps and sub-steps in reading order with their numbers: 1, 2, 2.1, 2.2, 3."""
    for i, step in enumerate(steps, start=1):
        yield f"{prefix}{i}", step
        yield from numbered(step.substeps, f"{prefix}{i}.")


@dataclass(frozen=True, repr=False)
class Derivation(Sequence[Step]):
    """An immutable sequence of verified steps that ends at `statement`, and shows itself.

    `summary` is one sentence about it, `symbols` explains the letters, `source` names the paper.
    `weakened`, where there is one, gives the derivation again without one named assumption; `truth`
    knows the true value of everything that the steps name. `notation` names the letters it is
    written in; `original` is the same derivation in the letters of the house. `asked` is what it
    was asked for with: the topic, its options, and what was dropped, as ``without``.

    Raises `UnverifiedStep` when a step or sub-step has no verdict, and ValueError when one changes
    nothing or gives no reason of its own; both name the step.
    """

    topic: str
    title: str
    statement: Formula
    steps: tuple[Step, ...]
    symbols: tuple[Symbol, ...] = ()
    source: str = ""
    summary: str = ""
    weakened: Callable[[str], Derivation] | None = field(default=None, compare=False)
    truth: Truth | None = field(default=None, compare=False)
    notation: str = "house"
    original: Derivation | None = field(default=None, compare=False)
    asked: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"the derivation {self.topic!r} has no step")
        for number, step in numbered(self.steps):
            _refuse_if_unfit(f"step {number} ({step.rule}) of {self.topic!r}", step)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...

    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self.steps[index]

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The names of the assumptions that its steps use, in order of use."""
        used = (name for _, step in numbered(self.steps) for name in step.assumptions)
        return tuple(dict.fromkeys(used))

    def without(self, assumption: str) -> Derivation:
        """Return what is left of the derivation when one of its assumptions is dropped.

        Raises ValueError when the derivation makes no assumption that could be dropped, or
        not this one.
        """
        if self.weakened is None:
            raise ValueError(f"the derivation {self.topic!r} makes no assumption to be dropped")
        dropped = (*self.asked.get("without", ()), assumption)
        return replace(self.weakened(assumption), asked={**self.asked, "without": dropped})

    def in_notation(self, notation: str | Notation) -> Derivation:
        """Return the same derivation in other letters, by the name of a preset or a notation.

        Raises UnknownNotation, which names the nearest preset.
        """
        from derivations.notation import Notation

        if isinstance(notation, str):
            notation = Notation.preset(notation)
        return notation.derivation(self)

    def to(self, format: str) -> str:
        """Return the derivation as a document, in one of the formats of `derivations.show`.

        Raises ValueError, naming the formats there are, for any other.
        """
        from derivations.show import render

        return render(self, format)

    def __repr__(self) -> str:
        return f"<Derivation {self.topic}: {len(self)} steps>"

    def __str__(self) -> str:
        return self.to("text")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.statement.latex()}$"

    def _repr_html_(self) -> str:
        from derivations.show.html import fragment

        return fragment(self)


def _refuse_if_unfit(place: str, step: Step) -> None:
    if step.verdict is None:
        raise UnverifiedStep(f"{place} has no verdict: verify it before showing it")
    if step.before is step.after or step.before == step.after:
        raise ValueError(f"{place} changes nothing: before and after are the same")
    if not step.why.strip() or step.why.strip().casefold() == step.rule.strip().casefold():
        raise ValueError(f"{place} gives no reason: say why in a sentence of its own")
