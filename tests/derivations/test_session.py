import subprocess
import sys

import pytest

import derivations
from derivations import Derivation, UnknownTopic, derive


def test_it_lists_what_there_is():
    topics = derive()
    assert {"rnn", "lstm", "gru", "xavier", "attention"} <= set(topics)
    assert "glorot" not in topics
    lines = repr(topics).splitlines()
    assert [line.split()[0] for line in lines] == list(topics)
    assert all(len(line) <= 100 for line in lines)
    assert topics._repr_html_().count("<tr>") == len(topics)
    assert topics._ipython_key_completions_() == list(topics)


@pytest.mark.parametrize("error", [UnknownTopic, LookupError, ValueError])
@pytest.mark.parametrize(
    ("asked", "nearest"), [("lstmm", "lstm"), ("GRUs", "gru"), ("Xavier", "xavier")]
)
def test_an_unknown_topic_is_answered_with_the_nearest(asked, nearest, error):
    with pytest.raises(error, match=f"nearest is '{nearest}', and there are: .*rnn, .*xavier"):
        derive(asked)


@pytest.mark.parametrize("steps", [0, -1, 2.5, "3", True])
def test_a_meaningless_number_of_steps_is_refused(steps):
    with pytest.raises(ValueError, match="steps must be a whole number of time steps, at least 1"):
        derive("lstm", steps=steps)


@pytest.mark.parametrize("option", [{"wrt": "W"}, {"steps": 3}, {"activation": "relu"}])
def test_a_topic_says_which_options_it_does_not_take(option):
    with pytest.raises(ValueError, match="'xavier' takes no options, so not " + next(iter(option))):
        derive("xavier", **option)


def test_only_the_plain_network_has_a_choice_of_activation():
    with pytest.raises(ValueError, match=r"'lstm' takes only wrt, .*, so not activation"):
        derive("lstm", activation="relu")


def test_a_derivation_remembers_what_it_was_asked_for_with():
    asked = {"topic": "gru", "wrt": "W_r", "variant": "reset-after"}
    assert derive("gru", wrt="W_r", variant="reset-after", loss=None).asked == asked
    assert derive("gru", wrt="W_r", variant="reset-after", notation="ng").asked == asked
    weaker = derive("xavier").without("zero-mean weights").without("zero-mean inputs")
    assert weaker.asked["without"] == ("zero-mean weights", "zero-mean inputs")


@pytest.mark.parametrize("topic", derive())
def test_every_topic_is_derived_under_its_own_name(topic):
    d = derive(topic)
    assert isinstance(d, Derivation)
    assert d.topic == topic
    assert derive()[topic].name == topic
    assert derive()[topic].title == d.title


@pytest.mark.parametrize(
    ("topic", "options", "word"),
    [
        ("nested", {"units": "many"}, "many units"),
        ("census", {"cell": "gru"}, "GRU"),
        ("initial-state", {"start": "zero"}, "from zeros"),
        ("lstm-carousel", {"gates": "closed"}, "closed"),
    ],
)
def test_a_title_is_the_topics_and_the_summary_tells_the_case(topic, options, word):
    d = derive(topic, **options)
    assert d.title == derive(topic).title
    assert word in d.summary


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, "δ_t = dL/dh_t ⊙ (1 - h_t²)"),
        ({"activation": "logistic"}, "δ_t = dL/dh_t ⊙ h_t ⊙ (1 - h_t)"),
        ({"loss": "squared error"}, "dL/dh_t = h_t - y_t + W_hᵀ δ_{t+1}"),
        ({"steps": 2}, "dL/dW = δ_1 [h_0; x_1]ᵀ + δ_2 [h_1; x_2]ᵀ"),
    ],
)
def test_options_reach_the_derivation(options, shown):
    unaligned = [" ".join(line.split()) for line in str(derive("rnn", **options)).splitlines()]
    assert any(shown in line for line in unaligned)


def test_the_parameter_asked_for_is_the_one_derived():
    assert "dL/dW_r" in derive("gru", wrt="W_r").statement.text()
    assert "dL/dW_z =" not in derive("gru", wrt="W_r").statement.text()


def test_importing_costs_next_to_nothing():
    """No SymPy and no NumPy until something is derived, not even for the list of topics."""
    program = (
        "import sys; import derivations; derivations.derive(); repr(derivations.derive());"
        "heavy = {'sympy', 'numpy', 'mpmath', 'autograd_rnn'} & set(sys.modules);"
        "print(*sorted(heavy))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_closed_form_is_there_on_first_use():
    assert callable(derivations.closed_form)
    with pytest.raises(AttributeError, match="no attribute 'open_form'"):
        _ = derivations.open_form
