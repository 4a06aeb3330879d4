"""The graph as data: immutable, ordered, numbered the same every time, evaluated again."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_rnn.engine
import autograd_rnn.engine as ar
from autograd_rnn.engine import Graph, Tensor, at
from autograd_rnn.engine.record import lift
from tests.engine.numerics import TINY, close

ENGINE = Path(autograd_rnn.engine.__file__).parent


class TestNode:
    @pytest.mark.parametrize(
        "attribute",
        ["value", "inputs", "name", "shape", "dtype", "primitive", "stamp", "box", "new"],
    )
    def test_immutable(self, attribute):
        node = (Tensor(1.0) * 2.0).node
        with pytest.raises(AttributeError, match=f"immutable: to change {attribute}"):
            setattr(node, attribute, None)

    def test_the_same_input_twice_is_two_edges(self):
        x = Tensor(3.0)
        y = x * x
        assert y.node.inputs == (x.node, x.node)
        assert "2 nodes and 2 edges" in repr(Graph(y))
        assert Graph(y).consumers()[x.node] == [y.node, y.node]

    def test_inputs_are_ordered(self):
        a, b = Tensor(1.0), Tensor(2.0)
        assert (a - b).node.inputs == (a.node, b.node)
        assert (b - a).node.inputs == (b.node, a.node)

    def test_attributes_are_hashable(self):
        x = Tensor(np.ones((2, 3, 4)))
        made = [x[1, ::2], x[[0, 1, 0]], x[x.data > 0], x.sum((0, -1)), x.reshape(4, -1), x.T]
        for y in [*made, ar.stack([x, x]), ar.concatenate([x, x], -1)]:
            for value in y.node.attrs.values():
                hash(value)

    def test_equal_keys_are_equal_and_others_are_not(self):
        x = Tensor(np.ones((3, 4)))

        def key(part):
            return x[part].node.attrs["key"]

        assert key(slice(1, 2)) == key(slice(1, 2)) != key(slice(1, 3))
        assert key([0, 1]) == key(np.array([0, 1])) != key([1, 0])
        assert key([0, 1]) != key([[0, 1]])
        assert hash(key([0, 1])) == hash(key(np.array([0, 1])))

    def test_axes_said_otherwise_are_the_same_attributes(self):
        x = Tensor(np.ones((2, 3, 4)))
        assert x.sum((-1, 0)).node.attrs == x.sum((0, 2)).node.attrs
        assert x.T.node.attrs == x.transpose(-1, 1, 0).node.attrs
        assert ar.softmax(x).node.attrs == ar.softmax(x, axis=2).node.attrs

    def test_it_says_what_it_is(self):
        with at(cell="lstm", gate="forget gate", t=3):
            f = ar.sigmoid(Tensor(np.zeros((2, 4)), name="a_f")).named("f")
        assert repr(f.node) == "<sigmoid f (2, 4) at lstm / forget gate / t=3>"
        assert Tensor(1.0).node.op == "variable"
        assert Tensor(1).node.op == "constant"


class TestPlaces:
    def test_what_is_left_out_stays(self):
        with at(cell="lstm", t=3):
            with at(gate="forget gate"):
                inner = ar.tanh(Tensor(1.0)).place
            outer = ar.tanh(Tensor(1.0)).place
        after = ar.tanh(Tensor(1.0)).place
        assert inner == ("lstm", "forget gate", 3)
        assert outer == ("lstm", "", 3)
        assert after == ("", "", None)

    def test_leaves_and_constants_stand_nowhere(self):
        with at(cell="lstm", t=3):
            x = Tensor(1.0)
            y = x * 2.0
        assert str(x.place) == ""
        assert [str(below.place) for below in y.node.inputs] == ["", ""]
        assert str(y.place) == "lstm / t=3"

    def test_an_error_inside_leaves_no_place_behind(self):
        with pytest.raises(ZeroDivisionError), at(cell="lstm"):
            raise ZeroDivisionError
        assert str(ar.tanh(Tensor(1.0)).place) == ""


class TestConstants:
    def test_numbers_are_interned_by_value_and_kind(self):
        assert lift(2.0) is lift(2.0)
        assert lift(2.0) is not lift(2)
        assert lift(1) is not lift(True)
        assert lift(0.0) is not lift(-0.0)
        x = Tensor(1.0)
        assert (x * 0.5).node.inputs[1] is (0.5 + x).node.inputs[0]

    def test_minus_zero_stays_itself(self):
        x = Tensor(np.array([1.0]))
        assert np.signbit((x * -0.0).data).all()
        assert not np.signbit((x * 0.0).data).any()

    def test_numbers_computed_from_numbers_are_interned_too(self):
        # d(x³)/dx = 3 x²: that 2 is the very node of any other 2.
        x = Tensor(5.0)
        g = ar.grad(lambda x: x**3)(x)
        assert lift(2) in Graph(g).ids


class TestNumbering:
    def build(self):
        x, W = Tensor(np.ones((2, 3)), name="x"), Tensor(np.ones((4, 3)), name="W")
        h = ar.tanh(x @ W.T)
        return Graph((h * h + h).sum(), h)

    def test_inputs_come_first(self):
        graph = self.build()
        assert list(graph.ids.values()) == list(range(len(graph)))
        for node in graph:
            assert all(graph.ids[below] < graph.ids[node] for below in node.inputs)

    def test_two_graphs_built_alike_are_numbered_alike(self):
        def told(graph):
            return [(n.op, n.name, [graph.ids[below] for below in n.inputs]) for n in graph]

        assert told(self.build()) == told(self.build())

    def test_the_same_in_another_process(self):
        program = (
            "from autograd_rnn import LSTMCell, unroll; "
            "g = unroll(LSTMCell.init(3, 2, rng=0), steps=3).graph; "
            "print([(n.op, n.name, tuple(g.ids[b] for b in n.inputs)) for n in g])"
        )
        told = {
            subprocess.run(
                [sys.executable, "-c", program],
                env={"PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert len(told) == 1

    def test_each_node_once_whatever_reads_it(self):
        x = Tensor(1.0)
        y = x
        for _ in range(60):  # 2**60 paths
            y = y + y
        assert len(Graph(y)) == 61
        y.backward()
        assert x.grad == 2.0**60

    def test_leaves(self):
        graph = self.build()
        assert [leaf.name for leaf in graph.leaves] == ["x", "W"]


class TestEvaluate:
    def test_at_other_values(self):
        x, W = Tensor([[1.0, 2.0]], name="x"), Tensor([[3.0, 4.0]], name="W")
        y = (ar.tanh(x @ W.T) * 2.0).sum()
        other = np.array([[0.5, -0.25]])
        values = Graph(y).evaluate({x.node: other})
        close(values[y.node], 2.0 * np.tanh(other @ W.data.T).sum(), 1e-15)
        assert x.data.tolist() == [[1.0, 2.0]]

    def test_tensors_are_keys_as_good_as_nodes(self):
        x = Tensor(2.0)
        y = x * x
        assert Graph(y).evaluate({x: 3.0})[y.node] == 9.0

    def test_the_complex_step(self):
        x = Tensor(np.array([0.3, -0.7]))
        y = (ar.exp(x) * ar.sigmoid(x) + ar.relu(x)).sum()
        y.backward()
        graph = Graph(y)
        for i in range(2):
            moved = x.data + 1j * TINY * np.eye(2)[i]
            slope = np.imag(graph.evaluate({x: moved})[y.node]) / TINY
            close(slope, x.grad[i], 1e-15)

    def test_a_symbol_needs_a_value(self):
        x = ar.symbol((2,), "x")
        y = ar.tanh(x)
        with pytest.raises(ValueError, match=r"x .* is a symbol: give evaluate"):
            Graph(y).evaluate({})
        close(Graph(y).evaluate({x: np.ones(2)})[y.node], np.tanh(np.ones(2)), 0.0)

    def test_results_can_not_be_written_through_to_the_graph(self):
        x = Tensor([1.0, 2.0])
        values = Graph(x.reshape(2, 1)).evaluate({})
        for value in values.values():
            with pytest.raises(ValueError, match="read-only"):
                value[0] = 5.0


class TestTheCode:
    """Promises about the code itself."""

    def functions(self):
        for path in sorted(ENGINE.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    yield path, node

    def test_the_core_is_under_700_lines(self):
        core = [ENGINE / f"{name}.py" for name in ("graph", "tensor", "differentiate")]
        assert sum(len(path.read_text().splitlines()) for path in core) < 700

    def test_functions_are_under_30_lines(self):
        for path, function in self.functions():
            begin = function.body[0]
            is_doc = isinstance(begin, ast.Expr) and isinstance(begin.value, ast.Constant)
            first = function.body[1].lineno if is_doc and len(function.body) > 1 else begin.lineno
            lines = function.end_lineno - first + 1
            assert lines < 30, f"{path.name}: {function.name} has {lines} lines"

    def test_only_trees_of_parameters_are_walked_by_recursion(self):
        recursive = {
            function.name
            for _, function in self.functions()
            for node in ast.walk(function)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == function.name
            and not any(isinstance(f, ast.ImportFrom) for f in function.body)  # x.sum calls sum
        }
        # where() calls where() once, with a mask that has no gradient.
        assert recursive <= {"leaves_of", "leaves_like", "paths_of", "_rebuild", "plain", "where"}

    def test_the_engine_imports_numpy_and_the_standard_library_alone(self):
        allowed = {*sys.stdlib_module_names, "numpy", "autograd_rnn"}
        for path in ENGINE.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                    assert not (node.module or "").startswith("autograd_rnn.") or (
                        node.module or ""
                    ).startswith("autograd_rnn.engine")
                else:
                    continue
                assert {name.split(".")[0] for name in names} <= allowed
