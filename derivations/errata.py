"""Published errors, kept executable: the wrong formula, its source, and numbers that differ.

Nobody is blamed: these are the errors that students meet, and a number convinces faster than an
argument. `ERRATA[name].counterexample()` computes both sides anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Counterexample:
    """A point at which two formulas differ: `at` says where, `wrong` and `right` are the values."""

    at: str
    wrong: Any
    right: Any

    def __str__(self) -> str:
        return f"{self.at}: {self.wrong} by the wrong formula, {self.right} by the right one"


@dataclass(frozen=True)
class Erratum:
    """A wrong formula that was published.

    `wrong` and `right` are formulas or short sentences, `why` tells the difference, `topic` is the
    derivation of what is right, and `computed` is ``module:function`` within `derivations` that
    returns the `Counterexample`.
    """

    name: str
    source: str
    wrong: str
    right: str
    why: str
    topic: str
    computed: str

    def counterexample(self) -> Counterexample:
        """Return a point at which the wrong formula and the right one differ."""
        module, function = self.computed.split(":")
        found: Counterexample = getattr(import_module(f"derivations.{module}"), function)()
        return found

    def __str__(self) -> str:
        return (
            f"{self.name} ({self.source})\n"
            f"  wrong: {self.wrong}\n  right: {self.right}\n  {self.why}\n"
            f"  {self.counterexample()}"
        )


_SEMINAR = "S. Alireza Mousavizade, Neural Networks Seminar: Recurrent Neural Networks"
_NEUROCOMPUTING = "Julien Vitay, Neurocomputing: Recurrent neural networks"
_ALL: tuple[Erratum, ...] = (
    Erratum(
        "gamma-t",
        f"{_SEMINAR}, the full GRU",
        "c_t = Γ_u c̃_t + (1 - Γ_t) c_{t-1}",
        "c_t = Γ_u c̃_t + (1 - Γ_u) c_{t-1}",
        "There is no gate Γ_t: one gate, Γ_u, weighs the candidate and the past, so that the "
        "weights sum to one.",
        "gru",
        "catalogue.misprints:gamma_t",
    ),
    Erratum(
        "shape-of-W_a",
        f"{_SEMINAR}, the shapes of the plain network",
        "W_a ∈ R^{d×h}",
        "W_a ∈ R^{h×h}",
        "W_a multiplies the state, which has h entries, and not the input, which has d.",
        "rnn",
        "catalogue.misprints:shape_of_recurrent_weight",
    ),
    Erratum(
        "merged-gate",
        f"{_NEUROCOMPUTING}, on the GRU",
        "the forget and input gates are merged into r_t",
        "they are merged into z_t: h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ h̃_t",
        "z_t is what stands in both places; r_t only resets what the candidate reads.",
        "gru",
        "catalogue.misprints:merged_gate",
    ),
    Erratum(
        "halved-variance",
        "folklore about He initialization",
        "Var(relu(z)) = Var(z) / 2",
        "E[relu(z)²] = Var(z) / 2; of the variance of a Gaussian z, ½ - 1/(2π) is left",
        "A ReLU's output has a mean, so its variance is less than its second moment. He et al. "
        "argue with the second moment, and their 2/n is right.",
        "he",
        "catalogue.he:halved_variance",
    ),
    Erratum(
        "coursera-lstm-key",
        "the key of a Coursera notebook for the LSTM's backward pass, its third version",
        "dL/dh_t = ∂⁺ℓ_t/∂h_t; dL/dc_t = dL/dh_t ⊙ o_t ⊙ (1 - tanh(c_t)²)",
        "both also receive what the next step hands back: Σ_q W_{qh}ᵀ δ_{q,t+1} and "
        "dL/dc_{t+1} ⊙ f_{t+1}",
        "The key's loop never passes its da_prev and dc_prev on, so no step hears of the next one.",
        "lstm",
        "mistakes.published:lstm_key",
    ),
    Erratum(
        "cross-entropy-at-the-output",
        f"{_NEUROCOMPUTING}, on the loss",
        "dL/dh = -(t - h) for cross-entropy too",
        "dL/dp = -y / p at the probabilities; p - y at the logits only",
        "Only the softmax's Jacobian turns -y / p into p - y.",
        "cross-entropy",
        "catalogue.losses_derived:cross_entropy_at_the_output",
    ),
    Erratum(
        "layout-of-the-factor",
        "Pascanu, Mikolov and Bengio 2013, equation 5",
        "∂x_t/∂x_k = Π Wᵀ diag(σ′(x_{i-1})) for x_t = W σ(x_{t-1}) + ...",
        "Π W diag(σ′(x_{i-1})), or the transpose of it, Π diag(σ′(x_{i-1})) Wᵀ",
        "What is printed is neither layout of the Jacobian; the bound on its norm survives.",
        "jacobian-product",
        "catalogue.jacobian_products:misprinted_factor",
    ),
    Erratum(
        "powers-apart-from-slopes",
        f"{_NEUROCOMPUTING}, on the gradient of the first input",
        "dh_t/dW_x contains Π_k h′_k · R^t x_0",
        "each slope stands between two R, so they do not gather for vectors",
        "Diagonal matrices and R do not commute; for a single unit they do, and the form holds.",
        "nested",
        "catalogue.nested:powers_and_slopes_apart",
    ),
    Erratum(
        "carousel-is-f",
        "many lectures on the LSTM",
        "dc_t/dc_{t-1} = f_t",
        "diag(f_t) and the path through h_{t-1} and three gates",
        "f_t is the direct path only, with the gates held still.",
        "lstm-carousel",
        "catalogue.carousel:direct_path_alone",
    ),
    Erratum(
        "carousel-is-1",
        "Hochreiter and Schmidhuber 1997, read without its truncation",
        "dc_t/dc_{t-1} = 1 without a forget gate",
        "1 and the path through h_{t-1} and the gates",
        "The paper cuts the other path off by truncating; the full derivative has it.",
        "lstm-carousel",
        "catalogue.carousel:constant_one",
    ),
)
ERRATA: dict[str, Erratum] = {erratum.name: erratum for erratum in _ALL}
