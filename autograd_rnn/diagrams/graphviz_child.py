"""The child process that lays out a picture with the Graphviz inside pygraphviz's wheel.

Run as a script, so that it imports nothing of this package: DOT on standard input, the picture on
standard output. C code that hangs or crashes on a graph takes only this process with it.
"""

from __future__ import annotations

import os
import sys
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import pygraphviz

# The system's fonts, and after them one that pip installed: a bare machine has none, and would
# write boxes in place of letters. A font that has no italics is slanted.
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">{system}</include>
  <dir>{fonts}</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <match target="font">
    <test name="slant" compare="eq"><const>roman</const></test>
    <test target="pattern" name="slant" compare="not_eq"><const>roman</const></test>
    <edit name="matrix" mode="assign">
      <times>
        <name>matrix</name>
        <matrix><double>1</double><double>0.2</double><double>0</double><double>1</double></matrix>
      </times>
    </edit>
  </match>
</fontconfig>
"""


def main(arguments: list[str]) -> None:
    """Draw standard input; the arguments are those of `dot`, the format first: -Tpng -Gdpi=192."""
    kind, *options = arguments
    graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
    with TemporaryDirectory() as folder:
        install_fonts(Path(folder, "fonts.conf"))
        picture = graph.draw(format=kind.removeprefix("-T"), prog="dot", args=" ".join(options))
    sys.stdout.buffer.write(picture)


def install_fonts(configuration: Path) -> None:
    """Let fontconfig find the font of the package ziafont besides the system's."""
    system = os.environ.get("FONTCONFIG_FILE", "/etc/fonts/fonts.conf")
    fonts = files("ziafont") / "fonts"
    configuration.write_text(FONTS.format(system=system, fonts=fonts), encoding="utf-8")
    os.environ["FONTCONFIG_FILE"] = str(configuration)


if __name__ == "__main__":
    main(sys.argv[1:])
