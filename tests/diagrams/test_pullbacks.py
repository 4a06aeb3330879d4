"""How an operation hands its gradient on, in words: the words say what the rule computes."""

from itertools import product

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams.stepper.pullbacks import WORDS, pullback_of
from autograd_rnn.diagrams.typography.letters import plain
from autograd_rnn.engine import PRIMITIVES
from autograd_rnn.engine.record import apply
from autograd_rnn.engine.steps import backward_steps

A, B = np.random.default_rng(0).normal(size=(2, 3)), np.random.default_rng(1).normal(size=(3, 4))
NO_SHORTER_WORD = {"einsum"}


def test_there_are_words_for_every_operation_without_slopes():
    differentiable = {name for name, p in PRIMITIVES.items() if p.differentiable and not p.slopes}
    assert differentiable == {*WORDS, "matmul", *NO_SHORTER_WORD}


@pytest.mark.parametrize(
    ("ta", "tb", "position"), list(product((False, True), (False, True), (0, 1)))
)
def test_those_of_a_product_are_its_gradient(ta, tb, position):
    a, b = ar.Tensor(A.T if ta else A, name="A"), ar.Tensor(B.T if tb else B, name="B")
    y = apply("matmul", a, b, ta=ta, tb=tb)
    weights = np.random.default_rng(2).normal(size=y.shape)
    step = next(s for s in backward_steps((y * weights).sum()) if s.node is y.node)
    known = {"A": a.data, "B": b.data, "δ": step.upstream}
    words = plain(pullback_of(y.node, position, lambda node: (node.name,)))
    first, second = (known[w[0]].T if w.endswith("ᵀ") else known[w] for w in words.split(" "))
    np.testing.assert_allclose(first @ second, step.contributions[position].amount)


BY_HAND = {
    "softmax": lambda δ, x: _softmax(x) * (δ - (δ * _softmax(x)).sum()),
    "log_softmax": lambda δ, x: δ - _softmax(x) * δ.sum(),
    "logsumexp": lambda δ, x: δ * _softmax(x),
    "sum": lambda δ, x: np.full_like(x, δ),
    "cumsum": lambda δ, x: np.flip(np.cumsum(np.flip(δ))),
    "max": lambda δ, x: np.where(x == x.max(), δ, 0.0),
    "min": lambda δ, x: np.where(x == x.min(), δ, 0.0),
}


def _softmax(x):
    return np.exp(x) / np.exp(x).sum()


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_those_of_functions_of_a_vector_are_its_gradient(name):
    x = ar.Tensor(np.random.default_rng(3).normal(size=5), name="x")
    y = getattr(ar, name)(x)
    weights = np.random.default_rng(4).normal(size=y.shape)
    step = next(s for s in backward_steps((y * weights).sum()) if s.node.op == name)
    np.testing.assert_allclose(BY_HAND[name](step.upstream, x.data), step.contributions[0].amount)
    assert plain(pullback_of(step.node, 0, lambda node: (node.name,))) == WORDS[name]


def test_a_factor_of_several_letters_is_held_together():
    x, W = ar.Tensor(np.ones((1, 3)), name="x"), ar.Tensor(np.ones((2, 3)), name="W")
    y = ar.tanh(x) @ W.T
    name = {x.node: ("x",), W.node: ("W",)}
    words = pullback_of(y.node, 1, lambda node: name.get(node, ("tanh(", "x", ")")))
    assert plain(words) == "δᵀ (tanh(x))"
    words = pullback_of(y.node, 1, lambda node: name.get(node, ("[", "x", "]")))
    assert plain(words) == "δᵀ [x]"
