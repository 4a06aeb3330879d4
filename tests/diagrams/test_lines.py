"""What `show=` adds: shapes, values, gradients."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import draw
from autograd_rnn.diagrams.scene.annotate import gradients, numbers
from autograd_rnn.diagrams.typography.letters import plain
from tests.diagrams.scenes import HIDDEN, INPUTS, cell_of, loss_of, run_of


def drawn_lines(thing, show):
    graph = thing.graph if isinstance(thing, ar.Run) else ar.Graph(thing)
    by_id = {f"n{i}": node for node, i in graph.ids.items()}
    scene = draw(thing, view="op", show=show).scene
    return {by_id[item.id]: item.lines for item in scene.items if item.id in by_id}, scene


def test_shapes_are_those_of_the_nodes():
    lines, scene = drawn_lines(run_of("lstm", 2), "shapes")
    assert all(shown == (f"{node.shape}",) for node, shown in lines.items())
    assert "(batch, units): shape" in scene.notes


def test_values_are_those_of_the_nodes():
    a, b = ar.Value(-4.0, name="a"), ar.Value(1 / 3, name="b")
    lines, _ = drawn_lines(a * b, {"values"})
    assert sorted(lines.values()) == [("= -1.333",), ("= -4",), ("= 0.3333",)]


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_gradients_are_those_of_backward(kind):
    loss = loss_of(run_of(kind, 3))
    found = gradients(ar.Graph(loss))
    loss.backward()
    graph = ar.Graph(loss)
    reached = [node for node in graph if node.box.grad is not None]
    assert len(reached) > 40
    assert set(reached) == set(found)
    for node in reached:
        np.testing.assert_array_equal(found[node], node.box.grad)


def test_the_legend_has_the_whole_gradient_of_a_weight():
    loss = loss_of(run_of("rnn", 3))
    scene = draw(loss, show=["grads", "values"]).scene
    loss.backward()
    (b,) = [ar.Tensor.of(leaf) for leaf in ar.Graph(loss).leaves if leaf.name == "b"]
    (entry,) = [shared for shared in scene.shared if str(shared.letter) == "b"]
    assert entry.lines == (*numbers("=", b.data), *numbers("∂", b.grad))
    assert "∂: gradient of L with respect to the node" in scene.notes


def test_no_gradient_is_not_a_zero_gradient():
    x, mask = ar.Tensor([1.0, 2.0], name="x"), ar.Tensor([0.5, 3.0], name="m")
    lines, _ = drawn_lines((ar.greater(mask, 1.0) * x).sum(), "grads")
    by_name = {node.name: shown for node, shown in lines.items() if node.name}
    assert by_name == {"x": ("∂ [0 1]",), "m": ("∂ none",)}


def test_large_arrays_are_abbreviated():
    assert numbers("=", np.arange(20.0).reshape(4, 5)) == (
        "= [0 1 2 3 …",
        "   5 6 7 8 …",
        "   10 11 12 13 …",
        "   …]",
    )
    assert numbers("∂", np.zeros((2, 0))) == ("∂ []",)
    assert numbers("=", np.float64(-0.0)) == ("= 0",)
    assert numbers("=", np.array([True, False])) == ("= [True False]",)
    assert numbers("=", 12345.678) == ("= 1.235e+04",)


def test_words_may_be_one_string_or_several():
    loss = loss_of(run_of("rnn", 2))
    assert draw(loss, show="values, grads").dot == draw(loss, show=("grads", "values")).dot
    assert draw(loss, show="").dot == draw(loss).dot


def test_an_unknown_word_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"show='colours': .* formulas, .*shapes, values, grads"):
        draw(cell_of("rnn"), show="shapes,colours")


@pytest.mark.parametrize("word", ["values", "grads"])
def test_symbols_have_no_values(word):
    loss = ar.unroll(cell_of("rnn"), steps=2).stacked.sum()
    with pytest.raises(ValueError, match=r"is a symbol and has no value; unroll over data"):
        draw(loss, show=word)


@pytest.mark.parametrize("thing", [run_of("rnn", 2), run_of("rnn", 2).stacked])
def test_gradients_need_one_scalar(thing):
    with pytest.raises(ValueError, match=r"shape \(2, .*pass the loss.*show='grads'"):
        draw(thing, show="grads")


def test_shapes_of_symbols_are_known():
    _, scene = drawn_lines(ar.unroll(cell_of("rnn"), steps=2), "shapes")
    assert {item.lines for item in scene.items if item.rail == "x"} == {(f"{(1, INPUTS)}",)}
    assert {i.lines for i in scene.items if plain(i.symbol) == "tanh"} == {(f"{(1, HIDDEN)}",)}
