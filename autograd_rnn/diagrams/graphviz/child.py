"""The child process that runs the Graphviz inside pygraphviz's wheel.

Run as a script, so that it imports nothing of this package: DOT on standard input, the result on
standard output. C code that hangs or crashes on a graph takes only this process with it.
"""

from __future__ import annotations

import sys

import pygraphviz


def main(program: str, kind: str, *options: str) -> None:
    """Work on standard input; after the program come its arguments, the format first: -Tpng."""
    graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
    made = graph.draw(format=kind.removeprefix("-T"), prog=program, args=" ".join(options))
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main(*sys.argv[1:])
