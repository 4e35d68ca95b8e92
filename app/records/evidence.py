"""What was found out about the head of a run in an epoch: verification and internal review, PASS or FAIL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from app.database import Transaction
from policies.standing import Evidence, EvidenceKind


@dataclass(frozen=True)
class Given:
    """A piece of evidence as it was given; `artifact`: a reference to what it rests on."""

    run_id: UUID
    kind: EvidenceKind
    verdict: Literal["PASS", "FAIL"]
    epoch: int
    head_sha: str
    artifact: str | None
    given_by: str
    given_at: datetime


def add(tx: Transaction, given: Given) -> UUID:
    """Keep it; an earlier one of its kind is kept too, and counts no more."""
    evidence_id = uuid4()
    tx.execute(
        "INSERT INTO evidence (id, run_id, kind, verdict, epoch, head_sha, artifact, given_by, given_at)"
        " VALUES (%(id)s, %(run_id)s, %(kind)s, %(verdict)s, %(epoch)s, %(head_sha)s, %(artifact)s, %(given_by)s,"
        " %(given_at)s)",
        {**given.__dict__, "id": evidence_id},
    )
    return evidence_id


def newest(tx: Transaction, run_id: UUID, kind: EvidenceKind) -> Evidence | None:
    """The newest of a kind, whatever epoch it is of."""
    row = tx.execute(
        "SELECT verdict, epoch, head_sha FROM evidence WHERE run_id = %(run)s AND kind = %(kind)s"
        " ORDER BY seq DESC LIMIT 1",
        {"run": run_id, "kind": kind},
    ).fetchone()
    return Evidence(**row) if row else None


def of_run(tx: Transaction, run_id: UUID) -> list[Given]:
    """All that was given, newest first."""
    rows = tx.execute(
        "SELECT run_id, kind, verdict, epoch, head_sha, artifact, given_by, given_at FROM evidence"
        " WHERE run_id = %(run)s ORDER BY seq DESC LIMIT 200",
        {"run": run_id},
    ).fetchall()
    return [Given(**row) for row in rows]
