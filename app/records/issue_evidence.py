"""What was found out about an issue: verification of what was merged, and receipts of checks snapshots."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app import ledger
from app.database import Transaction
from policies.lifecycle import Evidence

RECEIPT = "CHECKS_SNAPSHOT_RECEIPT"
RECORDED = "RECORDED"
MOST_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Given:
    """A piece of evidence. `verdict`: PASS, FAIL, or `RECORDED` of a receipt. `at`: when it was found out."""

    issue_id: UUID | None
    kind: str
    verdict: str
    sha: str | None
    at: datetime
    given_by: str
    run_id: UUID | None = None
    body: dict[str, Any] = field(default_factory=dict)


def add(tx: Transaction, given: Given) -> UUID:
    """Keep it; earlier ones of its kind are kept, too."""
    evidence_id = uuid4()
    tx.execute(
        "INSERT INTO issue_evidence (id, issue_id, run_id, kind, verdict, sha, at, body, given_by)"
        " VALUES (%(id)s, %(issue_id)s, %(run_id)s, %(kind)s, %(verdict)s, %(sha)s, %(at)s, %(body)s, %(given_by)s)",
        {**given.__dict__, "id": evidence_id, "body": Jsonb(given.body)},
    )
    return evidence_id


def add_receipt(
    tx: Transaction,
    *,
    issue_id: UUID | None,
    run_id: UUID,
    snapshot_id: UUID,
    sha: str,
    gate_step: Literal["S4", "S5"],
    at: datetime,
) -> UUID:
    """The receipt of a checks snapshot: which one was taken of which commit, for which step."""
    body = {"snapshotId": str(snapshot_id), "gateStep": gate_step}
    given = Given(
        issue_id=issue_id,
        run_id=run_id,
        kind=RECEIPT,
        verdict=RECORDED,
        sha=sha,
        at=at,
        body=body,
        given_by=ledger.BY_GATE,
    )
    return add(tx, given)


def newest_of_each_kind(tx: Transaction, issue_id: UUID) -> tuple[Evidence, ...]:
    """The verification that counts: of each kind what was found out last; a receipt is none."""
    rows = tx.execute(
        "SELECT DISTINCT ON (kind) kind, verdict, sha, at FROM issue_evidence"
        " WHERE issue_id = %(issue)s AND kind <> %(receipt)s ORDER BY kind, at DESC, seq DESC",
        {"issue": issue_id, "receipt": RECEIPT},
    ).fetchall()
    return tuple(Evidence(**row) for row in rows)


def of_issue(tx: Transaction, issue_id: UUID) -> list[Given]:
    """All that was given, newest first."""
    rows = tx.execute(
        "SELECT issue_id, run_id, kind, verdict, sha, at, body, given_by FROM issue_evidence"
        " WHERE issue_id = %(issue)s ORDER BY seq DESC LIMIT %(most)s",
        {"issue": issue_id, "most": MOST_SHOWN},
    ).fetchall()
    return [Given(**row) for row in rows]
