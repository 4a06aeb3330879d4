"""The arguments about chance held against sampling, integrals in floats, and wrong formulas."""

from functools import cache

import numpy as np
import pytest

from derivations import derive
from derivations.catalogue.he import halved_variance
from derivations.chance.scalar_mutations import KINDS, mutations, wrong_formulas
from derivations.chance.scalars import HALF, Constant, E, Number, Sum, Var, Variable
from derivations.step import Derivation, Equation, Lines, NotVerified, Step, Words, numbered
from tests.derivations.chance_equivalents import EXPLANATIONS

QUICK = ("gains", "dropout", "randomized-truncation")
ALL = ("xavier", "depth", "he", *QUICK)


@cache
def derived(topic: str) -> Derivation:
    return derive(topic)


def line(topic: str, start: str) -> Step:
    """Return the step whose result starts so."""
    found = [step for _, step in numbered(derived(topic).steps) if step.rule.startswith(start)]
    return found[0]


# ------------------------------------------------------------- a wrong line in place of a right one


def mutate(topic):
    """Return how many wrong lines there are, and those that pass, each with its explanations."""
    count, survivors = 0, []
    for number, step in numbered(derived(topic).steps):
        for kind, wrong in wrong_formulas(step.after):
            count += 1
            try:
                step.check(step.before, wrong)
            except NotVerified:
                continue
            why = [explain.__name__ for explain in EXPLANATIONS if explain(step, kind, wrong)]
            survivors.append((number, kind, wrong.text(), why))
    return count, survivors


@pytest.mark.parametrize(
    "topic",
    [pytest.param(t, marks=() if t in QUICK else pytest.mark.slow) for t in ALL],
)
def test_wrong_lines_are_caught(topic):
    count, survivors = mutate(topic)
    assert count > 150
    assert len(survivors) <= 0.03 * count
    assert all(why for *_, why in survivors), survivors


@pytest.mark.slow
def test_of_all_wrong_lines_98_in_100_are_caught():
    counts = [(count, len(survivors)) for count, survivors in map(mutate, ALL)]
    total, survived = map(sum, zip(*counts, strict=True))
    assert survived <= 0.02 * total


def test_every_step_can_be_asked_again():
    for topic in ALL:
        for _, step in numbered(derived(topic).steps):
            assert step.check(step.before, step.after) == step.verdict
            for no_equation in (Words("given"), Number(1), Lines(step.after)):
                with pytest.raises(NotVerified):
                    step.check(step.before, no_equation)


def test_an_equation_that_says_nothing_is_not_verified():
    step = line("xavier", "Keep the variance forward")
    with pytest.raises(NotVerified):
        step.check(step.before, Equation(Number(1), Number(1)))


def test_every_kind_of_mistake_is_made():
    kinds = {
        k for t in ALL for _, s in numbered(derived(t).steps) for k, _ in wrong_formulas(s.after)
    }
    assert kinds == set(KINDS)


def test_no_mutation_is_the_formula_itself():
    w, n = Variable("w", "j"), Constant("n", "in")
    formula = Sum("j", n, Var(w) * E(w**2) - HALF) / n
    wrongs = [wrong for _, wrong in mutations(formula)]
    assert len(wrongs) > 15
    assert formula not in wrongs


@pytest.mark.parametrize("topic", ALL)
def test_lines_fit_and_reasons_are_sentences(topic):
    assert max(map(len, derived(topic).to("text").splitlines())) <= 100
    for _, step in numbered(derived(topic).steps):
        assert step.why.endswith(".")
        assert len(step.why.split()) >= 4


@pytest.mark.parametrize("topic", ALL)
def test_what_is_concluded_from_was_come_to_or_is_asked_for(topic):
    """A premise is an earlier result, or a wish or definition that some other line speaks of."""
    asked = {
        "Var(y) = Var(x)",
        "Var(dL/du) = Var(δ)",
        "Var(y) = Var(z)",
        "Var(dL/du) = E[δ²]",
        "E[x²] = E[relu(z)²]",  # x is relu(z)
        "Var(z_0) = Var(x)",  # z_0 is x
        "Var(z_1) = n_1 Var(W_1) Var(z_0)",  # one layer, for l = 1
        "Var(z_{l-1}) = Var(x) Π_{k=1}^{l-1} n_k Var(W_k)",  # the induction hypothesis
        "E[ĝ_T] = e_T",
        "g_T = e_T",
        "g_t = e_t + Σ_{j=1}^{n} J_{j,t+1} g_{j,t+1}",  # backpropagation through time
        "k_tanh² Var(tanh(z)) = Var(z)",
        "k_σ² Var(σ(z)) = Var(z)",
        *(f"g_{φ}² E[{φ}(z)²] = 1" for φ in ("relu", "leaky", "tanh", "σ")),
    }
    reached = {step.after.text() for step in derived(topic)}
    for step in derived(topic):
        if isinstance(step.before, Lines):
            for premise in step.before.lines:
                assert premise.text() in reached | asked, premise.text()


# ------------------------------------------------------------------------------------ numbers

Z = np.linspace(-12, 12, 240_001)
DENSITY = np.exp(-(Z**2) / 2) / np.sqrt(2 * np.pi)


def expectation(values):
    """Return ``∫ f(z) φ(z) dz`` in floats."""
    return np.trapezoid(values * DENSITY, Z)


def decimal(step):
    return float(step.after.right.digits)


def test_gains_agree_with_integrals_in_floats():
    tanh, σ = expectation(np.tanh(Z) ** 2), expectation(1 / (1 + np.exp(-Z)) ** 2)
    assert decimal(line("gains", "Integrate for tanh")) == pytest.approx(tanh**-0.5, abs=1e-6)
    assert decimal(line("gains", "Integrate for σ")) == pytest.approx(σ**-0.5, abs=1e-6)
    assert decimal(line("gains", "PyTorch's 5/3")) == pytest.approx(25 / 9 * tanh, abs=1e-6)
    assert decimal(line("gains", "The slope's 4")) == pytest.approx(16 * σ, abs=1e-6)
    relu, leaky = np.maximum(Z, 0), np.where(Z > 0, Z, 0.3 * Z)
    assert expectation(relu**2) == pytest.approx(1 / 2, abs=1e-9)
    assert expectation(leaky**2) == pytest.approx((1 + 0.3**2) / 2, abs=1e-9)


def test_the_halved_variance_agrees_with_an_integral_in_floats():
    relu, found = np.maximum(Z, 0), halved_variance()
    assert found.right == pytest.approx(expectation(relu**2) - expectation(relu) ** 2, abs=1e-9)
    assert found.wrong == 0.5


def network(rng, std, layers, size, activation, samples=400):
    """Return the variances of the pre-activations, layer by layer, averaged over networks."""
    variances = np.zeros(layers)
    for _ in range(samples):
        signal = rng.normal(0, 1, size)
        for layer in range(layers):
            z = rng.normal(0, std, (size, size)) @ signal
            variances[layer] += np.mean(z**2) / samples
            signal = activation(z)
    return variances


def test_he_keeps_the_variance_and_the_folklore_does_not():
    size, layers = 24, 6
    relu = lambda z: np.maximum(z, 0)  # noqa: E731
    kept = network(np.random.default_rng(32), np.sqrt(2 / size), layers, size, relu)
    folklore = np.sqrt(1 / (size * halved_variance().right))
    grown = network(np.random.default_rng(32), folklore, layers, size, relu)
    assert kept[-1] / kept[0] == pytest.approx(1, abs=0.25)
    factor = 1 / (2 * halved_variance().right)
    assert grown[-1] / grown[0] == pytest.approx(factor ** (layers - 1), rel=0.25)


def test_the_variance_in_depth_is_the_product():
    size, layers, std = 20, 5, 0.15
    found = network(np.random.default_rng(30), std, layers, size, lambda z: z)
    predicted = (size * std**2) ** np.arange(1, layers + 1)
    assert np.allclose(found / predicted, 1, atol=0.15)


def test_dropout_samples():
    rng, p, x, steps, samples = np.random.default_rng(38), 0.7, 1.7, 6, 100_000
    fresh = (rng.random((samples, steps)) < p) * x / p
    one = (rng.random((samples, 1)) < p) * x / p * np.ones(steps)
    variance = x**2 * (1 - p) / p
    assert fresh[:, 0].mean() == pytest.approx(x, abs=0.02)
    assert fresh[:, 0].var() == pytest.approx(variance, rel=0.02)
    assert fresh.sum(1).var() == pytest.approx(steps * variance, rel=0.03)
    assert one.sum(1).var() == pytest.approx(steps**2 * variance, rel=0.03)


def truncated(rng, e, J, c, corrected):
    """Return one estimate of dL/dh_1: e has shape (T, n), J (T, n, n), c (T,)."""
    estimate = e[-1]
    for t in range(len(e) - 2, -1, -1):
        kept = (rng.random() >= c[t]) / ((1 - c[t]) if corrected else 1)
        estimate = e[t] + kept * J[t + 1].T @ estimate
    return estimate


def test_randomized_truncation_samples():
    rng, T, n, samples = np.random.default_rng(27), 5, 3, 20_000
    e, J = rng.normal(size=(T, n)), rng.normal(size=(T, n, n)) / 2
    c = np.array([0.3, 0.15, 0.4, 0.2, 0.25])
    full = truncated(rng, e, J, 0 * c, corrected=True)
    for corrected in (True, False):
        estimates = np.array([truncated(rng, e, J, c, corrected) for _ in range(samples)])
        error = estimates.std(0) / np.sqrt(samples)
        unbiased = np.abs(estimates.mean(0) - full) < 5 * error
        assert unbiased.all() == corrected
