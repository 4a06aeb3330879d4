"""Figures by name: what a TOML file or a Sphinx directive asks for, checked, drawn and kept."""

from autograd_rnn.figures.batch import Entry, Made, importing_from, make_figures, read_figures
from autograd_rnn.figures.figure import Figure
from autograd_rnn.figures.words import BadFigure

__all__ = [
    "BadFigure",
    "Entry",
    "Figure",
    "Made",
    "importing_from",
    "make_figures",
    "read_figures",
]
