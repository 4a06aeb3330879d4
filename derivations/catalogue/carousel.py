"""The constant error carousel of the LSTM, and that of the GRU: the whole Jacobian of one step.

The short forms that are taught are parts of it. dc_t/dc_{t-1} = f_t is the direct path alone, and
"= 1" belongs to the cell of 1997, which has no forget gate and whose gradients are truncated.

Sources: S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9(8), 1997;
F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget", Neural Computation 12(10), 2000.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from derivations.blackboard import Blackboard
from derivations.catalogue import template
from derivations.catalogue.gru import GATES as GRU_GATES
from derivations.catalogue.lstm import GATES as LSTM_GATES
from derivations.errata import Counterexample
from derivations.matrix import (
    LAST,
    PREVIOUS,
    Expression,
    Moment,
    add,
    apply,
    at,
    diag,
    identity,
    jacobian,
    name_of,
    number,
    total_jacobian,
)
from derivations.network import Network, Range, of_template
from derivations.nudging import FloatNumbers
from derivations.show.layout import lines_of
from derivations.step import Derivation, Equation, Formula, Lines
from derivations.template import column, weight
from derivations.truth import SMALL, Truth

LSTM_SOURCE = (
    "Hochreiter and Schmidhuber 1997, Long short-term memory; Gers, Schmidhuber and Cummins 2000, "
    "Learning to forget"
)
GRU_SOURCE = "Cho et al. 2014, Learning phrase representations using RNN encoder-decoder"
FROM_SECOND: dict[str, Range] = {"t": (Moment("", 2), LAST)}

h, c, x = column("h", "n"), column("c", "n"), column("x", "m")
f, i, g, o, z = (column(letter, "n") for letter in "figoz")
h_past, c_past = at(h, PREVIOUS), at(c, PREVIOUS)
carousel = total_jacobian(c, c_past)
back_in = total_jacobian(c, h_past)
by_output = back_in @ jacobian(h_past, c_past)
output_slope = diag(at(o, PREVIOUS) * (1 - apply("tanh", c_past) ** 2))
I_n = identity("n")


def recurrent_weight(gate: str) -> Expression:
    """Return the weights of a gate on the state before."""
    return weight(f"W_{gate}h", "n", "n")


# ------------------------------------------------------------------------------------- the LSTM


def lstm_carousel(gates: str = "open") -> Derivation:
    """Derive dc_t/dc_{t-1} of the LSTM without peepholes, for t from 2 on.

    With `gates` "closed" the forget gate is held at 1 and the input gate at 0; "1997" has no forget
    gate. Raises ValueError for a name that is not there, naming those that are.
    """
    if gates not in LSTMS:
        raise ValueError(f"no gates {gates!r}; there are: {', '.join(LSTMS)}")
    return LSTMS[gates]()


def _open() -> Derivation:
    network = lstm()
    board = Blackboard(network, Lines(*network.equations[-2:]), indices=FROM_SECOND)
    _two_paths(board)
    board.line(
        "The direct path",
        Equation(carousel, diag(f) + by_output),
        "With the gates held still, each entry of c_{t-1} is multiplied by its own forget gate: "
        "this alone is the dc_t/dc_{t-1} = f_t of the lectures.",
        source="Gers, Schmidhuber and Cummins 2000",
    )
    _out_and_back(board, diag(f), "fig")
    return _finished(
        board,
        "lstm-carousel",
        "The whole Jacobian of the cell state: the forget gate, and what goes out through the "
        "output gate and comes back in through the other three.",
        LSTM_SOURCE,
    )


def _two_paths(board: Blackboard) -> None:
    board.line(
        "Two paths",
        Equation(carousel, jacobian(c, c_past) + by_output),
        "c_t reads c_{t-1} itself, and h_{t-1}, which reads it too.",
    )


# By gate, what stands beside its own Jacobian in c_t = f ⊙ c_{t-1} + i ⊙ g, and its slope.
BESIDE: dict[str, Expression] = {"f": c_past, "i": g, "g": i}
SLOPES: dict[str, Expression] = {"f": f * (1 - f), "i": i * (1 - i), "g": 1 - g**2}


def _out_and_back(board: Blackboard, direct: Expression, gates: str) -> None:
    """Write the path through h_{t-1}: out by the output gate, back in by these gates."""
    whole = Equation(carousel, direct + back_in @ output_slope)
    board.line(
        "Out through the output gate",
        whole,
        "h_{t-1} = o_{t-1} ⊙ tanh(c_{t-1}), and the output gate does not read c_{t-1}.",
    )
    by_gates = [diag(BESIDE[q]) @ total_jacobian(column(q, "n"), h_past) for q in gates]
    board.line(
        "Back in through the gates",
        Lines(whole, Equation(back_in, add(*by_gates))),
        f"c_t reads h_{{t-1}} by way of {', '.join(gates)}; in a product the other factor stays.",
    )
    board.line(
        "Each gate's own slope",
        Lines(whole, Equation(back_in, add(*_shares(gates)))),
        "A gate is a function of W h_{t-1} and what h_{t-1} does not move: σ has the slope "
        "s (1 - s), tanh has 1 - g².",
    )


def _shares(gates: str) -> list[Expression]:
    return [diag(BESIDE[q] * SLOPES[q]) @ recurrent_weight(q) for q in gates]


def _closed() -> Derivation:
    network, shut = lstm(), lstm(f=number(1), i=number(0))
    board = Blackboard(network, Lines(*network.equations[-2:]), indices=FROM_SECOND)
    closed = Blackboard(shut, board.at, indices=FROM_SECOND).truth.check
    board.line(
        "The whole Jacobian",
        Lines(
            Equation(carousel, diag(f) + back_in @ output_slope),
            Equation(back_in, add(*_shares("fig"))),
        ),
        "The direct path, and the one out through h_{t-1} and back in through the gates, as "
        "derived for gates of any value.",
    )
    board.line(
        "Close the gates",
        Lines(Equation(f, number(1)), Equation(i, number(0)), Equation(c, c_past)),
        "Nothing is forgotten and nothing comes in, so the state stays as it is.",
        check=closed,
        source="Julien Vitay, Neurocomputing: Recurrent neural networks: C_t = C_{t-1}",
    )
    board.line(
        "Nothing comes back in",
        Equation(back_in, number(0)),
        "At 1 and at 0 the slope s (1 - s) of a gate is 0, and i = 0 stands beside that of g.",
        check=closed,
    )
    board.line(
        "Exactly 1",
        Equation(carousel, I_n),
        "diag(f_t) = I is left: the error goes round unchanged, as often as it likes.",
        check=closed,
    )
    return _finished(
        board,
        "lstm-carousel",
        "Gates that are closed give a Jacobian of exactly 1, with nothing neglected.",
        LSTM_SOURCE,
    )


def _of_1997() -> Derivation:
    network = lstm(f=None)
    board = Blackboard(network, Lines(*network.equations[-2:]), indices=FROM_SECOND)
    _two_paths(board)
    paths = board.at
    board.line(
        "The direct path",
        Equation(carousel, I_n + by_output),
        "Without a forget gate c_{t-1} is added as it is.",
    )
    _out_and_back(board, I_n, "ig")
    whole = board.at
    board.line(
        "Truncated",
        Equation(jacobian(c, c_past), I_n),
        "The algorithm of 1997 does not follow what leaves through h_{t-1}: what it computes is "
        "the immediate derivative, and that is 1.",
        before=paths,
        source="Hochreiter and Schmidhuber 1997",
    )
    return _finished(
        board,
        "lstm-carousel",
        "Where dc_t/dc_{t-1} = 1 comes from: no forget gate, and gradients truncated at h_{t-1}.",
        LSTM_SOURCE,
        Lines(*lines_of(whole), board.at),
    )


LSTMS: dict[str, Callable[[], Derivation]] = {"open": _open, "closed": _closed, "1997": _of_1997}


def lstm(**held: Expression | None) -> Network:
    """Return the LSTM without peepholes; gates that are held have this value, or are not there."""
    found = of_template(template("lstm", loss=None))
    return _held(found, held)


def _held(network: Network, held: dict[str, Expression | None]) -> Network:
    """Return the network without its loss and with some gates held at a value, or taken out."""
    equations = []
    for equation in network.equations:
        letter = name_of(equation.left).letter
        gate = letter.removeprefix("a_")
        if letter == "L" or (gate in held and letter != gate):
            continue
        if gate in held:
            value = held[gate]
            equations += [] if value is None else [replace(equation, right=value)]
        elif letter == "c" and held.get("f", f) is None:
            equations.append(replace(equation, right=c_past + i * g))
        else:
            equations.append(equation)
    return replace(network, equations=tuple(equations), loss=None, stored={})


# -------------------------------------------------------------------------------------- the GRU


def gru_carousel(keeps: str = "1-z", bias: bool = True) -> Derivation:
    """Derive dh_t/dh_{t-1} of the GRU, and that it is I where the update gate keeps the past.

    Raises ValueError for a sign that is not there.
    """
    equations = of_template(template("gru", loss=None, keeps=keeps, bias=bias))
    network = _held(equations, {})
    value = 0 if keeps == "1-z" else 1
    shut = _held(equations, {"z": number(value)})
    board = Blackboard(network, network.equations[-1])
    _of_gru(board, keeps)
    board.line(
        "Keep the past",
        Lines(
            Equation(z, shut.definitions["z"][0].right), Equation(total_jacobian(h, h_past), I_n)
        ),
        "An update gate that keeps the past leaves 1 of it and nothing of the candidate, and its "
        "own slope z (1 - z) is 0 there.",
        check=Blackboard(shut, board.at).truth.check,
        source="Binghen Wang, Recurrent Neural Networks: Γ_u = 0 passes the state on",
    )
    return _finished(
        board,
        "gru-carousel",
        "What the update gate keeps of the past is kept of the error.",
        GRU_SOURCE,
    )


def _of_gru(board: Blackboard, keeps: str) -> None:
    moved = total_jacobian(h, h_past)
    kept, new = (1 - z, z) if keeps == "1-z" else (z, 1 - z)
    toward = g - h_past if keeps == "1-z" else h_past - g
    z_moved, g_moved = total_jacobian(z, h_past), total_jacobian(g, h_past)
    board.line(
        "Three readers",
        Equation(moved, diag(kept) + diag(toward) @ z_moved + diag(new) @ g_moved),
        "h_{t-1} is read as it is, by the update gate, and by the candidate; in a product the "
        "other factor stays.",
    )
    slope = diag(toward * z * (1 - z)) @ recurrent_weight("z")
    board.line(
        "The update gate",
        Equation(moved, diag(kept) + slope + diag(new) @ g_moved),
        "z = σ(W h_{t-1} + ...) has the slope z (1 - z).",
    )


def _finished(
    board: Blackboard,
    topic: str,
    summary: str,
    source: str,
    statement: Formula | None = None,
) -> Derivation:
    names = LSTM_GATES | {gate: name for gate, (name, _) in GRU_GATES.items()}
    meanings = {"x": "input of step t"}
    for gate, name in names.items():
        meanings |= {
            f"W_{gate}h": f"recurrent weights of the {name}",
            f"W_{gate}x": f"input weights of the {name}",
            f"b_{gate}": f"bias of the {name}",
        }
    return board.derivation(topic, statement, meanings=meanings, summary=summary, source=source)


# ------------------------------------------------------------------------------------ the errata


def direct_path_alone() -> Counterexample:
    """Return diag(f_2) and the whole dc_2/dc_1 of an LSTM of two units at a random point."""
    truth = Truth(lstm(), SMALL, FloatNumbers(seed=1))
    return _counterexample(truth, diag(f), "dc_2/dc_1 of an LSTM of two units")


def constant_one() -> Counterexample:
    """Return I and the whole dc_2/dc_1 of the cell without forget gate at a random point."""
    truth = Truth(lstm(f=None), SMALL, FloatNumbers(seed=1))
    return _counterexample(truth, I_n, "dc_2/dc_1 of two units without forget gate")


def _counterexample(truth: Truth, claimed: Expression, where: str) -> Counterexample:
    wrong, right = (truth.value(side, t=2).round(3).tolist() for side in (claimed, carousel))
    return Counterexample(where, wrong, right)
