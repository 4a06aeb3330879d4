"""Layers around a cell, one idea a file."""

from autograd_rnn.layers.dense import Dense
from autograd_rnn.layers.loss import cross_entropy, squared_error

__all__ = ["Dense", "cross_entropy", "squared_error"]
