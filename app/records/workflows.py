"""Workflows as people look at them: lists by what they are about, and one of them with all its steps."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from app import cursors
from app.cursors import NEWEST, Mark, Part
from app.database import Transaction
from app.definitions import Type
from app.records import steps
from app.records.pauses import HOLDING, Pause

Status = Literal["pending", "running", "waiting", "blocked", "succeeded", "failed", "cancelled"]
TYPES: tuple[Type, ...] = get_args(Type)
STATUSES: tuple[Status, ...] = get_args(Status)
OVER: frozenset[Status] = frozenset({"succeeded", "failed", "cancelled"})
MOST_STEPS = 1_000
"""Of one workflow: those of its line, and the newest beside it."""
MOST_COUNTED = 1_000
"""Of each status: more would tell nobody more."""

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OF_ITSELF = re.compile(rf"(?:run:|workflow:)?(?P<id>{_UUID})")
_OF_ISSUE = re.compile(rf"issue:(?P<id>{_UUID})")
_OF_PULL = re.compile(r"pull:(?P<repository>[0-9]{1,18})#(?P<number>[0-9]{1,18})")
_OF_NAMED_PULL = re.compile(r"(?P<name>[A-Za-z0-9._-]+/[A-Za-z0-9._-]+)#(?P<number>[0-9]{1,18})")
_OF_PULLS = """SELECT id FROM workflows JOIN pull USING (repository_id, number)
 UNION ALL SELECT run_id FROM step_runs JOIN merge_requests AS asked ON asked.id = merge_request_id
 JOIN pull USING (repository_id, number)"""
_OF_NAMED_PULLS = f"""{_OF_PULLS}
 UNION ALL SELECT id FROM workflows WHERE kind = 'imported' AND lower(full_name) = lower(%(name)s)
 AND number = %(number)s"""  # noqa: S608 -- constants
_SHOWN = f"""
SELECT workflows.id, type, kind, version, subject, full_name, workflows.status, current_step, asked_by,
    coalesce(nullif(workflows.repository_id, 0), asked.repository_id, 0) AS repository_id,
    coalesce(workflows.number, asked.number) AS number, asked.issue_id,
    workflows.input, retry_of, workflows.created_at, updated_at, finished_at,
    line.id AS step_id, line.due_at, line.attempts, line.outcome, line.error,
    scope AS paused_scope, reason AS paused_reason, paused_by, paused_at, paused_id
FROM page AS workflows
LEFT JOIN LATERAL (SELECT * FROM steps WHERE workflow_id = workflows.id AND position IS NOT NULL
    AND name = current_step LIMIT 1) AS line ON true
LEFT JOIN LATERAL (SELECT scope, reason, paused_by, paused_at, pauses.repository_id AS paused_id FROM {HOLDING}
    ORDER BY scope, paused_at LIMIT 1) AS paused ON true
LEFT JOIN LATERAL (SELECT step_runs.issue_id, repository_id, number FROM step_runs
    LEFT JOIN merge_requests ON merge_requests.id = merge_request_id WHERE run_id = workflows.id) AS asked ON true
ORDER BY workflows.created_at DESC, workflows.id DESC
"""  # noqa: S608 -- constants


@dataclass(frozen=True, kw_only=True)
class Which:
    """All that is said has to fit. `repository`: owner/name, in whichever case.

    `subject`: as a workflow has it, or `owner/name#7`, or as the audit says it (`pull:1#7`, `issue:...`, `run:...`).
    """

    type: Type | None = None
    kind: str | None = None
    status: Status | None = None
    repository: str | None = None
    subject: str | None = None


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A workflow with the step where its line stands: `due_at` to `error` are of that step.

    `repository_id`: 0 and `number`: None while they are not known. `issue_id`: of a step, or a merge for an issue.
    `finished_at`: None while it is not over. `pause`: what keeps it from being worked on, if anything does.
    """

    id: UUID
    type: Type
    kind: str
    version: int
    subject: str
    repository_id: int
    full_name: str
    number: int | None
    issue_id: UUID | None
    status: Status
    current_step: str
    asked_by: str
    input: dict[str, Any]
    retry_of: UUID | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    step_id: UUID | None
    due_at: datetime | None
    attempts: int
    outcome: steps.Outcome | None
    error: str | None
    pause: Pause | None

    @property
    def subjects(self) -> tuple[str, ...]:
        """As what the audit may speak of it."""
        pull = (f"pull:{self.repository_id}#{self.number}",) if self.number is not None else ()
        issue = (f"issue:{self.issue_id}",) if self.issue_id is not None else ()
        return (f"run:{self.id}", self.subject, *pull, *issue)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it, unless somebody asks for it again."""
        return self.status in OVER


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A step. `position`: its place in the line; None beside it. `about`: what a write would change."""

    id: UUID
    name: str
    position: int | None
    status: steps.Status
    attempts: int
    due_at: datetime
    outcome: steps.Outcome | None
    error: str | None
    input: dict[str, Any]
    output: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    about: str | None = None


@dataclass(frozen=True)
class _Asked:
    """Conditions on the rows of `workflows`, the values in them, and the rows of `pull` that they speak of."""

    conditions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    pulls: str = ""


def page(tx: Transaction, which: Which, *, limit: int, after: Mark = NEWEST) -> Part[Workflow]:
    """At most so many, newest first; `after`: those that were created before that one."""
    asked = _asked(which)
    later = _and(asked, "(created_at, id) < (%(at)s, %(id)s)", **after.key())
    newest = _merged(later, which) if _is_of_many(which) else _newest(later, "*", "true")
    rows = tx.execute(
        f"WITH {asked.pulls} page AS {newest} {_SHOWN}".encode(),
        {**later.values, "most": limit + 1},
    ).fetchall()
    return cursors.part([_workflow(row) for row in rows], limit, lambda each: Mark(each.created_at, each.id))


def counts(tx: Transaction, which: Which) -> dict[tuple[Type, Status], int]:
    """How many there are of each type and status, among the newest `MOST_COUNTED` of each status."""
    asked = _asked(which)
    newest = " UNION ALL ".join(_newest(asked, "type, status", part) for part in _by_status(which))
    rows = tx.execute(
        f"WITH {asked.pulls} newest AS ({newest})"  # noqa: S608 -- constant conditions
        " SELECT type, status, count(*) AS found FROM newest GROUP BY type, status".encode(),
        {**asked.values, "most": MOST_COUNTED},
    ).fetchall()
    return {(row["type"], row["status"]): row["found"] for row in rows}


def _is_of_many(which: Which) -> bool:
    """Whether it is read by an index that goes by status, too: what has one status of many is merged with the rest."""
    return which.subject is None and any((which.type, which.kind, which.repository))


def _merged(asked: _Asked, which: Which) -> str:
    """The keys of the newest of each status, of which the index knows all, and then the newest of these."""
    keys = " UNION ALL ".join(_newest(asked, "created_at, id", part) for part in _by_status(which))
    newest = f"SELECT id FROM ({keys}) AS each ORDER BY created_at DESC, id DESC LIMIT %(most)s"  # noqa: S608
    return f"(SELECT workflows.* FROM ({newest}) AS keys JOIN workflows USING (id))"  # noqa: S608


def _by_status(which: Which) -> list[str]:
    return [f"status = '{each}'" for each in STATUSES if which.status in (None, each)]


def _newest(asked: _Asked, columns: str, part: str) -> str:
    where = " AND ".join([*asked.conditions, part])
    return f"(SELECT {columns} FROM workflows WHERE {where} ORDER BY created_at DESC, id DESC LIMIT %(most)s)"  # noqa: S608


def get(tx: Transaction, workflow_id: UUID) -> Workflow | None:
    """One workflow."""
    rows = tx.execute(
        f"WITH page AS (SELECT * FROM workflows WHERE id = %(id)s) {_SHOWN}".encode(),  # noqa: S608
        {"id": workflow_id},
    ).fetchall()
    return _workflow(rows[0]) if rows else None


def hold(tx: Transaction, workflow_id: UUID) -> Workflow | None:
    """The same, and nobody changes it until the transaction ends."""
    tx.execute("SELECT FROM workflows WHERE id = %(id)s FOR NO KEY UPDATE", {"id": workflow_id})
    return get(tx, workflow_id)


def steps_of(tx: Transaction, workflow_id: UUID) -> list[Shown]:
    """The steps of its line in their order, then those beside it, oldest first; `MOST_STEPS` of them at most."""
    rows = tx.execute(
        "(SELECT * FROM steps WHERE workflow_id = %(id)s AND position IS NOT NULL ORDER BY position LIMIT %(most)s)"
        " UNION ALL (SELECT * FROM steps WHERE workflow_id = %(id)s AND position IS NULL"
        " ORDER BY created_at DESC LIMIT %(most)s)",
        {"id": workflow_id, "most": MOST_STEPS},
    ).fetchall()
    found = [_step(row) for row in rows]
    return sorted(found, key=lambda each: (each.position is None, each.position or 0, each.created_at))[:MOST_STEPS]


def _asked(which: Which) -> _Asked:
    asked = _Asked()
    for name, condition in (
        ("type", "type = %(type)s"),
        ("kind", "kind = %(kind)s"),
        ("status", "status = %(status)s"),
        ("repository", "lower(full_name) = lower(%(repository)s)"),
    ):
        if (value := getattr(which, name)) is not None:
            asked.conditions.append(condition)
            asked.values[name] = value
    return asked if which.subject is None else _about(asked, which.subject)


def _about(asked: _Asked, subject: str) -> _Asked:
    """By subject in whichever spelling; each is served by an index."""
    if (match := _OF_ITSELF.fullmatch(subject)) is not None:
        return _and(asked, "id = %(subject)s", subject=UUID(match["id"]))
    if (match := _OF_ISSUE.fullmatch(subject)) is not None:
        of_issue = "id IN (SELECT run_id FROM step_runs WHERE issue_id = %(subject)s)"
        return _and(asked, of_issue, subject=UUID(match["id"]))
    if (match := _OF_PULL.fullmatch(subject)) is not None:
        pulls = "pull AS (SELECT %(in)s::bigint AS repository_id, %(number)s::bigint AS number),"
        values = {"in": int(match["repository"]), "number": int(match["number"])}
        return _and(asked, f"id IN ({_OF_PULLS})", pulls, **values)
    if (match := _OF_NAMED_PULL.fullmatch(subject)) is not None:
        pulls = "pull AS (SELECT repository_id, number FROM pulls WHERE lower(full_name) = lower(%(name)s)"
        pulls = f"{pulls} AND number = %(number)s),"
        return _and(asked, f"id IN ({_OF_NAMED_PULLS})", pulls, name=match["name"], number=int(match["number"]))
    return _and(asked, "subject = %(subject)s", subject=subject)


def _and(asked: _Asked, condition: str, pulls: str = "", **values: Any) -> _Asked:
    return _Asked([*asked.conditions, condition], {**asked.values, **values}, pulls)


_PAUSED = ("paused_scope", "paused_reason", "paused_by", "paused_at", "paused_id")


def _workflow(row: dict[str, Any]) -> Workflow:
    paused = {name: row.pop(name) for name in _PAUSED}
    row["attempts"] = row["attempts"] or 0
    row["finished_at"] = row["finished_at"] if row["status"] in OVER else None
    return Workflow(**row, pause=Pause(*paused.values()) if paused["paused_scope"] is not None else None)


def _step(row: dict[str, Any]) -> Shown:
    about = row["exclusive"] if row["position"] is None else None
    return Shown(**{name: row[name] for name in Shown.__dataclass_fields__ if name in row}, about=about)
