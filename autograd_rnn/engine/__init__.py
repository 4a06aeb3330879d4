"""The engine: an explicit graph, differentiated by walking it. NumPy and nothing else.

Read it in this order: `graph` (what is recorded), `primitive` (the table of operations),
`record` (how one is applied), `tensor` and `value` (the handles people hold), `differentiate`
(backward and forward), `functional` and `jacobian` (the same as functions of functions),
`rules/`, one file a family of operations, `custom` (one of your own) and `gradcheck` (proof).
"""

from autograd_rnn.engine.custom import operation, stop_gradient
from autograd_rnn.engine.functional import grad, jvp, value_and_grad, vjp
from autograd_rnn.engine.gradcheck import GradcheckReport, gradcheck
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
from autograd_rnn.engine.rules.arrangement import (
    broadcast_to,
    expand_dims,
    flip,
    pad,
    repeat,
    scatter_add,
    split,
    squeeze,
    swapaxes,
    take,
)
from autograd_rnn.engine.rules.comparison import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    not_equal,
)
from autograd_rnn.engine.rules.contraction import dot, einsum, outer, tensordot
from autograd_rnn.engine.rules.convolution import (
    conv1d,
    conv2d,
    max_pool1d,
    max_pool2d,
    mean_pool1d,
    mean_pool2d,
    windows,
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
from autograd_rnn.engine.rules.reduction import cumsum, logsumexp, max, mean, min, sum, var
from autograd_rnn.engine.rules.structure import concatenate, reshape, stack, transpose
from autograd_rnn.engine.steps import BackwardStep, Contribution, backward_steps
from autograd_rnn.engine.tensor import Tensor, symbol
from autograd_rnn.engine.value import Value

__all__ = [
    "PRIMITIVES",
    "BackwardStep",
    "Contribution",
    "GradcheckReport",
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
    "broadcast_to",
    "carry",
    "clip",
    "concatenate",
    "conv1d",
    "conv2d",
    "cos",
    "cumsum",
    "dot",
    "einsum",
    "elu",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "flip",
    "grad",
    "gradcheck",
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
    "logsumexp",
    "matmul",
    "max",
    "max_pool1d",
    "max_pool2d",
    "maximum",
    "mean",
    "mean_pool1d",
    "mean_pool2d",
    "min",
    "minimum",
    "not_equal",
    "operation",
    "outer",
    "pad",
    "relu",
    "repeat",
    "reshape",
    "scatter_add",
    "sigmoid",
    "sin",
    "softmax",
    "softplus",
    "split",
    "sqrt",
    "squeeze",
    "stack",
    "stop_gradient",
    "sum",
    "swapaxes",
    "symbol",
    "take",
    "tanh",
    "tensordot",
    "transpose",
    "value_and_grad",
    "var",
    "vjp",
    "where",
    "windows",
]
