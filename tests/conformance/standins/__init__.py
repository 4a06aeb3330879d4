"""Packages that answer to other projects' names and hand every call to our engine.

A child process has this folder first on its path, so `import autograd` there finds these.
"""
