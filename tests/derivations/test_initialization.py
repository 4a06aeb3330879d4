from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from derivations import derive
from derivations.catalogue.depth import DEPTH
from derivations.catalogue.dropout import DROPOUT
from derivations.catalogue.gains import GAINS
from derivations.catalogue.he import HE
from derivations.catalogue.randomized_truncation import RANDOMIZED_TRUNCATION
from derivations.catalogue.weighted_sums import GRADIENTS, INPUTS, variance_of_sum
from derivations.catalogue.xavier import ASSUMPTIONS, UNIFORM, XAVIER, n_in, w
from derivations.chance.arguments import Chain, Knowledge, conclude, follow
from derivations.chance.claims import SIZES, remainders
from derivations.chance.scalars import Constant, Number, Over, Var, Variable
from derivations.step import Equation, NotVerified, numbered

KNOWN = Knowledge(ASSUMPTIONS)
CHAINS = {part.name: part.chain for part in XAVIER.parts if part.chain}
CONCLUSIONS = [conclusion for part in XAVIER.parts for conclusion in part.conclusions]
ARGUMENTS = {
    argument.topic: argument
    for argument in (XAVIER, DEPTH, GAINS, HE, DROPOUT, RANDOMIZED_TRUNCATION)
}
ASSUMED = [(topic, name) for topic, a in ARGUMENTS.items() for name in a.assumptions]


@cache
def derived(topic):
    return derive(topic)


def chains_within(chain):
    yield chain
    for line in chain.lines:
        if line.details:
            yield from chains_within(line.details)


ALL_CHAINS = [chain for outer in CHAINS.values() for chain in chains_within(outer)]
LINES = [(chain, i) for chain in ALL_CHAINS for i in range(len(chain.lines))]
BACK_LINES = variance_of_sum(GRADIENTS, Var(Variable("v")))


@pytest.mark.parametrize(("chain", "i"), LINES)
def test_every_assumption_of_a_line_is_needed(chain: Chain, i: int):
    line = chain.lines[i]
    before = chain.lines[i - 1].after if i else chain.start
    assert not any(remainders(before, line.after, chain.range, KNOWN.of(line.assumptions)))
    for name in line.assumptions:
        fewer = Knowledge(ASSUMPTIONS, frozenset({name})).of(line.assumptions)
        assert any(remainders(before, line.after, chain.range, fewer)), name


@pytest.mark.parametrize("conclusion", CONCLUSIONS, ids=lambda conclusion: conclusion.rule)
def test_a_wrong_conclusion_is_caught(conclusion):
    after = conclusion.after
    for wrong in (
        Equation(2 * after.left, after.right),
        Equation(after.left, after.right * 3),
        Equation(after.left, after.right + 1),
        Equation(after.left, after.left),
    ):
        with pytest.raises(NotVerified, match=conclusion.rule):
            conclude([replace(conclusion, after=wrong)], KNOWN)


@pytest.mark.parametrize("wrong", [12, 3, 2])
def test_a_wrong_limit_is_caught(wrong):
    solve = UNIFORM.conclusions[-1]
    right = Over(Number(wrong), n_in + Constant("n", "out"))
    with pytest.raises(NotVerified):
        conclude([replace(solve, after=Equation(Constant("a"), right))], KNOWN)


def test_the_uniform_step_needs_a_uniform_distribution():
    with pytest.raises(NotVerified):
        conclude([replace(UNIFORM.conclusions[0], assumptions=())], KNOWN)


def test_the_derivation_ends_at_the_published_limit():
    d = derived("xavier")
    assert d.statement.text().splitlines()[-1].strip() == "a = √(6 / (n_in + n_out))"
    assert d[-1].after.text() == "a = √(6 / (n_in + n_out))"


@pytest.mark.parametrize("topic", ARGUMENTS)
def test_an_argument_uses_every_assumption_that_it_names(topic):
    assert set(derived(topic).assumptions) == set(ARGUMENTS[topic].assumptions)


def test_sums_are_said_to_be_checked_at_sizes_and_the_rest_for_all():
    kinds = {step.verdict.kind for _, step in numbered(derived("xavier").steps)}
    assert kinds == {"exact", "derived"}
    for _, step in numbered(derived("xavier").steps):
        summed = "Σ" in step.before.text() + step.after.text()
        assert step.verdict.kind == "exact" or not summed


def test_the_inputs_are_never_assumed_independent_of_each_other():
    assert not any("independent inputs" in name for name in ASSUMPTIONS)


@pytest.mark.parametrize(("topic", "name"), ASSUMED)
def test_without_any_one_assumption_some_step_stops_holding(topic, name):
    d = derived(topic)
    weaker = d.without(name)
    assert weaker.statement != d.statement
    assert name in weaker.summary
    assert name not in weaker.assumptions


def test_without_zero_mean_weights_their_squared_mean_stays():
    d = derived("xavier").without("zero-mean weights")
    assert "Var(y) = n_in Var(w) Var(x)" in d.statement.text()
    assert "Σ_{j=1}^{n_in} E[w_j]² Var(x_j)" in d.statement.text()
    assert "Σ_{k≠j} E[w_j] E[w_k] Cov(x_j, x_k)" in d.statement.text()
    assert "no longer" in d[1].rule
    assert d[1].changed.text() == "Σ_{j=1}^{n_in} Σ_{k≠j} E[w_j] E[w_k] Cov(x_j, x_k)"


def test_without_zero_mean_inputs_the_second_moment_counts():
    d = derived("xavier").without("zero-mean inputs")
    assert "Var(y) = n_in Var(w) Var(x) + n_in E[x]² Var(w)" in d.statement.text()
    assert "n_out Var(w) = 1" in d.statement.text()


def test_without_alike_inputs_the_argument_ends_there():
    d = derived("xavier").without("identically distributed inputs")
    assert "Var(y) = Σ_{j=1}^{n_in} Var(w_j) E[x_j²]" in d.statement.text()
    assert "Nothing takes the place" in d.summary


def test_two_assumptions_can_be_dropped():
    d = derived("xavier").without("uniform weights").without("linear regime")
    assert d.title == "Xavier initialization without linear regime and uniform weights"


def test_an_assumption_that_is_not_made_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="nearest: 'zero-mean weights'"):
        derived("xavier").without("zero mean weight")


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_what_replaces_a_step_is_true(name):
    """Every line of a weakened chain equals where the chain started, by what it still assumes."""
    knowledge = Knowledge(ASSUMPTIONS, frozenset({name}))
    everything = knowledge.of(tuple(ASSUMPTIONS))
    for chain in CHAINS.values():
        for step in follow(chain, knowledge).steps:
            assert not any(remainders(chain.start, step.after.right, chain.range, everything))


def test_the_sizes_are_enough_to_meet_every_kind_of_pair():
    assert max(SIZES) >= 3


# ------------------------------------------------------------------------------------ sanity


def test_sampled_variances_agree():
    """Var y within five standard errors, dependent inputs included.

    The samples of y are independent, so the variance of their sample variance is
    (E[y⁴] - Var² ) / N: five of its roots are a bound that a right formula misses less than
    once in a million runs, were the seed not fixed.
    """
    rng = np.random.default_rng(20101)
    samples, size, std = 200_000, 7, 0.6
    weights = rng.normal(0, std, (samples, size))
    common = rng.normal(0, 0.8, (samples, 1))  # ties the inputs to each other
    inputs = common + rng.normal(0, 0.5, (samples, size))
    predicted = size * std**2 * (0.8**2 + 0.5**2)
    y = (weights * inputs).sum(axis=1)
    error = np.sqrt((np.mean(y**4) - np.var(y) ** 2) / samples)
    assert abs(np.var(y) - predicted) < 5 * error
    assert abs(np.var(y) - predicted * (size + 1) / size) > 5 * error  # a wrong count is seen


def test_sampled_variances_agree_with_what_replaces_the_formula():
    """Without zero-mean weights: + Σ_j Σ_{k≠j} E[w]² Cov(x_j, x_k) + Σ_j E[w]² Var(x_j)."""
    rng = np.random.default_rng(20102)
    samples, size, mean, std = 200_000, 5, 0.4, 0.6
    weights = rng.normal(mean, std, (samples, size))
    common = rng.normal(0, 0.8, (samples, 1))
    inputs = common + rng.normal(0, 0.5, (samples, size))
    variance, covariance = 0.8**2 + 0.5**2, 0.8**2
    claimed = size * std**2 * variance
    left_over = mean**2 * (size * (size - 1) * covariance + size * variance)
    y = (weights * inputs).sum(axis=1)
    error = np.sqrt((np.mean((y - y.mean()) ** 4) - np.var(y) ** 2) / samples)
    assert abs(np.var(y) - claimed - left_over) < 5 * error
    assert abs(np.var(y) - claimed) > 5 * error


def test_the_line_before_is_the_one_to_use_after_a_relu():
    """With inputs of mean not 0, the second moment is right and the variance is not."""
    rng = np.random.default_rng(20103)
    samples, size, std = 200_000, 6, 0.5
    weights = rng.normal(0, std, (samples, size))
    inputs = np.maximum(rng.normal(0, 1, (samples, size)), 0)
    y = (weights * inputs).sum(axis=1)
    error = np.sqrt((np.mean(y**4) - np.var(y) ** 2) / samples)
    second_moment, variance = 1 / 2, 1 / 2 - 1 / (2 * np.pi)
    assert abs(np.var(y) - size * std**2 * second_moment) < 5 * error
    assert abs(np.var(y) - size * std**2 * variance) > 5 * error


def test_the_kinds_differ_only_in_letters():
    forward = variance_of_sum(INPUTS, Var(w))
    assert [line.rule for line in forward.lines][:-1] == [line.rule for line in BACK_LINES.lines][
        :-1
    ]
