"""A network as equations: what is computed from what, over which steps, up to the loss.

This is all that `derivations.truth` needs to know of a problem. A `Template` gives its own
(`of_template`); a problem without time, or with two directions of it, is written down as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from derivations.matrix import (
    FIRST,
    LAST,
    NOW,
    SCALAR,
    Expression,
    Moment,
    beside,
    immediate,
    inner,
    name_of,
    over_time,
    symbol,
    symbols,
)
from derivations.template import Definition, Template

Range = tuple[Moment, Moment]
STEPS: Range = (FIRST, LAST)  # t = 1 .. T


@dataclass(frozen=True)
class Network:
    """Equations that define variables, each at a step t of its range or once and for all.

    An equation for ``h_t`` holds for t = 1 .. T, or for the t in `ranges` under its letter; one for
    ``h_0`` only there. What no equation defines is given: it may take any value. `loss` is the
    scalar whose total derivatives are meant; `objective` the loss of one step, of which immediate
    derivatives are taken. The columns `normalized` are given with entries that sum to one.
    `moving` are the letters of what moves in differentials; by default all that is given moves.
    `chosen` says what the value of a constant is that is given but not free: an ε for which a root
    exists. `stored` has the parameters that are blocks side by side: W = [W_h  W_x].

    Raises ValueError when a letter is defined twice at the same step.
    """

    equations: tuple[Definition, ...]
    loss: Expression | None = None
    objective: Expression | None = None
    normalized: frozenset[str] = frozenset()
    moving: frozenset[str] | None = None
    ranges: Mapping[str, Range] = field(default_factory=dict)
    stored: Mapping[str, tuple[Expression, ...]] = field(default_factory=dict)
    chosen: Mapping[str, Expression] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen: set[tuple[str, Moment | None]] = set()
        for equation in self.equations:
            place = (name_of(equation.left).letter, name_of(equation.left).moment)
            if place in seen:
                raise ValueError(f"{equation.left.text()} is defined twice")
            seen.add(place)

    @cached_property
    def definitions(self) -> dict[str, list[Definition]]:
        """The equations by the letter that they define, those for a single step first."""
        found: dict[str, list[Definition]] = {}
        for equation in self.equations:
            found.setdefault(name_of(equation.left).letter, []).append(equation)
        for several in found.values():
            several.sort(key=lambda d: bool((name_of(d.left).moment or NOW).base))
        return found

    def definition(self, letter: str, t: int | None, sizes: Mapping[str, int]) -> Definition | None:
        """Return the equation that defines the letter at step t, or None where it is given."""
        lower, upper = self.ranges.get(letter, STEPS)
        for equation in self.definitions.get(letter, ()):
            moment = name_of(equation.left).moment
            if moment is None or t is None:
                return equation
            if moment.base in ("", LAST.base):
                if moment.at(sizes) == t:
                    return equation
            elif lower.at(sizes) <= t <= upper.at(sizes):
                return equation
        return None

    @cached_property
    def given(self) -> list[Expression]:
        """The symbols that the equations read and none defines, in the order they are met."""
        read = symbols(*(equation.right for equation in self.equations))
        return [s for s in read if name_of(s).letter not in self.definitions]

    @cached_property
    def vocabulary(self) -> list[Expression]:
        """One symbol for everything that has a name: what is given, then what is defined."""
        every = [*self.given, *(equation.left for equation in self.equations)]
        found: dict[str, Expression] = {}
        for one in every:
            found.setdefault(name_of(one).letter, one)
        for letter, blocks in self.stored.items():
            found.setdefault(letter, symbol(letter, beside(*blocks).shape))
        return list(found.values())


TOTAL_LOSS = symbol("L", SCALAR)


def of_template(template: Template) -> Network:
    """Return the network of a cell under its loss; an abstract loss has the derivatives given."""
    stored = {p.name: p.blocks for p in template.parameters if len(p.blocks) > 1}
    if template.loss is None:
        # The loss whose immediate derivative is the given one.
        h = template.output
        return Network(
            (*template.equations, Definition(TOTAL_LOSS, over_time(inner(immediate(h), h)))),
            loss=TOTAL_LOSS,
            stored=stored,
        )
    target = name_of(template.loss.target).letter
    return Network(
        (*template.equations, Definition(TOTAL_LOSS, over_time(template.loss.objective))),
        loss=TOTAL_LOSS,
        objective=template.loss.objective,
        normalized=frozenset({target} if template.loss.targets_sum_to_one else ()),
        stored=stored,
    )
