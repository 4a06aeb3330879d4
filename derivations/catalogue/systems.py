"""Networks made of several: both directions of time, layers on layers, encoder and decoder.

Each is plain recurrent networks whose equations read one another, so that their adjoints add up.

Sources: M. Schuster and K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions
on Signal Processing 45(11), 1997; A. Graves, "Supervised sequence labelling with recurrent neural
networks", 2012, for layers; I. Sutskever, O. Vinyals and Q. V. Le, "Sequence to sequence learning
with neural networks", NeurIPS 2014.
"""

from __future__ import annotations

from collections.abc import Mapping

from derivations.blackboard import Blackboard
from derivations.catalogue.activations import activated, slope
from derivations.matrix import (
    FIRST,
    LAST,
    NEXT,
    NOW,
    PREVIOUS,
    Expression,
    Moment,
    at,
    immediate,
    inner,
    jacobian,
    name_of,
    over,
    over_time,
    symbol,
    total,
)
from derivations.network import TOTAL_LOSS, Network, Range
from derivations.show.layout import lines_of
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition, weight

ZERO = Moment("", 0)


class Layer:
    """A plain recurrent network as a part: h = φ(W_h h_before + W_x read + b), with a letter.

    `letter` marks its symbols, `size` is that of its state; it reads a column and, of its own
    state, what stands at `before`. `time` is the index it runs over.
    """

    def __init__(
        self,
        letter: str,
        size: str,
        reads: Expression,
        *,
        before: Moment = PREVIOUS,
        time: Moment = NOW,
        meaning: str = "",
    ) -> None:
        self.letter, self.meaning = letter, meaning
        self.h = symbol(f"h_{letter}", (size, "1"), time)
        self.a = symbol(f"a_{letter}", (size, "1"), time)
        self.W_h = weight(f"W_{letter}h", size, size)
        self.W_x = weight(f"W_{letter}x", size, reads.shape[0])
        self.b = weight(f"b_{letter}", size, "1")
        self.before, self.reads = at(self.h, before), reads
        self.after = at(self.a, time.later(time.offset - before.offset))

    def equations(self, activation: str) -> tuple[Definition, Definition]:
        """Return the equations of the pre-activation and of the state."""
        right = self.W_h @ self.before + self.W_x @ self.reads + self.b
        return (
            Definition(self.a, right, meaning=f"pre-activation of the {self.meaning}"),
            Definition(
                self.h, activated(activation, self.a), meaning=f"state of the {self.meaning}"
            ),
        )

    def delta(self, activation: str) -> Equation:
        """Return δ = φ′(a) ⊙ dL/dh."""
        return Equation(total(self.a), total(self.h) * slope(activation, self.a, self.h))

    def through_time(self) -> Expression:
        """Return what the state receives from the step that reads it: W_hᵀ δ."""
        return self.W_h.T @ total(self.after)

    def to_input(self) -> Expression:
        """Return what the input receives: W_xᵀ δ."""
        return self.W_x.T @ total(self.a)

    def unread(self) -> Expression:
        """Return what the state receives from the step that reads it, slopes not worked out."""
        return jacobian(self.after, self.h).T @ total(self.after)

    @property
    def meanings(self) -> dict[str, str]:
        """What the weights mean, by letter."""
        return {
            f"W_{self.letter}h": f"recurrent weights of the {self.meaning}",
            f"W_{self.letter}x": f"input weights of the {self.meaning}",
            f"b_{self.letter}": f"bias of the {self.meaning}",
        }


def _network(
    layers: tuple[Layer, ...],
    loss: Expression,
    activation: str,
    *more: Definition,
    ranges: Mapping[str, Range] | None = None,
) -> Network:
    cells = (equation for layer in layers for equation in layer.equations(activation))
    equations = (*cells, *more, Definition(TOTAL_LOSS, loss))
    return Network(equations, loss=TOTAL_LOSS, ranges=ranges or {})


def _read(layer: Layer) -> Expression:
    """Return the immediate derivative of the loss by the state, times the state."""
    return inner(immediate(layer.h), layer.h)


def _meanings(*layers: Layer) -> dict[str, str]:
    found = {"x": "input of step t", "L": "loss, any function of the states it reads"}
    for layer in layers:
        found |= layer.meanings
    return found


WEIGHT = "The same weights are read at every step, so what they receive there adds up."


# ----------------------------------------------------------------------------- both directions


def bidirectional(activation: str = "tanh") -> Derivation:
    """Derive the gradients of a bidirectional network, whose halves meet in the loss and in x_t.

    Raises ValueError for an activation that is not there.
    """
    x = symbol("x", ("m", "1"), NOW)
    forth = Layer("f", "n", x, meaning="forward half")
    back = Layer("b", "k", x, before=NEXT, meaning="backward half")
    network = _network((forth, back), over_time(_read(forth) + _read(back)), activation)
    board = Blackboard(network, Lines(*network.equations))
    states = _states(board, (forth, immediate(forth.h)), (back, immediate(back.h)))
    deltas = (forth.delta(activation), back.delta(activation))
    _slopes(board, states, deltas)
    board.line(
        "Both halves read x_t",
        Equation(total(x), forth.to_input() + back.to_input()),
        "Each half hands back its own δ through its own weights, and they add up.",
        source="Schuster and Paliwal 1997",
    )
    inputs = board.at
    _weights(board, (forth, back))
    return board.derivation(
        "bidirectional",
        Lines(*states, *deltas, inputs, *lines_of(board.at)),
        meanings=_meanings(forth, back),
        summary="One half runs forward in time and its gradient backward; the other runs backward, "
        "so its gradient runs forward. They never read each other.",
        source="Schuster and Paliwal 1997, Bidirectional recurrent neural networks",
    )


def _states(board: Blackboard, *received: tuple[Layer, Expression]) -> tuple[Equation, ...]:
    """Write the adjoints of the states: what each receives otherwise, and through its own time."""
    board.line(
        "Who reads the states",
        Lines(*(Equation(total(one.h), other + one.unread()) for one, other in received)),
        "Each state is read by the next step of its own direction, and beside it at its own step.",
    )
    states = tuple(Equation(total(one.h), other + one.through_time()) for one, other in received)
    board.line(
        "Through the recurrent weights",
        Lines(*states),
        "In W u a small du moves the result by W du.",
    )
    return states


def _slopes(board: Blackboard, states: tuple[Equation, ...], deltas: tuple[Equation, ...]) -> None:
    board.line(
        "Through the activations",
        Lines(*states, *deltas),
        "Each unit passes on what it receives, times its slope.",
    )


def _weights(board: Blackboard, layers: tuple[Layer, ...], sums: tuple[Range, ...] = ()) -> None:
    """Write the gradients of all weights and biases."""
    lines: list[Equation] = []
    for i, layer in enumerate(layers):
        delta = total(layer.a)
        time = (name_of(layer.a).moment or NOW).base
        lower, upper = sums[i] if sums else (FIRST, LAST)
        for parameter, term in (
            (layer.W_h, delta @ layer.before.T),
            (layer.W_x, delta @ layer.reads.T),
            (layer.b, delta),
        ):
            lines.append(Equation(total(parameter), over(time, lower, upper, term)))
    board.line("Gather the weights over time", Lines(*lines), WEIGHT)


# ------------------------------------------------------------------------------------- layers


def stacked(activation: str = "tanh") -> Derivation:
    """Derive the gradients of two recurrent layers, of which the second reads the first.

    Raises ValueError for an activation that is not there.
    """
    x = symbol("x", ("m", "1"), NOW)
    first = Layer("1", "n", x, meaning="first layer")
    second = Layer("2", "k", first.h, meaning="second layer")
    network = _network((first, second), over_time(_read(second)), activation)
    board = Blackboard(network, Lines(*network.equations))
    from_above = jacobian(second.a, first.h).T @ total(second.a)
    board.line(
        "Who reads the states",
        Lines(
            Equation(total(second.h), immediate(second.h) + second.unread()),
            Equation(total(first.h), from_above + first.unread()),
        ),
        "The loss reads the top layer; the layer below is read by the one above it, and each by "
        "its own next step.",
    )
    states = (
        Equation(total(second.h), immediate(second.h) + second.through_time()),
        Equation(total(first.h), second.to_input() + first.through_time()),
    )
    board.line(
        "Through the weights",
        Lines(*states),
        "To the layer below through the input weights of the layer above, to the step before "
        "through a layer's own recurrent ones.",
        source="Graves 2012",
    )
    deltas = (second.delta(activation), first.delta(activation))
    _slopes(board, states, deltas)
    board.line(
        "The input",
        Equation(total(x), first.to_input()),
        "Only the lowest layer reads the input.",
    )
    inputs = board.at
    _weights(board, (second, first))
    return board.derivation(
        "stacked",
        Lines(*states, *deltas, inputs, *lines_of(board.at)),
        meanings=_meanings(first, second),
        summary="The state of a layer receives from above, at the same step, and from its own "
        "next step. More layers repeat the middle line.",
        source="Graves 2012, Supervised sequence labelling with recurrent neural networks",
    )


# -------------------------------------------------------------------------- encoder and decoder


def encoder_decoder(activation: str = "tanh") -> Derivation:
    """Derive the gradients of an encoder that hands its last state to a decoder.

    The encoder runs over t = 1 .. T, the decoder over u = 1 .. U. Raises ValueError for an
    activation that is not there.
    """
    time, last = Moment("u"), Moment("U")
    x, y = symbol("x", ("m", "1"), NOW), symbol("y", ("k", "1"), time)
    encoder = Layer("e", "n", x, meaning="encoder")
    decoder = Layer("d", "n", y, before=Moment("u", -1), time=time, meaning="decoder")
    start, end = at(decoder.h, ZERO), at(encoder.h, LAST)
    steps = (FIRST, last)
    network = _network(
        (encoder, decoder),
        over("u", FIRST, last, _read(decoder)),
        activation,
        Definition(start, end, meaning="state of the decoder"),
        ranges={"h_d": steps, "a_d": steps},
    )
    board = Blackboard(
        network,
        Lines(*network.equations),
        sizes={"U": 4},
        indices={"t": (FIRST, LAST), "u": steps},
    )
    _decoder_part(board, decoder, activation)
    parts = [board.at]
    _handed_over(board, encoder, decoder)
    parts.append(board.at)
    _encoder_part(board, encoder, activation)
    parts.append(board.at)
    _weights(board, (decoder, encoder), (steps, (FIRST, LAST)))
    return board.derivation(
        "encoder-decoder",
        Lines(*(line for part in (*parts, board.at) for line in lines_of(part))),
        meanings=_meanings(encoder, decoder) | {"y": "input of the decoder's step u"},
        summary="No loss reads the encoder: all it learns from is what comes back through the "
        "decoder's initial state, into its last step.",
        source="Sutskever, Vinyals and Le 2014, Sequence to sequence learning with neural networks",
    )


def _decoder_part(board: Blackboard, decoder: Layer, activation: str) -> None:
    state = Equation(total(decoder.h), immediate(decoder.h) + decoder.through_time())
    board.line(
        "The decoder",
        Lines(state, decoder.delta(activation)),
        "It is a plain network under its own losses, over its own steps u.",
        source="Werbos 1990",
    )


def _handed_over(board: Blackboard, encoder: Layer, decoder: Layer) -> None:
    start, end = at(decoder.h, ZERO), at(encoder.h, LAST)
    first = total(at(decoder.a, FIRST))
    board.line(
        "Down to the decoder's start",
        Equation(total(start), decoder.W_h.T @ first),
        "Only the decoder's first step reads its initial state.",
    )
    board.line(
        "Into the encoder's last step",
        Lines(
            Equation(total(end), total(start)),
            Equation(total(start), decoder.W_h.T @ first),
        ),
        "The two are one and the same column, and nothing else reads it.",
        source="Sutskever, Vinyals and Le 2014",
    )


def _encoder_part(board: Blackboard, encoder: Layer, activation: str) -> None:
    before = encoder.before
    board.line(
        "Back through the encoder",
        Lines(
            Equation(total(before), encoder.W_h.T @ total(encoder.a)),
            encoder.delta(activation),
        ),
        "Before its last step, a state of the encoder is read by its next step only.",
    )
