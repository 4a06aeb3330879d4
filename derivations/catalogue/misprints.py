"""Misprints of the lectures on cells, each with numbers at which it differs from what is meant."""

from __future__ import annotations

from derivations.catalogue import template
from derivations.errata import Counterexample
from derivations.matrix import Expression, name_of, substitute
from derivations.network import of_template
from derivations.nudging import FloatNumbers
from derivations.sizes import Sizes
from derivations.template import Template
from derivations.truth import SMALL, Truth

SIZES = Sizes({**SMALL.dimensions, "n": 2, "m": 3})
GRU = template("gru", loss=None)


def gamma_t() -> Counterexample:
    """Put another gate in the place of 1 - Γ_u: the weights of old and new no longer sum to one."""
    return _in_place_of_z(GRU, only_in_past=True)


def merged_gate() -> Counterexample:
    """Let r_t weigh old and new, as if it were the merged gate."""
    return _in_place_of_z(GRU, only_in_past=False)


def shape_of_recurrent_weight() -> Counterexample:
    """Multiply the state by a weight of each shape; only one of them fits."""
    weight = next(b for p in GRU.parameters for b in p.blocks if name_of(b).letter == "W_zh")
    input_weight = next(b for p in GRU.parameters for b in p.blocks if name_of(b).letter == "W_zx")
    shapes = [SIZES.of(w.T.shape) for w in (input_weight, weight)]
    return Counterexample("n = h = 2 units, m = d = 3 inputs, shape of W_a", *shapes)


def _in_place_of_z(gru: Template, only_in_past: bool) -> Counterexample:
    """Return h_1 with r_1 for z_1, beside the right one, in a network of random numbers."""
    state = gru.equations[-1]
    z, r = (d.left for d in gru.equations if name_of(d.left).letter in "zr")
    kept = state.right.arguments[1]

    def exchanged(node: Expression) -> Expression | None:
        return r if node is z else None

    wrong = substitute(kept, exchanged)
    if not only_in_past:
        whole = substitute(state.right, exchanged)
    else:
        whole = state.right.arguments[0] + wrong
    truth = Truth(of_template(gru), SIZES, FloatNumbers(seed=1))
    numbers = [round(float(truth.value(e, t=1)[0, 0]), 4) for e in (whole, state.right)]
    return Counterexample("h_1, its first unit, at random weights", *numbers)
