"""Propose the write that a verdict asks for, only where it changes something."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.database import Transaction
from app.github import documents
from app.records import evaluations, intents
from app.records.runs import Run
from policies.intents import Intent, StatusContent, status_target

UNDER_WAY = ("pending", "sent")


def lock(tx: Transaction, repository_id: int, sha: str, context: str) -> None:
    """Nobody else proposes for this target until the transaction ends."""
    intents.lock(tx, status_target(repository_id, sha, context))


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
    newest = intents.newest(tx, content.target_in(run.repository_id))
    intent_id = _carried(tx, run, newest, content, shown, now)
    if intent_id is None and not _is_shown(newest, content, shown):
        sequence = newest["sequence"] + 1 if newest else 1
        intent_id = intents.record(tx, _intent(run, content, sequence), evaluation_id, now)
    if intent_id is not None:
        evaluations.carried_by(tx, evaluation_id, intent_id)
    return intent_id


def _carried(
    tx: Transaction,
    run: Run,
    newest: dict[str, Any] | None,
    content: StatusContent,
    shown: documents.Status | None,
    now: datetime,
) -> UUID | None:
    """The newest intent, where it wishes the same and has not ended; a denied one is to be decided again."""
    if newest is None or newest["content"] != content.model_dump(mode="json"):
        return None
    if (newest["full_name"], newest["installation_id"]) != (run.full_name, run.installation_id):
        return None  # it would go where the App is not any more
    if newest["status"] == "denied":
        if _shows(content, shown):
            return None
        intents.reopen(tx, newest["id"], now)
    return newest["id"] if newest["status"] in (*UNDER_WAY, "denied") else None


def _is_shown(newest: dict[str, Any] | None, content: StatusContent, shown: documents.Status | None) -> bool:
    """Whether the target shows the content, and will go on to.

    It won't where another content is under way. Our own receipt counts for more than an older list of GitHub's.
    """
    if newest is not None and newest["status"] in UNDER_WAY:
        return False
    receipted = newest is not None and newest["status"] == "written" and newest["remote_id"] is not None
    if newest is not None and receipted and (shown is None or shown.id <= int(newest["remote_id"])):
        return bool(newest["content"] == content.model_dump(mode="json"))
    return _shows(content, shown)


def _shows(content: StatusContent, shown: documents.Status | None) -> bool:
    wanted = (content.state, content.description, content.target_url)
    return shown is not None and (shown.state, shown.description, shown.target_url) == wanted


def _intent(run: Run, content: StatusContent, sequence: int) -> Intent:
    return Intent(
        run_id=str(run.id),
        repository=run.full_name,
        repository_id=run.repository_id,
        installation_id=run.installation_id,
        number=run.number or 0,
        sequence=sequence,
        content=content,
    )
