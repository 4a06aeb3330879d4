"""The engine: an explicit graph, differentiated by walking it. NumPy and nothing else.

Read it in this order: `graph` (what is recorded), `primitive` (the table of operations),
`record` (how one is applied), `tensor` and `value` (the handles people hold), `differentiate`
(backward and forward), `functional` (the same as functions of functions), and `rules/`, one
file a family of operations.
"""

from autograd_rnn.engine.custom import operation, stop_gradient
from autograd_rnn.engine.functional import grad, jvp, value_and_grad, vjp
from autograd_rnn.engine.graph import Graph, Node
from autograd_rnn.engine.jacobian import hessian, hvp, jacobian
from autograd_rnn.engine.place import Place, at
from autograd_rnn.engine.primitive import PRIMITIVES, OperationError, Primitive
from autograd_rnn.engine.rules.activation import (
    elu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from autograd_rnn.engine.rules.comparison import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    not_equal,
)
from autograd_rnn.engine.rules.elementwise import (
    abs,
    clip,
    cos,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    sin,
    sqrt,
    where,
)
from autograd_rnn.engine.rules.product import matmul
from autograd_rnn.engine.rules.recurrence import carry
from autograd_rnn.engine.rules.reduction import mean, sum
from autograd_rnn.engine.rules.structure import concatenate, reshape, stack, transpose
from autograd_rnn.engine.steps import BackwardStep, Contribution, backward_steps
from autograd_rnn.engine.tensor import Tensor, symbol
from autograd_rnn.engine.value import Value

__all__ = [
    "PRIMITIVES",
    "BackwardStep",
    "Contribution",
    "Graph",
    "Node",
    "OperationError",
    "Place",
    "Primitive",
    "Tensor",
    "Value",
    "abs",
    "at",
    "backward_steps",
    "carry",
    "clip",
    "concatenate",
    "cos",
    "elu",
    "equal",
    "exp",
    "expm1",
    "grad",
    "greater",
    "greater_equal",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log_softmax",
    "matmul",
    "maximum",
    "mean",
    "minimum",
    "not_equal",
    "operation",
    "relu",
    "reshape",
    "sigmoid",
    "sin",
    "softmax",
    "softplus",
    "sqrt",
    "stack",
    "stop_gradient",
    "sum",
    "symbol",
    "tanh",
    "transpose",
    "value_and_grad",
    "vjp",
    "where",
]
