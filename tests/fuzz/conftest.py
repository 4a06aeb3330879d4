"""The targets need atheris: they are run by tests, each in a process of its own."""

collect_ignore = ["formulas.py"]
