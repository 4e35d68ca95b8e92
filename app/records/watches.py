"""When the open pull requests of a repository are compared with GitHub's list, since any webhook may get lost."""

from collections.abc import Collection
from datetime import datetime, timedelta

from app.database import Transaction
from app.records.runs import Wanted

WATCH_SECONDS = 600
"""Between two comparisons of one repository: a request for each hundred open pull requests."""
BATCH = 50


def take_due(tx: Transaction, full_names: Collection[str], now: datetime) -> list[Wanted]:
    """The repositories among these, by owner/name in lower case, that have open pull requests and are due, taken."""
    rows = tx.execute(
        "SELECT DISTINCT ON (repository_id) repository_id, full_name, installation_id FROM pulls"
        " WHERE is_open AND lower(full_name) = ANY(%(names)s) AND NOT EXISTS (SELECT FROM merge_watches"
        "  WHERE merge_watches.repository_id = pulls.repository_id AND asked_at > %(before)s)"
        " ORDER BY repository_id, number DESC LIMIT %(most)s",
        {"names": list(full_names), "before": now - timedelta(seconds=WATCH_SECONDS), "most": BATCH},
    ).fetchall()
    for row in rows:
        tx.execute(
            "INSERT INTO merge_watches (repository_id, asked_at) VALUES (%(repository)s, %(now)s)"
            " ON CONFLICT (repository_id) DO UPDATE SET asked_at = EXCLUDED.asked_at",
            {"repository": row["repository_id"], "now": now},
        )
    return [Wanted("find_changed", row["repository_id"], row["full_name"], row["installation_id"]) for row in rows]


def known_open(tx: Transaction, repository_id: int) -> dict[int, tuple[str | None, str | None]]:
    """The pull requests of a repository that we take for open: head and base branch, None where not known yet."""
    rows = tx.execute(
        "SELECT number, head_sha, base_ref FROM pulls WHERE repository_id = %(repository)s AND is_open",
        {"repository": repository_id},
    ).fetchall()
    return {row["number"]: (row["head_sha"], row["base_ref"]) for row in rows}


def judged_at(tx: Transaction, repository_id: int) -> dict[int, datetime]:
    """When each open pull request of a repository was last judged; those that never were are left out."""
    rows = tx.execute(
        "SELECT pulls.number, newest.evaluated_at AS at FROM pulls JOIN LATERAL (SELECT evaluated_at FROM evaluations"
        "  WHERE evaluations.repository_id = pulls.repository_id AND evaluations.number = pulls.number"
        "  ORDER BY seq DESC LIMIT 1) AS newest ON true WHERE pulls.repository_id = %(repository)s AND is_open",
        {"repository": repository_id},
    ).fetchall()
    return {row["number"]: row["at"] for row in rows}
