"""Stability against the engine: truncation, depth, counterexamples, conventions of storage."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_rnn as ar
from derivations import derive
from derivations.catalogue import depth_chain, gru, orientation, truncation
from derivations.matrix import Moment, at, immediate, name_of, norm, symbol, total
from derivations.network import of_template
from derivations.nudging import FloatNumbers
from derivations.sizes import Sizes
from derivations.step import Equation, Lines
from derivations.truth import Truth

SIZES = {"1": 1, "n": 5, "m": 3, "k": 4, "T": 6}
STEPS = range(1, SIZES["T"] + 1)


def numbers_of(derivation, **sizes):
    """The network of a derivation at random floats, at sizes all different."""
    network, indices = derivation.truth.network, derivation.truth.indices
    return Truth(network, Sizes({**SIZES, **sizes}), FloatNumbers(seed=5), indices)


def equations(derivation):
    for formula in (*(step.after for step in derivation), derivation.statement):
        for line in formula.lines if isinstance(formula, Lines) else (formula,):
            if isinstance(line, Equation):
                yield line


def right_of(derivation, left, relation="="):
    return [e.right for e in equations(derivation) if (e.left, e.relation) == (left, relation)][-1]


def over_steps(truth, one):
    return [np.asarray(truth.value(at(one, Moment("", t)))) for t in STEPS]


def agree(derived, computed):
    np.testing.assert_allclose(np.asarray(derived), computed, rtol=1e-11, atol=1e-12)


# ------------------------------------------------------------------------------------ truncation


def truncated_gradient(truth, activation, kept):
    """The engine's gradient of W_h with every loss walked back `kept` steps and no further."""
    template = truncation.Truncation(activation).template
    h = template.output
    W_x, b = (np.asarray(truth.value(one)) for one in _input_weights(template))
    xs, errors = over_steps(truth, template.inputs), over_steps(truth, immediate(h))
    function = {"tanh": ar.tanh, "logistic": ar.sigmoid}[activation]
    start = np.asarray(truth.value(at(h, Moment("", 0))))

    def loss(W):
        total_loss = 0.0
        for t in STEPS:
            state = start
            for s in range(1, t + 1):
                weights = ar.stop_gradient(W) if t - s >= kept else W
                state = function(weights @ state + W_x @ xs[s - 1] + b)
            total_loss = total_loss + ar.sum(errors[t - 1] * state)
        return total_loss

    return ar.grad(loss)(np.asarray(truth.value(truncation.WEIGHTS))).data


def _input_weights(template):
    (_, W_x), (b,) = (parameter.blocks for parameter in template.parameters)
    return W_x, b


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
@pytest.mark.parametrize("kept", [1, 2, 4, 6, 7])
def test_truncation_keeps_what_the_engine_keeps(activation, kept):
    derivation = derive("truncated-bptt", activation=activation)
    truth = numbers_of(derivation, K=kept)
    computed = truncated_gradient(truth, activation, kept)
    agree(truth.value(right_of(derivation, truncation.TRUNCATED)), computed)
    whole = truncated_gradient(truth, activation, SIZES["T"])
    bias = right_of(derivation, truncation.TRUNCATED - truncation.GRADIENT)
    agree(truth.value(bias), computed - whole)
    assert np.allclose(computed, whole) == (kept >= SIZES["T"])


@pytest.mark.parametrize("kept", [1, 3, 6])
def test_the_bound_on_the_bias_holds_in_the_engine(kept):
    derivation = derive("truncated-bptt", activation="logistic")
    truth = numbers_of(derivation, K=kept)
    assert truth.value(truncation.ρ) < 1
    whole, cut = (truncated_gradient(truth, "logistic", K) for K in (SIZES["T"], kept))
    left = norm(truncation.TRUNCATED - truncation.GRADIENT)
    bound = truth.value(right_of(derivation, left, "≤")).item()
    assert np.linalg.norm(cut - whole, 2) <= bound


# ----------------------------------------------------------------------------------------- depth


def test_the_chain_of_four_layers():
    derivation = derive("depth-chain")
    truth = numbers_of(derivation)

    def value(one):
        return np.asarray(truth.value(one))

    W, b = ([value(one) for one in letters[1:]] for letters in (depth_chain.W, depth_chain.b))

    def loss(first_bias):
        state = value(depth_chain.h[0])
        for weights, bias in zip(W, [first_bias, *b[1:]], strict=True):
            state = ar.sigmoid(weights @ state + bias)
        return 0.5 * ar.sum((state - value(depth_chain.y)) ** 2)

    computed = ar.grad(loss)(b[0]).data
    gradient = total(depth_chain.b[1])
    agree(value(right_of(derivation, gradient)), computed)
    bound = truth.value(right_of(derivation, norm(gradient), "≤")).item()
    assert 0 < np.linalg.norm(computed) <= bound


# ------------------------------------------------------------------------------- counterexamples


def jacobian_over_time(weights, bias, state, steps):
    """The engine's dh_steps/dh_0 of h_t = tanh(W h_{t-1} + b), and the last state."""

    def last(h):
        for _ in range(steps):
            h = ar.tanh(weights @ h + bias)
        return h

    return ar.jacobian(last)(state).data, last(ar.Tensor(state)).data


def test_a_saturated_unit_with_a_large_weight_vanishes():
    state, weights = np.array([0.8]), np.array([[2.0]])
    found, last = jacobian_over_time(weights, np.arctanh(state) - weights @ state, state, 9)
    agree(last, state)
    agree(found, [[(18 / 25) ** 9]])
    shown = [line.text() for line in derive("saturation").statement.lines]
    assert shown == ["w = 2", "lim_{t→∞} dh_t/dh_k = 0"]


def test_tanh_explodes_though_the_spectral_radius_is_zero():
    weights = np.outer([2.0, 1.0], [1.0, -2.0])
    assert np.all(weights @ weights == 0)
    state = np.array([0.0, 0.8])
    bias = np.arctanh(state) - weights @ state
    once, _ = jacobian_over_time(weights, bias, state, 1)
    for steps in (2, 5, 20):
        found, _ = jacobian_over_time(weights, bias, state, steps)
        np.testing.assert_allclose(found, (32 / 25) ** (steps - 1) * once, rtol=1e-6)
    assert "∞" in derive("spectral-radius").statement.text()


@pytest.mark.parametrize("function", [lambda a: a, ar.tanh], ids=["linear", "tanh"])
def test_orthogonal_weights(function):
    rng = np.random.default_rng(3)
    weights = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    inputs = rng.normal(size=(6, 5))

    def last(h):
        for x in inputs:
            h = function(weights @ h + x)
        return h

    stretched = np.linalg.svd(ar.jacobian(last)(rng.normal(size=5)).data, compute_uv=False)
    if function is ar.tanh:
        assert stretched.max() < 1
    else:
        agree(stretched, np.ones(5))


# ----------------------------------------------------------------------------------- conventions


def test_stored_the_other_way_weights_and_gradients_are_transposed_alike():
    derivation = derive("orientation")
    truth = numbers_of(derivation)
    V, W = symbol("V", ("m", "n")), orientation.W
    xs, errors = over_steps(truth, orientation.x), over_steps(truth, immediate(orientation.h))
    U, b = (np.asarray(truth.value(one)) for one in (orientation.U, orientation.b))

    def loss(stored, product):
        state = np.asarray(truth.value(at(orientation.h, Moment("", 0))))
        found = 0.0
        for x, error in zip(xs, errors, strict=True):
            state = ar.tanh(product(stored, x) + U @ state + b)
            found = found + ar.sum(error * state)
        return found

    by_columns = ar.grad(lambda W: loss(W, lambda W, x: W @ x))(np.asarray(truth.value(W))).data
    by_rows = ar.grad(lambda V: loss(V, lambda V, x: ar.swapaxes(V, 0, 1) @ x))(
        np.asarray(truth.value(V))
    ).data
    agree(by_rows, by_columns.T)
    agree(truth.value(right_of(derivation, total(V))), by_rows)


def test_the_two_biases_of_a_gru_have_gradients_of_their_own():
    last = derive("two-biases").steps[-1]
    network = of_template(gru.template(reset="after"))
    truth = Truth(network, Sizes(SIZES), FloatNumbers(seed=7))
    names = {name_of(s).letter: s for s in truth.network.given}
    values = {letter: np.asarray(truth.value(s)) for letter, s in names.items() if letter != "x"}
    h = symbol("h", ("n", "1"), Moment("t"))
    xs, errors = (over_steps(truth, one) for one in (names["x"], immediate(h)))

    def loss(outside, inside):
        state, found = np.asarray(truth.value(at(h, Moment("", 0)))), 0.0
        for x, error in zip(xs, errors, strict=True):
            z, r = (
                ar.sigmoid(values[f"W_{q}h"] @ state + values[f"W_{q}x"] @ x + values[f"b_{q}"])
                for q in "zr"
            )
            g = ar.tanh(r * (values["W_gh"] @ state + inside) + values["W_gx"] @ x + outside)
            state = z * g + (1 - z) * state
            found = found + ar.sum(error * state)
        return found

    computed = ar.grad(loss, argnums=(0, 1))(values["b_g"], values["b_gh"])
    for line, gradient in zip(last.after.lines, computed, strict=True):
        agree(truth.value(line.right), gradient.data)
