"""The rules by which lines follow, as people call them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from derivations.step import Step

ALSO_CALLED: Mapping[str, tuple[str, ...]] = {
    "chain": ("adjoint", "through"),
    "chain rule": ("adjoint", "through"),
    "sum over time": ("gather",),
    "unroll": ("written out",),
}
"""What people call a rule that has another name here, and words in its name here."""


class UnknownRule(LookupError, ValueError):  # noqa: N818 - it says what was met
    """No line of a derivation follows by a rule of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        rules = list(dict.fromkeys(known))
        lower = {rule.casefold(): rule for rule in rules}
        self.nearest = lower[get_close_matches(str(name).casefold(), lower, n=1, cutoff=0)[0]]
        super().__init__(
            f"no line here follows by {name!r}; the nearest is {self.nearest!r}, "
            f"and there are: {', '.join(rules)}"
        )


def by_rule(steps: Mapping[str, Step], name: str) -> set[str]:
    """Return the numbers of the steps by a rule: by its name, or else by what their reasons say.

    A part of the name is enough. Raises UnknownRule, which names the nearest.
    """
    words = ALSO_CALLED.get(name.casefold().strip(), (name.strip(),))
    patterns = [re.compile(rf"\b{re.escape(word)}", re.IGNORECASE) for word in words if word]

    def told_in(sentences: Mapping[str, str]) -> set[str]:
        return {n for n, words in sentences.items() if any(p.search(words) for p in patterns)}

    found = told_in({n: step.rule for n, step in steps.items()})
    found = found or told_in({n: step.why for n, step in steps.items()})
    if not found:
        raise UnknownRule(name, (step.rule for n, step in steps.items() if "." not in n))
    return found
