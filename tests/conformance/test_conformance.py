"""Other projects' tests pass on our engine, or fail for a reason that is written down."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable

import pytest

from tests.conformance import __main__ as program
from tests.conformance import suites
from tests.conformance.suites import NotObtained, Outcome

WRONG_NUMBER = "AssertionError: fwd: 0.5, measured 0.25"


class TestReasons:
    def test_every_group_has_a_sentence(self):
        for group in suites.reasons().values():
            assert group["why"].endswith(".")
            assert set(group) <= {"why", "says", "tests"}

    def test_no_pattern_explains_a_wrong_number(self):
        for message in (WRONG_NUMBER, "AssertionError: values 1.0 and 2.0", "assert False", ""):
            assert suites.reason_for("test_numpy::test_sum", message, suites.reasons()) is None

    @pytest.mark.parametrize(
        ("message", "group"),
        [
            ("NotImplementedError: np.kron is not among our operations", "operation"),
            ("TypeError: np.sinh is not in the table of operations: absolute, add", "operation"),
            ("NotImplementedError: autograd's vspace has no counterpart here", "insides"),
            ("ModuleNotFoundError: No module named 'torch'", "oracle"),
            ("ModuleNotFoundError: No module named 'numpy'", None),
        ],
    )
    def test_refusals_are_explained(self, message, group):
        assert suites.reason_for("test_x::test_y", message, suites.reasons()) == group

    def test_an_unexplained_failure_fails_the_run(self, capsys):
        outcome = Outcome(passed=["test_a::test_b"], failed={"test_a::test_c": WRONG_NUMBER})
        assert program.report("theirs", outcome) == 1
        printed = capsys.readouterr().out
        assert "1 of 2 pass" in printed
        assert f"NOT EXPLAINED test_a::test_c: {WRONG_NUMBER}" in printed

    def test_a_reason_that_is_outlived_fails_the_run(self, capsys):
        named = suites.reasons()["complex"]["tests"][0]
        assert program.report("theirs", Outcome(passed=[named, "test_a::test_b"])) == 1
        assert f"PASSES NOW, but has a reason not to: {named}" in capsys.readouterr().out


# A suite of three tests, as another project might ship it.
THEIRS = """
import autograd.numpy as np
from autograd import grad
from autograd.test_util import check_grads

def test_right():
    check_grads(lambda x, y: np.sin(x * y), (0, 1))(0.5, np.array([1.0, 2.0, 3.0]))

def test_wrong():
    assert grad(lambda x: x * x)(3.0) == 7.0

def test_absent():
    grad(lambda x: np.sinc(x))(0.5)
"""


def test_a_suite_runs_on_the_stand_ins(tmp_path):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_theirs.py").write_text(THEIRS)
    outcome = suites.run(tests)
    explained, unexplained = suites.sorted_out(outcome)
    assert outcome.passed == ["test_theirs::test_right"]
    assert list(unexplained) == ["test_theirs::test_wrong"]
    assert explained["operation"] == ["test_theirs::test_absent"]


def test_a_file_that_cannot_be_imported_is_a_failure(tmp_path):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_theirs.py").write_text("import no_such_module\n")
    (message,) = suites.run(tests).failed.values()
    assert message == "ModuleNotFoundError: No module named 'no_such_module'"


def test_a_distribution_without_tests_is_a_reason_to_skip(tmp_path):
    (tmp_path / "setup.py").write_text("")
    with tarfile.open(tmp_path / "theirs-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "setup.py", "theirs-1.0/setup.py")
    with pytest.raises(NotObtained, match="ships no tests"):
        suites.unpacked(tmp_path / "theirs-1.0.tar.gz", "tests")


def test_a_suite_never_meets_its_own_program(tmp_path):
    (tmp_path / "theirs.py").write_text("raise RuntimeError('not ours')")
    (tmp_path / "test_theirs.py").write_text(THEIRS)
    with tarfile.open(tmp_path / "theirs-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "theirs.py", "theirs-1.0/autograd/__init__.py")
        archive.add(tmp_path / "test_theirs.py", "theirs-1.0/tests/test_theirs.py")
    tests = suites.unpacked(tmp_path / "theirs-1.0.tar.gz", "tests")
    assert suites.run(tests).passed == ["test_theirs::test_right"]


def test_no_words_of_the_downloader_are_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(suites.sys, "executable", str(tmp_path / "no-such-python"))
    with pytest.raises(NotObtained, match=r"^pip could not download it \(FileNotFoundError\)$"):
        suites.obtain("autograd==1.9.1", tmp_path)


class TestTheirChecker:
    """The stand-in for autograd's `check_grads` must catch what it is there to catch."""

    @pytest.fixture
    def check_grads(self) -> Callable[..., Callable[..., None]]:
        from tests.conformance.standins.autograd.test_util import check_grads

        return check_grads

    @pytest.mark.parametrize(("rule", "mode"), [("vjp", "rev"), ("jvp", "fwd")])
    def test_a_wrong_rule(self, check_grads, monkeypatch, rule, mode):
        import autograd_rnn.engine as ar

        right = ar.PRIMITIVES["tanh"]
        wrong = ar.Primitive(
            name="tanh",
            kernel=right.kernel,
            shape=right.shape,
            latex=right.latex,
            vjp=right.vjp,
            jvp=right.jvp,
        )
        object.__setattr__(wrong, rule, (lambda g, y, x: g * (1.0 - y),))
        check_grads(ar.tanh)(0.7)
        monkeypatch.setitem(ar.PRIMITIVES, "tanh", wrong)
        with pytest.raises(AssertionError, match=f"^{mode}: "):
            check_grads(ar.tanh, modes=[mode])(0.7)

    def test_a_wrong_second_derivative(self, check_grads):
        import autograd_rnn.engine as ar

        def f(x):
            return ar.sin(x) + 0.5 * ar.stop_gradient(ar.cos(x)) * (x - ar.stop_gradient(x))

        check_grads(lambda x: ar.sin(x) * x)(0.7)
        with pytest.raises(AssertionError, match="measured"):
            check_grads(f)(0.7)


@pytest.mark.slow
@pytest.mark.parametrize("project", suites.PROJECTS)
def test_what_fails_fails_for_a_reason(project, tmp_path):
    try:
        tests = suites.obtain(project, tmp_path)
    except NotObtained as why:
        pytest.skip(f"{project}: {why}")
    outcome = suites.run(tests)
    _, unexplained = suites.sorted_out(outcome)
    assert unexplained == {}
    assert suites.outlived(outcome) == []
    assert outcome.passed or re.fullmatch("micrograd.*", project)  # its oracle is PyTorch
