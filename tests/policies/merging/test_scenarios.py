"""The shared merge scenarios, as far as a pure decision settles them."""

import json
from pathlib import Path
from typing import Any

from policies.merging import judging
from tests.policies.merging import scenarios
from tests.policies.merging.building import NOW

FILE = "merge_scenarios.jsonl"
LEAST = 70
ALLOWED = ("merged", "would_merge")


def test_each_scenario_that_judging_settles_is_judged_as_expected(cases: Path) -> None:
    rows = [json.loads(line) for line in (cases / FILE).read_text().splitlines()]
    settled = [row for row in rows if scenarios.is_settled_by_judging(row)]
    assert len(settled) >= LEAST
    assert {row["id"]: _difference(row) for row in settled if _difference(row)} == {}


def _difference(scenario: dict[str, Any]) -> str:
    """What was decided, where that is not what is expected."""
    expected = scenario["expect"]
    against = judging.decide(scenarios.read(scenario), NOW).against
    if expected["outcome"] in ALLOWED:
        return "".join(f"{one.code}/{one.detail} " for one in against)
    listed = [post["codes"] for post in expected.get("post", []) if post["check"] == "blockers"]
    if listed and listed != [list(dict.fromkeys(one.code for one in against))]:
        return f"{listed} and {against}"
    primary = against[0] if against else None
    found = (primary and primary.code, primary and primary.detail, primary and primary.outcome)
    detail = expected["detail"] or found[1]  # null: not compared
    outcome = found[2] if expected["outcome"] == "already_merged" else expected["outcome"]
    return "" if found == (expected["blocker_code"], detail, outcome) else str(found)
