"""`make slow`: the cross-check on many random problems, and the oracle at its largest sizes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd_rnn.cells import CELLS
from autograd_rnn.crosscheck import check, pose
from derivations.oracle import oracle_check

pytestmark = pytest.mark.slow

SIZES = st.integers(1, 6)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(CELLS)),
    st.sampled_from(["squared error", "cross-entropy"]),
    st.tuples(SIZES, SIZES, SIZES, st.integers(1, 12)),
    st.integers(0, 2**32 - 1),
)
def test_any_problem_passes(kind, loss, sizes, seed):
    inputs, hidden, batch, steps = sizes
    cell = CELLS[kind].init(inputs, hidden, rng=seed)
    problem = pose(cell, batch=batch, steps=steps, seed=seed, loss=loss)
    report = check(problem, seed=seed, exact=False)
    assert report.agree, report.verdict


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_oracle_on_matrices_with_the_cross_entropy(cell):
    report = oracle_check(cell, 2, 3, 2, loss="cross-entropy", k=3)
    assert report.equal, report.difference
