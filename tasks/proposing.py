"""Propose the write that a verdict asks for, only where it changes something."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.database import Transaction
from app.github import documents
from app.records import evaluations, intents
from app.records.runs import Run
from policies.intents import Intent, StatusContent, target


def status(
    tx: Transaction,
    *,
    run: Run,
    content: StatusContent,
    evaluation_id: UUID,
    shown: documents.Status | None,
    now: datetime,
) -> UUID | None:
    """The intent that carries the status out; None where GitHub shows it already. `shown`: what GitHub shows."""
    newest = intents.newest(tx, target(run.repository_id, content))
    intent_id = _carried(tx, newest, content, shown, now)
    if intent_id is None and not _is_shown(newest, content, shown):
        sequence = newest["sequence"] + 1 if newest else 1
        intent_id = intents.record(tx, _intent(run, content, sequence), evaluation_id, now)
    if intent_id is not None:
        evaluations.carried_by(tx, evaluation_id, intent_id)
    return intent_id


def _carried(
    tx: Transaction,
    newest: dict[str, Any] | None,
    content: StatusContent,
    shown: documents.Status | None,
    now: datetime,
) -> UUID | None:
    """The newest intent, where it wishes the same and has not ended; a denied one is to be decided again."""
    if newest is None or newest["content"] != content.model_dump(mode="json"):
        return None
    if newest["status"] == "denied":
        if _is_shown(None, content, shown):
            return None
        intents.reopen(tx, newest["id"], now)
    return newest["id"] if newest["status"] in ("pending", "sent", "denied") else None


def _is_shown(newest: dict[str, Any] | None, content: StatusContent, shown: documents.Status | None) -> bool:
    """Whether the target shows the content: by GitHub's list, unless our own receipt is newer than that list."""
    written = newest is not None and newest["status"] == "written" and newest["remote_id"] is not None
    if newest is not None and written and (shown is None or shown.id <= int(newest["remote_id"])):
        return bool(newest["content"] == content.model_dump(mode="json"))
    if shown is None:
        return False
    wanted = (content.state, content.description, content.target_url)
    return (shown.state, shown.description, shown.target_url) == wanted


def _intent(run: Run, content: StatusContent, sequence: int) -> Intent:
    return Intent(
        repository=run.full_name,
        repository_id=run.repository_id,
        installation_id=run.installation_id,
        number=run.number or 0,
        sequence=sequence,
        content=content,
    )
