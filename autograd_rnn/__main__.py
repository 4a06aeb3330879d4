"""`python -m autograd_rnn` is the command `autograd-rnn`."""

from autograd_rnn.cli import main

main()
