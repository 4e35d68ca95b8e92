"""Verdicts, trees, simulations and backtests as JSON that other programs read; `docs/policy-json.md` describes it."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from app.backtest import OUTCOMES, Tally, Trial
from app.records.evaluations import Stored
from app.simulation import Simulated
from policies.comparison import Leaf, RuleChange
from policies.mode import OTHER, Mode
from policies.result import Result
from policies.validation import Finding

Document = dict[str, Any]
BACKTEST_SCHEMA = "mergegate.backtest.v1"
EVALUATION_SCHEMA = "mergegate.evaluation.v1"
MODES_SCHEMA = "mergegate.modes.v1"
SIMULATION_SCHEMA = "mergegate.simulation.v1"
VALIDATION_SCHEMA = "mergegate.validation.v1"


def backtest(asked: Document, tally: Tally, changes: list[Document], *, without_facts: int) -> Document:
    """`asked`: what was run. `changes`: the trials that did not end unchanged, as many as were kept."""
    told = sum(count for outcome, count in tally.outcomes.items() if outcome != "unchanged")
    return {
        "schemaVersion": BACKTEST_SCHEMA,
        **asked,
        "summary": {
            "judged": tally.judged,
            **{outcome: tally.outcomes[outcome] for outcome in OUTCOMES},
            "withoutFacts": without_facts,
            "missingFacts": [{"fact": fact, "pulls": count} for fact, count in sorted(tally.missing.items())],
        },
        "changes": changes,
        "truncated": told > len(changes),
    }


def trial(tried: Trial) -> Document:
    """One pull request of a backtest; `now` is null where it cannot be told."""
    known = tried.outcome != "unknown"
    return {
        **_pull(tried.pull),
        "mode": tried.mode,
        "outcome": tried.outcome,
        "then": {"state": tried.then.state, "description": tried.then.description},
        "now": {"state": tried.now.state, "description": tried.now.description} if known else None,
        "rules": [_rule(change) for change in tried.rules],
        "missingFacts": list(tried.missing),
    }


def simulation(simulated: Simulated) -> Document:
    """`verdict` is null where it hangs on facts that are not recorded."""
    pull, said = simulated.pull, simulated.verdict
    return {
        "schemaVersion": SIMULATION_SCHEMA,
        **_pull(pull),
        "recorded": {"mode": pull.mode, "state": pull.state, "description": pull.description},
        "mode": simulated.mode,
        "verdict": None if simulated.missing else {"state": said.state, "description": said.summary},
        "missingFacts": list(simulated.missing),
        "notes": list(simulated.notes),
        "rules": [_rule(change) for change in simulated.rules],
        "result": tree(simulated.result),
    }


def evaluation(repository: str, row: Mapping[str, Any]) -> Document:
    """A row of `evaluations`; `other` is null where the other mode was not computed, `approving` without such rules."""
    other = None if row["other_state"] is None else {**_other(row), "result": _camel(row["other_result"])}
    return {
        "schemaVersion": EVALUATION_SCHEMA,
        "repository": repository,
        **_posted(row),
        "policy": {"source": row["policy_source"], "sha256": row["policy_digest"]},
        "result": _camel(row["result"]),
        "other": other,
        "approving": _approving(row["approving"]),
    }


def _approving(said: Mapping[str, Any] | None) -> Document | None:
    """What the approve rules said."""
    if said is None:
        return None
    return {
        "state": said["state"],
        "sentence": said["sentence"],
        "rules": said["rules"],
        "file": {"source": said["source"], "sha256": said["digest"]},
        "result": _camel(said["result"]),
    }


def modes(differing: list[dict[str, Any]], unknown: list[dict[str, Any]]) -> Document:
    """The pull requests that the mode which is not posted judges otherwise, and those of which it says nothing."""
    return {
        "schemaVersion": MODES_SCHEMA,
        "pulls": [_differing(row) for row in differing],
        "unknown": [{"repository": row["repository"], "number": row["number"]} for row in unknown],
    }


def validation(files: Mapping[str, tuple[Finding, ...]]) -> Document:
    """What was found in each file."""
    return {
        "schemaVersion": VALIDATION_SCHEMA,
        "files": [{"file": file, **findings(found)} for file, found in files.items()],
    }


def findings(found: tuple[Finding, ...]) -> Document:
    """What was found in one text; it is valid if there are only warnings."""
    valid = all(finding.severity != "error" for finding in found)
    return {"valid": valid, "findings": [_camel(finding.model_dump()) for finding in found]}


def tree(result: Result) -> Any:
    """A result with keys as in the rest of the JSON."""
    return _camel(json.loads(result.to_json()))


def _pull(pull: Stored) -> Document:
    return {
        "repository": pull.repository,
        "number": pull.number,
        "headSha": pull.head_sha,
        "baseRef": pull.base_ref,
        "evaluatedAt": pull.evaluated_at.isoformat(),
    }


def _rule(change: RuleChange) -> Document:
    return {"rule": change.rule, "then": _leaf(change.then), "now": _leaf(change.now)}


def _leaf(leaf: Leaf | None) -> Document | None:
    return None if leaf is None else leaf.model_dump()


def _differing(row: Mapping[str, Any]) -> Document:
    return {"repository": row["repository"], **_posted(row), "other": _other(row)}


def _posted(row: Mapping[str, Any]) -> Document:
    return {
        "number": row["number"],
        "headSha": row["head_sha"],
        "baseRef": row["base_ref"],
        "evaluatedAt": row["evaluated_at"].isoformat(),
        "mode": _mode(row),
        "state": row["state"],
        "description": row["description"],
        "differences": row["differences"] or [],
    }


def _other(row: Mapping[str, Any]) -> Document:
    return {"mode": OTHER[_mode(row)], "state": row["other_state"], "description": row["other_description"]}


def _mode(row: Mapping[str, Any]) -> Mode:
    """Rows of before there were two are `compat`."""
    mode: Mode = row["mode"] or "compat"
    return mode


def _camel(value: Any) -> Any:
    """The same with every key in camel case; our models have no keys from outside."""
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if isinstance(value, dict):
        return {to_camel(key): _camel(item) for key, item in value.items()}
    return value
