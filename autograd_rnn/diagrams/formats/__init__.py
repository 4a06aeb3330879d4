"""What a layout looks like, once, and its writers: SVG, xdot (for PNG and PDF) and TikZ."""
