# Every target sets itself up: a virtual environment, this package, and the extras it needs.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test lint oracles browser slow conformance bench docs clean
.DEFAULT_GOAL := demo

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "autograd-rnn needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

# One stamp an extra, so that `make demo` downloads no test tools.
$(VENV)/.%: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable $(if $(filter runtime,$*),.,'.[$*]')
	touch $@

demo: $(VENV)/.runtime
	$(BIN)/autograd-rnn demo --out demo

lint: $(VENV)/.test $(VENV)/.docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2 -m "not oracles and not browser and not slow"

oracles: $(VENV)/.test $(VENV)/.oracles
	$(BIN)/pytest -m oracles tests

browser: $(VENV)/.test $(VENV)/.docs $(VENV)/.browser
	$(BIN)/pytest -m browser tests

slow: $(VENV)/.test $(VENV)/.slow
	$(BIN)/pytest -n 2 -m slow tests

conformance: $(VENV)/.test
	$(BIN)/python -m tests.conformance

bench: $(VENV)/.bench
	$(BIN)/python -m tests.benchmarks

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -q -W -j auto docs docs/_build

clean:
	rm -rf $(VENV) demo docs/catalogue docs/figures docs/reference docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis
