"""The variance of a signal in a deep network, a product over its layers: vanish or explode.

Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
networks", AISTATS 2010, section 4.2.1 (equation 5).
"""

from __future__ import annotations

from collections.abc import Mapping

from derivations.catalogue.weighted_sums import Kind, the_same, variance_of_sum
from derivations.chance.arguments import Argument, Chain, Conclusion, Line, Part
from derivations.chance.claims import Range
from derivations.chance.facts import (
    Above,
    Below,
    Fact,
    Identical,
    Independent,
    Linear,
    Same,
    ZeroMean,
)
from derivations.chance.scalars import (
    Applied,
    Constant,
    Limit,
    Number,
    Product,
    Scalar,
    Var,
    Variable,
)
from derivations.step import Derivation, Equation, Symbol

l, L = Constant("l"), Constant("L")
n, W, x = Constant("n"), Variable("W"), Variable("x")
z_l, z_before = Variable("z", time="l"), Variable("z", time="l-1")

ASSUMPTIONS: Mapping[str, Fact] = {
    "linear regime": Linear("tanh"),
    "zero-mean weights": ZeroMean("W@l"),
    "independent weights": Independent("W@l", "W@l"),
    "identically distributed weights": Identical("W@l"),
    "weights independent of signals": Independent("W@l", "z@l-1"),
    "zero-mean signals": ZeroMean("z@l-1"),
    "identically distributed signals": Identical("z@l-1"),
    "layers of equal size": Same("n"),
    "weights alike in all layers": Identical("W"),
    "n Var(W) < 1": Below("n", 1 / Var(W)),
    "n Var(W) > 1": Above("n", 1 / Var(W)),
}

SIGNALS = Kind(
    "z",
    "signals",
    Constant("n", "l"),
    ("j", "k"),
    weight_letter="W",
    weight_time="l",
    time="l-1",
)


def gain(layer: str) -> Scalar:
    """Return ``n_l Var(W_l)``: what one layer multiplies the variance by."""
    return Constant("n", layer) * Var(Variable("W", time=layer))


def through(last: Scalar, index: str = "k") -> Scalar:
    """Return ``Var(x) Π_k n_k Var(W_k)`` over the layers up to the last."""
    return Var(x) * Product(index, last, gain(index))


_TANH = SIGNALS.over(SIGNALS.weight("j") * Applied("tanh", SIGNALS.other("j")))
ONE_LAYER = Part(
    "one layer",
    Chain(
        Var(z_l),
        Var(_TANH),
        (
            Line(
                "Slope 1 near the origin",
                Var(SIGNALS.sum),
                "Small pre-activations pass through tanh unchanged: its tangent at 0 is z itself.",
                ("linear regime",),
            ),
            the_same(
                variance_of_sum(SIGNALS, Var(z_l)),
                "One layer",
                "This is the forward pass of Xavier, with the layer before for its inputs.",
            ),
        ),
        SIGNALS.range,
    ),
)

_LAYERS = Range(upper=l)
_z_0, _z_1 = Variable("z", time="0"), Variable("z", time="1")
INDUCTION = Part(
    "induction",
    conclusions=(
        Conclusion(
            "Induction starts",
            (Equation(Var(_z_1), gain("1") * Var(_z_0)), Equation(Var(_z_0), Var(x))),
            (Number(1), gain("1")),
            Equation(Var(_z_1), through(Number(1))),
            "Before the first layer there is the input, z_0 = x, and the product has one factor.",
        ),
        Conclusion(
            "Induction from l-1 to l",
            (
                Equation(Var(z_l), gain("l") * Var(z_before)),
                Equation(Var(z_before), through(l - 1)),
            ),
            (Number(1), gain("l")),
            Equation(Var(z_l), through(l)),
            "Put what is known of layer l-1 into what one layer does: one more factor.",
            range=_LAYERS,
        ),
    ),
    needs=("one layer",),
    uses_up=("one layer",),
)

_Z_L = Variable("z", time="L")
ALIKE = Part(
    "alike",
    Chain(
        Var(_Z_L),
        through(L, "l"),
        (
            Line(
                "Count equal factors",
                Var(x) * (n * Var(W)) ** L,
                "Layers of one size with weights of one variance have the same factor, L times.",
                ("layers of equal size", "weights alike in all layers"),
            ),
        ),
        Range(upper=L),
    ),
    needs=("induction",),
)

VANISH = Part(
    "vanish",
    Chain(
        Limit("L", Var(_Z_L)),
        Limit("L", Var(x) * (n * Var(W)) ** L),
        (
            Line(
                "Small random numbers vanish",
                Number(0),
                "The powers of a number below 1 go to 0, and the signal goes with them "
                "geometrically.",
                ("n Var(W) < 1",),
            ),
        ),
    ),
    needs=("alike",),
    case="n Var(W) < 1",
)

EXPLODE = Part(
    "explode",
    Chain(
        Limit("L", 1 / Var(_Z_L)),
        Limit("L", 1 / (Var(x) * (n * Var(W)) ** L)),
        (
            Line(
                "Large ones explode",
                Number(0),
                "The powers of a number above 1 grow without bound, so their reciprocals go to 0.",
                ("n Var(W) > 1",),
            ),
        ),
    ),
    needs=("alike",),
    case="n Var(W) > 1",
)

DEPTH = Argument(
    topic="depth",
    summary="Every layer multiplies the variance by n Var(W), so anything but 1 is fatal in depth.",
    source="Glorot & Bengio 2010",
    assumptions=ASSUMPTIONS,
    parts=(ONE_LAYER, INDUCTION, ALIKE, VANISH, EXPLODE),
    symbols=(
        Symbol(z_l, "any pre-activation of layer l; the biases start at 0", "1"),
        Symbol(Variable("z", "j", "l-1"), "the pre-activations of the layer before", "n_l of them"),
        Symbol(Variable("W", "j", "l"), "the weights that enter z_l", "n_l of them"),
        Symbol(Constant("n", "l"), "the number of inputs of a unit of layer l", "1"),
        Symbol(x, "any input of the network; the signal before the first layer is z_0 = x", "1"),
        Symbol(Variable("W", time="l"), "any one of the weights of layer l", "1"),
        Symbol(n, "the size of all layers and W any weight, where the layers are alike", "1"),
    ),
)


def depth() -> Derivation:
    """Derive ``Var(z_L) = Var(x) Π n_l Var(W_l)``, and where it goes as L grows."""
    return DEPTH.derive()
