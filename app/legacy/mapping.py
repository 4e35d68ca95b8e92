"""What one row of an export becomes here: pure, a row in, the columns of ours out, or `Unfit`.

Nothing imported is ever worked on: a workflow has the kind `imported`, for which no worker has a definition, and one
that was not over in the old system is blocked at a step of its own that says so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from app.definitions import IMPORTED
from app.legacy.cells import MOST_TEXT_CHARACTERS, Row, Unfit, attempted, pull
from app.legacy.dump import SAID, STATEMENT
from app.legacy.shape import RowKind, Shape
from app.records.legacy_targets import END_PLACE

NAMESPACE = UUID("0d6b0f5e-6c1c-4f0e-9a53-2f6d5c0e1d7a")
START_ANEW = "It was not over in the system it comes from: start it anew here if it is still wanted."
CLOCKS_DIFFER = timedelta(seconds=5)
MOST_SUBJECT_CHARACTERS = 500
TYPES = {
    **dict.fromkeys(("policy_evaluation", "evaluation", "evaluate", "policy", "policy_check"), "policy_evaluation"),
    **dict.fromkeys(
        ("pull_request_handoff", "pull_request", "handoff", "pr_handoff", "pr", "create_pr", "artifact"),
        "pull_request_handoff",
    ),
    **dict.fromkeys(("approval", "approve", "human_approval", "approval_request"), "approval"),
    **dict.fromkeys(("merge", "pr_merge", "merge_pr", "auto_merge", "merge_pull_request"), "merge"),
    **dict.fromkeys(("loop_step", "loop", "step", "agent_step", "agent", "loop_run"), "loop_step"),
    **dict.fromkeys(("reconciliation", "reconcile", "sync"), "reconciliation"),
    **dict.fromkeys(("legacy_import", "import", "migration"), "legacy_import"),
}
DONE = ("succeeded", "success", "successful", "completed", "complete", "done", "finished", "ok", "passed")
FAILED = ("failed", "failure", "error", "errored", "timed_out", "timeout", "dead", "rejected")
CANCELLED = ("cancelled", "canceled", "aborted", "terminated", "superseded", "skipped", "stopped")
UNFINISHED = (
    *("pending", "queued", "scheduled", "created", "new", "ready", "running", "in_progress", "active", "started"),
    *("waiting", "paused", "waitingforpause", "waiting_for_pause", "blocked", "retrying", "retry", "sleeping"),
    *("snoozed", "on_hold", "waiting_for_approval"),
)
OF_WORKFLOWS = {
    **dict.fromkeys(DONE, "succeeded"),
    **dict.fromkeys(FAILED, "failed"),
    **dict.fromkeys(CANCELLED, "cancelled"),
    **dict.fromkeys(UNFINISHED, "blocked"),
}
OF_STEPS = {
    **dict.fromkeys(DONE, "done"),
    **dict.fromkeys(FAILED, "stopped"),
    **dict.fromkeys((*CANCELLED, *UNFINISHED), "cancelled"),
}
_OUTCOMES = {"done": "done", "stopped": "stop", "cancelled": None}


@dataclass(frozen=True)
class Placed:
    """Where a row belongs, as far as that can be told of a damaged one."""

    key: str | None
    target_id: UUID | None
    parent_id: UUID | None
    place: int | None


def place(source: str, kind: RowKind, shape: Shape, raw: dict[str, Any], ordinal: int) -> Placed:
    """Found out when a row is read or mended."""
    row = Row(raw, shape.fields)
    key: str | None = attempted(lambda: _key(kind, row))
    parent: str | None = (
        attempted(lambda: row.text({"steps": "workflow", "workflows": "retry_of"}[kind]))
        if (kind in ("steps", "workflows"))
        else None
    )
    return Placed(
        key,
        None if key is None else target_id(source, kind, key),
        None if parent is None else target_id(source, "workflows", parent),
        _place(kind, row, ordinal),
    )


def target_id(source: str, kind: RowKind, key: str) -> UUID:
    """The same for the same key, whichever file it comes from."""
    return uuid5(NAMESPACE, f"{source}\0{kind}\0{key}")


def _key(kind: RowKind, row: Row) -> str | None:
    if kind == "settings":
        repository = row.text("repository")
        key = row.needed("key")
        return f"{repository}/{key}" if repository else key
    if kind == "steps" and "id" not in row.fields:
        return f"{row.needed('workflow')}/{row.text('position') or row.needed('name')}"
    return row.text("id")


def _place(kind: RowKind, row: Row, ordinal: int) -> int | None:
    """Of a step; in the order of the file where no column says it."""
    if kind != "steps":
        return None
    found: int | None = attempted(lambda: row.number("position")) if "position" in row.fields else ordinal
    return found


def mapped(kind: RowKind, shape: Shape, raw: dict[str, Any], key: str | None, place: int | None) -> dict[str, Any]:
    """The row as ours. Raises `Unfit`."""
    if STATEMENT in raw:
        sentence = f"SQLite does not take its statement ({raw.get(SAID)}): mend the file, or set all its columns."
        raise Unfit("UNREADABLE_STATEMENT", sentence)
    row = Row(raw, shape.fields)
    if kind == "settings":
        row.needed("key", "MISSING_ID")
        return {}
    if key is None or not key.strip():
        row.needed("id", "MISSING_ID")
    if kind == "workflows":
        return _workflow(row, key or "")
    return _step(row, place) if kind == "steps" else _event(row)


def _workflow(row: Row, key: str) -> dict[str, Any]:
    status = row.one_of("status", OF_WORKFLOWS, "UNKNOWN_STATUS")
    created = _needed_time(row, "created_at")
    updated, finished = row.time("updated_at"), row.time("finished_at")
    _demand_order(row, created, ("updated_at", updated), ("finished_at", finished))
    if row.text("retry_of") == key:
        raise Unfit("RETRY_OF_ITSELF", f"{row.column('retry_of')} names the workflow itself.")
    error, output = row.text("error", MOST_TEXT_CHARACTERS), row.json("output")
    is_over = status != "blocked"
    subject = row.text("subject", MOST_SUBJECT_CHARACTERS) or key
    repository, number = _place_of(row, subject)
    return {
        "type": row.one_of("type", TYPES, "UNKNOWN_TYPE"),
        "status": status,
        "subject": f"legacy:{subject}",
        "full_name": repository,
        "number": number,
        "input": row.json("input"),
        "current_step": row.text("current_step") or IMPORTED,
        "asked_by": row.text("actor") or "legacy",
        "created_at": _said(created),
        "updated_at": _said(updated or finished or created),
        "finished_at": _said(finished or updated) if is_over else None,
        "has_end": not is_over or error is not None or bool(output),
        "error": error if is_over else START_ANEW if error is None else f"{START_ANEW} It said: {error}",
        "output": output or None,
    }


def _place_of(row: Row, subject: str) -> tuple[str, int | None]:
    """Repository and number as their columns say; what these leave out, as the subject does if it says nothing else."""
    repository, number, named = row.repository("repository"), row.number("number"), pull(subject)
    if named is None or repository.lower() not in ("", named[0].lower()) or number not in (None, named[1]):
        return repository, number
    return repository or named[0], named[1]


def _step(row: Row, place: int | None) -> dict[str, Any]:
    row.needed("workflow")
    status = row.one_of("status", OF_STEPS, "UNKNOWN_STATUS")
    created, started, ended = row.time("created_at"), row.time("started_at"), row.time("finished_at")
    _demand_order(row, created or started, ("started_at", started), ("finished_at", ended))
    _demand_order(row, started, ("finished_at", ended))
    if place is None:
        row.number("position", "BAD_POSITION")
    if place is None or place >= END_PLACE - 1:
        raise Unfit("BAD_POSITION", f"{row.column('position')} should be a whole number below {END_PLACE - 1}.")
    return {
        "name": row.needed("name"),
        "status": status,
        "outcome": _OUTCOMES[status],
        "position": place + 1,
        "attempts": row.number("attempts") or 0,
        "error": row.text("error", MOST_TEXT_CHARACTERS),
        "input": row.json("input"),
        "output": row.json("output") or None,
        "created_at": _said(created or started),
        "started_at": _said(started),
        "ended_at": _said(ended),
    }


def _event(row: Row) -> dict[str, Any]:
    return {
        "at": _said(_needed_time(row, "at")),
        "kind": row.needed("kind"),
        "subject": row.text("subject", MOST_SUBJECT_CHARACTERS) or "",
        "actor": row.text("actor") or "",
        "body": row.json("body"),
    }


def _needed_time(row: Row, field: str) -> datetime:
    found = row.time(field)
    if found is None:
        raise Unfit("MISSING_TIME", f"{row.column(field)} is missing.")
    return found


def _demand_order(row: Row, first: datetime | None, *later: tuple[str, datetime | None]) -> None:
    for field, moment in later:
        if first is not None and moment is not None and moment < first - CLOCKS_DIFFER:
            raise Unfit("ENDED_BEFORE_BEGUN", f"{row.column(field)} is before the row began.")


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
