"""autograd's `extend`: its insides, of which we have no counterpart."""

from . import __getattr__ as __getattr__
