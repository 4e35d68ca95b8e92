"""Let go of old rows batch by batch, each in a transaction that waits for nobody, and remember how far that came."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.database import Transaction
from app.records.prunable import RULES, Rule, What

BATCH_ROWS = 500
LOCK_SECONDS = 1
"""Rows that somebody holds are passed over; what hangs on those that are deleted is waited for so long."""
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Batch:
    """`chosen`: the ids of those that nothing keeps. `is_last`: the oldest ones are next."""

    chosen: tuple[Any, ...]
    is_last: bool


@dataclass(frozen=True)
class Standing:
    """How many rows there are of a kind, and how many of them would go."""

    rows: int
    old: int


def choose(tx: Transaction, what: What, until: datetime) -> Batch | None:
    """Lock the next of those from before `until`; None where another process is at them.

    Bindings are locked before workflows, as everywhere.
    """
    rule = RULES[what]
    tx.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'".encode())
    tx.execute("INSERT INTO prunings (what) VALUES (%(what)s) ON CONFLICT DO NOTHING", {"what": what})
    place = tx.execute(
        "SELECT behind_at, behind_id FROM prunings WHERE what = %(what)s FOR UPDATE SKIP LOCKED", {"what": what}
    ).fetchone()
    if place is None:
        return None
    found = _candidates(tx, rule, until, place)
    last = found[-1] if len(found) == BATCH_ROWS else {"at": None, "id": None}
    tx.execute(
        "UPDATE prunings SET behind_at = %(at)s, behind_id = %(id)s WHERE what = %(what)s", {**last, "what": what}
    )
    return Batch(_locked(tx, what, rule, [row["id"] for row in found]), last["at"] is None)


def _candidates(tx: Transaction, rule: Rule, until: datetime, place: dict[str, Any]) -> list[dict[str, Any]]:
    """By their index: no row is looked at twice in a round, however many of the oldest ones are kept."""
    return tx.execute(
        f"SELECT {rule.at} AS at, {rule.id}::text AS id FROM {rule.table} WHERE {rule.old}"  # noqa: S608
        f" AND {rule.at} < %(until)s AND ({rule.at}, {rule.id}) > (%(at)s, %(id)s::{rule.id_type})"
        f" ORDER BY {rule.at}, {rule.table}.{rule.id} LIMIT %(most)s".encode(),
        {
            "until": until,
            "at": place["behind_at"] or EARLIEST,
            "id": place["behind_id"] or rule.lowest_id,
            "most": BATCH_ROWS,
        },
    ).fetchall()


def _locked(tx: Transaction, what: What, rule: Rule, ids: list[str]) -> tuple[Any, ...]:
    """Those that nobody holds, and that nothing keeps once they are held."""
    free = _without_busy_bindings(tx, ids) if rule.table == "workflows" else ids
    held = tx.execute(
        f"SELECT {rule.id} AS id FROM {rule.table} WHERE {rule.id} = ANY(%(ids)s::{rule.id_type}[])"  # noqa: S608
        " FOR UPDATE SKIP LOCKED".encode(),
        {"ids": free},
    ).fetchall()
    chosen = tx.execute(
        f"SELECT {rule.id} AS id FROM {rule.table} WHERE {rule.id} = ANY(%(ids)s::{rule.id_type}[])"  # noqa: S608
        f" AND ({rule.old}) IS TRUE AND NOT ({rule.stays})".encode(),
        {"ids": [row["id"] for row in held]},
    ).fetchall()
    return tuple(row["id"] for row in chosen)


def _without_busy_bindings(tx: Transaction, ids: list[str]) -> list[str]:
    free = tx.execute(
        "SELECT run_id::text AS id FROM bindings WHERE run_id = ANY(%(ids)s::uuid[]) FOR UPDATE SKIP LOCKED",
        {"ids": ids},
    ).fetchall()
    bound = tx.execute(
        "SELECT run_id::text AS id FROM bindings WHERE run_id = ANY(%(ids)s::uuid[])", {"ids": ids}
    ).fetchall()
    busy = {row["id"] for row in bound} - {row["id"] for row in free}
    return [each for each in ids if each not in busy]


def let_go(tx: Transaction, what: What, chosen: tuple[Any, ...], now: datetime) -> int:
    """Delete what was chosen in this transaction, with all that hangs on it; how many."""
    row = tx.execute(RULES[what].act.encode(), {"ids": list(chosen), "now": now}).fetchone()
    gone: int = row["gone"] if row else 0
    tx.execute("UPDATE prunings SET untold = untold + %(gone)s WHERE what = %(what)s", {"gone": gone, "what": what})
    return gone


def take_untold(tx: Transaction, what: What) -> int:
    """How many are gone of which the audit is not told yet, also by a round that was killed; it is told now."""
    row = tx.execute(
        "UPDATE prunings SET untold = 0 FROM (SELECT untold AS before FROM prunings WHERE what = %(what)s FOR UPDATE)"
        " AS old WHERE what = %(what)s AND untold > 0 RETURNING before",
        {"what": what},
    ).fetchone()
    return row["before"] if row else 0


def standing(tx: Transaction, what: What, until: datetime) -> Standing:
    """How many there are, and how many of them are old and kept by nothing. Reads all of them."""
    rule = RULES[what]
    row = tx.execute(
        f"SELECT (SELECT count(*) FROM {rule.table}) AS rows, (SELECT count(*) FROM {rule.table}"  # noqa: S608
        f" WHERE {rule.old} AND {rule.at} < %(until)s AND NOT ({rule.stays})) AS old".encode(),
        {"until": until},
    ).fetchone()
    assert row is not None  # noqa: S101 -- two counts are a row
    return Standing(**row)
