"""When the pull requests of a repository are compared with GitHub's list, since any webhook may get lost."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from app.database import Transaction
from app.records.runs import Wanted

WATCH_SECONDS = 600
"""Between two comparisons of one repository: a request for each hundred open pull requests, and one for closed ones."""
BATCH = 50


def take_due(tx: Transaction, full_names: Collection[str], now: datetime) -> list[Wanted]:
    """The repositories among these, by owner/name in lower case, that have pull requests and are due, taken."""
    rows = tx.execute(
        "SELECT DISTINCT ON (repository_id) repository_id, full_name, installation_id FROM pulls"
        " WHERE lower(full_name) = ANY(%(names)s) AND NOT EXISTS (SELECT FROM merge_watches"
        "  WHERE merge_watches.repository_id = pulls.repository_id AND asked_at > %(before)s)"
        " ORDER BY repository_id, number DESC LIMIT %(most)s",
        {"names": list(full_names), "before": now - timedelta(seconds=WATCH_SECONDS), "most": BATCH},
    ).fetchall()
    for row in rows:
        tx.execute(
            "INSERT INTO merge_watches (repository_id, asked_at, since) VALUES (%(repository)s, %(now)s, %(now)s)"
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


def merged_unseen(tx: Transaction, repository_id: int, merged_at: Mapping[int, datetime]) -> set[int]:
    """Those of these merged pull requests, by number, that were merged since we watch, and not as we know of.

    Known are merges of ours, also those whose end nobody knows yet, and merges past the gate that are recorded.
    """
    rows = tx.execute(
        "SELECT number FROM unnest(%(numbers)s::bigint[], %(moments)s::timestamptz[]) AS merged (number, at)"
        " WHERE at > (SELECT since FROM merge_watches WHERE repository_id = %(repository)s)"
        " AND NOT EXISTS (SELECT FROM external_merges AS known"
        "  WHERE known.repository_id = %(repository)s AND known.number = merged.number)"
        " AND NOT EXISTS (SELECT FROM merge_attempts AS known WHERE kind IN ('merge', 'enqueue') AND state <> 'FAILED'"
        "  AND known.repository_id = %(repository)s AND known.number = merged.number)",
        {"repository": repository_id, "numbers": list(merged_at), "moments": list(merged_at.values())},
    ).fetchall()
    return {row["number"] for row in rows}
