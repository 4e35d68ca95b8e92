"""Pauses: types and repositories of which nothing is begun for now; each claim of a step looks at them.

A repository is held by its id, under whatever name. By its name alone it is held until an event has shown which one
that is; and a workflow that does not know the id of its repository yet, by any name that this one had.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app import cursors
from app.cursors import Mark, Part
from app.database import Transaction

UNKNOWN = 0
"""The id of a repository that was not seen yet."""
OF_REPOSITORY = "repository:"
_KNOWN = """
SELECT coalesce(nullif(workflows.repository_id, 0), (
    SELECT merge_requests.repository_id FROM step_runs JOIN merge_requests ON merge_requests.id = merge_request_id
    WHERE run_id = workflows.id)) AS repository_id OFFSET 0
"""
_NAME = f"'{OF_REPOSITORY}' || lower(workflows.full_name)"
HOLDING = f"""
pauses JOIN LATERAL ({_KNOWN}) AS known ON scope = 'type:' || workflows.type
    OR scope = {_NAME} AND (by_name OR known.repository_id IS NULL)
    OR {_NAME} = ANY(former) AND known.repository_id IS NULL
    OR pauses.repository_id = known.repository_id
"""
"""The rows that hold one of `workflows`, as what stands behind FROM."""
_SHOWN = "scope, reason, paused_by, paused_at, repository_id"


@dataclass(frozen=True)
class Pause:
    """`scope`: `type:merge`, or `repository:owner/name` in lower case, as it was last seen to be called."""

    scope: str
    reason: str
    paused_by: str
    paused_at: datetime
    repository_id: int = UNKNOWN


@dataclass(frozen=True)
class Move:
    """What an event changed of a pause, and the `scope` that it had before."""

    what: Literal["pinned", "renamed", "name_taken"]
    scope: str
    before: str
    repository_id: int


@dataclass(frozen=True)
class _Reach:
    """What of a pause an event may change."""

    id: UUID
    scope: str
    repository_id: int
    by_name: bool
    former: list[str]


def page(tx: Transaction, *, after: Mark, limit: int) -> Part[Pause]:
    """What is paused, the newest first."""
    rows = tx.execute(
        f"SELECT id, {_SHOWN} FROM pauses WHERE (paused_at, id) < (%(at)s, %(id)s)"  # noqa: S608 -- constant names
        " ORDER BY paused_at DESC, id DESC LIMIT %(most)s",
        {**after.key(), "most": limit + 1},
    ).fetchall()
    part = cursors.part(rows, limit, lambda row: Mark(row["paused_at"], row["id"]))
    return Part([_pause(row) for row in part.rows], part.after)


def count(tx: Transaction) -> int:
    """How many there are."""
    row = tx.execute("SELECT count(*) AS pauses FROM pauses").fetchone()
    return int(row["pauses"]) if row else 0


def hold(tx: Transaction) -> None:
    """Nobody else adds one before the transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtext('mergegate.pauses'))")


def get(tx: Transaction, scope: str, repository_id: int) -> Pause | None:
    """The pause of a scope as it is meant now: by its name, or of the one repository that is known to have that."""
    row = tx.execute(
        f"SELECT {_SHOWN} FROM pauses WHERE scope = %(scope)s AND (by_name OR repository_id = %(repository)s)"  # noqa: S608
        " ORDER BY paused_at, id LIMIT 1",
        {"scope": scope, "repository": repository_id},
    ).fetchone()
    return _pause(row) if row else None


def add(tx: Transaction, pause: Pause) -> None:
    """Begin no more of it."""
    tx.execute(
        "INSERT INTO pauses (scope, reason, paused_by, paused_at, repository_id) VALUES (%(scope)s, %(reason)s,"
        " %(paused_by)s, %(paused_at)s, %(repository_id)s)",
        pause.__dict__,
    )


def end(tx: Transaction, scope: str, repository_id: int) -> list[Pause]:
    """Go on with it; what held it: pauses of that scope, now or before, and of its repository under other names."""
    named = "(scope = %(scope)s OR %(scope)s = ANY(former))"
    rows = tx.execute(
        f"DELETE FROM pauses WHERE {named} OR repository_id <> {UNKNOWN} AND (repository_id"  # noqa: S608
        f" = %(repository)s OR repository_id IN (SELECT repository_id FROM pauses WHERE {named}))"
        f" RETURNING {_SHOWN}",
        {"scope": scope, "repository": repository_id},
    ).fetchall()
    return [_pause(row) for row in rows]


def repository_named(tx: Transaction, full_name: str) -> int:
    """The id of the one repository that was seen under this name; `UNKNOWN` where there was none, or several."""
    rows = tx.execute(
        "SELECT repository_id FROM pinned_repositories WHERE lower(full_name) = lower(%(name)s)"
        " UNION SELECT repository_id FROM pulls WHERE lower(full_name) = lower(%(name)s) LIMIT 2",
        {"name": full_name},
    ).fetchall()
    return int(rows[0]["repository_id"]) if len(rows) == 1 else UNKNOWN


def follow(tx: Transaction, repository_id: int, full_name: str, at: datetime) -> list[Move]:
    """An event that was sent at that time shows a repository under a name: pauses from before it go where it goes."""
    scope = f"{OF_REPOSITORY}{full_name.lower()}"
    rows = tx.execute(
        "SELECT id, scope, repository_id, by_name, former FROM pauses WHERE paused_at <= %(at)s"
        " AND (scope = %(scope)s AND by_name OR repository_id = %(repository)s AND scope <> %(scope)s"
        " OR %(scope)s = ANY(former)) ORDER BY id FOR UPDATE",
        {"scope": scope, "repository": repository_id, "at": at},
    ).fetchall()
    return [move for row in rows if (move := _moved(tx, _Reach(**row), scope, repository_id))]


def _moved(tx: Transaction, reach: _Reach, scope: str, repository_id: int) -> Move | None:
    others = [name for name in reach.former if name != scope]
    if reach.repository_id == repository_id and reach.scope != scope:
        _move(tx, reach, scope, repository_id, [*others, reach.scope])
        return Move("renamed", scope, reach.scope, repository_id)
    if reach.scope == scope and reach.by_name and reach.repository_id in (UNKNOWN, repository_id):
        _move(tx, reach, scope, repository_id, others)
        return Move("pinned", scope, scope, repository_id)
    if scope in reach.former and reach.repository_id != repository_id:
        _move(tx, reach, reach.scope, reach.repository_id, others)
        return Move("name_taken", reach.scope, scope, reach.repository_id)
    return None


def _move(tx: Transaction, reach: _Reach, scope: str, repository_id: int, former: list[str]) -> None:
    """As another pause, so that what a sweep has put aside for it is looked at again."""
    tx.execute(
        "UPDATE pauses SET id = gen_random_uuid(), scope = %(scope)s, repository_id = %(repository)s, by_name = false,"
        " former = %(former)s WHERE id = %(id)s",
        {"id": reach.id, "scope": scope, "repository": repository_id, "former": former},
    )


def _pause(row: dict[str, Any]) -> Pause:
    return Pause(**{name: row[name] for name in Pause.__dataclass_fields__})
