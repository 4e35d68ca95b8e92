"""Open pull requests that the mode which is not posted judges otherwise, or does not judge."""

from typing import Any

from app.database import Transaction


def that_differ(tx: Transaction, repository: str | None = None) -> list[dict[str, Any]]:
    """The open pull requests that the mode which is not posted judges otherwise, by repository and number.

    Rows of repository, number, page_key, head_sha, base_ref, evaluated_at, mode, state, description, other_state,
    other_description and differences (sentences).
    """
    return tx.execute(
        "SELECT full_name AS repository, number, page_key, head_sha, base_ref, evaluated_at, mode, state, description,"
        " other_state, other_description, differences"
        " FROM (SELECT DISTINCT ON (repository_id, number) full_name, page_key, evaluations.*"
        "  FROM evaluations JOIN pulls USING (repository_id, number)"
        "  WHERE is_open AND (%(name)s::text IS NULL OR lower(full_name) = lower(%(name)s))"
        "  ORDER BY repository_id, number, seq DESC) AS newest"
        " WHERE other_state <> state ORDER BY full_name, number",
        {"name": repository},
    ).fetchall()


def judged_in_one_mode(tx: Transaction, repository: str | None = None) -> list[dict[str, Any]]:
    """The open pull requests of which the other mode says nothing: not judged yet, or nothing could be evaluated.

    Rows of repository and number, in this order.
    """
    return tx.execute(
        "SELECT full_name AS repository, number FROM pulls WHERE is_open"
        " AND (%(name)s::text IS NULL OR lower(full_name) = lower(%(name)s))"
        " AND (SELECT other_state FROM evaluations AS e WHERE e.repository_id = pulls.repository_id"
        "  AND e.number = pulls.number ORDER BY seq DESC LIMIT 1) IS NULL ORDER BY full_name, number",
        {"name": repository},
    ).fetchall()
