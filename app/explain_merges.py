"""What became of a pull request's merge: who asked, what was answered, what left for GitHub, what went around us."""

from typing import Any

from app.database import Transaction
from app.records import alerts, external_merges

Row = dict[str, Any]
MOST_RUNS = 10
MOST_ATTEMPTS = 20


def of_pull(tx: Transaction, repository_id: int, number: int) -> Row:
    """Merge runs that have ended, requests of the merger, merges of others, alerts; each oldest first."""
    return {
        "runs": _runs(tx, repository_id, number),
        "attempts": _attempts(tx, repository_id, number),
        "external": external_merges.of_pull(tx, repository_id, number),
        "alerts": alerts.about(tx, f"pull:{repository_id}#{number}"),
    }


def _runs(tx: Transaction, repository_id: int, number: int) -> list[Row]:
    rows = tx.execute(
        "SELECT run_id, step_runs.issue_id, step_runs.mode, source, step_runs.asked_by, woken_by, outcome, answer,"
        " state_before, state_after, started_at, step_runs.ended_at FROM step_runs"
        " JOIN merge_requests ON merge_requests.id = merge_request_id"
        " WHERE repository_id = %(repository)s AND number = %(number)s AND outcome IS NOT NULL"
        " ORDER BY started_at DESC, run_id LIMIT %(most)s",
        {"repository": repository_id, "number": number, "most": MOST_RUNS},
    ).fetchall()
    return rows[::-1]


def _attempts(tx: Transaction, repository_id: int, number: int) -> list[Row]:
    rows = tx.execute(
        "SELECT id, run_id, kind, state, method, base_ref, head_sha, detail, merge_sha, response, history, recorded_at,"
        " sent_at, settled_at, audit_seq FROM merge_attempts WHERE repository_id = %(repository)s"
        " AND number = %(number)s ORDER BY seq DESC LIMIT %(most)s",
        {"repository": repository_id, "number": number, "most": MOST_ATTEMPTS},
    ).fetchall()
    return rows[::-1]
