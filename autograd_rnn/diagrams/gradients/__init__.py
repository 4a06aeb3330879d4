"""Gradients one can see: what flows back, how it vanishes, and the terms of a sum."""
