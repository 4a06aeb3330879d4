"""What an unrolled graph records so that its steps can be told apart, compared and rolled up."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from autograd_rnn.cells import CELLS, GRUCell, RNNCell
from autograd_rnn.engine import Graph, Tensor, carry, greater, where
from autograd_rnn.engine.differentiate import pull_back
from autograd_rnn.engine.rules.recurrence import Recurrence
from autograd_rnn.sequence import unroll

BATCH, T, M, N = 2, 6, 3, 4
GATES = {
    "rnn": {"hidden state"},
    "lstm": {
        "forget gate",
        "input gate",
        "candidate",
        "output gate",
        "cell state",
        "hidden state",
    },
    "gru": {"update gate", "reset gate", "candidate", "hidden state"},
}


@pytest.fixture(params=CELLS)
def cell(request):
    return CELLS[request.param].init(inputs=M, hidden=N, rng=0)


def xs(steps=T):
    return np.random.default_rng(51).normal(size=(BATCH, steps, M))


class TestPlaces:
    def test_every_computed_node_has_cell_and_step(self, cell):
        for node in unroll(cell, xs()).graph:
            if node.primitive is None:
                assert (str(node.place), node.phase) == ("", "forward")
            else:
                assert node.place.cell == cell.kind
                assert 1 <= node.place.t <= T

    def test_the_gates_are_those_of_the_equations(self, cell):
        nodes = unroll(cell, xs()).graph
        assert {n.place.gate for n in nodes} - {""} == GATES[cell.kind]

    def test_a_node_of_a_step_reads_this_step_the_carry_before_or_leaves(self, cell):
        for node in unroll(cell, xs()).graph:
            for below in node.inputs:
                if below.place.t not in (None, node.place.t):
                    assert below.op == "carry"
                    assert below.place.t == node.place.t - 1

    def test_the_steps_are_alike(self, cell):
        by_step = defaultdict(list)
        for node in unroll(cell, xs()).graph:
            by_step[node.place.t].append((node.op, node.name, node.shape, node.place.gate))
        del by_step[None]
        for t in range(2, T):
            assert by_step[t] == by_step[1]

    def test_differentiated_data_enter_at_a_gate_of_their_own(self, cell):
        run = unroll(cell, Tensor(xs()))
        assert [(x.name, x.place.gate, x.place.t) for x in run.inputs] == [
            ("x", "input", t) for t in range(1, T + 1)
        ]


class TestCarries:
    def test_at_every_boundary_and_after_the_last_step(self, cell):
        run = unroll(cell, xs())
        record = run.recurrence
        assert record.slots == cell.slots
        assert record.initial == tuple(s.node for s in run.states[0])
        assert record.sequence == [x.node for x in run.inputs]
        assert len(record.carried) == T
        for t, carried in enumerate(record.carried, 1):
            for slot, node, state in zip(cell.slots, carried, run.states[t], strict=True):
                assert (node.op, node.attrs["slot"], node.place.t) == ("carry", slot, t)
                assert node.attrs["recurrence"] is record
                assert node.inputs == (state.node,)
                assert node.value is state.node.value
        assert record.last() == record.carried[-1]

    def test_a_step_reads_what_was_carried(self, cell):
        run = unroll(cell, xs())
        read = {below for node in run.graph for below in node.inputs}
        before = [n for carried in run.recurrence.carried[:-1] for n in carried]
        assert read.issuperset(before)
        assert read.isdisjoint(run.recurrence.last())


LOSSES = {
    "every output": lambda run, w: sum((h * w).sum() for h in run.outputs),
    "stacked outputs": lambda run, w: (run.stacked * w[:, None]).sum(),
    "last output": lambda run, w: (run.outputs[-1] * w).sum(),
    "last of the stacked": lambda run, w: (run.stacked[:, -1] * w).sum(),
    "last state": lambda run, w: (run.states[-1][-1] * w).sum(),
}
every_loss = pytest.mark.parametrize("loss", LOSSES)


class Backward:
    """A recorded backward pass."""

    def __init__(self, cell, loss, steps=T):
        self.run = unroll(cell, Tensor(xs(steps)))
        y = LOSSES[loss](self.run, np.random.default_rng(52).normal(size=(BATCH, N)))
        self.forward = Graph(y)
        self.cotangents = pull_back({y.node: Tensor(1.0)}, record=True)
        graph = Graph(*self.cotangents.values())
        self.nodes = [n for n in graph if n.phase == "backward"]

    def operations(self, t):
        """What step t computes. What a carry's readers send back is added up at the boundary."""
        at_t = [n for n in self.nodes if n.place.t == t and n.origin.op != "carry"]
        return Counter((n.op, n.place, n.origin.op, n.shape) for n in at_t)


def without_step(operations):
    return Counter(
        {(op, place._replace(t=0), *rest): n for (op, place, *rest), n in operations.items()}
    )


@every_loss
class TestRecordedBackward:
    def test_every_carry_and_initial_state_has_a_cotangent(self, cell, loss):
        backward = Backward(cell, loss)
        record = backward.run.recurrence
        for node in [*record.initial, *(n for carried in record.carried for n in carried)]:
            assert backward.cotangents[node].shape == (BATCH, N)
        for node in record.last():
            assert not backward.cotangents[node].data.any()  # no step reads it: zeros, not None

    def test_all_steps_compute_the_same_but_where_the_loss_comes_in(self, cell, loss):
        backward = Backward(cell, loss)
        steps = {t: without_step(backward.operations(t)) for t in range(1, T + 1)}
        for t in range(1, T):
            assert steps[t] == steps[2]
        enters = steps[T] - steps[2]
        assert not steps[2] - steps[T]
        if loss in ("last output", "last state"):
            # One sum more: of the loss's part and the carry's zeros. LSTM's c has that sum anyway.
            has_it = cell.kind == "lstm" and loss == "last state"
            assert [key[0] for key in enters] == ([] if has_it else ["add_n"])
        else:
            assert not enters

    def test_nodes_stand_where_the_forward_nodes_they_differentiate_stand(self, cell, loss):
        backward = Backward(cell, loss)
        reached = {*backward.forward, *Graph(*backward.run.recurrence.last())}
        for node in backward.nodes:
            assert node.place == node.origin.place
            assert node.origin in reached

    def test_a_parameters_gradient_is_one_sum_over_time(self, cell, loss):
        backward = Backward(cell, loss)
        for p in cell.parameters.values():
            found = backward.cotangents[p.node].node
            assert (found.op, len(found.inputs)) == ("add_n", T)
            assert [part.place.t for part in found.inputs] == list(range(T, 0, -1))

    def test_it_computes_the_raw_gradients(self, cell, loss):
        backward = Backward(cell, loss)
        y = LOSSES[loss](backward.run, np.random.default_rng(52).normal(size=(BATCH, N)))
        y.backward()
        for p in cell.parameters.values():
            assert np.array_equal(backward.cotangents[p.node].data, p.grad)


class TestShapeOfTheRecord:
    def test_the_raw_pass_visits_no_carry_in_vain(self, cell):
        run = unroll(cell, xs())
        found = pull_back({run.outputs[-1].sum().node: np.ones(())})
        assert not found.keys() & set(run.recurrence.last())

    def test_a_raw_pass_makes_no_zeros(self):
        x, w = Tensor([1.0, -1.0]), Tensor([3.0, 5.0])
        carried = carry(x, "h", Recurrence(("h",), [x.node]))
        where(greater(carried, 0.0), w, 2.0 * w).sum().backward()
        assert w.grad.tolist() == [1.0, 2.0]
        assert x.grad is None

    def test_a_transposed_operand_is_part_of_the_product(self, cell):
        graph = unroll(cell, xs()).graph
        products = [n for n in graph if n.op == "matmul"]
        assert len(products) == T * len(cell.gates)
        assert all(n.attrs == {"ta": False, "tb": True} for n in products)
        assert not [n for n in graph if n.op == "transpose"]

    def test_neither_does_the_backward_pass_transpose(self, cell):
        backward = Backward(cell, "every output")
        assert "transpose" not in {n.op for n in backward.nodes}

    def test_equal_steps_read_the_very_same_constants(self):
        graph = unroll(GRUCell.init(inputs=M, hidden=N, rng=0), xs()).graph
        ones = [n for n in graph.leaves if n.shape == () and not n.needs_grad]
        assert [n.value for n in ones] == [1.0]

    def test_outputs_leave_through_one_stack(self, cell):
        run = unroll(cell, xs())
        stacked = run.stacked.node
        assert stacked is run.stacked.node
        assert (stacked.op, stacked.inputs) == ("stack", tuple(h.node for h in run.outputs))

    def test_two_layers_are_two_recurrences(self):
        lower = RNNCell.init(inputs=M, hidden=M + 1, rng=0)
        upper = RNNCell.init(inputs=M + 1, hidden=N, rng=1)
        first = unroll(lower, xs())
        second = unroll(upper, first.stacked)
        loss = second.outputs[-1].sum()
        found = pull_back({loss.node: Tensor(1.0)}, [lower.W.node], record=True)
        for run in (first, second):
            assert all(node in found for node in run.recurrence.last())
        assert first.recurrence is not second.recurrence

    @every_loss
    def test_one_step(self, cell, loss):
        backward = Backward(cell, loss, steps=1)
        raw = pull_back({backward.forward.outputs[0]: np.ones(())})
        for p in cell.parameters.values():
            # c_1 does not depend on an LSTM's output gate: no gradient, in both.
            assert (p.node in raw) == (p.node in backward.cotangents)
            if p.node in raw:
                assert np.array_equal(raw[p.node], backward.cotangents[p.node].data)

    def test_the_first_step_is_like_the_others_whatever_is_asked_for(self, cell):
        run = unroll(cell, xs())
        wrt = [p.node for p in cell.parameters.values()]
        found = pull_back({run.stacked.sum().node: Tensor(1.0)}, wrt, record=True)
        assert all(node in found for node in run.recurrence.initial)

    def test_a_loss_in_the_middle(self, cell):
        run = unroll(cell, Tensor(xs(), name="xs"))
        y = (run.outputs[3] * run.outputs[3]).sum()
        recorded = pull_back({y.node: Tensor(1.0)}, record=True)
        raw = pull_back({y.node: np.ones(())})
        for leaf, gradient in raw.items():
            if leaf.primitive is None:
                assert np.array_equal(recorded[leaf].data, gradient)
