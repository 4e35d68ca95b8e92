"""The ids of repositories, pinned to their names on first use: a re-created one does not inherit what was allowed."""

from app.database import Transaction


def pin(tx: Transaction, full_name: str, repository_id: int) -> int:
    """The id pinned to a repository's name: this one, if the name was never used before."""
    tx.execute(
        "INSERT INTO pinned_repositories (full_name, repository_id) VALUES (%(name)s, %(id)s) ON CONFLICT DO NOTHING",
        {"name": full_name, "id": repository_id},
    )
    row = tx.execute(
        "SELECT repository_id FROM pinned_repositories WHERE full_name = %(name)s", {"name": full_name}
    ).fetchone()
    assert row is not None  # noqa: S101 -- inserted above, and rows of this table are never deleted
    pinned: int = row["repository_id"]
    return pinned


def pinned(tx: Transaction, full_name: str) -> int | None:
    """The id pinned to a repository's name; None where it was never used."""
    row = tx.execute(
        "SELECT repository_id FROM pinned_repositories WHERE lower(full_name) = lower(%(name)s)", {"name": full_name}
    ).fetchone()
    return row["repository_id"] if row else None
