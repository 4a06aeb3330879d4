"""The closed forms of layers and losses, evaluated in floats, against the engine's gradients."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_rnn as ar
from derivations import derive
from derivations.catalogue import (
    attention,
    batch_normalization,
    conv_lstm,
    convolution,
    losses_derived,
    residual,
    softmax,
    weight_decay,
    word2vec,
)
from derivations.catalogue import embedding as lookup
from derivations.matrix import Moment, at, immediate, total
from derivations.nudging import FloatNumbers
from derivations.sizes import Sizes
from derivations.step import Equation, Lines
from derivations.truth import Truth

SIZES = {"1": 1, "n": 5, "m": 3, "k": 4, "d": 2, "T": 6, "J": 3, "N": 7, "C": 8, "K": 9, "P": 10}


class Derived:
    """The closed form of a topic in floats, at sizes all different."""

    def __init__(self, topic, **sizes):
        derivation = derive(topic)
        self.truth = Truth(
            derivation.truth.network,
            Sizes({**SIZES, **sizes}),
            FloatNumbers(seed=3),
            derivation.truth.indices,
        )
        formulas = [*(step.after for step in derivation), derivation.statement]
        self.rights = {line.left: line.right for f in formulas for line in lines(f)}

    def gradient(self, of, **indices):
        """Return what the derivation says dL/d`of` is."""
        return self.truth.value(self.rights[total(of)], **indices)

    def value(self, symbol):
        return np.array(self.truth.value(symbol))

    def over(self, symbol, moments):
        """Return the values of a symbol at several moments, stacked."""
        return np.stack([self.value(at(symbol, Moment("", t))) for t in moments])


def lines(formula):
    if isinstance(formula, Lines):
        return [equation for line in formula.lines for equation in lines(line)]
    return [formula] if isinstance(formula, Equation) else []


def agree(derived, computed):
    np.testing.assert_allclose(
        np.asarray(derived), np.asarray(computed).reshape(derived.shape), rtol=1e-12, atol=1e-12
    )


def gradients(function, *arrays):
    found = ar.grad(function, argnums=tuple(range(len(arrays))))(*arrays)
    return [gradient.data for gradient in found]


def test_the_jacobian_of_the_softmax():
    derived = Derived("softmax")
    rights = next(step.after for step in derive("softmax") if step.rule == "Read off the Jacobian")
    computed = ar.jacobian(ar.softmax)(derived.value(softmax.z)[:, 0]).data
    agree(derived.truth.value(rights.right), computed)


def test_cross_entropy():
    derived = Derived("cross-entropy")
    y = derived.value(softmax.y).T
    z = derived.value(softmax.z).T
    (dz,) = gradients(lambda z: ar.cross_entropy(z, y), z)
    weakened = derive("cross-entropy").without(softmax.SUM_TO_ONE)
    agree(derived.truth.value(weakened[-1].after.right), dz)  # holds for any targets
    y = y / y.sum()
    (dz,) = gradients(lambda z: ar.cross_entropy(z, y), z)
    agree(ar.softmax(z).data - y, dz)
    assert derived.rights[total(softmax.z)].text() == "p - y"


def test_squared_error():
    derived = Derived("squared-error")
    y = derived.value(losses_derived.y)
    (dh,) = gradients(lambda h: 0.5 * ar.sum((y - h) ** 2), derived.value(losses_derived.h))
    agree(derived.gradient(losses_derived.h), dh)


def test_a_masked_mean_of_losses():
    derived = Derived("total-loss")
    steps = range(1, SIZES["T"] + 1)
    losses, mask = (derived.over(s, steps)[:, 0, 0] for s in (losses_derived.ℓ, losses_derived.m))
    (shares,) = gradients(lambda losses: ar.sum(mask * losses) / np.sum(mask), losses)
    right = derive("total-loss")[2].after.right
    agree(np.array([derived.truth.value(right, t=t)[0, 0] for t in steps]), shares)


def test_batch_normalization():
    derived = Derived("batch-normalization")
    b = batch_normalization
    upstream, ε = derived.value(immediate(b.y)), derived.value(b.ε)[0, 0]

    def loss(x, γ, β):
        centred = x - ar.mean(x)
        return ar.sum(upstream * (γ * centred / ar.sqrt(ar.mean(centred**2) + ε) + β))

    computed = gradients(loss, *(derived.value(s) for s in (b.x, b.γ, b.β)))
    for symbol, gradient in zip((b.x, b.γ, b.β), computed, strict=True):
        agree(derived.gradient(symbol), gradient)


def test_a_stack_of_residual_blocks():
    derived = Derived("residual", D=3)
    r = residual
    up = derived.value(immediate(r.top))
    U, V = (derived.over(s, range(3)) for s in (r.U, r.V))

    def from_layer(start):
        def loss(x):
            for layer in range(start, 3):
                x = x + ar.matmul(U[layer], ar.tanh(ar.matmul(V[layer], x)))
            return ar.sum(up * x)

        return loss

    for layer in range(3):
        (dx,) = gradients(from_layer(layer), derived.value(at(r.x, Moment("", layer))))
        agree(derived.gradient(r.x, l=layer), dx)


def test_the_gradient_of_a_penalty():
    derived = Derived("weight-decay")
    d = weight_decay
    g, λ = derived.value(d.g), derived.value(d.λ)[0, 0]
    (dw,) = gradients(lambda w: ar.sum(g * w) + 0.5 * λ * ar.sum(w**2), derived.value(d.w))
    agree(derived.truth.value(derive("weight-decay")[0].after.right), dw)


def test_dot_product_attention():
    derived = Derived("attention")
    a = attention
    up, κ = derived.value(immediate(a.Y)), derived.value(a.κ)[0, 0]

    def loss(Q, K, V):
        weights = ar.softmax(κ * ar.matmul(Q, ar.transpose(K)), axis=1)
        return ar.sum(up * ar.matmul(weights, V))

    computed = gradients(loss, *(derived.value(s) for s in (a.Q, a.K, a.V)))
    for symbol, gradient in zip((a.Q, a.K, a.V), computed, strict=True):
        agree(derived.gradient(symbol), gradient)


def test_additive_attention():
    derived = Derived("additive-attention")
    a = attention
    up = derived.value(immediate(a.c))

    def loss(H, s, W, U, u):
        energies = ar.tanh(ar.matmul(W, H) + ar.matmul(U, s))
        weights = ar.softmax(ar.matmul(ar.transpose(energies), u), axis=0)
        return ar.sum(up * ar.matmul(H, weights))

    given = (a.H, a.s, a.W, a.U, a.u)
    computed = gradients(loss, *map(derived.value, given))
    for symbol, gradient in zip(given, computed, strict=True):
        agree(derived.gradient(symbol), gradient)


def test_a_convolution_over_time():
    derived = Derived("convolution")
    c, T, J = convolution, SIZES["T"], SIZES["J"]
    up = derived.over(immediate(c.y), range(1, T + 1))[..., 0].T[None]
    x = derived.over(c.x, range(1, T + J))[..., 0].T[None]
    K = np.moveaxis(derived.over(c.K, range(J)), 0, 2)
    dx, dK = gradients(lambda x, K: ar.sum(up * ar.conv1d(x, K)), x, K)
    for j in range(J):
        agree(derived.gradient(c.K, j=j), dK[:, :, j])
    for s in range(1, T + J):
        agree(derived.gradient(at(c.x, Moment("s")), s=s), dx[0, :, s - 1])


def test_max_pooling():
    derived = Derived("max-pooling")
    c, T = convolution, SIZES["T"]
    up = derived.over(immediate(c.p), range(1, T + 1))[..., 0].T[None]
    x = derived.over(c.signal, range(1, T + 2))[..., 0].T[None]
    (dx,) = gradients(lambda x: ar.sum(up * ar.max_pool1d(x, 2, stride=1)), x)
    for s in range(1, T + 2):
        agree(derived.gradient(at(c.signal, Moment("s")), s=s), dx[0, :, s - 1])


def test_the_conv_lstm():
    """Two steps of a ConvLSTM, its convolutions the engine's, padded with zeros."""
    steps, J, P = 2, 3, 4
    derived = Derived("conv-lstm", T=steps, P=P, n=2)
    c = conv_lstm
    taps = {j: np.eye(P, k=1 - j) for j in range(J)}
    for j, shift in taps.items():  # S_j shifts by one tap, zeros move in
        derived.truth.base.values["S", j] = shift
    ups = derived.over(immediate(c.h), range(1, steps + 1))
    xs = derived.over(c.x, range(1, steps + 1))
    h0, c0 = (derived.value(at(s, Moment("", 0))) for s in (c.h, c.c))
    bias = {q: derived.value(c.b[q]) for q in c.GATES}

    def loss(*kernels):
        W, R = (dict(zip(c.GATES, half, strict=True)) for half in (kernels[:4], kernels[4:]))
        h, state, found = h0, c0, 0.0
        for up, x in zip(ups, xs, strict=True):
            a = {
                q: ar.conv1d(x[None], W[q], padding=1)[0]
                + ar.conv1d(ar.expand_dims(h, 0), R[q], padding=1)[0]
                + bias[q]
                for q in c.GATES
            }
            f, i, o = (ar.sigmoid(a[q]) for q in "fio")
            state = f * state + i * ar.tanh(a["g"])
            h = o * ar.tanh(state)
            found = found + ar.sum(up * h)
        return found

    symbols = [*c.W.values(), *c.R.values()]
    kernels = [np.moveaxis(derived.over(s, range(J)), 0, 2) for s in symbols]
    for symbol, gradient in zip(symbols, gradients(loss, *kernels), strict=True):
        for j in range(J):
            agree(derived.gradient(symbol, j=j), gradient[:, :, j])


def test_an_embedding_scatters_and_adds():
    derived = Derived("embedding")
    words = [2, 0, 2, 3, 2, 1]
    for t, word in enumerate(words, 1):
        derived.truth.base.values["o", t] = np.eye(SIZES["k"])[:, [word]]
    up = derived.over(immediate(lookup.x), range(1, len(words) + 1))[..., 0]
    (dE,) = gradients(
        lambda E: ar.sum(up * ar.take(E, np.array(words), axis=0)), derived.value(lookup.E)
    )
    agree(derived.gradient(lookup.E), dE)


@pytest.mark.parametrize("topic", ["skip-gram", "cbow"])
def test_word_vectors_with_the_full_softmax(topic):
    derived = Derived(topic)
    w = word2vec
    y, C = derived.value(w.y).T, SIZES["C"]
    words = derived.over(w.x, range(1, C + 1))[..., 0]  # of the context
    v = words.mean(axis=0) if topic == "cbow" else derived.value(w.v)[:, 0]
    agree(derived.value(w.v)[:, 0], v)

    def loss(U, v):
        return ar.cross_entropy(ar.expand_dims(ar.matmul(U, v), 0), y)

    dU, dv = gradients(loss, derived.value(w.U), v)
    agree(derived.gradient(w.U), dU)
    agree(derived.gradient(w.v), dv)
    if topic == "cbow":
        (dx,) = gradients(lambda x: loss(derived.value(w.U), ar.mean(x, axis=0)), words)
        for c in range(1, C + 1):
            agree(derived.gradient(w.x, c=c), dx[c - 1])


def test_negative_sampling():
    derived = Derived("negative-sampling")
    w = word2vec
    samples = derived.over(w.r, range(1, SIZES["K"] + 1))[..., 0]

    def loss(v, u, r):
        true = ar.log(ar.sigmoid(ar.sum(u * v)))
        return -true - ar.sum(ar.log(ar.sigmoid(-ar.matmul(r, v))))

    dv, du, dr = gradients(loss, *(derived.value(s)[:, 0] for s in (w.v, w.u)), samples)
    agree(derived.gradient(w.v), dv)
    agree(derived.gradient(w.u), du)
    for j in range(1, SIZES["K"] + 1):
        agree(derived.gradient(w.r, j=j), dr[j - 1])


def test_a_wrong_closed_form_parts_from_the_engine():
    derived = Derived("squared-error")
    y, h = derived.value(losses_derived.y), derived.value(losses_derived.h)
    (dh,) = gradients(lambda h: 0.5 * ar.sum((y - h) ** 2), h)
    with pytest.raises(AssertionError):
        agree(-derived.gradient(losses_derived.h), dh)
