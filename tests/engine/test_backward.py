"""The backward pass: what it adds up, where it leaves it, what it never touches."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_rnn.engine as ar
from autograd_rnn.engine import Graph, OperationError, Tensor, Value, at, backward_steps
from autograd_rnn.engine.differentiate import pull_back, push_forward
from tests.engine import naive
from tests.engine.numerics import close

OURS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "tanh": lambda a, b: ar.tanh(a),
    "exp_of_tanh": lambda a, b: ar.exp(ar.tanh(a)),
    "relu": lambda a, b: ar.relu(a),
}
pick = st.integers(0, 15)
programs = st.lists(
    st.tuples(st.sampled_from(naive.OPERATIONS), pick, pick), min_size=1, max_size=9
)


def build(leaves, program, table):
    made = list(leaves)
    for operation, i, j in program:
        made.append(table(operation)(made[i % len(made)], made[j % len(made)]))
    return made


class TestAgainstPlainRecursion:
    @given(programs, st.lists(st.floats(-2, 2), min_size=3, max_size=3))
    def test_random_graphs(self, program, numbers):
        plain = build(map(naive.Scalar, numbers), program, lambda f: f)
        ours = build(map(Tensor, numbers), program, lambda f: OURS[f.__name__])
        close(ours[-1].data, plain[-1].value, 1e-13)
        ours[-1].backward()
        for scalar, tensor in zip(plain, ours, strict=True):
            # Every node, interior ones too; one that is not reached has None.
            reached = tensor.node in Graph(ours[-1]).ids
            assert (tensor.grad is not None) == reached
            close(tensor.grad if reached else 0.0, naive.slope(plain[-1], scalar), 1e-12)

    @given(programs, st.lists(st.floats(-2, 2), min_size=3, max_size=3))
    def test_forward_mode(self, program, numbers):
        plain = build(map(naive.Scalar, numbers), program, lambda f: f)
        ours = build(map(Tensor, numbers), program, lambda f: OURS[f.__name__])
        moved = push_forward([ours[-1].node], {ours[0].node: np.ones(())})
        found = moved.get(ours[-1].node, 0.0)
        close(found, naive.slope(plain[-1], plain[0]), 1e-12)

    def test_the_oracle_knows_that_x_times_x_is_two_edges(self):
        x = naive.Scalar(3.0)
        assert naive.slope(naive.multiply(x, x), x) == 6.0


class TestAccumulation:
    def test_leaves_accumulate_over_calls_and_interior_nodes_do_not(self):
        x = Tensor([1.0, -2.0, 3.0])
        square = x * x
        y = square.sum()
        y.backward()
        once = x.grad.copy()
        y.backward()
        assert np.array_equal(once, [2.0, -4.0, 6.0])
        assert np.array_equal(x.grad, 2 * once)
        assert np.array_equal(square.grad, [1.0, 1.0, 1.0])
        assert y.grad == 1.0

    def test_none_starts_over(self):
        x = Tensor(3.0)
        y = x * x
        y.backward()
        x.grad = None
        y.backward()
        assert x.grad == 6.0

    def test_two_losses_on_one_leaf(self):
        x = Tensor(3.0)
        (x * x).backward()
        (5.0 * x).backward()
        assert x.grad == 11.0

    def test_no_gradient_is_none(self):
        x, unused = Tensor(3.0), Tensor(4.0)
        (x * Tensor([1, 2])).sum().backward()
        assert x.grad == 3.0
        assert unused.grad is None

    def test_zero_is_a_gradient(self):
        x = Tensor(3.0)
        (x * 0.0).backward()
        assert x.grad == 0.0

    def test_a_leaf_is_its_own_gradient(self):
        x = Tensor(3.0)
        x.backward()
        assert x.grad == 1.0

    def test_a_gradient_may_be_given(self):
        x = Tensor([1.0, 2.0, 3.0])
        (x * x).backward([1.0, 10.0, 100.0])
        assert np.array_equal(x.grad, [2.0, 40.0, 600.0])

    def test_a_gradient_is_nobody_elses_array(self):
        a, b = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
        y = a + b
        y.backward([1.0, 1.0])
        a.grad *= 10.0
        assert np.array_equal(a.grad, [10.0, 10.0])
        assert np.array_equal(b.grad, [1.0, 1.0])
        assert np.array_equal(y.grad, [1.0, 1.0])

    def test_a_renamed_leaf_is_the_same_variable(self):
        x = Tensor(3.0)
        (x.named("x") * x).backward()
        assert x.grad == 6.0


class TestRebinding:
    def test_the_optimizers_line(self):
        p = Tensor([1.0, 2.0], name="p")
        old = p * p
        old.sum().backward()
        p.data -= 0.1 * p.grad
        assert np.allclose(p.data, [0.8, 1.6])
        assert np.array_equal(old.data, [1.0, 4.0])
        new = p * p
        close(new.data, [0.64, 2.56], 1e-15)
        assert p.name == "p"

    def test_an_old_graph_still_differentiates_at_its_own_values(self):
        p = Tensor(3.0)
        old = p * p
        p.data = 5.0
        old.backward()
        assert p.grad == 6.0
        assert p.data == 5.0

    def test_the_dtype_stays(self):
        p = Tensor(np.array([1.0, 2.0], np.float32))
        p.data = [3, 4]
        assert p.dtype == p.data.dtype == np.float32

    @pytest.mark.parametrize("attribute", ["data", "grad"])
    def test_another_shape_is_refused(self, attribute):
        p = Tensor([1.0, 2.0], name="p")
        with pytest.raises(OperationError, match=rf"{attribute} of shape \(3, 1\).* p \(2,\)"):
            setattr(p, attribute, np.zeros((3, 1)))

    def test_only_a_leaf_has_data_to_assign(self):
        y = Tensor([1.0]) * 2.0
        with pytest.raises(OperationError, match="only a leaf's data can be assigned"):
            y.data = [3.0]


class TestRefusals:
    def test_an_array_needs_a_gradient_to_start_from(self):
        with pytest.raises(OperationError, match=r"shape \(2,\).*y\.sum\(\)\.backward\(\)"):
            (Tensor([1.0, 2.0]) * 2.0).backward()

    def test_of_the_right_shape(self):
        with pytest.raises(OperationError, match=r"gradient of shape \(3,\) for a y of \(2,\)"):
            (Tensor([1.0, 2.0]) * 2.0).backward([1.0, 2.0, 3.0])

    def test_there_must_be_something_to_differentiate(self):
        with pytest.raises(OperationError, match="make a leaf with Tensor"):
            (Tensor([1, 2]) * 3).sum().backward()

    def test_a_symbol_has_no_data(self):
        x = ar.symbol((2, 3), "x")
        with pytest.raises(ValueError, match="symbol and has no value"):
            _ = x.data

    def test_a_symbol_of_integers_is_not_differentiable(self):
        assert ar.symbol((2,), "x").node.op == "variable"
        assert ar.symbol((2,), "n", int).node.op == "constant"


class TestTheGraphIsLeftAlone:
    def test_neither_changed_nor_destroyed(self):
        x = Tensor([1.0, 2.0, 3.0], name="x")
        y = (ar.tanh(x) * x).sum()
        graph = Graph(y)
        before = [(n, n.inputs, n.name, n.place, np.copy(n.value)) for n in graph]
        for _ in range(3):
            y.backward()
        after = Graph(y)
        assert after.nodes == graph.nodes
        for node, inputs, name, place, value in before:
            assert (node.inputs, node.name, node.place) == (inputs, name, place)
            assert np.array_equal(node.value, value)


class TestSteps:
    def test_they_are_the_backward_pass(self):
        rng = np.random.default_rng(3)
        x, W = Tensor(rng.normal(size=(2, 3)), name="x"), Tensor(rng.normal(size=(4, 3)), name="W")
        b = Tensor(rng.normal(size=4), name="b")
        h = ar.tanh(x @ W.T + b)
        y = (h * h[::-1] + ar.maximum(h, 0.1) + h[[1, 1]]).sum() * b.sum()
        totals = {}
        sums = Counter()
        for step in backward_steps(y):
            for part in step.contributions:
                sums[part.input] = sums[part.input] + part.amount
                totals[part.input] = part.total
                if part.local is not None:
                    product = np.broadcast_to(step.upstream * part.local, step.node.shape)
                    assert part.amount.shape == part.input.shape
                    close(product.sum(), np.sum(part.amount), 1e-12)
                    if part.input.shape == step.node.shape:
                        assert np.array_equal(product, part.amount)
        assert (x.grad, W.grad, b.grad) == (None, None, None)
        y.backward()
        assert set(totals) == {n for n in Graph(y) if n.needs_grad} - {y.node}
        for node, total in totals.items():
            close(total, node.box.grad, 1e-14)
            close(sums[node], node.box.grad, 1e-14)

    def test_upstream_is_the_whole_gradient_when_a_node_is_visited(self):
        x = Value(3.0, "x")
        y = (x * x) + x
        steps = list(backward_steps(y))
        assert [step.node.op for step in steps] == ["add", "multiply", "variable"]
        assert [float(step.upstream) for step in steps] == [1.0, 1.0, 7.0]
        amounts = [
            (float(p.local), float(p.amount), float(p.total)) for p in steps[1].contributions
        ]
        assert amounts == [(3.0, 3.0, 4.0), (3.0, 3.0, 7.0)]

    def test_a_gradient_may_be_given(self):
        x = Tensor([1.0, 2.0])
        steps = list(backward_steps(x * x, gradient=[1.0, 10.0]))
        assert np.array_equal(steps[-1].upstream, [2.0, 40.0])


class TestRecorded:
    def test_place_phase_and_origin(self):
        x = Tensor([0.3, -0.7], name="x")
        with at(cell="cell", gate="gate", t=3):
            h = ar.tanh(x)
        y = (h * h).sum()
        g = pull_back({y.node: Tensor(1.0)}, [x.node], record=True)[x.node]
        forward, backward = set(Graph(y)), [n for n in Graph(g) if n.phase == "backward"]
        assert backward
        for node in backward:
            assert node not in forward
            assert node.origin in forward
            assert node.place == node.origin.place
        assert all(n.phase == "forward" and n.origin is None for n in forward)
        assert [n.place.t for n in backward if n.origin is h.node]

    def test_raw_passes_leave_no_nodes_and_no_stamp(self):
        x = Tensor([0.3, -0.7])
        (ar.tanh(x) * x).sum().backward()
        after = ar.exp(x).node
        assert (after.phase, after.origin, str(after.place)) == ("forward", None, "")

    def test_a_stamp_is_taken_back_when_a_rule_fails(self, monkeypatch):
        def broken(g, y, x):
            raise RuntimeError("broken")

        monkeypatch.setitem(ar.PRIMITIVES, "tanh", replace(ar.PRIMITIVES["tanh"], vjp=(broken,)))
        with pytest.raises(RuntimeError, match="broken"):
            ar.grad(lambda x: ar.tanh(x))(0.5)
        assert ar.exp(Tensor(0.5)).node.phase == "forward"


class TestManyNodes:
    @contextmanager
    def little_stack(self):
        limit = sys.getrecursionlimit()
        frame, depth = sys._getframe(), 0
        while frame is not None:
            frame, depth = frame.f_back, depth + 1
        sys.setrecursionlimit(depth + 60)
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)

    def test_a_chain_of_a_million_additions(self):
        x = Tensor(2.0)
        with self.little_stack():
            y = x
            for _ in range(1_000_000):
                y = y + 1.0
            y.backward()
            assert (float(y), x.grad) == (1_000_002.0, 1.0)
            del y

    def test_every_walk_of_a_long_chain(self):
        def chain(x):
            for _ in range(3_000):
                x = ar.tanh(x) * 1.0001
            return x

        with self.little_stack():
            y, g = ar.value_and_grad(chain)(0.5)
            _, tangent = ar.jvp(chain, [0.5], [1.0])
            close(g.data, tangent.data, 1e-12)
            graph = Graph(g)
            assert len(graph) > 12_000
            close(graph.evaluate({})[g.node], g.data, 0.0)
            assert len(list(backward_steps(y))) > 6_000
            second = pull_back({g.node: np.ones(())})
            assert second

    def test_a_node_that_is_used_a_hundred_thousand_times(self):
        x = Tensor([1.5, -0.5])
        with self.little_stack():
            y = ar.stack([x] * 1_000).sum(axis=0)
            for _ in range(50_000):
                y = y + x
            for _ in range(49_000):
                y = y + x[::-1]
            y.backward([1.0, 10.0])
        assert np.array_equal(x.grad, [51_000.0 + 490_000.0, 510_000.0 + 49_000.0])

    def test_the_recursive_oracle_would_not_survive_this(self):
        x = y = naive.Scalar(1.0)
        for _ in range(1_000):
            y = naive.Scalar(y.value + 1.0, (y,), (1.0,))
        with self.little_stack(), pytest.raises(RecursionError):
            naive.slope(y, x)
