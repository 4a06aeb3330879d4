"""Every published error is shown wrong by numbers, and what is right can be derived."""

import re

import pytest

from derivations import derive
from derivations.errata import ERRATA


@pytest.mark.parametrize("name", ERRATA)
def test_the_wrong_formula_gives_something_else(name):
    found = ERRATA[name].counterexample()
    assert found.wrong != found.right
    assert found.at


@pytest.mark.parametrize("name", ERRATA)
def test_an_erratum_names_its_source_and_the_derivation_of_what_is_right(name):
    erratum = ERRATA[name]
    assert re.search(r"[a-z]{4}", erratum.source)
    assert not re.search(r"\b00\d\b", erratum.source)  # a number of ours, which nobody can look up
    assert erratum.wrong != erratum.right
    assert erratum.topic in derive()
    assert erratum.wrong in str(erratum)
