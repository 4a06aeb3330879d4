"""The comparisons without rounding: the derivation against itself written out, and the oracle."""

from __future__ import annotations

from collections.abc import Iterator

from autograd_rnn.crosscheck.report import Exact
from autograd_rnn.crosscheck.roads import Roads, arguments_of, options_of
from derivations.oracle import oracle_check

# Sizes (n, m, T) at which SymPy differentiates the whole loss in seconds. With n = 1 a transpose
# cannot be seen; n = 2 shows it, but a third step would take minutes.
SCALAR = {"squared error": (1, 1, 3), "cross-entropy": (1, 1, 2)}
MATRIX = (2, 3, 2)


def exact_comparisons(roads: Roads) -> Iterator[Exact]:
    """Yield what can be compared exactly, at this problem's sizes and at the oracle's."""
    if roads.elements_fit:
        yield _in_fractions(roads)
    loss = roads.problem.loss
    yield _oracle(roads, *SCALAR[loss])
    if roads.elements_fit and loss == "squared error":
        yield _oracle(roads, *MATRIX)


def _in_fractions(roads: Roads) -> Exact:
    arguments = arguments_of(roads.problem)
    one = roads.form.evaluate_exactly(**arguments).gradients
    other = roads.on_elements.evaluate_exactly(**arguments).gradients
    return Exact(
        claim="matrix form and element form, in fractions",
        equal=all((one[name] == other[name]).all() for name in one),
        sizes=", ".join(f"{name} {size}" for name, size in roads.problem.sizes.items()),
        error_bound="0",
    )


def _oracle(roads: Roads, n: int, m: int, steps: int) -> Exact:
    problem = roads.problem
    k = 3 if problem.loss == "cross-entropy" else None
    options = options_of(problem.cell)
    found = oracle_check(problem.cell.kind, n, m, steps, loss=problem.loss, k=k, **options)
    return Exact(
        claim="element form and SymPy's full diff of the composed loss",
        equal=found.equal,
        sizes=f"{found.sizes}; {found.entries} derivatives",
        error_bound=found.error_bound,
    )
