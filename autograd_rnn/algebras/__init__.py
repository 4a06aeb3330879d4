"""The same graph in other numbers: exact rationals, SymPy, fifty digits, balls.

Read it in this order: `algebra` (what a number system brings), `evaluation` (how a graph is run
in one), and then the four of them, a file each.
"""

from autograd_rnn.algebras.algebra import Algebra
from autograd_rnn.algebras.balls import Ball, balls
from autograd_rnn.algebras.digits import digits
from autograd_rnn.algebras.evaluation import evaluate
from autograd_rnn.algebras.rationals import RATIONALS
from autograd_rnn.algebras.symbolic import SYMPY

__all__ = ["RATIONALS", "SYMPY", "Algebra", "Ball", "balls", "digits", "evaluate"]
