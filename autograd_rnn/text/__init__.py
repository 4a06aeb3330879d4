"""Text as numbers: where it comes from, and its characters as one-hot vectors."""

from autograd_rnn.text.corpus import Corpus, read_text, zen_of_python
from autograd_rnn.text.vocabulary import Vocabulary

__all__ = ["Corpus", "Vocabulary", "read_text", "zen_of_python"]
