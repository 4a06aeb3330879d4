"""Losses: L = Σ_t ℓ_t, from the hidden state of every step."""

from __future__ import annotations

from fractions import Fraction

from derivations.matrix import apply, inner, softmax, squared_norm
from derivations.template import Definition, Loss, Parameter, Simplification, column, weight


def squared_error() -> Loss:
    """Return ℓ_t = ½ ‖h_t - y_t‖², with a target y_t in R^n at every step."""
    h, y, loss = column("h", "n"), column("y", "n"), column("ℓ", "1")
    return Loss(
        name="squared error",
        equations=(
            Definition(loss, Fraction(1, 2) * squared_norm(h - y), meaning="loss of step t"),
        ),
        parameters=(),
        target=y,
        objective=loss,
        source="statement of the problem",
    )


def cross_entropy() -> Loss:
    """Return s_t = W_y h_t + b_y, p_t = softmax(s_t), ℓ_t = -y_tᵀ log p_t.

    The targets y_t in R^k are one-hot or otherwise sum to one; the gradient p_t - y_t needs that.
    """
    h, s, p = column("h", "n"), column("s", "k"), column("p", "k")
    y, loss = column("y", "k"), column("ℓ", "1")
    W, b = weight("W_y", "k", "n"), weight("b_y", "k", "1")
    return Loss(
        name="cross-entropy",
        equations=(
            Definition(s, W @ h + b, meaning="logits"),
            Definition(p, softmax(s), meaning="predicted distribution"),
            Definition(loss, -inner(y, apply("log", p)), meaning="loss of step t"),
        ),
        parameters=(
            Parameter("W_y", (W,), "weights of the logits"),
            Parameter("b_y", (b,), "bias of the logits"),
        ),
        target=y,
        objective=loss,
        source="Bridle 1990, Probabilistic interpretation of feedforward classification",
        simplifications=(
            Simplification(
                of=s,
                gradient=p - y,
                why="The divisions by p_t cancel, and what is left of the sum is Σ_k y_{t,k} = 1.",
                normalized=y,
                assumption="the targets of a step sum to one",
            ),
        ),
        targets_sum_to_one=True,
    )


LOSSES = {loss.name: loss for loss in (squared_error(), cross_entropy())}
