"""Pictures of graphs: `draw(thing, "file.svg")`, and `stepper(loss)`, which plays them.

From the ground up: `typography` (letters and colours), `scene` (what a picture shows: a graph is
read along time and becomes items and edges), `lanes` (where they stand), `gradients` (what is laid
over them), `formats` and `graphviz` (how a layout is written), `drawing`, the one function of it
all, and `stepper`.
"""

from autograd_rnn.diagrams.drawing import Drawing, draw
from autograd_rnn.diagrams.graphviz.render import DrawingError, DrawingTimeout
from autograd_rnn.diagrams.stepper.play import Stepper, stepper

__all__ = ["Drawing", "DrawingError", "DrawingTimeout", "Stepper", "draw", "stepper"]
