"""The nested form of a lecture: dh_t/dr = h′_t (h_{t-1} + r h′_{t-1} (h_{t-2} + ...)).

It is exact for scalars. For vectors the order of the factors matters, and so the lecture's
Π h′_k · R^t x_0 holds for scalars only: `powers_and_slopes_apart` shows it.

Source: J. Vitay, Neurocomputing: Recurrent neural networks.
"""

from __future__ import annotations

from dataclasses import replace

from derivations.blackboard import Blackboard
from derivations.catalogue.activations import activated, slope
from derivations.catalogue.recurrent import (
    MEANINGS,
    ZERO,
    J,
    W_h,
    h,
    h_slope,
    past,
    recurrent,
    state_equations,
)
from derivations.errata import Counterexample
from derivations.matrix import (
    FIRST,
    LAST,
    NOW,
    PREVIOUS,
    SCALAR,
    Expression,
    Moment,
    at,
    instance,
    moving,
    over,
    product_over,
    repeated,
    symbol,
    total_jacobian,
)
from derivations.network import STEPS, Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition
from derivations.verify import by_rule

SOURCE = "Julien Vitay, Neurocomputing: Recurrent neural networks"
USE, STEP, TWO_BACK = Moment("k"), Moment("s"), Moment("t", -2)
INDICES = {"t": STEPS}
LATER = {"t": (Moment("", 2), LAST)}

r, w, c = (symbol(letter, SCALAR) for letter in "rwb")
y, x, a, y_slope = (symbol(letter, SCALAR, NOW) for letter in ("h", "x", "a", "h′"))


def nested(units: str = "one", activation: str = "tanh") -> Derivation:
    """Derive the nested form for `units` "one", where everything is a number, or "many".

    Raises ValueError for a name that is not there, naming those that are.
    """
    if units not in ("one", "many"):
        raise ValueError(f"units must be one or many, not {units!r}")
    return _scalars(activation) if units == "one" else _vectors(activation)


def _scalars(activation: str) -> Derivation:
    network = _scalar_network(activation)
    board = Blackboard(network, Lines(*network.equations[:2]), indices=LATER)
    every_step = Blackboard(network, board.at).truth.check
    before = at(y, PREVIOUS)
    moved, moved_before = total_jacobian(y, r), total_jacobian(before, r)
    board.line(
        "Now and before",
        Equation(moved, y_slope * (before + r * moved_before)),
        "The weight is read at step t, beside h_{t-1}, and it has moved h_{t-1} before.",
        check=every_step,
    )
    inner = at(y_slope, PREVIOUS) * (at(y, TWO_BACK) + r * total_jacobian(at(y, TWO_BACK), r))
    board.line(
        "The same a step earlier",
        Equation(moved, y_slope * (before + r * inner)),
        "What stands in the parentheses is of the same form: put it in, for t from 2 on.",
    )
    board.line(
        "Down to the start",
        Equation(instance(moved, 3), _written_out()),
        "The initial state is given, so dh_0/dr = 0; here for t = 3.",
    )
    board.line(
        "Multiply out",
        Equation(moved, over("k", FIRST, NOW, _passed_on() * at(y_slope, USE) * _used())),
        "Each step k adds what it reads, times a slope and a weight for every step after it.",
        before=Equation(moved, y_slope * (before + r * moved_before)),
        check=by_rule("induction on t", every_step),
    )
    board.line(
        "Powers and slopes apart",
        Equation(moved, over("k", FIRST, NOW, _slopes() * _powers() * _used())),
        "Numbers commute, so the weights and the slopes may be collected: for scalars only.",
        check=every_step,
    )
    return _finished(board, "one unit")


def _written_out() -> Expression:
    """Return h′_3 (h_2 + r h′_2 (h_1 + r h′_1 h_0))."""
    found = instance(y_slope, 1) * at(y, ZERO)
    for t in (2, 3):
        found = instance(y_slope, t) * (instance(y, t - 1) + r * found)
    return found


def _used() -> Expression:
    return at(y, Moment("k", -1))


def _passed_on() -> Expression:
    return product_over("s", Moment("k", 1), NOW, at(y_slope, STEP) * r)


def _slopes() -> Expression:
    return product_over("s", USE, NOW, at(y_slope, STEP))


def _powers() -> Expression:
    """Return r^(t-k)."""
    return repeated("s", Moment("k", 1), NOW, r)


def _scalar_network(activation: str) -> Network:
    recurrent(activation)  # refuses a name that is not there
    slopes = slope(activation, a, y)
    return Network(
        (
            Definition(a, r * at(y, PREVIOUS) + w * x + c, meaning="pre-activation"),
            Definition(y, activated(activation, a), meaning="hidden state, a number"),
            Definition(y_slope, slopes, meaning=f"slope, φ′(a_t) = {slopes.text()}"),
        )
    )


def _vectors(activation: str) -> Derivation:
    network = replace(recurrent(activation, loss=False), moving=frozenset({"W_h"}))
    board = Blackboard(network, Lines(*state_equations(network)), indices=LATER)
    every_step = Blackboard(network, board.at).truth.check
    dW, dh = moving(W_h), moving(h)
    board.line(
        "Now and before",
        Equation(dh, h_slope * (dW @ past + W_h @ moving(past))),
        "The weights move by any dW_h: directly at step t, and through the state before.",
        check=every_step,
    )
    before = at(h_slope, PREVIOUS) * (dW @ at(h, TWO_BACK) + W_h @ moving(at(h, TWO_BACK)))
    board.line(
        "The same a step earlier",
        Equation(dh, h_slope * (dW @ past + W_h @ before)),
        "What W_h meets is of the same form; no factor may pass another, for matrices do not "
        "commute.",
    )
    found = instance(h_slope, 1) * (dW @ at(h, ZERO))
    for t in (2, 3):
        found = instance(h_slope, t) * (dW @ instance(h, t - 1) + W_h @ found)
    board.line(
        "Down to the start",
        Equation(instance(dh, 3), found),
        "The initial state is given, so dh_0 = 0; here for t = 3.",
    )
    used = at(h_slope, USE) * (dW @ at(h, Moment("k", -1)))
    passed = product_over("s", Moment("k", 1), NOW, at(J, STEP))
    board.line(
        "Multiply out",
        Equation(dh, over("k", FIRST, NOW, passed @ used)),
        "W_h and the slopes after it make J = diag(h′) W_h; the latest stands first, and the "
        "slopes do not come out of the product.",
        before=Equation(dh, h_slope * (dW @ past + W_h @ moving(past))),
        check=by_rule("induction on t", every_step),
    )
    return _finished(board, "many units")


def _finished(board: Blackboard, units: str) -> Derivation:
    meanings = {"x": "input", "r": "recurrent weight", "w": "input weight"}
    return board.derivation(
        "nested",
        meanings=MEANINGS | meanings,
        summary=f"What the recurrent weight of {units} does to the state, as a lecture writes it.",
        source=SOURCE,
    )


# ------------------------------------------------------------------------------------ the erratum


def powers_and_slopes_apart() -> Counterexample:
    """Return Π h′_k · R^t x_0 for two units and t = 1, and what dh_1 is.

    W_x starts at the identity and moves along it, x_1 = 0, φ(a) = a² so that all is exact: the one
    term left is that of x_0.
    """
    import sympy

    e = sympy.Symbol("e")
    weights, x_0 = sympy.Matrix([[1, 2], [3, 4]]), sympy.Matrix([1, 2])
    a_0 = (1 + e) * x_0
    a_1 = weights * a_0.applyfunc(lambda entry: entry**2)
    right = a_1.applyfunc(lambda entry: entry**2).diff(e).subs(e, 0)
    slopes = [(2 * column).subs(e, 0) for column in (a_0, a_1)]
    wrong = slopes[1].multiply_elementwise(slopes[0]).multiply_elementwise(weights * x_0)
    where = "dh_1 along dW_x = I, R = [1 2; 3 4], x_0 = (1, 2), x_1 = 0, φ(a) = a²"
    return Counterexample(where, *([int(entry) for entry in side] for side in (wrong, right)))
