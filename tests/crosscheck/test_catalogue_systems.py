"""The recurrence of the catalogue against the engine: gradients, Jacobians, systems of networks.

Both start from the same random numbers. The closed form is evaluated by the derivations, with true
derivatives in it; the engine runs its own graph backwards.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd_rnn as ar
from derivations import derive
from derivations.catalogue.carousel import back_in, carousel
from derivations.catalogue.carousel import lstm as lstm_network
from derivations.matrix import Moment, at, immediate, name_of, total
from derivations.nudging import FloatNumbers
from derivations.show.layout import lines_of
from derivations.sizes import Sizes
from derivations.truth import Truth

N, M, K, T, U = 5, 3, 4, 6, 2
SIZES = Sizes({"1": 1, "n": N, "m": M, "k": K, "T": T, "U": U, "B": 1})


class Numbers:
    """A derivation with numbers: what is given, and the values of its closed form."""

    def __init__(self, topic, **options):
        derivation = derive(topic, **options)
        self.network = derivation.truth.network
        self.truth = Truth(self.network, SIZES, FloatNumbers(seed=7), derivation.truth.indices)
        self.symbols = {name_of(s).letter: s for s in self.network.vocabulary}
        self.claims = {line.left.text(): line.right for line in lines_of(derivation.statement)}

    def __getitem__(self, letter):
        """What is given once and for all: a weight, or a bias as the engine has it."""
        value = self.truth.value(self.symbols[letter])
        return value[:, 0] if value.shape[1] == 1 else value

    def row(self, of, t):
        """The value at step t, as a batch of one row."""
        return self.truth.value(at(of, Moment("", t)))[:, 0][None]

    def inputs(self, letter="x", steps=T):
        rows = [self.row(self.symbols[letter], t)[0] for t in range(1, steps + 1)]
        return ar.Tensor(np.array(rows)[None])

    def state(self, letter, t=0):
        return ar.Tensor(self.row(self.symbols[letter], t))

    def cell(self, letter="", **settings):
        names = [f"W_{letter}h", f"W_{letter}x", f"b_{letter}".rstrip("_")]
        W_h, W_x, b = (self[name] for name in names)
        return ar.RNNCell(W=ar.Tensor(np.hstack([W_h, W_x])), b=ar.Tensor(b), **settings)

    def loss(self, outputs, letter="h"):
        """Σ_t ⟨∂⁺ℓ_t/∂h_t, h_t⟩ over the engine's outputs."""
        read = immediate(self.symbols[letter])
        terms = (ar.sum(out * self.row(read, t)) for t, out in enumerate(outputs, start=1))
        return sum(terms)

    def claim(self, name, **indices):
        """The value of the closed form for what stands on its left."""
        return self.truth.value(self.claims[name], **indices)

    def agree_on_weights(self, cell, letter):
        names = [f"W_{{{letter}h}}", f"W_{{{letter}x}}", f"b_{letter}"]
        said = [self.claim(f"dL/d{name}") for name in names]
        close(cell.W.grad, np.hstack(said[:2]))
        close(cell.b.grad, said[2][:, 0])


def jacobian(function, point):
    """The engine's Jacobian of a row by a row, as a matrix."""
    return ar.jacobian(function)(point).data.reshape(N, N)


def close(engine, derived):
    np.testing.assert_allclose(np.asarray(engine), derived, rtol=1e-11, atol=1e-13)


def columns(rows):
    """The engine's (1, T, size) as the derivations' columns, one a step."""
    return [row[:, None] for row in np.asarray(rows)[0]]


# ----------------------------------------------------------------------------- one network


@pytest.mark.parametrize("activation", ["tanh", "logistic", "relu"])
def test_the_unrolled_gradient_is_the_engines(activation):
    numbers = Numbers("unrolled", activation=activation)
    cell = numbers.cell(activation=activation)
    run = ar.unroll(cell, numbers.inputs(), state=(numbers.state("h"),))
    numbers.loss(run.outputs).backward()
    close(cell.W.grad[:, :N], numbers.claim("dL/dW_h"))


def test_the_unrolled_gradient_of_a_leaky_relu_is_the_engines():
    numbers = Numbers("unrolled", activation="leaky relu")
    cell = numbers.cell(activation=ar.leaky_relu)
    run = ar.unroll(cell, numbers.inputs(), state=(numbers.state("h"),))
    numbers.loss(run.outputs).backward()
    close(cell.W.grad[:, :N], numbers.claim("dL/dW_h"))


def test_what_rtrl_adds_up_is_what_the_engine_brings_back():
    numbers = Numbers("rtrl")
    cell = numbers.cell()
    run = ar.unroll(cell, numbers.inputs(), state=(numbers.state("h"),))
    numbers.loss(run.outputs).backward()
    for i, j in ((1, 1), (2, 4), (5, 3)):
        close(cell.W.grad[i - 1, j - 1], numbers.claim("dL/dW_h[i,j]", i=i, j=j)[0, 0])


def test_the_product_of_jacobians_is_the_engines():
    numbers = Numbers("jacobian-product")
    cell, xs = numbers.cell(), numbers.inputs()

    def last(state):
        return ar.unroll(cell, xs, state=(state,)).outputs[T]

    moved = jacobian(last, numbers.state("h").data)
    close(moved, numbers.claim("dh_t/dh_k", t=T, k=0))


def test_a_given_initial_state_has_the_engines_gradient():
    numbers = Numbers("initial-state")
    start = numbers.state("h")
    numbers.loss(ar.unroll(numbers.cell(), numbers.inputs(), state=(start,)).outputs).backward()
    close(start.grad.T, numbers.claim("dL/dh_0"))


def test_from_zeros_the_gradient_is_the_engines():
    numbers = Numbers("initial-state", start="zero")
    cell = numbers.cell()
    numbers.loss(ar.unroll(cell, numbers.inputs()).outputs).backward()
    close(cell.W.grad[:, :N], numbers.claim("dL/dW_h"))


def test_started_by_the_first_input_the_gradients_are_the_engines():
    numbers = Numbers("initial-state", start="first input")
    cell, x = numbers.cell(), numbers.symbols["x"]
    xs = ar.Tensor(np.array([numbers.row(x, t)[0] for t in range(T + 1)])[None])
    run = ar.unroll(cell, xs, state="first input")
    at_zero = ar.sum(run.states[0][0] * numbers.row(immediate(numbers.symbols["h"]), 0))
    (at_zero + numbers.loss(run.outputs)).backward()
    first, *others = columns(xs.grad)
    close(first, numbers.claim("dL/dx_0"))
    for t, found in enumerate(others, start=1):
        close(found, numbers.claim("dL/dx_t", t=t))
    close(cell.W.grad[:, :N], numbers.claim("dL/dW_h"))


# ---------------------------------------------------------------------------- gated networks


def test_the_whole_carousel_of_the_lstm_is_the_engines_jacobian():
    numbers = Numbers("lstm-carousel")
    cell = _gated(numbers, ar.LSTMCell, "figo")
    x, h, c = (numbers.symbols[letter] for letter in "xhc")
    t = 4

    def through_output(c_before):
        """c_t from c_{t-1}, h_{t-1} following by way of a given output gate."""
        o = numbers.row(numbers.symbols["o"], t - 1)
        return cell(numbers.row(x, t), (o * ar.tanh(c_before), c_before))[1]

    def from_output(h_before):
        return cell(numbers.row(x, t), (h_before, numbers.row(c, t - 1)))[1]

    whole = jacobian(through_output, numbers.row(c, t - 1))
    close(whole, numbers.claim("dc_t/dc_{t-1}", t=t))
    part = jacobian(from_output, numbers.row(h, t - 1))
    close(part, numbers.claim("dc_t/dh_{t-1}", t=t))


def test_the_names_of_the_carousel_are_what_the_truth_differentiates():
    truth = Truth(lstm_network(), SIZES, FloatNumbers(seed=7))
    numbers = Numbers("lstm-carousel")
    for name, claimed in (("dc_t/dc_{t-1}", carousel), ("dc_t/dh_{t-1}", back_in)):
        close(truth.value(claimed, t=3), numbers.claim(name, t=3))


@pytest.mark.parametrize(("keeps", "toward"), [("1-z", -40.0), ("z", 40.0)])
def test_an_update_gate_that_keeps_the_past_passes_the_error_on(keeps, toward):
    """A bias far out closes the gate to the last digit of a float."""
    cell = ar.GRUCell.init(M, N, rng=1, keeps=keeps)
    held = cell.parameters | {"b_z": ar.Tensor(np.full(N, toward))}
    shut = ar.GRUCell(**held, **cell.settings)
    x, h = (np.random.default_rng(2).normal(size=(1, size)) for size in (M, N))
    derived = Numbers("gru-carousel", keeps=keeps).claim("dh_t/dh_{t-1}")
    close(jacobian(lambda h: shut(x, (h,))[0], h), derived)


def test_the_two_signs_of_the_gru_compute_the_same_in_the_engine():
    numbers = Numbers("gru-signs")
    ours = _gated(numbers, ar.GRUCell, "zrg", keeps="z")
    negated = {name: ar.Tensor(-ours.parameters[name].data) for name in ("W_z", "b_z")}
    kept = {name: ar.Tensor(p.data) for name, p in ours.parameters.items() if name not in negated}
    other = ar.GRUCell(**kept, **negated, keeps="1-z")
    runs = [
        ar.unroll(cell, numbers.inputs(), state=(numbers.state("h"),)) for cell in (ours, other)
    ]
    for run in runs:
        numbers.loss(run.outputs).backward()
    close(runs[0].stacked.data, runs[1].stacked.data)
    for name in negated:
        close(ours.parameters[name].grad, -other.parameters[name].grad)
    close(ours.W_z.grad[:, :N], numbers.truth.value(total(numbers.symbols["W_zh"])))


def _gated(numbers, kind, gates, **settings):
    parameters = {}
    for q in gates:
        stacked = np.hstack([numbers[f"W_{q}h"], numbers[f"W_{q}x"]])
        parameters |= {f"W_{q}": ar.Tensor(stacked), f"b_{q}": ar.Tensor(numbers[f"b_{q}"])}
    return kind(**parameters, **settings)


# -------------------------------------------------------------------------- several networks


def test_both_directions_meet_in_the_input():
    numbers = Numbers("bidirectional")
    xs, forth, back = numbers.inputs(), numbers.cell("f"), numbers.cell("b")
    ahead = ar.unroll(forth, xs, state=(numbers.state("h_f"),))
    behind = ar.unroll(back, xs, state=(numbers.state("h_b", T + 1),), reverse=True)
    loss = numbers.loss(ahead.outputs, "h_f") + numbers.loss(behind.outputs, "h_b")
    loss.backward()
    for t, found in enumerate(columns(xs.grad), start=1):
        close(found, numbers.claim("dL/dx_t", t=t))
    numbers.agree_on_weights(forth, "f")
    numbers.agree_on_weights(back, "b")


def test_a_half_that_ran_the_wrong_way_is_noticed():
    numbers = Numbers("bidirectional")
    back = numbers.cell("b")
    wrong = ar.unroll(back, numbers.inputs(), state=(numbers.state("h_b", T + 1),))
    numbers.loss(wrong.outputs, "h_b").backward()
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        numbers.agree_on_weights(back, "b")


def test_a_layer_learns_from_the_one_above():
    numbers = Numbers("stacked")
    xs, first, second = numbers.inputs(), numbers.cell("1"), numbers.cell("2")
    below = ar.unroll(first, xs, state=(numbers.state("h_1"),))
    above = ar.unroll(second, below.stacked, state=(numbers.state("h_2"),))
    numbers.loss(above.outputs, "h_2").backward()
    for t, found in enumerate(columns(xs.grad), start=1):
        close(found, numbers.claim("dL/dx_t", t=t))
    numbers.agree_on_weights(first, "1")
    numbers.agree_on_weights(second, "2")


def test_the_decoder_teaches_the_encoder_through_its_initial_state():
    numbers = Numbers("encoder-decoder")
    encoder, decoder = numbers.cell("e"), numbers.cell("d")
    read = ar.unroll(encoder, numbers.inputs(), state=(numbers.state("h_e"),))
    written = ar.unroll(decoder, numbers.inputs("y", U), state=read.states[-1])
    numbers.loss(written.outputs, "h_d").backward()
    numbers.agree_on_weights(encoder, "e")
    numbers.agree_on_weights(decoder, "d")


def test_a_decoder_cut_off_from_the_encoder_is_noticed():
    numbers = Numbers("encoder-decoder")
    encoder, decoder = numbers.cell("e"), numbers.cell("d")
    ar.unroll(encoder, numbers.inputs(), state=(numbers.state("h_e"),))
    written = ar.unroll(decoder, numbers.inputs("y", U), state=(numbers.state("h_d"),))
    numbers.loss(written.outputs, "h_d").backward()
    assert encoder.W.grad is None
    assert np.abs(numbers.claim("dL/dW_{eh}")).min() > 0
