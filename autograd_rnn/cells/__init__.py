"""Cells: one step of a recurrent network each, written once, as the lectures write it."""

from autograd_rnn.cells.cell import Cell
from autograd_rnn.cells.census import census
from autograd_rnn.cells.gru import GRUCell
from autograd_rnn.cells.lstm import LSTMCell
from autograd_rnn.cells.rnn import RNNCell

CELLS: dict[str, type[Cell]] = {cell.kind: cell for cell in (RNNCell, LSTMCell, GRUCell)}

__all__ = ["CELLS", "Cell", "GRUCell", "LSTMCell", "RNNCell", "census"]
