"""autograd-rnn."""
