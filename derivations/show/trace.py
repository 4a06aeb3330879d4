"""A derivation as data, for other programs: a versioned JSON trace.

The trace is an object::

    format       "autograd-rnn derivation"
    version      2
    topic        what was derived, such as "lstm"
    title        in words
    summary      one sentence, or ""
    notation     the letters it is written in, such as "house" or "ng"
    statement    formula: what is derived
    source       a paper, or ""
    assumptions  [name, ...]: all that the steps assume
    symbols      [{name: formula, meaning: words, shape: "n × m"}, ...]
    steps        [step, ...], at least one

    formula      {text: Unicode, perhaps of several lines; latex: for inside math mode}
    step         {rule, before: formula, after: formula, changed: formula or null, why, source,
                  assumptions: [name, ...], verdict: verdict or null, substeps: [step, ...]}
    verdict      {kind: "derived", "exact" or "tested", by, sizes, error_bound}

All that is not said to be otherwise is a string. Version 2 has `notation`, which version 1 had not.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from derivations.step import Derivation, Formula, Step

FORMAT, VERSION = "autograd-rnn derivation", 2


def document(derivation: Derivation) -> str:
    """Return the trace as JSON."""
    return json.dumps(trace(derivation), ensure_ascii=False, indent=2) + "\n"


def trace(derivation: Derivation) -> dict[str, Any]:
    """Return the trace as dictionaries, lists and strings."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "topic": derivation.topic,
        "title": derivation.title,
        "summary": derivation.summary,
        "notation": derivation.notation,
        "statement": _formula(derivation.statement),
        "source": derivation.source,
        "assumptions": list(derivation.assumptions),
        "symbols": [
            {"name": _formula(symbol.name), "meaning": symbol.meaning, "shape": symbol.shape}
            for symbol in derivation.symbols
        ],
        "steps": [_step(step) for step in derivation.steps],
    }


def _formula(formula: Formula) -> dict[str, str]:
    return {"text": formula.text(), "latex": formula.latex()}


def _step(step: Step) -> dict[str, Any]:
    return {
        "rule": step.rule,
        "before": _formula(step.before),
        "after": _formula(step.after),
        "changed": _formula(step.changed) if step.changed else None,
        "why": step.why,
        "source": step.source,
        "assumptions": list(step.assumptions),
        "verdict": asdict(step.verdict) if step.verdict else None,
        "substeps": [_step(substep) for substep in step.substeps],
    }
