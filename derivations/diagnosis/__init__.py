"""Which mistake is it? A wrong line is looked up among the fingerprints of all single mistakes.

The diagnosis of a line knows three answers: the line is what a mistake makes of it; it is what a
mistake in another line leads to, within each step or all the way back; or no mistake is known that
explains it, and then terms and factors are matched and the difference is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

from derivations.bptt.adjoints import block_gradient
from derivations.bptt.evaluation import Evaluation
from derivations.bptt.form import ClosedForm, from_template
from derivations.diagnosis.fingerprints import Array, Point, Print, fingerprint
from derivations.diagnosis.term_matching import Difference, differences
from derivations.matrix import SCALAR, Expression, name_of, over_time, total
from derivations.mistakes import WrongForm, wrong_forms
from derivations.mistakes.lines import lines_of
from derivations.mistakes.roles import plain
from derivations.template import Template

Table = dict[Print, list[WrongForm]]


def nearest_mistakes(form: ClosedForm, target: Expression, given: Expression) -> list[WrongForm]:
    """Return the single mistakes that explain a wrong right side, the most telling first.

    `target` is the left side: an adjoint such as δ_{f,t}, or the gradient of a parameter, of a
    block of one or of an initial state. `given` is explained when it is what a mistake makes of
    this very line, or what a mistake in another one leads to, whether or not that went on from
    step to step. The list is empty when `given` is right and when no mistake explains it.

    >>> from derivations.recurrence import closed_form
    >>> form = closed_form("lstm", loss=None)
    >>> δ_f, right = form.recursions[-1].left, form.recursions[-1].right
    >>> print(right)
    dL/dc_t ⊙ c_{t-1} ⊙ f_t ⊙ (1 - f_t)
    >>> [dc, past, f, _] = right.arguments
    >>> nearest_mistakes(form, δ_f, dc * past * (1 - f**2))
    [<The slope of another activation is used: δ_{f,t}>]
    """
    return diagnosis_of(form.template).nearest(target, given)


def told_differences(form: ClosedForm, target: Expression, given: Expression) -> list[Difference]:
    """Return how a right side differs from the right one, term by term and factor by factor.

    >>> from derivations.recurrence import closed_form
    >>> form = closed_form("lstm", loss=None)
    >>> δ_f, right = form.recursions[-1].left, form.recursions[-1].right
    >>> [dc, past, f, _] = right.arguments
    >>> for difference in told_differences(form, δ_f, dc * past * f):
    ...     print(difference)
    in the term dL/dc_t ⊙ c_{t-1} ⊙ f_t ⊙ (1 - f_t): missing factor 1 - f_t
    """
    return diagnosis_of(form.template).differences(target, given)


@lru_cache(maxsize=64)
def diagnosis_of(template: Template) -> Diagnosis:
    """Return the diagnosis of a cell, made once."""
    return Diagnosis(from_template(template))


class Diagnosis:
    """The fingerprints of every single mistake in a closed form."""

    def __init__(self, form: ClosedForm) -> None:
        self.form = form
        self.point = Point(form)
        self.mistakes = wrong_forms(form)
        blocks = [b for p in form.template.parameters for b in p.blocks]
        sums = {total(b): over_time(block_gradient(form.template, b)) for b in blocks}
        self.lines = sums | lines_of(form)
        self._local: dict[Expression, Table] = {}
        self._far: dict[Expression, Table] = {}

    def nearest(self, target: Expression, given: Expression) -> list[WrongForm]:
        """Return the single mistakes that explain `given`; see `nearest_mistakes`."""
        if target not in self.lines:
            return []
        shape = target.shape if given.shape == SCALAR else given.shape
        try:
            arrays = self.point.arrays(given, _is_free(target))
        except (LookupError, TypeError):  # it names what has no value in this network
            return []
        seen = fingerprint(arrays, self.point.sizes.of(shape))
        if seen == self._print(target, self._outcome(self.point.found, target)):
            return []
        return _once_each(self.local(target).get(seen) or self.far(target).get(seen) or [])

    def differences(self, target: Expression, given: Expression) -> list[Difference]:
        """Return how `given` differs from the right side; see `told_differences`."""
        if target not in self.lines:
            return []
        return differences(self.point, self.lines[target], given, _is_free(target))

    def local(self, target: Expression) -> Table:
        """Return what mistakes make of this very line, all else being right."""
        if target not in self._local:
            line = self._line(target)
            wrong = [(one, one.says(line)) for one in self.mistakes if line in one.lines]
            prints = (
                (self._print(target, self.point.arrays(said, _is_free(target))), one)
                for one, said in wrong
            )
            self._local[target] = _table(prints)
        return self._local[target]

    def far(self, target: Expression) -> Table:
        """Return to what mistakes in any line lead, within each step and all the way back."""
        if target not in self._far:
            prints = (
                (self._print(target, self._outcome(found, target)), one)
                for one, found in self._outcomes
            )
            self._far[target] = _table(prints)
        return self._far[target]

    @cached_property
    def _outcomes(self) -> list[tuple[WrongForm, Evaluation]]:
        ways = (self.point.within_steps, self.point.of_wrong)
        return [(one, way(one.form)) for way in ways for one in self.mistakes]

    def _outcome(self, found: Evaluation, target: Expression) -> list[Array]:
        letter, moment, *_ = name_of(target)
        if moment is None:
            (name,) = (p.name for p in self.form.template.parameters if letter in p.names)
            shape = self.point.sizes.of(plain(self._line(target)).shape)
            return [found.gradients[name].reshape(shape)]
        steps = range(1, self.point.sizes.steps + 1) if moment.base else [moment.offset]
        return [found.adjoints[letter, t].T for t in steps]

    def _line(self, target: Expression) -> Expression:
        """Return the line in which a target stands: that of its parameter, for a block of one."""
        letter = name_of(target).letter
        for parameter in self.form.template.parameters:
            if letter in parameter.names:
                return total(parameter.symbol)
        return target

    def _print(self, target: Expression, arrays: list[Array]) -> Print:
        """Return the fingerprint of a target from the values of its line."""
        shape = self.point.sizes.of(target.shape)
        parts = [self._part(target, array) for array in arrays]
        return fingerprint(parts, shape)

    def _part(self, target: Expression, array: Array) -> Array:
        start = 0
        for parameter in self.form.template.parameters:
            if len(parameter.blocks) > 1 and name_of(target).letter in parameter.names[1:]:
                for block in parameter.blocks:
                    (width,) = self.point.sizes.of(block.shape[1:])
                    if name_of(block).letter == name_of(target).letter:
                        return array[:, start : start + width]
                    start += width
        return array


def _is_free(target: Expression) -> bool:
    moment = name_of(target).moment
    return moment is not None and bool(moment.base)


def _table(prints: Iterable[tuple[Print, WrongForm]]) -> Table:
    table: Table = {}
    for seen, wrong in prints:
        table.setdefault(seen, []).append(wrong)
    return table


def _once_each(found: list[WrongForm]) -> list[WrongForm]:
    """Return the wrong forms with the fewest wrong lines, one for each name."""
    by_name: dict[tuple[str, ...], WrongForm] = {}
    for wrong in sorted(found, key=lambda one: len(one.lines)):
        by_name.setdefault(wrong.names, wrong)
    return list(by_name.values())
