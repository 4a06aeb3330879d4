"""Graphviz in a child process with a timeout: DOT, and where everything of other graphs stands."""
