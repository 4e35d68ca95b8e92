"""What stands at GitHub more than once and was meant once: the log of our writes held against a reading of GitHub.

GitHub takes any number of comments, reviews and check runs, so nothing but the protocol of a write keeps them apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.database import Transaction
from app.github.answers import Unavailable
from app.github.reader import LiveReader, Place
from app.github.writes import marker

KINDS = ("comment_create", "review_approve", "check_run")
"""Those of which each request makes another; of the rest a second one changes nothing."""


@dataclass(frozen=True)
class Target:
    """A place where at least one of our requests went that makes something new."""

    kind: str
    full_name: str
    place: Place
    number: int
    content: dict[str, Any]

    @property
    def name(self) -> str:
        """For a person."""
        what = {"comment_create": "comments", "review_approve": "approving reviews"}.get(self.kind)
        return f"{self.full_name}#{self.number} {what or self.content['name']}"


@dataclass(frozen=True)
class Shown:
    """One of ours at GitHub. `intent`: the write whose mark it bears; None where this gate knows no such write."""

    remote_id: int
    key: str
    intent: str | None = None


@dataclass(frozen=True)
class Finding:
    """What stands at a target more than once; or why that could not be read."""

    target: Target
    shown: tuple[Shown, ...] = ()
    trouble: str | None = None


def targets(tx: Transaction, since: datetime, limit: int) -> list[Target]:
    """Where such requests went since then, newest first."""
    rows = tx.execute(
        "SELECT DISTINCT ON (target) target, kind, full_name, installation_id, repository_id, number, content, spent_at"
        " FROM intents JOIN permits ON intent_id = intents.id"
        " WHERE kind = ANY(%(kinds)s) AND spent_at >= %(since)s ORDER BY target, spent_at DESC",
        {"kinds": list(KINDS), "since": since},
    ).fetchall()
    newest = sorted(rows, key=lambda row: row["spent_at"], reverse=True)[:limit]
    return [
        Target(
            row["kind"],
            row["full_name"],
            Place(row["installation_id"], row["repository_id"]),
            row["number"],
            row["content"],
        )
        for row in newest
    ]


def find(tx: Transaction, reader: LiveReader, sought: Iterable[Target]) -> Iterator[Finding]:
    """The targets at which GitHub shows more than one, and those that could not be read."""
    for target in sought:
        try:
            doubled = _doubled(target.kind, _shown(reader, target))
        except Unavailable as trouble:
            yield Finding(target, trouble=trouble.sentence)
            continue
        if doubled:
            yield Finding(target, tuple(_with_intents(tx, doubled)))


def _shown(reader: LiveReader, target: Target) -> list[Shown]:
    """All of ours there, by our App as their author and the mark that they bear. Raises `Unavailable`."""
    if target.kind == "check_run":
        runs = reader.own_check_runs(target.place, target.content["sha"], target.content["name"])
        return [Shown(run.id, run.external_id) for run in runs]
    if target.kind == "comment_create":
        found = [(one.id, one.body) for one in reader.own_comments(target.place, target.number)]
    else:
        login = reader.bot_login()
        reviews = reader.reviews(target.place, target.number)
        found = [(one.id, one.body) for one in reviews if one.user is not None and one.user.login == login]
    return [Shown(remote_id, key) for remote_id, body in found if (key := marker.key_of(body)) is not None]


def _doubled(kind: str, shown: list[Shown]) -> list[Shown]:
    """A pull request has one comment of ours; of the others there may be many, each with a mark of its own."""
    if kind == "comment_create":
        return shown if len(shown) > 1 else []
    by_key = defaultdict(list)
    for one in shown:
        by_key[one.key].append(one)
    return [one for same in by_key.values() if len(same) > 1 for one in same]


def _with_intents(tx: Transaction, shown: list[Shown]) -> Iterator[Shown]:
    rows = tx.execute(
        "SELECT id, key FROM intents WHERE key = ANY(%(keys)s)", {"keys": [one.key for one in shown]}
    ).fetchall()
    known = {row["key"]: str(row["id"]) for row in rows}
    for one in shown:
        yield Shown(one.remote_id, one.key, known.get(one.key))
