"""Pictures of graphs: `draw(thing, "file.svg")`.

Read it in this order: `scene` (what a picture consists of), `timeline` and `reading` (how a graph
is looked at), `compose` (graph to scene), `views` and `levels` (how much of it is shown), `lanes`
and `graphviz_layout` (scene to `layout`, where everything is), `shapes` (what it looks like), the
formats `svg`, `xdot` (PNG and PDF), `tikz` and `dot`, and `drawing`, the one function of it all.
"""

from autograd_rnn.diagrams.drawing import Drawing, draw
from autograd_rnn.diagrams.render import DrawingError, DrawingTimeout
from autograd_rnn.diagrams.stepper import Stepper, stepper

__all__ = ["Drawing", "DrawingError", "DrawingTimeout", "Stepper", "draw", "stepper"]
