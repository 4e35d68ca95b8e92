"""Alerts: what a person has to look at, each told once, open until somebody says that they saw it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app import cursors, ledger
from app.cursors import NEWEST, Mark, Part
from app.database import Transaction

Severity = Literal["alert", "warning"]
Row = dict[str, Any]
MOST_SHOWN = 200


def raise_alert(
    tx: Transaction,
    code: str,
    *,
    subject: str,
    fields: dict[str, Any],
    key: str,
    at: datetime,
    severity: Severity = "alert",
) -> bool:
    """Tell of something once for each `key`; False where it was told before.

    `fields`: ids, names of branches, logins, SHAs and codes; no text from outside. Belongs, with the audit entry that
    it makes, into the transaction that found it out. The chain is held before the row is made: of two who tell of the
    same, one may hold it already.
    """
    if tx.execute("SELECT 1 FROM alerts WHERE key = %(key)s", {"key": key}).fetchone() is not None:
        return False
    ledger.hold(tx)
    raised = tx.execute(
        "INSERT INTO alerts (id, code, severity, subject, fields, key, raised_at)"
        " VALUES (%(id)s, %(code)s, %(severity)s, %(subject)s, %(fields)s, %(key)s, %(at)s)"
        " ON CONFLICT (key) DO NOTHING",
        {
            "id": uuid4(),
            "code": code,
            "severity": severity,
            "subject": subject,
            "fields": Jsonb(fields),
            "key": key,
            "at": at,
        },
    )
    if raised.rowcount == 0:
        return False
    ledger.append(tx, kind=severity, subject=subject, actor=ledger.BY_GATE, body={"code": code, **fields}, at=at)
    return True


def page(tx: Transaction, *, after: Mark = NEWEST, limit: int = MOST_SHOWN) -> Part[Row]:
    """Those that nobody has acknowledged yet, newest first."""
    rows = tx.execute(
        "SELECT * FROM alerts WHERE acknowledged_at IS NULL AND (raised_at, id) < (%(at)s, %(id)s)"
        " ORDER BY raised_at DESC, id DESC LIMIT %(most)s",
        {**after.key(), "most": limit + 1},
    ).fetchall()
    return cursors.part(rows, limit, lambda row: Mark(row["raised_at"], row["id"]))


def about(tx: Transaction, subject: str) -> list[Row]:
    """All about a subject, acknowledged or not, oldest first; the newest `MOST_SHOWN` of them."""
    rows = tx.execute(
        "SELECT * FROM alerts WHERE subject = %(subject)s ORDER BY raised_at DESC, id LIMIT %(limit)s",
        {"subject": subject, "limit": MOST_SHOWN},
    ).fetchall()
    return rows[::-1]


def acknowledge(tx: Transaction, alert_id: UUID, *, by: str, now: datetime) -> bool:
    """Somebody has seen it, which the audit keeps; False where there is no such open alert."""
    row = tx.execute(
        "UPDATE alerts SET acknowledged_at = %(now)s, acknowledged_by = %(by)s"
        " WHERE id = %(id)s AND acknowledged_at IS NULL RETURNING code, subject",
        {"id": alert_id, "by": by, "now": now},
    ).fetchone()
    if row is None:
        return False
    body = {"alert": str(alert_id), "code": row["code"]}
    ledger.append(tx, kind="alert_acknowledged", subject=row["subject"], actor=by, body=body, at=now)
    return True
