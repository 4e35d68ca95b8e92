"""Runs of a step (S1 to S7) or of a merge that GitHub's side asked for: opened, remembered, ended with one outcome.

The row in `runs` has what every run has (due time, lease, attempts); `kind` is `merge` for S5 and whatever else may
merge, `step` for the rest. Each run is a subject of its own, so none is folded into another.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app import pull_urls
from app.database import Transaction
from app.handed import AskedStep
from app.records import runs, timeline
from app.records.runs import Kind, Run

Step = Literal[
    "S1_PICK_ISSUE",
    "S2_SPEC_READY",
    "S3_IMPLEMENT_PREP",
    "S4_REVIEW",
    "S5_MERGE",
    "S6_DEPLOYMENT_OBSERVE",
    "S7_VERIFY_GATE",
]
StepMode = Literal["execute", "dryRun", "observe"]
"""`observe`: look whether the pull request was merged by somebody else; never merge."""
Ending = Literal["finished", "blocked", "failed"]
MERGE_STEP: Step = "S5_MERGE"


@dataclass(frozen=True, kw_only=True)
class WantedStep:
    """A run wished for. `woken_by`: request, event, retry or sweeper."""

    step: Step
    mode: StepMode
    request_id: str
    asked_by: str
    issue_id: UUID | None = None
    merge_request_id: UUID | None = None
    woken_by: str = "request"
    state_before: str | None = None


@dataclass(frozen=True, kw_only=True)
class StepRun:
    """A run of a step as it stands. `ending`, `outcome` and `answer` are None while it is under way.

    `memory`: what it has to know again after it was put off (polls made, attempts on a moved base).
    """

    run_id: UUID
    issue_id: UUID | None
    merge_request_id: UUID | None
    step: Step
    mode: StepMode
    request_id: str
    asked_by: str
    woken_by: str
    state_before: str | None
    state_after: str | None
    ending: Ending | None
    outcome: str | None
    answer: dict[str, Any] | None
    started_at: datetime
    ended_at: datetime | None
    memory: dict[str, Any] = field(default_factory=dict)


_COLUMNS = (
    "run_id, issue_id, merge_request_id, step, mode, request_id, asked_by, woken_by, state_before, state_after,"
    " ending, outcome, answer, memory, started_at, ended_at"
)


def open_run(tx: Transaction, wanted: WantedStep, due_at: datetime) -> UUID:
    """A new run of a step, due at once or later, with its start on the timeline of its issue, where it has one.

    Whoever calls sends its message after the commit.
    """
    run_id = uuid4()
    kind: Kind = "merge" if wanted.step == MERGE_STEP else "step"
    runs.add(
        tx,
        kind,
        run_id=run_id,
        subject=f"{kind}:{run_id}",
        due_at=due_at,
        full_name=_repository(tx, wanted),
        asked_by=wanted.asked_by,
        input=AskedStep(step=wanted.step, mode=wanted.mode, request_id=wanted.request_id, issue_id=wanted.issue_id),
    )
    tx.execute(
        "INSERT INTO step_runs (run_id, issue_id, merge_request_id, step, mode, request_id, asked_by, woken_by,"
        " state_before, started_at) VALUES (%(run)s, %(issue_id)s, %(merge_request_id)s, %(step)s, %(mode)s,"
        " %(request_id)s, %(asked_by)s, %(woken_by)s, %(state_before)s, %(now)s)",
        {**wanted.__dict__, "run": run_id, "now": due_at},
    )
    if wanted.issue_id is not None:
        timeline.append(tx, wanted.issue_id, run_id, "loop_run_started", _started(wanted, run_id), due_at)
    return run_id


def _repository(tx: Transaction, wanted: WantedStep) -> str:
    """By the link of the merge request or of the issue; "" where there is none."""
    row = tx.execute(
        "SELECT (SELECT full_name FROM pulls JOIN merge_requests USING (repository_id, number)"
        " WHERE merge_requests.id = %(request)s) AS full_name,"
        " coalesce((SELECT pr_url FROM merge_requests WHERE id = %(request)s),"
        " (SELECT coalesce(pr_url, github_url) FROM issues WHERE id = %(issue)s), '') AS url",
        {"request": wanted.merge_request_id, "issue": wanted.issue_id},
    ).fetchone()
    return (row["full_name"] or pull_urls.repository(row["url"])) if row else ""


def _started(wanted: WantedStep, run_id: UUID) -> dict[str, Any]:
    said = {"step": wanted.step, "mode": wanted.mode, "stateBefore": wanted.state_before}
    return {"runId": str(run_id), **said, "requestId": wanted.request_id}


def get(tx: Transaction, run_id: UUID) -> StepRun | None:
    """The step of a run; None where the run is not one of a step."""
    row = tx.execute(
        f"SELECT {_COLUMNS} FROM step_runs WHERE run_id = %(run)s",  # noqa: S608 -- constant column names
        {"run": run_id},
    ).fetchone()
    return StepRun(**row) if row else None


def count_of(tx: Transaction, request_id: UUID) -> int:
    """How many runs a merge request has had."""
    row = tx.execute(
        "SELECT count(*) AS runs FROM step_runs WHERE merge_request_id = %(request)s", {"request": request_id}
    ).fetchone()
    return int(row["runs"]) if row else 0


def under_way(tx: Transaction, issue_id: UUID) -> list[StepRun]:
    """The runs of an issue that have no outcome yet, oldest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM step_runs WHERE issue_id = %(issue)s AND ending IS NULL"  # noqa: S608
        " ORDER BY started_at",
        {"issue": issue_id},
    ).fetchall()
    return [StepRun(**row) for row in rows]


def remember(tx: Transaction, run: Run, memory: dict[str, Any]) -> None:
    """What the run has to know again; belongs into the transaction that puts it off."""
    tx.execute(
        "UPDATE step_runs SET memory = %(memory)s WHERE run_id = %(run)s", {"run": run.id, "memory": Jsonb(memory)}
    )


def woken_by(tx: Transaction, run_id: UUID, who: str) -> None:
    """Who has it run again."""
    tx.execute("UPDATE step_runs SET woken_by = %(who)s WHERE run_id = %(run)s", {"run": run_id, "who": who})


def end(
    tx: Transaction,
    run: Run,
    *,
    ending: Ending,
    outcome: str,
    answer: dict[str, Any],
    state_before: str | None,
    state_after: str | None,
    now: datetime,
) -> None:
    """Its one outcome; `runs.finish` or `runs.block` goes with it in the same transaction."""
    tx.execute(
        "UPDATE step_runs SET ending = %(ending)s, outcome = %(outcome)s, answer = %(answer)s,"
        " state_before = %(before)s, state_after = %(after)s, ended_at = %(now)s"
        " WHERE run_id = %(run)s AND ending IS NULL",
        {
            "run": run.id,
            "ending": ending,
            "outcome": outcome,
            "answer": Jsonb(answer),
            "before": state_before,
            "after": state_after,
            "now": now,
        },
    )


def cancel(tx: Transaction, step: StepRun, answer: dict[str, Any], now: datetime) -> bool:
    """End a run that somebody has cancelled; False where it has its one outcome already."""
    ended = tx.execute(
        "UPDATE step_runs SET ending = 'blocked', outcome = 'cancelled', answer = %(answer)s,"
        " state_after = state_before, ended_at = %(now)s WHERE run_id = %(run)s AND ending IS NULL",
        {"run": step.run_id, "answer": Jsonb(answer), "now": now},
    )
    return ended.rowcount == 1
