"""What operators have set of all repositories and of one, a row for each setting; read by whoever decides something."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import ValidationError

from app import ledger
from app.database import Transaction
from app.settings import Settings
from policies import in_force as deciding
from policies.catalogue import Everywhere, OfRepository
from policies.in_force import Ceiling, General, InForce, Level
from policies.text import quoted, short

SETTING_CHANGED = "setting_changed"
EVERYWHERE = 0
"""The repository id of what counts for all."""
SHOWN_CHARACTERS = 60
_COLUMNS = "repository_id, name, full_name, value, version, reason, changed_by, changed_at"


@dataclass(frozen=True, kw_only=True)
class Where:
    """One repository, or all of them."""

    repository_id: int = EVERYWHERE
    full_name: str = "all repositories"

    @property
    def subject(self) -> str:
        """What the audit calls it."""
        return f"repository:{self.repository_id}" if self.repository_id else "repositories"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One setting. `value`: as JSON, None where nothing is said any more."""

    repository_id: int
    name: str
    full_name: str
    value: Any
    version: int
    reason: str
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One change, as the audit has it under `seq`. `before`, `after`: as JSON, None where nothing was, or is, said."""

    seq: int
    at: datetime
    by: str
    name: str
    before: Any
    after: Any
    reason: str
    version: int


def in_force(tx: Transaction, environment: Settings, full_name: str, repository_id: int | None) -> InForce:
    """What counts in a repository now, None where it was never seen; in the transaction that decides by it."""
    return deciding.decide(environment.ceiling_of(full_name), *levels(tx, repository_id))


def everywhere(tx: Transaction, environment: Settings) -> InForce:
    """What counts of no repository alone: the lists of repositories, and the pace."""
    return deciding.decide(environment.ceiling_of(""), general(tx), Level())


def stopped(tx: Transaction, repository_id: int) -> InForce:
    """What keeps merges from being made, whatever the environment allows: freeze, safe mode, dry run."""
    return deciding.decide(Ceiling(), *levels(tx, repository_id))


def approval_seconds(tx: Transaction, repository_id: int, most: int) -> int:
    """For how long an approval counts that is given now, where the environment lets it count so long."""
    return deciding.decide(Ceiling(approval_seconds=most), *levels(tx, repository_id)).approval_seconds


def levels(tx: Transaction, repository_id: int | None) -> tuple[General, Level]:
    """What is said of all repositories, and of this one."""
    found = _rows(tx, (EVERYWHERE, repository_id or EVERYWHERE))
    own = [row for row in found if row.repository_id != EVERYWHERE]
    return _general(found), Level(**_read(own, OfRepository))


def general(tx: Transaction) -> General:
    """What is said of all repositories."""
    return _general(_rows(tx, (EVERYWHERE,)))


def rows(tx: Transaction, repository_id: int) -> dict[str, Row]:
    """What was ever said of one repository or, by `EVERYWHERE`, of all; by name."""
    return {row.name: row for row in _rows(tx, (repository_id,))}


def listed(tx: Transaction) -> list[Row]:
    """Everything that is said, what counts for all first."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM settings WHERE value IS NOT NULL"  # noqa: S608 -- constant column names
        " ORDER BY repository_id <> 0, lower(full_name), repository_id, name"
    ).fetchall()
    return [Row(**row) for row in found]


def where(tx: Transaction, full_name: str) -> Where | None:
    """A repository by its name, which has no case: as it is pinned, or as it was seen last; None where it never was."""
    row = tx.execute(
        "SELECT repository_id, full_name FROM (SELECT repository_id, full_name, 0 AS place FROM pinned_repositories"
        " UNION ALL SELECT repository_id, full_name, 1 FROM pulls) AS known"
        " WHERE lower(full_name) = lower(%(name)s) ORDER BY place, repository_id DESC LIMIT 1",
        {"name": full_name},
    ).fetchone()
    return Where(**row) if row else None


def hold(tx: Transaction, repository_id: int) -> None:
    """Wait until nobody else changes what is said of it; nobody does before this transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtext('mergegate.settings'), hashint8(%(id)s))", {"id": repository_id})


def share(tx: Transaction, repository_id: int) -> None:
    """Nobody changes what counts there until the transaction ends, which decides by it. Before any other lock.

    Who changes something meanwhile finds what was decided on, and takes it away.
    """
    tx.execute(
        "SELECT pg_advisory_xact_lock_shared(hashtext('mergegate.settings'), hashint8(id))"
        " FROM unnest(%(ids)s::bigint[]) AS id",
        {"ids": [EVERYWHERE, repository_id]},
    )


def put(tx: Transaction, where: Where, name: str, value: Any, *, by: str, reason: str, now: datetime) -> Row:
    """Say one thing, or with None nothing any more; the caller holds it, has checked the value, and tells the audit."""
    row = tx.execute(
        f"INSERT INTO settings AS known ({_COLUMNS}) VALUES"  # noqa: S608 -- constant column names
        " (%(repository)s, %(name)s, %(full_name)s, %(value)s, 1, %(reason)s, %(by)s, %(now)s)"
        " ON CONFLICT (repository_id, name) DO UPDATE SET value = EXCLUDED.value, full_name = EXCLUDED.full_name,"
        " version = known.version + 1, reason = EXCLUDED.reason, changed_by = EXCLUDED.changed_by,"
        f" changed_at = EXCLUDED.changed_at RETURNING {_COLUMNS}",
        {
            "repository": where.repository_id,
            "name": name,
            "full_name": where.full_name,
            "value": None if value is None else Jsonb(value),
            "reason": reason,
            "by": by,
            "now": now,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 -- an upsert always returns its row
    return Row(**row)


def attest(tx: Transaction, where: Where, before: Any, row: Row) -> None:
    """Tell the audit of a change that was put."""
    body = {"setting": row.name, "before": before, "after": row.value, "reason": row.reason, "version": row.version}
    body["repository"] = where.full_name
    ledger.append(tx, kind=SETTING_CHANGED, subject=where.subject, actor=row.changed_by, body=body, at=row.changed_at)


def changes(tx: Transaction, where: Where) -> int:
    """How often anything was said or taken away in a scope; a rollback of an import, which deletes rows, counts too."""
    row = tx.execute(
        "SELECT count(*) AS changes FROM audit_events WHERE subject = %(subject)s AND kind = %(kind)s",
        {"subject": where.subject, "kind": SETTING_CHANGED},
    ).fetchone()
    assert row is not None  # noqa: S101 -- a count is always one row
    return int(row["changes"])


def history(tx: Transaction, where: Where, *, limit: int, before: int | None = None) -> list[Changed]:
    """The changes of a scope, newest first; `before`: only those with a lower number in the audit."""
    found = tx.execute(
        "SELECT seq, at, actor AS by, body ->> 'setting' AS name, body -> 'before' AS before, body -> 'after' AS after,"
        " body ->> 'reason' AS reason, (body ->> 'version')::integer AS version FROM audit_events"
        " WHERE subject = %(subject)s AND kind = %(kind)s AND (%(before)s::bigint IS NULL OR seq < %(before)s)"
        " ORDER BY seq DESC LIMIT %(limit)s",
        {"subject": where.subject, "kind": SETTING_CHANGED, "before": before, "limit": limit},
    ).fetchall()
    return [Changed(**row) for row in found]


def _rows(tx: Transaction, repository_ids: tuple[int, ...]) -> list[Row]:
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM settings WHERE repository_id = ANY(%(ids)s) ORDER BY name",  # noqa: S608
        {"ids": list(repository_ids)},
    ).fetchall()
    return [Row(**row) for row in found]


def _general(found: list[Row]) -> General:
    return General(**_read([row for row in found if row.repository_id == EVERYWHERE], Everywhere))


def _read(found: list[Row], of: type[OfRepository]) -> dict[str, Any]:
    """The fields of a level; a row that this version does not understand is its trouble, and the others count."""
    said = [row for row in found if row.value is not None]
    troubles = {row.name: trouble for row in said if (trouble := trouble_of(row)) is not None}
    sound = [row for row in said if row.name not in troubles]
    return {
        "values": of.model_validate_json(json.dumps({row.name: row.value for row in sound})),
        "because": {row.name: _because(row) for row in sound},
        "trouble": next(iter(troubles.values()), None),
    }


def trouble_of(row: Row) -> str | None:
    """Why a row allows nothing in its scope: this version does not understand it; None where it does."""
    of = Everywhere if row.repository_id == EVERYWHERE else OfRepository
    try:
        of.model_validate_json(json.dumps({row.name: row.value}))
    except ValidationError:
        what = f"The setting {quoted(short(row.name, SHOWN_CHARACTERS))} of {short(row.full_name, SHOWN_CHARACTERS)}"
        return f"{what} is not understood, so that nothing is allowed; set it anew, or take it away."
    return None


def _because(row: Row) -> str:
    """Who says so, and why; a freeze has its reason in itself."""
    return f"{row.reason} ({row.changed_by})" if row.reason and row.name != "freeze" else row.changed_by
