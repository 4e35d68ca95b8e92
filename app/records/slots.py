"""Slots: when the evaluations that one event asks for together may be due, so many a minute and installation."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.database import Transaction

MINUTE = timedelta(minutes=1)


def take(tx: Transaction, installation_id: int, count: int, *, per_minute: int, now: datetime) -> tuple[datetime, ...]:
    """`count` slots that no other work has; nobody else takes some of this installation until the transaction ends."""
    tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))", {"name": f"mergegate.slots:{installation_id}"}
    )
    rows = tx.execute(
        "SELECT slot_at FROM runs WHERE installation_id = %(installation)s AND slot_at > %(since)s"
        " ORDER BY slot_at DESC LIMIT %(limit)s",
        {"installation": installation_id, "since": now - MINUTE, "limit": per_minute},
    ).fetchall()
    return spread([row["slot_at"] for row in reversed(rows)], count, per_minute=per_minute, now=now)


def spread(taken: Sequence[datetime], count: int, *, per_minute: int, now: datetime) -> tuple[datetime, ...]:
    """The earliest `count` moments from now on that, after those taken (oldest first), keep to so many a minute."""
    moments = list(taken)
    for _ in range(count):
        earliest = max(now, moments[-1]) if moments else now
        if len(moments) >= per_minute:
            earliest = max(earliest, moments[-per_minute] + MINUTE)
        moments.append(earliest)
    return tuple(moments[len(taken) :])
