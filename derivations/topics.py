"""What can be derived, by name: the table of topics, in the order of the catalogue.

A row names the function that makes the derivation. It is imported when it is first asked for, so
that a listing of the topics costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from html import escape
from importlib import import_module
from typing import Any

from derivations.step import Derivation


class UnknownTopic(LookupError, ValueError):  # noqa: N818 - it says what was met
    """There is no derivation of that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.nearest = get_close_matches(str(name).lower(), known, n=1, cutoff=0)[0]
        super().__init__(
            f"no derivation is called {name!r}; the nearest is {self.nearest!r}, "
            f"and there are: {', '.join(known)}"
        )


@dataclass(frozen=True)
class Topic:
    """Something that can be derived.

    `build` is ``module:function`` within `derivations.catalogue`; `options` are the arguments that
    the function takes; `statements` are the numbers of the catalogue's statements that it proves.
    """

    name: str
    title: str
    line: str
    build: str
    statements: tuple[int, ...] = ()
    options: tuple[str, ...] = ()

    def derive(self, **options: Any) -> Derivation:
        """Return the derivation; raises ValueError for an option that the topic does not take."""
        for option in options:
            if option not in self.options:
                taken = f"only {', '.join(self.options)}" if self.options else "no options"
                raise ValueError(f"the derivation {self.name!r} takes {taken}, so not {option}")
        module, function = self.build.split(":")
        return getattr(import_module(f"derivations.catalogue.{module}"), function)(**options)


class Topics(Collection[str]):
    """The names of what can be derived; shows itself as a list with a line about each."""

    def __init__(self, *topics: Topic) -> None:
        self._topics = {topic.name: topic for topic in topics}

    def __contains__(self, name: object) -> bool:
        return name in self._topics

    def __getitem__(self, name: str) -> Topic:
        if name not in self._topics:
            raise UnknownTopic(name, list(self))
        return self._topics[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._topics)

    def __len__(self) -> int:
        return len(self._topics)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        topics = self._topics.values()
        name = max(len(topic.name) for topic in topics)
        return "\n".join(f"{topic.name:<{name}}  {topic.line}" for topic in topics)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th><code>{escape(topic.name)}</code></th>"
            f"<td>{escape(topic.title)}</td><td>{escape(topic.line)}</td></tr>"
            for topic in self._topics.values()
        )
        return f"<table>{rows}</table>"


TOPICS = Topics(
    Topic(
        "total-immediate",
        "Total and immediate derivative",
        "What a parameter does at a step, and through the past.",
        "total_immediate:total_immediate",
        (1,),
        ("wrt", "activation"),
    ),
    Topic(
        "rnn",
        "Backpropagation through time",
        "A plain recurrent network, to the gradient of its weights.",
        "cells:rnn",
        (2, 7, 10),
        ("wrt", "steps", "loss", "variant", "activation", "bias"),
    ),
    Topic(
        "unrolled",
        "The unrolled gradient",
        "A double sum over uses of the weights and losses after them.",
        "unrolled:unrolled",
        (3,),
        ("activation",),
    ),
    Topic(
        "jacobian-product",
        "The product of Jacobians",
        "One factor a step, the latest first.",
        "jacobian_products:jacobian_product",
        (4,),
        ("activated", "activation"),
    ),
    Topic(
        "rtrl",
        "Real-time recurrent learning",
        "The gradient carried forward, its cost, and that it is that of BPTT.",
        "rtrl:rtrl",
        (5,),
        ("activation",),
    ),
    Topic(
        "nested",
        "The nested form",
        "A lecture's form, exact for one unit; the order of factors for many.",
        "nested:nested",
        (6,),
        ("units", "activation"),
    ),
    Topic(
        "initial-state",
        "Where the recursion starts",
        "An initial state that is given, zero, or the first input.",
        "initial_state:initial_state",
        (7,),
        ("start", "activation"),
    ),
    Topic(
        "softmax",
        "The Jacobian of the softmax",
        "dp/dz is diag(p) - p pᵀ.",
        "softmax:softmax_jacobian",
        (8,),
    ),
    Topic(
        "cross-entropy",
        "The gradient of the cross-entropy",
        "p - y at the logits, because targets sum to one.",
        "softmax:cross_entropy",
        (8, 9),
    ),
    Topic(
        "squared-error",
        "The gradient of the squared error",
        "The error itself, with a minus.",
        "losses_derived:squared_error",
        (9,),
    ),
    Topic(
        "total-loss",
        "A total and a mean over time",
        "What a sum over steps, or over those not masked, passes back.",
        "losses_derived:total_loss",
        (10,),
    ),
    Topic(
        "lstm",
        "BPTT for the LSTM",
        "Four gates and a cell state, to the gradient of every weight.",
        "cells:lstm",
        (11, 12, 13, 14, 15),
        (
            *("wrt", "steps", "loss", "variant", "peepholes", "gates_read", "coupled"),
            *("gate_activation", "candidate_activation", "output_activation", "bias"),
        ),
    ),
    Topic(
        "lstm-carousel",
        "The carousel of the LSTM",
        "The whole Jacobian of the cell state, closed gates, and the 1 of 1997.",
        "carousel:lstm_carousel",
        (16,),
        ("gates",),
    ),
    Topic(
        "census",
        "The census of a cell",
        "Activations, products and additions of one step, counted.",
        "census:census",
        (17,),
        ("cell", "variant"),
    ),
    Topic(
        "gru",
        "BPTT for the GRU",
        "Update and reset gate, in each of their variants.",
        "cells:gru",
        (18, 19, 20, 21, 23),
        ("wrt", "steps", "loss", "variant", "reset", "keeps", "bias"),
    ),
    Topic(
        "gru-signs",
        "The two signs of the update gate",
        "z and 1 - z change places with the signs of the gate's parameters.",
        "signs:gru_signs",
        (22,),
    ),
    Topic(
        "gru-carousel",
        "The carousel of the GRU",
        "An update gate that keeps the past keeps the error.",
        "carousel:gru_carousel",
        (23,),
        ("keeps", "bias"),
    ),
    Topic(
        "norm-bound",
        "The norm of a product of Jacobians",
        "At most (γ σ_max)^{t-k}, with γ the steepest slope.",
        "stability:norm_bound",
        (24,),
        ("activation",),
    ),
    Topic(
        "vanishing",
        "When gradients vanish",
        "Small weights suffice to vanish; large ones are necessary to explode.",
        "stability:vanishing",
        (24,),
        ("activation",),
    ),
    Topic(
        "saturation",
        "Large weights do not suffice to explode",
        "A saturated unit with a weight of 2 whose gradient vanishes.",
        "explosion:saturation",
        (24,),
    ),
    Topic(
        "spectral-radius",
        "What the spectral radius decides",
        "Linear recurrences only: a tanh network explodes with radius 0.",
        "explosion:spectral_radius",
        (24,),
    ),
    Topic(
        "linear-scalar",
        "The linear scalar recurrence",
        "Where |w| < 1 vanishes and |w| > 1 explodes is exact.",
        "stability:linear_scalar",
        (24,),
    ),
    Topic(
        "depth-chain",
        "Four hidden layers down to the first bias",
        "The same in depth: four slopes and three weights.",
        "depth_chain:depth_chain",
        (25,),
        ("activation",),
    ),
    Topic(
        "truncated-bptt",
        "Truncated backpropagation through time",
        "The terms it keeps, its bias, and a bound on it.",
        "truncation:truncated_bptt",
        (26,),
        ("activation",),
    ),
    Topic(
        "randomized-truncation",
        "Randomized truncation is unbiased",
        "Cut at random with the correction 1/(1 - c), and the mean is the gradient.",
        "randomized_truncation:randomized_truncation",
        (27,),
    ),
    Topic(
        "clipping",
        "Gradient clipping",
        "By the global norm it keeps the direction; otherwise not.",
        "clipping:clipping",
        (28,),
    ),
    Topic(
        "xavier",
        "Xavier initialization",
        "Why the variance of a weight starts at 2/(n_in + n_out).",
        "xavier:xavier",
        (29, 30),
    ),
    Topic(
        "depth",
        "The variance of a signal after many layers",
        "Why small random numbers vanish, and large ones explode, geometrically.",
        "depth:depth",
        (30,),
    ),
    Topic(
        "gains",
        "Gains of activation functions",
        "By the slope at 0, by the second moment, and what frameworks use.",
        "gains:gains",
        (31,),
    ),
    Topic(
        "he",
        "He initialization",
        "Why 2/n after a ReLU, which does not halve the variance.",
        "he:he",
        (32,),
    ),
    Topic(
        "orthogonal",
        "Orthogonal recurrent weights",
        "Linear Jacobian products keep lengths; with tanh none grows.",
        "orthogonal:orthogonal",
        (33,),
    ),
    Topic(
        "activation-slopes",
        "How steep activations are",
        "(0, 1/4], (0, 1], {0, 1} and {α, 1}.",
        "activation_slopes:activation_slopes",
        (34,),
    ),
    Topic(
        "batch-normalization",
        "Backward through batch normalization",
        "Mean and variance move with every example.",
        "batch_normalization:batch_normalization",
        (35,),
    ),
    Topic(
        "residual",
        "Backward through residual blocks",
        "The identity carries the gradient past every block.",
        "residual:residual",
        (36,),
    ),
    Topic(
        "weight-decay",
        "Weight decay",
        "A quadratic penalty decays weights, but not under Adam.",
        "weight_decay:weight_decay",
        (37,),
    ),
    Topic(
        "dropout",
        "Inverted dropout",
        "Mean, variance and gradient, and one mask or many over time.",
        "dropout:dropout",
        (38,),
    ),
    Topic(
        "attention",
        "Backward through dot-product attention",
        "Values, weights, scores, and from them queries and keys.",
        "attention:attention",
        (39,),
    ),
    Topic(
        "additive-attention",
        "Backward through additive attention",
        "One query, and the states that it is compared with.",
        "attention:additive_attention",
        (39,),
    ),
    Topic(
        "convolution",
        "Backward through a convolution over time",
        "A convolution with the transposed taps, the other way.",
        "convolution:convolution",
        (40,),
    ),
    Topic(
        "max-pooling",
        "Backward through max pooling",
        "The gradient goes to the winner.",
        "convolution:max_pooling",
        (40,),
    ),
    Topic(
        "conv-lstm",
        "BPTT for the ConvLSTM",
        "The LSTM with convolutions for products.",
        "conv_lstm:conv_lstm",
        (40,),
    ),
    Topic(
        "bidirectional",
        "A bidirectional network",
        "One gradient runs backward in time, the other forward.",
        "systems:bidirectional",
        (41,),
        ("activation",),
    ),
    Topic(
        "stacked",
        "Two recurrent layers",
        "From the layer above and from the step after.",
        "systems:stacked",
        (41,),
        ("activation",),
    ),
    Topic(
        "encoder-decoder",
        "Encoder and decoder",
        "The decoder's initial state is the encoder's last.",
        "systems:encoder_decoder",
        (41,),
        ("activation",),
    ),
    Topic(
        "embedding",
        "The gradient of an embedding",
        "A look-up is a product; its gradient a scatter-add.",
        "embedding:embedding",
        (42,),
    ),
    Topic(
        "skip-gram",
        "Skip-gram with the full softmax",
        "A word predicts its neighbour among all words.",
        "word2vec:skip_gram",
        (43,),
    ),
    Topic(
        "cbow",
        "CBOW, the mean of a context",
        "A context predicts the word in its middle.",
        "word2vec:cbow",
        (43,),
    ),
    Topic(
        "negative-sampling",
        "Skip-gram with negative sampling",
        "The true word against a few sampled ones.",
        "word2vec:negative_sampling",
        (43,),
    ),
    Topic(
        "parameter-counts",
        "How many parameters",
        "Rows times columns of every weight, and some known totals.",
        "parameter_counts:parameter_counts",
        (44,),
    ),
    Topic(
        "orientation",
        "Weights stored (out, in) or (in, out)",
        "Values and gradients are transposed alike.",
        "orientation:orientation",
        (45,),
    ),
    Topic(
        "two-biases",
        "One bias or two",
        "Values add, gradients copy; a GRU's two do not merge.",
        "orientation:two_biases",
        (45,),
    ),
)
