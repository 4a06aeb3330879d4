"""A graph at many points at once gives what it gives point by point, for every operation."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.engine import Graph, Tensor
from autograd_rnn.engine import batch as at_points
from autograd_rnn.engine.batch import evaluate_at_points
from autograd_rnn.engine.record import apply
from autograd_rnn.engine.vectors import VectorProblem
from tests.engine.cases import CASES

FEW = 3
VARYING = [case for case in CASES if case.positions]
every_case = pytest.mark.parametrize("case", VARYING, ids=str)


def points_of(x, rng):
    return x * rng.uniform(0.9, 1.1, size=(FEW, *x.shape))


def compare(case, positions):
    """All points at once against one after another, where the inputs at `positions` vary."""
    rng = np.random.default_rng(7)
    held = [Tensor(x) if i in positions else x for i, x in enumerate(case.inputs)]
    y = apply(case.name, *held, **case.attrs)
    wide = {held[i].node: points_of(np.asarray(case.inputs[i]), rng) for i in positions}
    graph = Graph(y)
    (found,) = evaluate_at_points(graph, wide)
    for k in range(FEW):
        expected = graph.evaluate({leaf: x[k] for leaf, x in wide.items()})[y.node]
        np.testing.assert_allclose(found[k], expected, rtol=1e-13, atol=1e-14)
    assert found.shape == (FEW, *y.shape)


@every_case
def test_all_points_at_once_are_the_points_one_by_one(case):
    compare(case, case.positions)
    for position in case.positions:
        compare(case, [position])


UNMOVED = {"carry", "identity", "stop_gradient"}  # they have no axis that could be meant


def all_compare(cases):
    for case in cases:
        compare(case, case.positions)


@pytest.mark.parametrize("name", sorted(at_points.SHIFTS.keys() - UNMOVED))
def test_attributes_that_are_not_shifted_are_caught(monkeypatch, name):
    monkeypatch.setitem(at_points.SHIFTS, name, lambda attrs, count: attrs)
    with pytest.raises((AssertionError, ValueError, IndexError)):
        all_compare([case for case in VARYING if case.name == name])


def test_points_that_are_not_aligned_are_caught(monkeypatch):
    monkeypatch.setattr(at_points, "_aligned", lambda node, inputs, varies: inputs)
    with pytest.raises((AssertionError, ValueError)):
        all_compare([case for case in VARYING if case.name == "add"])


def test_what_is_computed_beside_the_graph_is_seen():
    """The recorded graph holds x.data as it was: only calls tell that it moves."""
    problem = VectorProblem(lambda x: x * x.data[::-1], [np.array([1.0, 2.0, 3.0, 4.0])])
    points = problem.start + np.eye(4) * 1e-3
    expected = np.stack([point * point[::-1] for point in points])
    np.testing.assert_allclose(problem.values(points), expected, rtol=1e-14)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_branch_on_the_data_is_seen(side):
    def crooked(x):
        return x * 2.0 if float(x.data.sum()) * side > 0 else x * 3.0

    problem = VectorProblem(crooked, [np.array([1.0, -1.0, 0.0])])
    points = problem.start + np.array([[1e-3, 0, 0], [0, -1e-3, 0], [0, 0, 1e-3]])
    expected = np.stack([problem.value(point) for point in points])
    np.testing.assert_array_equal(problem.values(points), expected)


def test_gradcheck_does_not_call_the_function_for_every_entry():
    calls = []
    cell = ar.LSTMCell.init(5, 4, rng=0)
    xs = np.random.default_rng(1).normal(size=(2, 3, 5))

    def loss(cell):
        calls.append(1)
        return (ar.unroll(cell, xs).stacked ** 2).sum()

    assert ar.gradcheck(loss, [cell], order=1)
    assert sum(p.size for p in cell.parameters.values()) == 160
    assert len(calls) < 80
