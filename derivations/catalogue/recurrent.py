"""The plain recurrent network with its slopes and Jacobians named, under any loss.

The statements about products of Jacobians are about this network: h′_t is the slope of the
activation, φ′(a_t), and J_t = diag(h′_t) W_h.
"""

from __future__ import annotations

from dataclasses import replace

from derivations.catalogue import template
from derivations.catalogue.activations import slope
from derivations.matrix import FIRST, NOW, PREVIOUS, Moment, at, diag, symbol
from derivations.network import Network, Range, of_template
from derivations.template import Definition, column, weight

h, x, a = column("h", "n"), column("x", "m"), column("a", "n")
W_h, W_x, b = weight("W_h", "n", "n"), weight("W_x", "n", "m"), weight("b", "n", "1")
past = at(h, PREVIOUS)
h_slope = column("h′", "n")
J = symbol("J", ("n", "n"), NOW)
ZERO, COLUMNS = Moment("", 0), (FIRST, Moment("n"))
EARLIER: Range = (ZERO, PREVIOUS)  # k = 0 .. t-1

MEANINGS = {
    "x": "input of step t",
    "W_h": "recurrent weights",
    "W_x": "input weights",
    "b": "bias",
    "L": "loss, any function of the hidden states",
}
I = symbol("I", ("n", "n"))


def plain(activation: str = "tanh", *more: Definition, loss: bool = True) -> Network:
    """Return the plain recurrent network, its weights apart, and whatever else is to be named.

    Raises ValueError for an activation that is not there, naming those that are.
    """
    found = of_template(template("rnn", loss=None, activation=activation))
    *cell, objective = found.equations
    equations = (*cell, *([objective] if loss else []), *more)
    return replace(found, equations=equations, loss=found.loss if loss else None, stored={})


def recurrent(activation: str = "tanh", *more: Definition, loss: bool = True) -> Network:
    """Return the plain recurrent network with h′_t and J_t named too."""
    slopes = slope(activation, a, h)
    meaning = f"slope of the activation, φ′(a_t) = {slopes.text()}"
    named = (
        Definition(h_slope, slopes, meaning=meaning),
        Definition(J, diag(h_slope) @ W_h, meaning="Jacobian of one step"),
    )
    return plain(activation, *named, *more, loss=loss)


def state_equations(network: Network) -> tuple[Definition, Definition]:
    """Return the equations of a_t and of h_t."""
    first, second = network.equations[:2]
    return first, second
