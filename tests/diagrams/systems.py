"""Systems of several recurrences, made as users make them."""

from __future__ import annotations

import numpy as np

import autograd_rnn as ar

LSTM, GRU, RNN = ar.LSTMCell, ar.GRUCell, ar.RNNCell
INPUTS, HIDDEN, CLASSES = 3, 2, 5


def data(steps: int, size: int = INPUTS):
    return np.random.default_rng(steps).normal(size=(1, steps, size))


def losses(outputs, size: int) -> ar.Tensor:
    """Cross-entropy at every step."""
    head, found = ar.Dense.init(size, CLASSES, rng=2), []
    for t, h in enumerate(outputs, start=1):
        with ar.at(t=t):
            y = ar.Tensor(np.eye(CLASSES)[[t % CLASSES]], name="y")
            found.append(ar.cross_entropy(head(h), y))
    return sum(found).named("L")


def layers(*kinds, steps: int = 3):
    """Runs, each over the outputs of the one below; of symbols."""
    runs = [ar.unroll(kinds[0].init(INPUTS, HIDDEN, rng=0), steps=steps)]
    for i, kind in enumerate(kinds[1:], start=1):
        runs.append(ar.unroll(kind.init(HIDDEN, HIDDEN, rng=i), runs[-1].stacked))
    return runs


def stacked(*kinds, steps: int = 3):
    """Layers, each over the outputs of the one below; of symbols."""
    return layers(*kinds, steps=steps)[-1]


def stacked_loss(*kinds, steps: int = 3):
    """Layers under a loss at every step."""
    return losses(stacked(*kinds, steps=steps).outputs, HIDDEN)


def both_ways(kind, steps: int = 3):
    """Two directions; their outputs side by side at every step."""
    forward = ar.unroll(kind.init(INPUTS, HIDDEN, rng=0), data(steps))
    backward = ar.unroll(kind.init(INPUTS, HIDDEN, rng=1), data(steps), reverse=True)
    pairs = zip(forward.outputs, backward.outputs, strict=True)
    return [ar.concatenate(pair, axis=-1).named("o") for pair in pairs], forward, backward


def bidirectional(kind, steps: int = 3):
    return ar.Graph(*both_ways(kind, steps)[0])


def bidirectional_loss(kind, steps: int = 3):
    return losses(both_ways(kind, steps)[0], 2 * HIDDEN)


def above_both_ways():
    """A layer over both directions."""
    return ar.unroll(RNN.init(2 * HIDDEN, 3, rng=2), ar.stack(both_ways(RNN)[0], axis=1))


def encoder_decoder(kind, steps: int = 3, more: int = 2):
    encoder = ar.unroll(kind.init(INPUTS, HIDDEN, rng=0), data(steps))
    decoder = kind.init(4, HIDDEN, rng=1)
    return encoder, ar.unroll(decoder, data(more, 4), state=encoder.states[-1])


def attention(kind, steps: int = 3, more: int = 2, whole: bool = True):
    """An encoder and a decoder whose steps attend to all states of the encoder."""
    encoder, decoder = encoder_decoder(kind, steps, more)
    H, outputs = encoder.stacked.named("H"), []
    for t, h in enumerate(decoder.outputs, start=1):
        with ar.at(t=t, gate="attention"):
            context = _context(H, h) if whole else _context_of_each(encoder.outputs, h)
        outputs.append(ar.concatenate([h, context], axis=-1))
    return losses(outputs, 2 * HIDDEN)


def attention_over_both_ways(kind, steps: int = 3, more: int = 2, linked: bool = True):
    """Both directions are attended to; where they are `linked`, they start the decoder too."""
    outputs, forward, backward = both_ways(kind, steps)
    ends = zip(forward.states[-1], backward.states[-1], strict=True)
    state = tuple(ar.concatenate(pair, axis=-1).named("s") for pair in ends) if linked else None
    decoder = ar.unroll(kind.init(4, 2 * HIDDEN, rng=3), data(more, 4), state=state)
    H, found = ar.stack(outputs, axis=1).named("H"), []
    for t, h in enumerate(decoder.outputs, start=1):
        with ar.at(t=t, gate="attention"):
            found.append(ar.concatenate([h, _context(H, h)], axis=-1))
    return losses(found, 4 * HIDDEN)


def deep_attention(kind, depth: int, steps: int = 3, more: int = 2):
    """Layers of encoders, each of which hands its state to the decoder of its layer."""
    encoders, decoder = layers(*[kind] * depth, steps=steps), None
    for i, run in enumerate(encoders):
        inputs, size = (decoder.stacked, HIDDEN) if decoder else (data(more, 4), 4)
        decoder = ar.unroll(kind.init(size, HIDDEN, rng=9 + i), inputs, state=run.states[-1])
    H, found = encoders[-1].stacked.named("H"), []
    for t, h in enumerate(decoder.outputs, start=1):
        with ar.at(t=t, gate="attention"):
            found.append(ar.concatenate([h, _context(H, h)], axis=-1))
    return losses(found, 2 * HIDDEN)


def layers_both_ways(kind, depth: int, steps: int = 3):
    """Layers of two directions, each over both directions of the one below, and a loss."""
    outputs, _, _ = both_ways(kind, steps)
    for i in range(1, depth):
        below = ar.stack(outputs, axis=1)
        forward, backward = (
            ar.unroll(kind.init(2 * HIDDEN, HIDDEN, rng=2 * i + r), below, reverse=bool(r))
            for r in (0, 1)
        )
        pairs = zip(forward.outputs, backward.outputs, strict=True)
        outputs = [ar.concatenate(pair, axis=-1).named("o") for pair in pairs]
    return losses(outputs, 2 * HIDDEN)


def _context(H, h):
    α = ar.softmax((H * h.reshape((1, 1, H.shape[2]))).sum(axis=2)).named("α")
    return (H * α.reshape((1, H.shape[1], 1))).sum(axis=1).named("k")


def _context_of_each(states, h):
    scores = [(h * k).sum(axis=1, keepdims=True) for k in states]
    α = ar.softmax(ar.concatenate(scores, axis=1)).named("α")
    return sum(α[:, i : i + 1] * k for i, k in enumerate(states)).named("k")


def start_from_both_ends():
    """A decoder whose initial state is computed from the last states of both directions."""
    _, forward, backward = both_ways(RNN)
    state = ar.tanh(forward.states[-1][0] + backward.states[-1][0]).named("s")
    return ar.unroll(RNN.init(INPUTS, HIDDEN, rng=2), data(3), state=(state,))


def computed_start():
    v, A = ar.Tensor(np.ones((1, 4)), name="v"), ar.Tensor(np.ones((HIDDEN, 4)), name="A")
    state = ar.tanh(v @ A.T).named("s")
    return ar.unroll(RNN.init(INPUTS, HIDDEN, rng=0), data(3), state=(state,))


def by_hand(steps: int = 3):
    """A loop without `unroll`: nothing tells of a recurrence but the places."""
    W, h = ar.Tensor(np.ones((2, 2)), name="W"), ar.Tensor(np.zeros((1, 2)), name="h_0")
    states = []
    for t in range(1, steps + 1):
        with ar.at(cell="mine", gate="state", t=t):
            x = ar.Tensor(np.full((1, 2), t), name="x")
            h = ar.tanh(h @ W + x).named("h")
        states.append(h)
    return sum((h * h).sum() for h in states).named("L")


def through_all_steps():
    """A layer that reads a function of all outputs of the one below at once."""
    below = ar.unroll(RNN.init(INPUTS, HIDDEN, rng=0), steps=3)
    return ar.unroll(RNN.init(HIDDEN, 3, rng=1), ar.tanh(below.stacked))


def masked():
    return ar.unroll(LSTM.init(INPUTS, HIDDEN, rng=0), np.ones((2, 3, INPUTS)), lengths=[3, 2])


def with_gradients():
    """The forward and the backward pass in one graph."""
    cell = RNN.init(INPUTS, HIDDEN, rng=0)
    return ar.value_and_grad(lambda c: (ar.unroll(c, data(3)).stacked ** 2).sum())(cell)[1].W


SYSTEMS = {
    "stacked": lambda: stacked(RNN, RNN),
    "stacked lstm": lambda: stacked(LSTM, LSTM),
    "gru under lstm, long": lambda: stacked(GRU, LSTM, steps=9),
    "three layers": lambda: stacked(RNN, LSTM, GRU),
    "bidirectional": lambda: bidirectional(RNN),
    "bidirectional lstm": lambda: bidirectional_loss(LSTM),
    "bidirectional gru, long": lambda: bidirectional_loss(GRU, 9),
    "above both ways": above_both_ways,
    "encoder-decoder": lambda: encoder_decoder(RNN)[1],
    "encoder-decoder, long": lambda: encoder_decoder(LSTM, 9, 7)[1],
    "attention": lambda: attention(RNN),
    "attention, long": lambda: attention(LSTM, 7, 6),
    "attention to each": lambda: attention(GRU, whole=False),
    "attention over both ways": lambda: attention_over_both_ways(RNN),
    "attention without a start": lambda: attention_over_both_ways(RNN, linked=False),
    "start from both ends": start_from_both_ends,
    "computed start": computed_start,
    "by hand": by_hand,
    "through all steps": through_all_steps,
    "masked": masked,
    "with gradients": with_gradients,
}
