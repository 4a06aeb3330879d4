"""Recurrent networks as equations for one step, and everything that follows from them."""
