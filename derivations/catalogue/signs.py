"""The two signs of the GRU's update gate are one family: z and 1 - z change places with a sign.

Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014,
where z keeps the past; J. Chung et al., 2014, where 1 - z does.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue import template
from derivations.catalogue.gru import GATES
from derivations.matrix import (
    PREVIOUS,
    Expression,
    Moment,
    apply,
    at,
    immediate,
    inner,
    make,
    name_of,
    negate,
    over_time,
    substitute,
    total,
)
from derivations.network import TOTAL_LOSS, Network
from derivations.step import Derivation, Equation, Lines, Step
from derivations.template import Definition, column, weight
from derivations.verify import by_rule

HAT = "\u0302"
SOURCE = (
    "Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, for z that keeps "
    "the past; Chung et al. 2014, Empirical evaluation of gated recurrent neural networks, for the "
    "other sign"
)
PARAMETERS = (weight("W_zh", "n", "n"), weight("W_zx", "n", "m"), weight("b_z", "n", "1"))
COMPUTED = ("a_z", "z", "a_r", "r", "a_g", "g", "h")
h, z, g, a_z = (column(letter, "n") for letter in ("h", "z", "g", "a_z"))
h_0 = at(h, Moment("", 0))


def hatted(of: Expression) -> Expression:
    """Return the symbol of the second GRU: the same letter with a hat."""
    name, shape = of.data
    base, *below = name.letter.split("_")
    return make("symbol", (), (name._replace(letter="_".join([base + HAT, *below])), shape))


def gru_signs() -> Derivation:
    """Derive that a GRU with the other sign computes the same from weights of the other sign."""
    network = _two_grus()
    equations = {d.left: d for d in network.equations}
    board = Blackboard(
        network,
        Lines(equations[h], equations[hatted(h)], *(equations[hatted(p)] for p in PARAMETERS)),
    )
    _induction(board)
    _gradients(board)
    names = {f"W_{q}{r}": f"{w} of the {n}" for q, (n, _) in GATES.items() for r, w in _KINDS}
    names |= {f"b_{q}": f"bias of the {name}" for q, (name, _) in GATES.items()}
    return board.derivation(
        "gru-signs",
        Lines(
            Equation(hatted(h), h),
            Equation(hatted(z), 1 - z),
            *(Equation(total(hatted(p)), -total(p)) for p in PARAMETERS),
        ),
        meanings=names | {"x": "input of step t", "L": "loss"},
        summary="With a hat: the GRU with the other sign, and with the update gate's parameters "
        "negated. It computes the same, so the two signs are one family.",
        source=SOURCE,
    )


_KINDS = (("h", "recurrent weights"), ("x", "input weights"))


def _induction(board: Blackboard) -> None:
    same_past = Equation(hatted(at(h, PREVIOUS)), at(h, PREVIOUS))
    board.line(
        "Induction starts at 0",
        Equation(hatted(h_0), h_0),
        "Both start from the same state.",
    )
    board.line(
        "Negated parameters, negated pre-activation",
        Equation(hatted(a_z), -a_z),
        "The pre-activation is linear in the parameters, and the states before are the same.",
        before=same_past,
    )
    board.line(
        "The logistic function is symmetric",
        Equation(hatted(z), 1 - z),
        "σ(-a) = 1/(1 + exp(a)) = 1 - σ(a).",
        details=_symmetry(board),
    )
    board.line(
        "The rest is read alike",
        Equation(hatted(g), g),
        "Reset gate and candidate have the same parameters and read the same state.",
        before=same_past,
    )
    mixed = Equation(hatted(h), (1 - z) * g + z * at(h, PREVIOUS))
    board.line(
        "Put them in",
        mixed,
        "In ẑ ⊙ ĝ + (1 - ẑ) ⊙ ĥ the gate 1 - z now stands where z stood, and the other way round.",
        before=Lines(Equation(hatted(z), 1 - z), Equation(hatted(g), g), same_past),
    )
    board.line(
        "The same state",
        Equation(hatted(h), h),
        "This is the first GRU's own equation, so the states are the same at every step.",
        check=by_rule("induction on t", board.truth.check),
    )


def _symmetry(board: Blackboard) -> tuple[Step, ...]:
    aside = board.aside(hatted(z))
    aside.line("Insert", apply("σ", -a_z), "The gate is σ of its pre-activation, which is -a_z.")
    aside.line("Symmetry of σ", 1 - apply("σ", a_z), "σ(a) + σ(-a) = 1.")
    aside.line("Recognize z", 1 - z, "The first GRU has z = σ(a_z).")
    return tuple(aside.steps)


def _gradients(board: Blackboard) -> None:
    board.line(
        "Gradients change sign too",
        Lines(*(Equation(total(hatted(p)), -total(p)) for p in PARAMETERS)),
        "Each parameter is the other with a minus, so the same move of the loss has the other "
        "sign.",
        before=Lines(*(Equation(hatted(p), -p) for p in PARAMETERS)),
    )


def _two_grus() -> Network:
    """Return the GRU whose z keeps the past, and one with hats, of the other sign; L reads ĥ."""
    first = template("gru", loss=None, keeps="z").cell
    second = template("gru", loss=None, keeps="1-z").cell
    renamed = {name_of(p).letter for p in PARAMETERS} | set(COMPUTED)

    def with_hat(node: Expression) -> Expression | None:
        known = node.operation.name == "symbol" and name_of(node).letter in renamed
        return hatted(node) if known else None

    def other(definition: Definition) -> Definition:
        left, right = hatted(definition.left), substitute(definition.right, with_hat)
        return Definition(left, right, meaning=f"{definition.meaning} of the other GRU")

    negated = [
        Definition(hatted(p), negate(p), meaning="the parameter of the other GRU")
        for p in PARAMETERS
    ]
    start = Definition(hatted(h_0), h_0, meaning="hidden state of the other GRU")
    loss = over_time(inner(immediate(h), hatted(h)))
    return Network(
        (*first, *negated, *map(other, second), start, Definition(TOTAL_LOSS, loss)),
        loss=TOTAL_LOSS,
    )
