"""Evaluations as they would come back from their rows."""

import json
from datetime import UTC, datetime
from typing import Any

from app.records.evaluations import Stored
from policies import document, verdict
from policies.evaluation import evaluate
from policies.facts import PullSnapshot
from policies.policy import Mode
from policies.verdict import Origin

ORIGIN = Origin(owner="acme", repo="widgets", ref="main", path=".policy.yml")


def stored(policy: str, snapshot: PullSnapshot, mode: Mode = "compat", **changed: Any) -> Stored:
    """What was recorded when `policy` judged `snapshot`; keywords replace fields."""
    result = evaluate(document.parse(policy), snapshot, mode)
    said = verdict.of_result(result, ORIGIN)
    fields = {
        "repository": f"{snapshot.owner}/{snapshot.repo}",
        "repository_id": snapshot.repository_id,
        "number": snapshot.number,
        "head_sha": snapshot.head_sha,
        "base_ref": snapshot.base_ref,
        "evaluated_at": datetime(2024, 3, 2, tzinfo=UTC),
        "mode": mode,
        "state": said.state,
        "description": said.summary,
        "result": json.loads(result.to_json()),
        "policy_source": str(ORIGIN),
        "policy": policy,
        "snapshot": snapshot.model_dump_json(),
    }
    return Stored(**{**fields, **changed})
