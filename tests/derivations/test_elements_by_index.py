"""Elements whose places are indices, sums of nothing, and products of scalars."""

from __future__ import annotations

import pytest

from derivations.matrix import (
    FIRST,
    NOW,
    PREVIOUS,
    Moment,
    at,
    element,
    free_indices,
    inner,
    instance,
    jacobian,
    number,
    over,
    symbol,
    total,
    total_jacobian,
)
from derivations.network import STEPS, Network
from derivations.step import Equation, NotVerified
from derivations.template import Definition
from derivations.truth import SMALL, Truth

R, L = symbol("R", ("n", "n")), symbol("L", ("1", "1"))
h, u = symbol("h", ("n", "1"), NOW), symbol("u", ("n", "1"), NOW)
before = at(h, PREVIOUS)
weight = element(R, ("i", "j"))
PLACES = (FIRST, Moment("n"))
NETWORK = Network(
    (
        Definition(h, R @ before + u),
        Definition(L, over("t", FIRST, Moment("T"), inner(u, h))),
    ),
    loss=L,
)


def truth(**indices):
    return Truth(NETWORK, indices={"t": STEPS, **indices})


def test_an_element_by_index_is_that_of_its_number():
    by_index, by_number = element(R, ("i", "j")), element(R, (2, 1))
    found = truth(i=PLACES, j=PLACES)
    assert found.value(by_index, i=2, j=1)[0, 0].value == found.value(by_number)[0, 0].value
    assert found.value(R).shape == (2, 2)
    assert by_index.text() == "R[i,j]"
    assert free_indices(by_index) == ["i", "j"]


def test_a_matrix_product_is_what_its_elements_say():
    row = over("l", FIRST, Moment("n"), element(R, ("k", "l")) * element(before, ("l",)))
    right = Equation(element(h, ("k",)), row + element(u, ("k",)))
    assert truth(k=PLACES).check(number(0), right).kind == "tested"
    wrong = Equation(element(h, ("k",)), row + element(u, (1,)))
    with pytest.raises(NotVerified, match="at t = 1, k = 2"):
        truth(k=PLACES).check(number(0), wrong)


def test_derivatives_of_and_by_elements_are_entries_of_the_jacobian():
    claim = Equation(
        total_jacobian(element(h, ("k",)), element(before, ("j",))), element(R, ("k", "j"))
    )
    found = truth(j=PLACES, k=PLACES)
    assert found.check(number(0), claim).kind == "tested"
    immediate_one = jacobian(h, element(R, (2, 1)))
    assert immediate_one.shape == ("n", "1")
    moved = found.value(immediate_one, t=1)[:, 0]
    assert [entry.value for entry in moved] == [0, found.value(before, t=1)[0, 0].value]
    gradient = Equation(
        element(total(R), ("j", "k")),
        over("t", FIRST, Moment("T"), element(total(h), ("j",)) * element(before, ("k",))),
    )
    assert found.check(number(0), gradient).kind == "tested"


def test_an_index_may_have_the_letter_of_a_size():
    """The size k is 4; the index k runs over what is said, and every value is looked at."""
    assert SMALL.dimensions["k"] == 4
    found = truth(k=(Moment("", 0), Moment("t", -1)))
    cases = found.cases(total_jacobian(h, at(h, Moment("k"))))
    assert [(case["t"], case["k"]) for case in cases] == [
        *[(1, 0), (2, 0), (2, 1)],
        *[(3, 0), (3, 1), (3, 2)],
    ]


def test_an_index_of_an_element_can_be_put_in():
    assert instance(weight, 2, "i").text() == "R[2,j]"
    assert instance(weight, Moment("n"), "j").text() == "R[i,n]"
    with pytest.raises(TypeError, match="no element is named by the place k-1"):
        instance(weight, Moment("k", -1), "i")


def test_a_sum_of_nothing_is_a_column_of_zeros():
    nothing = over("s", Moment("t", 1), NOW, before)
    value = truth().value(R @ nothing, t=2)
    assert [entry.value for entry in value[:, 0]] == [0, 0]


def test_products_of_scalars_need_no_sign():
    a, b, dL = element(h, ("k",)), weight, element(total(h), ("k",))
    assert (a * b).text() == "h_t[k] R[i,j]"
    assert (a * (1 - b)).text() == "h_t[k] (1 - R[i,j])"
    assert (dL * b).text() == "(dL/dh_t[k]) R[i,j]"
    assert (h * u).text() == "h_t ⊙ u_t"
    assert symbol("h′", ("n", "1"), NOW).T.latex() == r"h_{t}'^{\top}"
