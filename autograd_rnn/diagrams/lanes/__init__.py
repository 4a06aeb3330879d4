"""Where everything of an unrolled network stands: one template a cell, repeated along rails."""
