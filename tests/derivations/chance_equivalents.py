"""Why a wrong-looking line about chance may be right: other ways to write the same.

Each takes a step, the kind of the mistake, and the formula with it.
"""

from derivations.step import Formula, Step

CENTRED = ("zero-mean", "symmetric", "Gaussian")


def mean_is_zero(step: Step, kind: str, wrong: Formula) -> bool:
    """Where a mean is 0 by assumption, second moment and variance are the same."""
    return kind == "moment mistaken" and any(a.startswith(CENTRED) for a in step.assumptions)


def symmetric(step: Step, kind: str, wrong: Formula) -> bool:
    """Where z and -z are distributed alike, either may stand for the other; and E[σ(z)] is ½."""
    return "symmetric pre-activations" in step.assumptions and kind in (
        "sign swapped",
        "part dropped",
    )


def slope_is_one(step: Step, kind: str, wrong: Formula) -> bool:
    """Powers of tanh′(0) = 1 are all 1."""
    return step.rule == "Tangent of tanh at 0"


def own_square(step: Step, kind: str, wrong: Formula) -> bool:
    """A mask of zeros and ones is its own square."""
    return kind == "power mistaken" and any(a.startswith("kept with") for a in step.assumptions)


EXPLANATIONS = (mean_is_zero, symmetric, slope_is_one, own_square)
