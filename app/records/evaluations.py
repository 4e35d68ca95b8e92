"""Evaluations: the verdict on one pull request at one head, with the facts and the policy it was taken from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app.database import Transaction
from policies.facts import PullSnapshot


@dataclass(frozen=True)
class Evaluation:
    """What is recorded. `snapshot` and `result` are None where the facts or the policy could not be had.

    `policy_source`: owner/name@sha:path, or why there is none. `policy_digest`: SHA-256 of the policy's text.
    `description`: the whole reason; `status_text`: what fits into a commit status.
    """

    run_id: UUID
    repository_id: int
    number: int
    head_sha: str
    base_ref: str
    policy_source: str
    policy_digest: str | None
    snapshot: PullSnapshot | None
    state: str
    description: str
    status_text: str
    result: dict[str, Any] | None
    evaluated_at: datetime


def record(tx: Transaction, evaluation: Evaluation) -> UUID:
    """Store the evaluation, and its facts once however often they come."""
    digest = _store_snapshot(tx, evaluation.snapshot)
    evaluation_id = uuid4()
    tx.execute(
        "INSERT INTO evaluations (id, run_id, repository_id, number, head_sha, base_ref, policy_source,"
        " policy_digest, snapshot_digest, state, description, status_text, result, evaluated_at)"
        " VALUES (%(id)s, %(run_id)s, %(repository_id)s, %(number)s, %(head_sha)s, %(base_ref)s, %(policy_source)s,"
        " %(policy_digest)s, %(digest)s, %(state)s, %(description)s, %(status_text)s, %(result)s,"
        " %(evaluated_at)s)",
        {
            **evaluation.__dict__,
            "id": evaluation_id,
            "digest": digest,
            "result": None if evaluation.result is None else Jsonb(evaluation.result),
        },
    )
    return evaluation_id


def _store_snapshot(tx: Transaction, snapshot: PullSnapshot | None) -> str | None:
    if snapshot is None:
        return None
    digest = snapshot.digest()
    tx.execute(
        "INSERT INTO snapshots (digest, facts) VALUES (%(digest)s, %(facts)s) ON CONFLICT DO NOTHING",
        {"digest": digest, "facts": Jsonb(snapshot.model_dump(mode="json"))},
    )
    return digest


def carried_by(tx: Transaction, evaluation_id: UUID, intent_id: UUID) -> None:
    """Remember which intent carries the verdict out."""
    tx.execute(
        "UPDATE evaluations SET intent_id = %(intent)s WHERE id = %(id)s",
        {"id": evaluation_id, "intent": intent_id},
    )


def on_target(tx: Transaction, repository_id: int, head_sha: str, base_ref: str) -> list[dict[str, Any]]:
    """The newest evaluation of each open pull request that has this head and this base, by number.

    They share one commit status, since a status belongs to a commit.
    """
    return tx.execute(
        "SELECT DISTINCT ON (number) number, state, status_text, page_key FROM evaluations"
        " JOIN pulls USING (repository_id, number)"
        " WHERE repository_id = %(repository)s AND is_open AND pulls.head_sha = %(sha)s AND pulls.base_ref = %(base)s"
        " AND evaluations.head_sha = %(sha)s AND evaluations.base_ref = %(base)s"
        " ORDER BY number, seq DESC",
        {"repository": repository_id, "sha": head_sha, "base": base_ref},
    ).fetchall()
