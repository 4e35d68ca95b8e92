"""Whether the gate's own check is required on a base branch, as `doctor` found it, and where that is overridden."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app import ledger
from app.database import Transaction

FRESH_HOURS = 24
"""A rule can be taken away at any time, so what was found longer ago counts as not found."""


@dataclass(frozen=True)
class Finding:
    """What is known of a base branch. `is_required` and `found_at` are None where nobody has looked yet."""

    repository_id: int
    base_ref: str
    is_required: bool | None = None
    found_at: datetime | None = None
    overridden_by: str | None = None
    override_reason: str | None = None
    overridden_at: datetime | None = None

    @property
    def overridden(self) -> bool:
        """Whether an operator lets merges be made there all the same."""
        return self.overridden_by is not None

    def is_required_at(self, now: datetime) -> bool:
        """Whether the gate's check was found required and pinned, not longer ago than `FRESH_HOURS`."""
        if not self.is_required or self.found_at is None:
            return False
        return self.found_at > now - timedelta(hours=FRESH_HOURS)


def of(tx: Transaction, repository_id: int, base_ref: str) -> Finding:
    """The finding; an empty one where there is none."""
    row = tx.execute(
        "SELECT * FROM gate_findings WHERE repository_id = %(repository)s AND base_ref = %(base)s",
        {"repository": repository_id, "base": base_ref},
    ).fetchone()
    return Finding(**row) if row else Finding(repository_id, base_ref)


def bases(tx: Transaction, repository_id: int) -> tuple[str, ...]:
    """The base branches of a repository that were looked at or overridden, by name."""
    rows = tx.execute(
        "SELECT base_ref FROM gate_findings WHERE repository_id = %(repository)s ORDER BY base_ref",
        {"repository": repository_id},
    ).fetchall()
    return tuple(row["base_ref"] for row in rows)


def last_found_at(tx: Transaction, repository_id: int) -> datetime | None:
    """When the branches of a repository were looked at last; None where they never were."""
    row = tx.execute(
        "SELECT max(found_at) AS at FROM gate_findings WHERE repository_id = %(repository)s",
        {"repository": repository_id},
    ).fetchone()
    return row["at"] if row else None


def is_base(tx: Transaction, repository_id: int, branch: str) -> bool:
    """Whether merges are made into a branch: `doctor` looked at it, an operator overrode that, or we merged into it."""
    row = tx.execute(
        "SELECT 1 FROM gate_findings WHERE repository_id = %(repository)s AND base_ref = %(branch)s UNION ALL"
        " SELECT 1 FROM merge_attempts WHERE repository_id = %(repository)s AND base_ref = %(branch)s"
        " AND kind IN ('merge', 'enqueue') AND state = 'SUCCEEDED' LIMIT 1",
        {"repository": repository_id, "branch": branch},
    ).fetchone()
    return row is not None


def found(tx: Transaction, repository_id: int, base_ref: str, *, is_required: bool, now: datetime) -> None:
    """Record what was found; where that is something else than before, the audit says so."""
    ledger.hold(tx)  # whoever looks at many branches holds the chain from the first of them on
    before = of(tx, repository_id, base_ref)
    recorded = tx.execute(
        "INSERT INTO gate_findings (repository_id, base_ref, is_required, found_at)"
        " VALUES (%(repository)s, %(base)s, %(required)s, %(now)s) ON CONFLICT (repository_id, base_ref)"
        " DO UPDATE SET is_required = EXCLUDED.is_required, found_at = EXCLUDED.found_at"
        " WHERE gate_findings.found_at IS NULL OR gate_findings.found_at <= EXCLUDED.found_at",
        {"repository": repository_id, "base": base_ref, "required": is_required, "now": now},
    )
    if recorded.rowcount and before.is_required is not is_required:
        _attest(tx, repository_id, "gate_found", ledger.BY_GATE, {"base": base_ref, "required": is_required}, now)


def override(tx: Transaction, repository_id: int, base_ref: str, *, by: str, reason: str, now: datetime) -> None:
    """An operator lets merges be made into a branch that can be merged into without the gate, and says why."""
    ledger.hold(tx)
    tx.execute(
        "INSERT INTO gate_findings (repository_id, base_ref, overridden_by, override_reason, overridden_at)"
        " VALUES (%(repository)s, %(base)s, %(by)s, %(reason)s, %(now)s) ON CONFLICT (repository_id, base_ref)"
        " DO UPDATE SET overridden_by = EXCLUDED.overridden_by, override_reason = EXCLUDED.override_reason,"
        " overridden_at = EXCLUDED.overridden_at",
        {"repository": repository_id, "base": base_ref, "by": by, "reason": reason, "now": now},
    )
    _attest(tx, repository_id, "gate_overridden", by, {"base": base_ref, "reason": reason}, now)


def withdraw(tx: Transaction, repository_id: int, base_ref: str, *, by: str, now: datetime) -> bool:
    """The override counts no more; False where there was none."""
    ledger.hold(tx)
    withdrawn = tx.execute(
        "UPDATE gate_findings SET overridden_by = NULL, override_reason = NULL, overridden_at = NULL"
        " WHERE repository_id = %(repository)s AND base_ref = %(base)s AND overridden_by IS NOT NULL",
        {"repository": repository_id, "base": base_ref},
    )
    if withdrawn.rowcount == 0:
        return False
    _attest(tx, repository_id, "gate_override_withdrawn", by, {"base": base_ref}, now)
    return True


def _attest(tx: Transaction, repository_id: int, kind: str, actor: str, body: dict[str, object], now: datetime) -> None:
    ledger.append(tx, kind=kind, subject=f"repository:{repository_id}", actor=actor, body=body, at=now)
