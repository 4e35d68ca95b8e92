"""Pull requests that this gate has seen: where they live, their head, and the key of their page."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.database import Transaction

PAGE_KEY_BYTES = 18
MOST_PULLS = 10_000


@dataclass(frozen=True)
class Sighting:
    """A pull request as an event or a reading shows it; None where that does not tell."""

    repository_id: int
    number: int
    full_name: str
    installation_id: int
    head_sha: str | None = None
    base_ref: str | None = None
    is_open: bool | None = None


def seen(tx: Transaction, sighting: Sighting) -> str:
    """Note a pull request; the answer is the key of its page, which nobody can guess and which never changes."""
    row = tx.execute(
        "INSERT INTO pulls"
        " (repository_id, number, full_name, installation_id, is_open, head_sha, base_ref, page_key)"
        " VALUES (%(repository_id)s, %(number)s, %(full_name)s, %(installation_id)s, coalesce(%(is_open)s, true),"
        " %(head_sha)s, %(base_ref)s, %(key)s)"
        " ON CONFLICT (repository_id, number) DO UPDATE SET full_name = EXCLUDED.full_name,"
        " installation_id = EXCLUDED.installation_id, is_open = coalesce(%(is_open)s, pulls.is_open),"
        " head_sha = coalesce(EXCLUDED.head_sha, pulls.head_sha),"
        " base_ref = coalesce(EXCLUDED.base_ref, pulls.base_ref) RETURNING page_key",
        {**sighting.__dict__, "key": secrets.token_urlsafe(PAGE_KEY_BYTES)},
    ).fetchone()
    assert row is not None  # noqa: S101 -- an upsert always returns its row
    return str(row["page_key"])


def name_of(tx: Transaction, repository_id: int, number: int) -> str | None:
    """The repository's name as it was last seen with this pull request."""
    row = tx.execute(
        "SELECT full_name FROM pulls WHERE repository_id = %(repository)s AND number = %(number)s",
        {"repository": repository_id, "number": number},
    ).fetchone()
    return str(row["full_name"]) if row else None


def base_of(tx: Transaction, repository_id: int, number: int) -> str | None:
    """The base branch that a pull request was last seen with."""
    row = tx.execute(
        "SELECT base_ref FROM pulls WHERE repository_id = %(repository)s AND number = %(number)s",
        {"repository": repository_id, "number": number},
    ).fetchone()
    return row["base_ref"] if row else None


def closed(tx: Transaction, repository_id: int, number: int) -> None:
    """The pull request is not open any more, or not there."""
    tx.execute(
        "UPDATE pulls SET is_open = false WHERE repository_id = %(repository)s AND number = %(number)s",
        {"repository": repository_id, "number": number},
    )


def first_seen_at(tx: Transaction, repository_id: int, number: int, sha: str, now: datetime) -> datetime:
    """When this gate first saw the commit as the head of this pull request: now, if it never did.

    `now`: no earlier than the pull request's `updated_at`, so that a slow clock of ours makes no push older than an
    approval that was given before it.
    """
    values = {"repository": repository_id, "number": number, "sha": sha, "now": now}
    tx.execute(
        "INSERT INTO heads (repository_id, number, sha, first_seen_at)"
        " VALUES (%(repository)s, %(number)s, %(sha)s, %(now)s) ON CONFLICT DO NOTHING",
        values,
    )
    row = tx.execute(
        "SELECT first_seen_at FROM heads"
        " WHERE repository_id = %(repository)s AND number = %(number)s AND sha = %(sha)s",
        values,
    ).fetchone()
    assert row is not None  # noqa: S101 -- inserted above, and rows of this table are never deleted
    at: datetime = row["first_seen_at"]
    return at


def head_since(tx: Transaction, repository_id: int, number: int, sha: str, now: datetime) -> datetime:
    """Since when this commit, which `first_seen_at` knows, is the head: now, if another one was the head since then.

    A forced push may bring an old head back, and what was said meanwhile was said of the other one.
    """
    values = {"repository": repository_id, "number": number, "sha": sha, "now": now}
    tx.execute(
        "UPDATE heads SET came_back_at = %(now)s WHERE repository_id = %(repository)s AND number = %(number)s"
        " AND sha = %(sha)s AND coalesce(came_back_at, first_seen_at) <= (SELECT max(coalesce(came_back_at,"
        " first_seen_at)) FROM heads WHERE repository_id = %(repository)s AND number = %(number)s AND sha <> %(sha)s)",
        values,
    )
    row = tx.execute(
        "SELECT coalesce(came_back_at, first_seen_at) AS since FROM heads"
        " WHERE repository_id = %(repository)s AND number = %(number)s AND sha = %(sha)s",
        values,
    ).fetchone()
    assert row is not None  # noqa: S101 -- the caller has noted it, and rows of this table are never deleted
    since: datetime = row["since"]
    return since


def get(tx: Transaction, repository_id: int, number: int) -> dict[str, Any] | None:
    """What is known of a pull request."""
    return tx.execute(
        "SELECT * FROM pulls WHERE repository_id = %(repository)s AND number = %(number)s",
        {"repository": repository_id, "number": number},
    ).fetchone()


def with_head(tx: Transaction, repository_id: int, sha: str) -> tuple[int, ...]:
    """Numbers of the open pull requests whose head we know to be this commit."""
    rows = tx.execute(
        "SELECT number FROM pulls WHERE repository_id = %(repository)s AND head_sha = %(sha)s AND is_open"
        " ORDER BY number",
        {"repository": repository_id, "sha": sha},
    ).fetchall()
    return tuple(row["number"] for row in rows)


def others_with_head_into(
    tx: Transaction, repository_id: int, sha: str, base_ref: str, *, number: int
) -> tuple[int, ...]:
    """Numbers of the open pull requests with this head that go into this branch, less one."""
    rows = tx.execute(
        "SELECT number FROM pulls WHERE repository_id = %(repository)s AND head_sha = %(sha)s AND base_ref = %(base)s"
        " AND is_open AND number <> %(number)s ORDER BY number",
        {"repository": repository_id, "sha": sha, "base": base_ref, "number": number},
    ).fetchall()
    return tuple(row["number"] for row in rows)


def count_others_into(tx: Transaction, repository_id: int, base_ref: str, *, number: int) -> int:
    """How many other open pull requests go into this branch, or may: of some it is not known yet."""
    row = tx.execute(
        "SELECT count(*) FROM pulls WHERE repository_id = %(repository)s AND is_open"
        " AND number <> %(number)s AND coalesce(base_ref, %(base)s) = %(base)s",
        {"repository": repository_id, "base": base_ref, "number": number},
    ).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate always has one row
    return int(row["count"])


def judged_bases(tx: Transaction, repository_id: int, number: int, sha: str) -> tuple[str, ...]:
    """The base branches for which the pull request was judged at this head, in one order."""
    rows = tx.execute(
        "SELECT DISTINCT base_ref FROM evaluations WHERE repository_id = %(repository)s AND number = %(number)s"
        " AND head_sha = %(sha)s ORDER BY base_ref",
        {"repository": repository_id, "number": number, "sha": sha},
    ).fetchall()
    return tuple(row["base_ref"] for row in rows)


def ruled_from(tx: Transaction, repository_id: int, number: int, places: tuple[str, ...]) -> None:
    """Note where the policy was looked for besides the base branch: `policy_place` makes the words."""
    tx.execute(
        "UPDATE pulls SET policy_places = %(places)s WHERE repository_id = %(repository)s AND number = %(number)s",
        {"repository": repository_id, "number": number, "places": list(places)},
    )


def policy_place(full_name: str, branch: str = "") -> str:
    """A branch of a repository, or any branch of it."""
    return f"{full_name.lower()}@{branch}"


def with_policy_from(tx: Transaction, full_name: str, branch: str) -> list[dict[str, Any]]:
    """The open pull requests whose policy was looked for there though it is not their base; at most `MOST_PULLS`."""
    return tx.execute(
        "SELECT * FROM pulls WHERE policy_places && %(places)s AND is_open"
        " ORDER BY repository_id, number LIMIT %(limit)s",
        {"places": [policy_place(full_name, branch), policy_place(full_name)], "limit": MOST_PULLS},
    ).fetchall()


def of_installation(tx: Transaction, installation_id: int) -> list[dict[str, Any]]:
    """The open pull requests that we know in an installation's repositories; at most `MOST_PULLS`."""
    return tx.execute(
        "SELECT * FROM pulls WHERE installation_id = %(id)s AND is_open ORDER BY repository_id, number LIMIT %(limit)s",
        {"id": installation_id, "limit": MOST_PULLS},
    ).fetchall()


def repositories_with_open(tx: Transaction, repository_id: int | None) -> list[dict[str, Any]]:
    """The repositories that have open pull requests: this one, or with None all, each as it was seen last."""
    return tx.execute(
        "SELECT DISTINCT ON (repository_id) repository_id, full_name, installation_id FROM pulls"
        " WHERE is_open AND (%(repository)s::bigint IS NULL OR repository_id = %(repository)s)"
        " ORDER BY repository_id, number DESC",
        {"repository": repository_id},
    ).fetchall()


def with_policy_naming(tx: Transaction, organization: str, installation_id: int) -> list[dict[str, Any]]:
    """The open pull requests of other installations whose policy, as last read, holds the name of an organization;
    at most `MOST_PULLS`. It may stand there for another reason, which costs an evaluation and nothing else.
    """
    return tx.execute(
        "SELECT pulls.* FROM pulls CROSS JOIN LATERAL (SELECT policy_digest FROM evaluations"
        " WHERE evaluations.repository_id = pulls.repository_id AND evaluations.number = pulls.number"
        " ORDER BY seq DESC LIMIT 1) AS newest WHERE installation_id <> %(id)s AND is_open AND newest.policy_digest IN"
        " (SELECT digest FROM policy_files WHERE strpos(lower(text), lower(%(name)s)) > 0)"
        " ORDER BY repository_id, number LIMIT %(limit)s",
        {"id": installation_id, "name": organization, "limit": MOST_PULLS},
    ).fetchall()


def named(tx: Transaction, full_name: str, number: int) -> dict[str, Any] | None:
    """The pull request of that name, which has no case; None when this gate never saw it."""
    return tx.execute(
        "SELECT * FROM pulls WHERE lower(full_name) = lower(%(name)s) AND number = %(number)s"
        " ORDER BY repository_id DESC LIMIT 1",
        {"name": full_name, "number": number},
    ).fetchone()


def newest_of(tx: Transaction, full_name: str) -> dict[str, Any] | None:
    """The newest pull request that was seen of the repository of that name."""
    return tx.execute(
        "SELECT * FROM pulls WHERE lower(full_name) = lower(%(name)s) ORDER BY repository_id DESC, number DESC LIMIT 1",
        {"name": full_name},
    ).fetchone()


def knows_repository(tx: Transaction, full_name: str) -> bool:
    """Whether any pull request of the repository was ever seen."""
    query = "SELECT 1 FROM pulls WHERE lower(full_name) = lower(%(name)s) LIMIT 1"
    return tx.execute(query, {"name": full_name}).fetchone() is not None


def with_page_key(tx: Transaction, page_key: str) -> dict[str, Any] | None:
    """The pull request whose page has this key."""
    return tx.execute("SELECT * FROM pulls WHERE page_key = %(key)s", {"key": page_key}).fetchone()
