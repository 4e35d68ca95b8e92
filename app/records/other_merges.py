"""What our other merges into the same base have done to it, as far as that is recorded."""

from app.database import Transaction
from app.records.attempts import Attempt

MOST_MERGED = 100
"""How many of our merges onto one base are looked at, to tell its moves from those of others."""


def merged_onto(tx: Transaction, attempt: Attempt) -> set[str]:
    """The newest commits that our other merges have put on the same base, each as one commit."""
    rows = tx.execute(
        "SELECT merge_sha FROM merge_attempts WHERE repository_id = %(repository)s AND base_ref = %(base)s"
        " AND kind = 'merge' AND state = 'SUCCEEDED' AND method IN ('squash', 'merge') AND merge_sha IS NOT NULL"
        " AND id <> %(own)s ORDER BY seq DESC LIMIT %(most)s",
        {"repository": attempt.repository_id, "base": attempt.base_ref, "own": attempt.id, "most": MOST_MERGED},
    ).fetchall()
    return {row["merge_sha"] for row in rows}


def are_under_way(tx: Transaction, attempt: Attempt) -> bool:
    """Whether one of them was sent, and its workflow has yet to record what it came to."""
    found = tx.execute(
        "SELECT 1 FROM merge_attempts WHERE repository_id = %(repository)s AND base_ref = %(base)s"
        " AND kind = 'merge' AND state IN ('SENT', 'IN_DOUBT') AND id <> %(own)s AND EXISTS (SELECT FROM workflows"
        " WHERE workflows.id = run_id AND workflows.status IN ('pending', 'running', 'waiting')) LIMIT 1",
        {"repository": attempt.repository_id, "base": attempt.base_ref, "own": attempt.id},
    ).fetchone()
    return found is not None
