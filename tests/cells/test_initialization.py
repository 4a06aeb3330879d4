"""Where weights start: Xavier's limits and variance, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_rnn.cells import CELLS, LSTMCell, RNNCell
from autograd_rnn.cells.initialization import xavier_uniform
from autograd_rnn.layers import Dense


def test_limits_are_respected_and_approached():
    limit = np.sqrt(6.0 / (300 + 500))
    W = xavier_uniform(300, 500, np.random.default_rng(0))
    assert W.shape == (300, 500)
    assert np.abs(W).max() <= limit
    assert np.abs(W).max() > 0.999 * limit
    assert W.min() < -0.999 * limit


def test_mean_and_variance():
    # 150,000 draws: the mean is within 5 of its standard errors, the variance within 5 of its own.
    W = xavier_uniform(300, 500, np.random.default_rng(0))
    variance = 2.0 / (300 + 500)
    limit = np.sqrt(3 * variance)
    fourth = limit**4 / 5
    assert abs(W.mean()) < 5 * np.sqrt(variance / W.size)
    assert abs(W.var() - variance) < 5 * np.sqrt((fourth - variance**2) / W.size)


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_counts_h_and_x_as_its_inputs(kind):
    cell = CELLS[kind].init(inputs=300, hidden=200, rng=1)
    limit = np.sqrt(6.0 / (200 + 500))
    for name, p in cell.parameters.items():
        if name.startswith("W"):
            assert 0.999 * limit < np.abs(p.data).max() <= limit
        else:
            assert not p.data.any()


def test_the_same_seed_gives_the_same_cell():
    def weights(rng):
        return [p.data for p in LSTMCell.init(inputs=3, hidden=4, rng=rng).parameters.values()]

    same = zip(weights(7), weights(np.random.default_rng(7)), strict=True)
    assert all(np.array_equal(a, b) for a, b in same)
    assert not np.array_equal(weights(7)[0], weights(8)[0])


def test_a_generator_goes_on_and_gates_differ():
    rng = np.random.default_rng(0)
    first, second = (RNNCell.init(inputs=3, hidden=4, rng=rng) for _ in range(2))
    assert not np.array_equal(first.W.data, second.W.data)
    lstm = LSTMCell.init(inputs=3, hidden=4, rng=0)
    assert not np.array_equal(lstm.W_f.data, lstm.W_i.data)


def test_no_global_state_is_touched():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    LSTMCell.init(inputs=3, hidden=4)
    Dense.init(3, 4)
    assert np.array_equal(before, np.random.get_state()[1])


@pytest.mark.parametrize(("inputs", "hidden"), [(0, 4), (3, 0), (-1, 4)])
def test_sizes_below_one_are_refused(inputs, hidden):
    with pytest.raises(ValueError, match=f"at least 1, not inputs={inputs}, hidden={hidden}"):
        RNNCell.init(inputs=inputs, hidden=hidden, rng=0)


def test_dtype():
    cell = RNNCell.init(inputs=3, hidden=4, rng=0, dtype=np.float32)
    assert {p.dtype for p in cell.parameters.values()} == {np.dtype(np.float32)}
    assert cell.initial_state(2)[0].dtype == np.float32
