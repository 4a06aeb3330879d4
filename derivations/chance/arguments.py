"""Arguments about chance: chains of equal formulas under named assumptions that can be dropped.

The catalogue writes an argument down as data: parts, each of lines that claim to equal the line
before and of conclusions drawn from equations. Here every claim is verified with nothing but the
assumptions that it names. A claim that fails with all of them is `NotVerified`: the author erred. A
claim that fails because one was dropped is replaced by what is true without it: its remainder is
added and carried along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial

from derivations.chance.claims import NO_INDEX, ZERO, Follows, Range, Rounds, remainder
from derivations.chance.facts import Fact
from derivations.chance.scalars import Scalar
from derivations.step import (
    Check,
    Derivation,
    Equation,
    Formula,
    Lines,
    NotVerified,
    Shown,
    Step,
    Symbol,
    Words,
)
from derivations.topics import TOPICS

# ------------------------------------------------------------------------ what an author writes


@dataclass(frozen=True)
class Line:
    """The claim that the formula before equals `after`, for the reason `why`.

    `details`, where there are some, work out the part that the line changes.
    """

    rule: str
    after: Scalar
    why: str
    assumptions: tuple[str, ...] = ()
    details: Chain | None = None
    source: str = ""


@dataclass(frozen=True)
class Chain:
    """``left = start``, and then line by line what `start` equals."""

    left: Scalar
    start: Scalar
    lines: tuple[Line, ...]
    range: Range = NO_INDEX


@dataclass(frozen=True)
class Conclusion:
    """The claim that `after` is the sum of the equations before, each times its multiplier."""

    rule: str
    before: tuple[Equation, ...]
    multipliers: tuple[Scalar, ...]
    after: Equation
    why: str
    assumptions: tuple[str, ...] = ()
    range: Range = NO_INDEX
    source: str = ""

    def check(self, facts: frozenset[Fact]) -> Check:
        """Return who checks this, with these facts."""
        return Follows(facts, self.range, self.multipliers)


@dataclass(frozen=True)
class Rounding:
    """The claim that the right side before, rounded, is the decimal in `after`."""

    rule: str
    before: tuple[Equation]
    after: Equation
    why: str
    assumptions: tuple[str, ...] = ()
    source: str = ""

    def check(self, facts: frozenset[Fact]) -> Check:
        """Return who checks this, with these facts."""
        return Rounds(facts)


@dataclass(frozen=True)
class Part:
    """A piece of an argument that starts once the parts that it `needs` have come to their end.

    Its own end is a result of the derivation unless a later part `uses_up` it; where it is one for
    a `case` only, the result says so.
    """

    name: str
    chain: Chain | None = None
    conclusions: tuple[Conclusion | Rounding, ...] = ()
    needs: tuple[str, ...] = ()
    uses_up: tuple[str, ...] = ()
    case: str = ""

    def result(self, walk: Walk) -> Formula:
        """Return where the walk through this part has come to, as a result."""
        if not self.case or walk.broken or not isinstance(walk.end, Equation):
            return walk.end
        return replace(walk.end, right=Where(walk.end.right, Words(self.case)))


@dataclass(frozen=True)
class Where(Shown):
    """A formula that is meant for one case only."""

    formula: Formula
    case: Words

    def text(self) -> str:
        """Return ``formula where case``."""
        return f"{self.formula.text()} where {self.case.text()}"

    def latex(self) -> str:
        r"""Return the two with a ``\quad`` between them."""
        return rf"{self.formula.latex()} \quad \text{{where }} {self.case.latex()}"

    def mathml(self) -> str:
        """Return one ``<mrow>``."""
        space = '<mspace width="1em"/><mtext>where </mtext>'
        return f"<mrow>{self.formula.mathml()}{space}{self.case.mathml()}</mrow>"


@dataclass(frozen=True)
class Argument:
    """A whole argument: its parts in order, and the facts behind the assumptions it names."""

    topic: str
    summary: str
    source: str
    assumptions: Mapping[str, Fact]
    parts: tuple[Part, ...]
    symbols: tuple[Symbol, ...]

    def derive(self, dropped: frozenset[str] = frozenset()) -> Derivation:
        """Return the derivation, without the assumptions dropped.

        Raises ValueError for an assumption that the argument does not make, and `NotVerified` for
        a claim that does not follow from the assumptions it names.
        """
        self._refuse_unknown(dropped)
        walks = self._walks(Knowledge(self.assumptions, dropped))
        names = " and ".join(sorted(dropped))
        return Derivation(
            topic=self.topic,
            title=TOPICS[self.topic].title + (f" without {names}" if dropped else ""),
            statement=self._results(walks),
            steps=tuple(step for walk in walks.values() for step in walk.steps),
            symbols=self.symbols,
            source=self.source,
            summary=_weaker_summary(walks, names) if dropped else self.summary,
            weakened=partial(self._weaker, dropped),
        )

    def _weaker(self, dropped: frozenset[str], name: str) -> Derivation:
        return self.derive(dropped | {name})

    def _walks(self, knowledge: Knowledge) -> dict[str, Walk]:
        walks: dict[str, Walk] = {}
        for part in self.parts:
            if all(name in walks and not walks[name].broken for name in part.needs):
                walks[part.name] = _walk(part, knowledge)
        return walks

    def _results(self, walks: Mapping[str, Walk]) -> Formula:
        """Return where the argument has come to: the ends that no later part used up."""
        used = {name for part in self.parts if part.name in walks for name in part.uses_up}
        parts = (part for part in self.parts if part.name in walks and part.name not in used)
        ends = dict.fromkeys(part.result(walks[part.name]) for part in parts)
        return Lines(*ends) if len(ends) > 1 else next(iter(ends))

    def _refuse_unknown(self, dropped: Iterable[str]) -> None:
        for name in set(dropped) - set(self.assumptions):
            nearest = get_close_matches(name, self.assumptions, n=1, cutoff=0)[0]
            known = ", ".join(self.assumptions)
            raise ValueError(f"no assumption {name!r} (nearest: {nearest!r}); there are: {known}")


# -------------------------------------------------------------------------- following arguments


@dataclass(frozen=True)
class Knowledge:
    """The facts behind the named assumptions, less those that were dropped."""

    facts: Mapping[str, Fact]
    dropped: frozenset[str] = frozenset()

    def of(self, assumptions: Sequence[str]) -> frozenset[Fact]:
        """Return the facts that these assumptions still stand for."""
        return frozenset(self.facts[name] for name in self.kept(assumptions))

    def kept(self, assumptions: Sequence[str]) -> tuple[str, ...]:
        """Return those of the assumptions that are still made."""
        return tuple(name for name in assumptions if name not in self.dropped)

    def missing(self, assumptions: Sequence[str]) -> tuple[str, ...]:
        """Return those of the assumptions that were dropped."""
        return tuple(name for name in assumptions if name in self.dropped)


@dataclass
class Walk:
    """An argument followed: where it has come to, and how.

    `broken` are the rules that stopped holding, `stuck` the one among them that nothing replaces.
    """

    end: Formula
    steps: list[Step] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    stuck: str = ""


def _walk(part: Part, knowledge: Knowledge) -> Walk:
    """Follow the part's chain and, when it comes to its end, draw the conclusions."""
    walk = follow(part.chain, knowledge) if part.chain else None
    if walk and (walk.broken or not part.conclusions):
        return walk
    drawn = conclude(part.conclusions, knowledge)
    return Walk(drawn.end, (walk.steps if walk else []) + drawn.steps, drawn.broken, drawn.stuck)


def follow(chain: Chain, knowledge: Knowledge) -> Walk:
    """Verify a chain line by line.

    From the first line that fails without a dropped assumption, every line carries what is left
    over. A line that nothing can replace ends the walk.

    Raises `NotVerified` for a line that fails with all the assumptions that it names.
    """
    walk = Walk(chain.start if chain.left == chain.start else Equation(chain.left, chain.start))
    before, carried = chain.start, ZERO
    for line in chain.lines:
        try:
            after = Equation(chain.left, _plus(line.after, carried))
            step = _step(line, walk.end, after, chain.range, knowledge)
        except NotVerified:
            walk.broken.append(line.rule)
            left_over = _left_over(before, line, chain.range, knowledge)
            if left_over is None:
                walk.stuck = line.rule
                break
            carried = _plus(carried, left_over)
            after = Equation(chain.left, _plus(line.after, carried))
            step = _step(_broken(line, knowledge), walk.end, after, chain.range, knowledge)
            step = replace(step, changed=left_over)
        if after != walk.end:  # a line whose whole work is undone is no step
            walk.steps.append(step)
        before, walk.end = line.after, after
    return walk


def _left_over(before: Scalar, line: Line, over: Range, knowledge: Knowledge) -> Scalar | None:
    """Return what a line that fails leaves over, or None when it cannot be written down."""
    if not knowledge.missing(line.assumptions):
        raise NotVerified(f"{line.rule}: {before} is not {line.after}")
    return remainder(before, line.after, over, knowledge.of(line.assumptions))


def _plus(first: Scalar, second: Scalar) -> Scalar:
    return second if first == ZERO else first if second == ZERO else first + second


def _broken(line: Line, knowledge: Knowledge) -> Line:
    names = " and ".join(knowledge.missing(line.assumptions))
    why = f"Without {names} this stops holding, and what it used to remove stays."
    return replace(line, rule=f"{line.rule}: no longer", why=why)


def _step(line: Line, before: Formula, after: Formula, over: Range, knowledge: Knowledge) -> Step:
    return Step.checked(
        line.rule,
        before,
        after,
        line.why,
        Follows(knowledge.of(line.assumptions), over),
        changed=line.details.start if line.details else None,
        source=line.source,
        substeps=tuple(follow(line.details, knowledge).steps) if line.details else (),
        assumptions=knowledge.kept(line.assumptions),
    )


def conclude(conclusions: Sequence[Conclusion | Rounding], knowledge: Knowledge) -> Walk:
    """Verify conclusions in a row, as far as one that needs a dropped assumption.

    Raises `NotVerified` for one that does not follow, or that says nothing.
    """
    walk = Walk(_together(conclusions[0].before))
    for conclusion in conclusions:
        if knowledge.missing(conclusion.assumptions):
            walk.broken.append(conclusion.rule)
            walk.stuck = conclusion.rule
            break
        walk.steps.append(_concluded(conclusion, knowledge))
        walk.end = conclusion.after
    return walk


def _concluded(conclusion: Conclusion | Rounding, knowledge: Knowledge) -> Step:
    check = conclusion.check(knowledge.of(conclusion.assumptions))
    try:
        return Step.checked(
            conclusion.rule,
            _together(conclusion.before),
            conclusion.after,
            conclusion.why,
            check,
            source=conclusion.source,
            assumptions=conclusion.assumptions,
        )
    except NotVerified as wrong:
        raise NotVerified(f"{conclusion.rule}: {wrong}") from None


def _together(equations: tuple[Equation, ...]) -> Formula:
    return equations[0] if len(equations) == 1 else Lines(*equations)


def _weaker_summary(walks: Mapping[str, Walk], names: str) -> str:
    """Say which rules stopped holding, and where nothing takes their place."""
    broken = [f"“{rule}”" for walk in walks.values() for rule in walk.broken]
    stuck = [f"“{walk.stuck}”" for walk in walks.values() if walk.stuck]
    said = f"Without {names} this no longer holds: {', '.join(broken)}."
    if stuck:
        return f"{said} Nothing takes the place of {' and '.join(stuck)}: there the argument ends."
    return f"{said} What it used to remove is carried along, and what needs it is not concluded."
