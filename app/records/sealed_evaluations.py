"""The newest verdict on a pull request as a merge needs it: as it was recorded, and with what has happened since."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from app.database import Transaction
from app.events import Event
from policies.merging.situation import StoredEvaluation

SEALED = ("id", "repository_id", "number", "head_sha", "base_ref", "policy_digest", "state", "evaluated_at")
"""The columns that a merge relies on."""


def seal(row: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over what a merge relies on: whoever changes that in the table breaks it."""
    said = {name: _text(row[name]) for name in SEALED}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _text(value: Any) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return None if value is None else str(value)


def stored_for_merge(tx: Transaction, repository_id: int, number: int) -> StoredEvaluation | None:
    """The newest evaluation of a pull request, whatever it says."""
    row = tx.execute(
        "SELECT id, repository_id, number, head_sha, base_ref, policy_digest, state, evaluated_at, invalidated_by, seal"
        " FROM evaluations WHERE repository_id = %(repository)s AND number = %(number)s ORDER BY seq DESC LIMIT 1",
        {"repository": repository_id, "number": number},
    ).fetchone()
    if row is None:
        return None
    decision: Literal["allow", "deny"] = "allow" if row["state"] == "success" else "deny"
    return StoredEvaluation(
        id=str(row["id"]),
        head_sha=row["head_sha"],
        base_ref=row["base_ref"],
        repository_id=row["repository_id"],
        policy_digest=row["policy_digest"] or "",
        decision=decision,
        evaluated_at=row["evaluated_at"],
        invalidated_by=row["invalidated_by"],
        is_sound=row["seal"] == seal(row),
    )


def invalidates(event: Event) -> bool:
    """Whether no verdict from before the event counts any more: a push, a new base, a close or what undoes one."""
    if event.name != "pull_request":
        return False
    return event.action in ("synchronize", "closed", "reopened") or event.left_branch is not None


def invalidate(tx: Transaction, repository_id: int, number: int, event: Event, now: datetime) -> int:
    """Let no evaluation of the pull request count any more; how many did until now."""
    ended = tx.execute(
        "UPDATE evaluations SET invalidated_at = %(now)s, invalidated_by = %(event)s"
        " WHERE repository_id = %(repository)s AND number = %(number)s AND invalidated_at IS NULL",
        {"repository": repository_id, "number": number, "event": f"{event.name}.{event.action}", "now": now},
    )
    return ended.rowcount
