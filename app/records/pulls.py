"""Pull requests that this gate has seen: where they live, their head, and the key of their page."""

import secrets
from datetime import datetime
from typing import Any

from app.database import Transaction

PAGE_KEY_BYTES = 18


def seen(
    tx: Transaction,
    *,
    repository_id: int,
    number: int,
    full_name: str,
    installation_id: int,
    head_sha: str | None,
) -> str:
    """Note a pull request; the answer is the key of its page, which nobody can guess and which never changes."""
    row = tx.execute(
        "INSERT INTO pulls (repository_id, number, full_name, installation_id, head_sha, page_key)"
        " VALUES (%(repository)s, %(number)s, %(name)s, %(installation)s, %(sha)s, %(key)s)"
        " ON CONFLICT (repository_id, number) DO UPDATE SET full_name = EXCLUDED.full_name,"
        " installation_id = EXCLUDED.installation_id, head_sha = coalesce(EXCLUDED.head_sha, pulls.head_sha)"
        " RETURNING page_key",
        {
            "repository": repository_id,
            "number": number,
            "name": full_name,
            "installation": installation_id,
            "sha": head_sha,
            "key": secrets.token_urlsafe(PAGE_KEY_BYTES),
        },
    ).fetchone()
    assert row is not None  # noqa: S101 -- an upsert always returns its row
    return str(row["page_key"])


def first_seen_at(tx: Transaction, repository_id: int, sha: str, now: datetime) -> datetime:
    """When this gate first saw the commit as a head: now, if it never did. The push cannot have been later."""
    tx.execute(
        "INSERT INTO heads (repository_id, sha, first_seen_at) VALUES (%(repository)s, %(sha)s, %(now)s)"
        " ON CONFLICT DO NOTHING",
        {"repository": repository_id, "sha": sha, "now": now},
    )
    row = tx.execute(
        "SELECT first_seen_at FROM heads WHERE repository_id = %(repository)s AND sha = %(sha)s",
        {"repository": repository_id, "sha": sha},
    ).fetchone()
    assert row is not None  # noqa: S101 -- inserted above, and rows of this table are never deleted
    at: datetime = row["first_seen_at"]
    return at


def with_head(tx: Transaction, repository_id: int, sha: str) -> tuple[int, ...]:
    """Numbers of the pull requests whose head we know to be this commit."""
    rows = tx.execute(
        "SELECT number FROM pulls WHERE repository_id = %(repository)s AND head_sha = %(sha)s ORDER BY number",
        {"repository": repository_id, "sha": sha},
    ).fetchall()
    return tuple(row["number"] for row in rows)


def named(tx: Transaction, full_name: str, number: int) -> dict[str, Any] | None:
    """The pull request of that name, which has no case; None when this gate never saw it."""
    return tx.execute(
        "SELECT * FROM pulls WHERE lower(full_name) = lower(%(name)s) AND number = %(number)s"
        " ORDER BY repository_id DESC LIMIT 1",
        {"name": full_name, "number": number},
    ).fetchone()


def with_page_key(tx: Transaction, page_key: str) -> dict[str, Any] | None:
    """The pull request whose page has this key."""
    return tx.execute("SELECT * FROM pulls WHERE page_key = %(key)s", {"key": page_key}).fetchone()
