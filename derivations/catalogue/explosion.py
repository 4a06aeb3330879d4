"""What large weights and large eigenvalues do not decide: two counterexamples in exact numbers.

Source: Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks,
section 2.1, for what holds; the examples are ours.
"""

from __future__ import annotations

from fractions import Fraction

from derivations.blackboard import Blackboard, row
from derivations.bounds import ByLemmas, scaled
from derivations.catalogue.stability import AFTER_K, INDICES, SOURCE, STEP_K, STEP_S
from derivations.chance.scalar_algebra import INFINITY, InTheLimit
from derivations.concrete import Concrete, Values
from derivations.matrix import (
    FIRST,
    NOW,
    PREVIOUS,
    SCALAR,
    Expression,
    Moment,
    apply,
    at,
    below,
    diag,
    hadamard,
    identity,
    limit,
    norm,
    number,
    product_over,
    repeated,
    squared_norm,
    symbol,
    total_jacobian,
)
from derivations.network import Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition, column, weight
from derivations.topics import TOPICS

SATURATED = Fraction(4, 5)  # a state at which the slope of tanh is 9/25
STEPS = range(1, 6)


# ------------------------------------------------------------------ large weights do not suffice


def saturation() -> Derivation:
    """Derive a network whose σ_max(W_h) = 2 > 1/γ and whose gradients vanish: a saturated unit."""
    w, b, h, a = symbol("w", SCALAR), symbol("b", SCALAR), column("h", "1"), column("a", "1")
    network = Network(
        (
            Definition(a, hadamard(w, at(h, PREVIOUS)) + b, meaning="pre-activation"),
            Definition(h, apply("tanh", a), meaning="hidden state, a scalar"),
        )
    )
    jacobian = total_jacobian(h, at(h, STEP_K))
    board = Blackboard(network, start=jacobian, indices=INDICES)
    slope = 1 - at(h, STEP_S) ** 2
    product = product_over("s", AFTER_K, NOW, hadamard(slope, w))
    form = board.line(
        "Product of Jacobians",
        Equation(jacobian, product),
        "Each step multiplies by the slope of tanh and by the weight.",
    ).after
    chosen = apply("artanh", number(SATURATED)) - hadamard(2, SATURATED)
    values: Values = {
        w: [[2]],
        b: chosen,
        **{at(h, moment): [[SATURATED]] for moment in (NOW, PREVIOUS, STEP_S, Moment("", 0))},
        jacobian: product,
    }
    numbers = Concrete(values, {"t": STEPS, "k": range(3)})
    board.line(
        "Choose numbers",
        Lines(
            Equation(w, number(2)),
            Equation(b, chosen),
            Equation(at(h, Moment("", 0)), number(SATURATED)),
        ),
        "The weight is larger than 1/γ = 1, and the bias is made to hold a saturated state.",
        check=numbers,
    )
    board.line(
        "The state stays",
        Equation(number(SATURATED), apply("tanh", hadamard(SATURATED, w) + b)),
        "8/5 and the bias make artanh(4/5), so h_t = h_{t-1} = 4/5 at every step.",
        check=numbers,
    )
    rate = Fraction(2) * (1 - SATURATED**2)
    power = board.line(
        "The same factor every step",
        Equation(jacobian, repeated("s", AFTER_K, NOW, number(rate))),
        "The slope is 1 - (4/5)² = 9/25, and twice that is less than 1.",
        before=form,
        check=numbers,
    ).after
    end = board.line(
        "It vanishes",
        Equation(limit("t", jacobian), number(0)),
        "A steep weight does not help a unit that works where tanh is flat.",
        before=power,
        check=InTheLimit("t"),
    ).after
    return board.derivation(
        "saturation",
        Lines(Equation(w, number(2)), end),
        meanings={"w": "recurrent weight, a scalar", "b": "bias, a scalar"},
        summary="σ_max(W_h) > 1/γ is necessary for gradients to explode, and not sufficient.",
        source=SOURCE,
    )


# ------------------------------------------------------- the spectral radius is for linear networks


def spectral_radius() -> Derivation:
    """Derive what eigenvalues decide, and a tanh network of spectral radius 0 that explodes."""
    linear, along = _along_an_eigenvector()
    example = _nilpotent()
    explodes = example.at
    u, r, W, b, h = _names()
    return Derivation(
        topic="spectral-radius",
        title=TOPICS["spectral-radius"].title,
        statement=Lines(along, explodes),
        steps=(*linear.steps, *example.steps),
        symbols=(
            row(symbol("W_h", ("n", "n")), "recurrent weights"),
            row(symbol("v", ("n", "1")), "an eigenvector of W_h"),
            row(symbol("λ", SCALAR), "its eigenvalue"),
            row(column("h", "n"), "hidden state"),
            row(W, "recurrent weights of the example"),
            row(u, "its columns, up to a factor"),
            row(r, "its rows, up to a factor"),
            row(b, "bias of the example"),
            row(h, "hidden state of the example, the same at every step"),
        ),
        summary="It decides linear recurrences; with tanh, gradients may explode although it is 0.",
        source=SOURCE,
        truth=linear.truth,
    )


def _along_an_eigenvector() -> tuple[Blackboard, Equation]:
    """Write that a linear network multiplies along an eigenvector by its eigenvalue."""
    W, v, λ = weight("W_h", "n", "n"), weight("v", "n", "1"), symbol("λ", SCALAR)
    h, x, P = column("h", "n"), column("x", "n"), weight("P", "n", "n")
    # Any matrix with W v = λ v has this form, for v ≠ 0.
    has_eigenvector = λ * identity("n") + P @ (squared_norm(v) * identity("n") - v @ v.T)
    network = Network(
        (Definition(W, has_eigenvector), Definition(h, W @ at(h, PREVIOUS) + x)),
    )
    jacobian = total_jacobian(h, at(h, STEP_K))
    board = Blackboard(network, start=Equation(h, W @ at(h, PREVIOUS) + x), indices=INDICES)
    board.line(
        "The Jacobian of a step is W_h",
        Equation(jacobian, product_over("s", AFTER_K, NOW, W)),
        "A linear recurrence has no slopes, so nothing but powers of W_h is left.",
    )
    along = Equation(jacobian @ v, hadamard(repeated("s", AFTER_K, NOW, λ), v))
    board.line(
        "Along an eigenvector",
        along,
        "Each factor W_h multiplies v by λ, so the largest |λ| decides: with all of them below 1 "
        "the powers of W_h go to 0, since the t-th root of the t-th power's norm goes to the "
        "spectral radius (Gelfand's formula).",
        assumptions=("W_h v = λ v",),
    )
    return board, along


def _names() -> tuple[Expression, ...]:
    u, r = symbol("u", ("2", "1")), symbol("r", ("2", "1"))
    W, b, h = symbol("W", ("2", "2")), symbol("b", ("2", "1")), symbol("h", ("2", "1"))
    return u, r, W, b, h


def _nilpotent() -> Blackboard:
    """Write the example: W = u rᵀ with rᵀu = 0, linear and then between two units of tanh."""
    u, r, W, b, h = _names()
    state = below(number(0), number(SATURATED))
    step = diag(1 - h**2) @ W
    kept = apply("artanh", h) - W @ h
    values: Values = {
        u: [[2], [1]],
        r: [[1], [-2]],
        W: u @ r.T,
        h: [[0], [SATURATED]],
        b: kept,
    }
    numbers = Concrete(values, {"t": STEPS})
    board = Blackboard(Network(()), start=Equation(W, u @ r.T))
    board.line(
        "Choose numbers",
        Lines(
            Equation(u, below(number(2), number(1))),
            Equation(r, below(number(1), number(-2))),
            Equation(W, u @ r.T),
        ),
        "The matrix is not normal: what comes in along r goes out along u, at a right angle.",
        check=numbers,
    )
    board.line(
        "Its spectral radius is 0",
        Equation(W @ W, number(0)),
        "rᵀu = 0, so two steps of the linear recurrence forget everything: all eigenvalues are 0.",
        check=numbers,
    )
    board.line(
        "Yet it grows first",
        Equation(norm(W), number(5)),
        "‖u‖ ‖r‖ = √5 √5: one step makes a gradient along r five times as long.",
        check=numbers,
    )
    board.line(
        "Now with tanh",
        Lines(Equation(h, state), Equation(b, kept), Equation(h, apply("tanh", W @ h + b))),
        "The bias holds the first unit in the middle and saturates the second.",
        check=numbers,
    )
    _product_explodes(board, step, numbers)
    return board


def _product_explodes(board: Blackboard, step: Expression, numbers: Concrete) -> None:
    rate = number(Fraction(32, 25))
    board.line(
        "Two steps",
        Equation(step @ step, hadamard(rate, step)),
        "The slopes 1 and 9/25 turn the columns of W away from their right angle to its rows: "
        "rᵀ diag(1 - h²) u = 32/25.",
        check=numbers,
    )
    product = product_over("s", FIRST, NOW, step)
    power = repeated("s", FIRST, Moment("t", -1), rate)
    board.line(
        "t steps",
        Equation(product, hadamard(power, step)),
        "By induction: every further step multiplies by 32/25.",
        check=numbers,
    )
    board.line(
        "Its norm",
        Equation(norm(product), hadamard(power, norm(step))),
        "The norm of a multiple is the multiple of the norm.",
        check=ByLemmas((scaled(),), of_norms=True),
    )
    board.line(
        "It explodes",
        Equation(limit("t", norm(product)), INFINITY),
        "32/25 > 1, although every eigenvalue of the weights is 0.",
        check=InTheLimit("t"),
    )
