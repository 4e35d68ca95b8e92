"""Checks snapshots: the checks of one commit at one moment, immutable, one row however often they are captured."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app.database import Transaction
from app.records import issue_evidence
from policies.merging import checks as judged_checks
from policies.merging.facts import Check


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is captured, and for which step of which run. `ref`: the SHA that the checks stand on."""

    run_id: UUID
    issue_id: UUID | None
    repo_owner: str
    repo_name: str
    ref: str
    checks: tuple[Check, ...]
    step: Literal["S4", "S5"]
    request_id: str


@dataclass(frozen=True, kw_only=True)
class ChecksSnapshot:
    """One as it is stored. `run_id`, `issue_id` and `request_id`: of whoever captured these checks first."""

    id: UUID
    run_id: UUID | None
    issue_id: UUID | None
    repo_owner: str
    repo_name: str
    ref: str
    captured_at: datetime
    checks: tuple[Check, ...]
    total_count: int
    failed_count: int
    pending_count: int
    snapshot_hash: str
    request_id: str | None


def capture(tx: Transaction, wanted: Wanted, now: datetime) -> UUID:
    """The row of these checks, a new one or the one that has them already, and a receipt for the step."""
    snapshot_id = _stored(tx, wanted, now)
    issue_evidence.add_receipt(
        tx,
        issue_id=wanted.issue_id,
        run_id=wanted.run_id,
        snapshot_id=snapshot_id,
        sha=wanted.ref,
        gate_step=wanted.step,
        at=now,
    )
    return snapshot_id


def _stored(tx: Transaction, wanted: Wanted, now: datetime) -> UUID:
    found_hash = judged_checks.snapshot_hash(wanted.repo_owner, wanted.repo_name, wanted.ref, wanted.checks)
    counts = judged_checks.count(wanted.checks)
    tx.execute(
        "INSERT INTO checks_snapshots (id, run_id, issue_id, repo_owner, repo_name, ref, captured_at, checks,"
        " total_count, failed_count, pending_count, snapshot_hash, request_id) VALUES (%(id)s, %(run_id)s,"
        " %(issue_id)s, %(repo_owner)s, %(repo_name)s, %(ref)s, %(now)s, %(checks)s, %(total)s, %(failed)s,"
        " %(pending)s, %(hash)s, %(request_id)s) ON CONFLICT (snapshot_hash) DO NOTHING",
        {
            **wanted.__dict__,
            "id": uuid4(),
            "now": now,
            "checks": Jsonb(_rows(wanted.checks)),
            "total": counts.total,
            "failed": counts.failed,
            "pending": counts.pending,
            "hash": found_hash,
        },
    )
    row = tx.execute("SELECT id FROM checks_snapshots WHERE snapshot_hash = %(hash)s", {"hash": found_hash}).fetchone()
    assert row is not None  # noqa: S101 -- inserted above or before, and rows of this table are never deleted
    found: UUID = row["id"]
    return found


def _rows(checks: Iterable[Check]) -> list[dict[str, Any]]:
    return [check.model_dump(mode="json") for check in checks]


def get(tx: Transaction, snapshot_id: UUID) -> ChecksSnapshot | None:
    """One snapshot."""
    row = tx.execute("SELECT * FROM checks_snapshots WHERE id = %(id)s", {"id": snapshot_id}).fetchone()
    return None if row is None else _read(row)


def _read(row: dict[str, Any]) -> ChecksSnapshot:
    return ChecksSnapshot(**{**row, "checks": tuple(Check.model_validate(check) for check in row["checks"])})
