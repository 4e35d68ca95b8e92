"""Leases of base branches: whoever merges into one holds its row, and shows the lease that proves it."""

from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID, uuid4

from app.database import Transaction
from app.records.runs import LeaseLost

_SEAL = object()


class BaseLost(LeaseLost):
    """Another run may merge into the base branch by now; the work of this one is still its own."""


class MergeLease:
    """Proof that its run merges into a base branch, and nobody else. Only `acquire` makes one; it can't be copied."""

    def __init__(self, seal: object, lease: UUID, repository_id: int, base_ref: str) -> None:
        if seal is not _SEAL:
            raise TypeError("a merge lease is made by taking its row, and in no other way")
        self.lease = lease
        self.repository_id = repository_id
        self.base_ref = base_ref

    def __reduce__(self) -> NoReturn:
        raise TypeError("a merge lease can't be copied")


def acquire(
    tx: Transaction, run_id: UUID, repository_id: int, base_ref: str, *, now: datetime, seconds: int
) -> MergeLease | datetime:
    """The lease, or until when another run holds it. The run that has it gets it anew; its earlier proof ends."""
    values = {
        "repository": repository_id,
        "base": base_ref,
        "run": run_id,
        "lease": uuid4(),
        "now": now,
        "until": now + timedelta(seconds=seconds),
    }
    row = tx.execute(
        "INSERT INTO merge_leases (repository_id, base_ref, lease, run_id, held_until)"
        " VALUES (%(repository)s, %(base)s, %(lease)s, %(run)s, %(until)s)"
        " ON CONFLICT (repository_id, base_ref) DO UPDATE SET lease = EXCLUDED.lease, run_id = EXCLUDED.run_id,"
        " held_until = EXCLUDED.held_until WHERE merge_leases.held_until <= %(now)s OR merge_leases.run_id = %(run)s"
        " RETURNING lease",
        values,
    ).fetchone()
    if row is not None:
        return MergeLease(_SEAL, row["lease"], repository_id, base_ref)
    held = tx.execute(
        "SELECT held_until FROM merge_leases WHERE repository_id = %(repository)s AND base_ref = %(base)s", values
    ).fetchone()
    return held["held_until"] if held else now


def held_until(tx: Transaction, run_id: UUID, repository_id: int, base_ref: str, now: datetime) -> datetime | None:
    """Until when another run holds a base branch; None where none does."""
    row = tx.execute(
        "SELECT held_until FROM merge_leases WHERE repository_id = %(repository)s AND base_ref = %(base)s"
        " AND run_id <> %(run)s AND held_until > %(now)s",
        {"repository": repository_id, "base": base_ref, "run": run_id, "now": now},
    ).fetchone()
    return row["held_until"] if row else None


def fence(tx: Transaction, lease: MergeLease, now: datetime) -> None:
    """Lock the row for this transaction, and only while it is ours. Raises `BaseLost`."""
    row = tx.execute(
        "SELECT lease FROM merge_leases WHERE repository_id = %(repository)s AND base_ref = %(base)s"
        " AND lease = %(lease)s AND held_until > %(now)s FOR UPDATE",
        {"repository": lease.repository_id, "base": lease.base_ref, "lease": lease.lease, "now": now},
    ).fetchone()
    if row is None:
        raise BaseLost


def renew(tx: Transaction, lease: MergeLease, now: datetime, *, seconds: int) -> None:
    """The same, and it lasts from now on: a request that leaves with it is over before it ends. Raises `BaseLost`."""
    fence(tx, lease, now)
    tx.execute(
        "UPDATE merge_leases SET held_until = greatest(held_until, %(until)s) WHERE lease = %(lease)s",
        {"lease": lease.lease, "until": now + timedelta(seconds=seconds)},
    )


def hold_on(tx: Transaction, run_id: UUID, until: datetime) -> None:
    """Whatever the run holds, it holds until then, at least."""
    tx.execute(
        "UPDATE merge_leases SET held_until = greatest(held_until, %(until)s) WHERE run_id = %(run)s",
        {"run": run_id, "until": until},
    )


def release(tx: Transaction, run_id: UUID) -> None:
    """Let go of whatever the run holds."""
    tx.execute("DELETE FROM merge_leases WHERE run_id = %(run)s", {"run": run_id})
