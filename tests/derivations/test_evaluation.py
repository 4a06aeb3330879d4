import numpy as np
import pytest

from derivations.recurrence import closed_form
from tests.derivations.problems import CELLS, EVERY, B, K, M, N, T, problem

TINY = 1e-30


def loss_at(form, arguments, group, name, array):
    changed = {**arguments[group], name: array}
    found = form.evaluate(**{**arguments, group: changed})
    if form.template.loss is not None:
        return found.loss
    # An abstract loss is as good as Σ_t ⟨∂⁺ℓ_t/∂h_t, h_t⟩.
    upstream = arguments["upstream"]
    return sum(np.sum(upstream[:, t] * found.values["h", t + 1]) for t in range(T))


def entries(arguments):
    for group in ("parameters", "initial"):
        for name, array in arguments[group].items():
            gradient = name if group == "parameters" else f"{name}_0"
            for place in np.ndindex(array.shape):
                yield group, name, gradient, array, place


FORMS = [{"cell": cell, "loss": loss} for cell, loss in EVERY]
FORMS += [{"cell": "rnn", "activation": activation} for activation in ("logistic", "relu")]


@pytest.mark.parametrize("names", FORMS, ids=lambda names: " ".join(map(str, names.values())))
def test_gradients_equal_complex_step(names):
    form = closed_form(**names)
    arguments = problem(form)
    found = form.evaluate(**arguments)
    for group, name, gradient, array, place in entries(arguments):
        stepped = array.astype(complex)
        stepped[place] += TINY * 1j
        derivative = loss_at(form, arguments, group, name, stepped).imag / TINY
        np.testing.assert_allclose(
            found.gradients[gradient][place], derivative, rtol=1e-12, atol=1e-13
        )


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_equal_central_differences(cell):
    form = closed_form(cell)
    arguments = problem(form)
    found = form.evaluate(**arguments)
    step = 1e-6
    for group, name, gradient, array, place in entries(arguments):
        ahead, behind = array.copy(), array.copy()
        ahead[place] += step
        behind[place] -= step
        difference = loss_at(form, arguments, group, name, ahead) - loss_at(
            form, arguments, group, name, behind
        )
        assert found.gradients[gradient][place] == pytest.approx(
            difference / (2 * step), rel=1e-6, abs=1e-7
        )


@pytest.mark.parametrize(("cell", "loss"), EVERY)
def test_every_variable_of_every_step_has_value_and_adjoint(cell, loss):
    form = closed_form(cell, loss=loss)
    found = form.evaluate(**problem(form))
    for definition in form.equations:
        letter, rows = definition.left.data[0].letter, definition.left.shape[0]
        size = {"n": N, "k": K, "1": 1}[rows]
        for t in range(1, T + 1):
            assert found.values[letter, t].shape == (B, size)
            assert found.adjoints[letter, t].shape == (B, size)
    for state in form.template.states:
        letter = state.data[0].letter
        assert found.values[letter, 0].shape == (B, N)
        np.testing.assert_array_equal(found.adjoints[letter, 0], found.gradients[f"{letter}_0"])


@pytest.mark.parametrize("cell", CELLS)
def test_terms_add_up_to_the_gradient(cell):
    form = closed_form(cell, loss="cross-entropy")
    arguments = problem(form)
    found = form.evaluate(**arguments)
    for name, parameter in arguments["parameters"].items():
        terms = [found.terms(name, t) for t in range(1, T + 1)]
        assert all(term.shape == parameter.shape for term in terms)
        np.testing.assert_allclose(sum(terms), found.gradients[name], rtol=1e-13, atol=1e-14)


def test_terms_of_something_else_are_refused():
    form = closed_form("rnn")
    found = form.evaluate(**problem(form))
    with pytest.raises(ValueError, match="no parameter 'W_f'; there are: W, b"):
        found.terms("W_f", 1)
    for t in (0, T + 1):
        with pytest.raises(ValueError, match=f"no step {t}; there are: 1 to {T}"):
            found.terms("W", t)


def test_a_batch_is_the_sum_of_its_examples():
    form = closed_form("lstm")
    arguments = problem(form)
    whole = form.evaluate(**arguments)
    alone = [
        form.evaluate(
            arguments["parameters"],
            arguments["inputs"][i : i + 1],
            arguments["targets"][i : i + 1],
            {name: state[i : i + 1] for name, state in arguments["initial"].items()},
        )
        for i in range(B)
    ]
    assert whole.loss == pytest.approx(sum(one.loss for one in alone), rel=1e-14)
    for name in arguments["parameters"]:
        expected = sum(one.gradients[name] for one in alone)
        np.testing.assert_allclose(whole.gradients[name], expected, rtol=1e-12, atol=1e-14)


def test_initial_states_are_zero_where_absent():
    form = closed_form("lstm")
    arguments = problem(form)
    zeros = np.zeros((B, N))
    expected = form.evaluate(**{**arguments, "initial": {"h": zeros, "c": zeros}})
    found = form.evaluate(**{**arguments, "initial": None})
    for name, gradient in expected.gradients.items():
        np.testing.assert_array_equal(found.gradients[name], gradient)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize(("cell", "loss"), EVERY)
def test_numbers_keep_their_type(cell, loss, dtype):
    form = closed_form(cell, loss=loss)
    arguments = problem(form)

    def cast(value):
        return (
            {k: cast(v) for k, v in value.items()}
            if isinstance(value, dict)
            else value.astype(dtype)
        )

    found = form.evaluate(**{name: cast(value) for name, value in arguments.items()})
    assert {gradient.dtype for gradient in found.gradients.values()} == {np.dtype(dtype)}


def test_large_logits_do_not_overflow():
    form = closed_form("rnn", loss="cross-entropy", activation="logistic")
    arguments = problem(form)
    arguments["parameters"]["b_y"] = np.linspace(-300, 300, K)
    arguments["parameters"]["b"] = np.array([-800.0, 800, 0, 1, -1])
    found = form.evaluate(**arguments)
    assert np.isfinite(found.loss)
    assert all(np.isfinite(gradient).all() for gradient in found.gradients.values())


def test_a_thousand_steps():
    form = closed_form("gru")
    arguments = problem(form, t=1000)
    found = form.evaluate(**arguments)
    assert len([key for key in found.adjoints if key[0] == "h"]) == 1001


def without(arguments, name):
    parameters = {key: value for key, value in arguments["parameters"].items() if key != name}
    return {**arguments, "parameters": parameters}


def replaced(group, name, array):
    return lambda arguments: {**arguments, group: {**arguments[group], name: array}}


BAD = [
    (
        replaced("parameters", "W_f", np.ones((N, N))),
        r"W_f has shape \(5, 5\); expected \(n, n\+m\)",
    ),
    (
        replaced("parameters", "b_i", np.ones(N + 1)),
        r"b_i has shape \(6,\); expected \(n\) = \(5,\)",
    ),
    (replaced("parameters", "b_q", np.ones(N)), "no parameter b_q; there are: W_f, b_f"),
    (lambda a: without(a, "b_o"), "the parameter b_o is missing"),
    (replaced("initial", "h", np.ones((B, M))), r"initial h has shape \(2, 3\); expected \(B, n\)"),
    (replaced("initial", "s", np.ones((B, N))), "no initial state s; there are: h, c"),
    (
        lambda a: {**a, "inputs": np.ones((B, T))},
        r"inputs has shape \(2, 4\); expected \(B, T, m\)",
    ),
    (lambda a: {**a, "inputs": np.ones((B, 0, M))}, r"inputs has shape \(2, 0, 3\)"),
    (lambda a: {**a, "targets": np.ones((B, T, M))}, r"targets has shape \(2, 4, 3\); expected"),
    (lambda a: {**a, "targets": None}, "targets are missing"),
    (lambda a: {**a, "upstream": np.ones((B, T, N))}, "upstream are given, but this loss has none"),
]


@pytest.mark.parametrize(("spoil", "message"), BAD, ids=[message for _, message in BAD])
def test_arguments_that_do_not_fit_are_named(spoil, message):
    form = closed_form("lstm")
    with pytest.raises(ValueError, match=message):
        form.evaluate(**spoil(problem(form)))


def test_targets_of_the_cross_entropy_must_sum_to_one():
    form = closed_form("gru", loss="cross-entropy")
    arguments = problem(form)
    with pytest.raises(ValueError, match="must sum to one"):
        form.evaluate(**{**arguments, "targets": 2 * arguments["targets"]})
