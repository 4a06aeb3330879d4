"""Time: a cell repeated over a sequence."""

from autograd_rnn.sequence.unroll import Run, Steps, unroll

__all__ = ["Run", "Steps", "unroll"]
