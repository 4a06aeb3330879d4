"""micrograd's one class."""

from autograd_rnn import Value

__all__ = ["Value"]
