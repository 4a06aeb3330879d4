"""autograd's containers: ours are Python's own."""

from . import __getattr__ as __getattr__
