"""Evaluations: the verdict on one pull request at one head, with the facts and the policy it was taken from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app.database import Transaction
from app.records import sealed_evaluations
from policies.facts import PullSnapshot
from policies.policy import Mode
from policies.verdict import State

Each = Literal["pull", "head"]
NO_PULL = 0
"""The number of an evaluation that is of a merge group; it has no snapshot."""
NUL = "\x00"
"""Postgres holds none in a text."""
ROWS_AT_ONCE = 50
"""A snapshot may take a megabyte, so only so many are held in memory."""


@dataclass(frozen=True)
class OtherMode:
    """What the mode that was not posted says of the same facts, and in sentences where it differs and why."""

    state: State
    description: str
    result: dict[str, Any]
    differences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What is recorded. `snapshot` and `result` are None where the facts or the policy could not be had.

    `policy_source`: owner/name@sha: path, or where none was found. `policy_digest`: SHA-256 of the policy's text.
    `description`: the whole reason; `status_text`: what fits into a commit status.
    `mode`: the one that is posted; it and `other` are None where nothing was evaluated.
    """

    run_id: UUID
    repository_id: int
    number: int
    head_sha: str
    base_ref: str
    policy_source: str = "not read"
    policy_digest: str | None = None
    policy_text: str | None = None
    snapshot: PullSnapshot | None = None
    state: State
    description: str
    status_text: str
    result: dict[str, Any] | None = None
    evaluated_at: datetime
    mode: Mode | None = None
    other: OtherMode | None = None

    @property
    def differs(self) -> bool:
        """Whether the other mode would have posted another state."""
        return self.other is not None and self.other.state != self.state


def record(tx: Transaction, evaluation: Evaluation) -> UUID:
    """Store the evaluation, and its facts and its policy once however often they come."""
    _store_policy(tx, evaluation)
    evaluation_id = uuid4()
    row = {**evaluation.__dict__, "id": evaluation_id}
    tx.execute(
        "INSERT INTO evaluations (id, run_id, repository_id, number, head_sha, base_ref, policy_source,"
        " policy_digest, snapshot_digest, state, description, status_text, result, evaluated_at,"
        " mode, other_state, other_description, other_result, differences, seal)"
        " VALUES (%(id)s, %(run_id)s, %(repository_id)s, %(number)s, %(head_sha)s, %(base_ref)s, %(policy_source)s,"
        " %(policy_digest)s, %(snapshot_digest)s, %(state)s, %(description)s, %(status_text)s, %(result)s,"
        " %(evaluated_at)s, %(mode)s, %(other_state)s, %(other_description)s, %(other_result)s, %(differences)s,"
        " %(seal)s)",
        {
            **row,
            **_other(evaluation.other),
            "snapshot_digest": store_snapshot(tx, evaluation.snapshot),
            "result": _json(evaluation.result),
            "seal": sealed_evaluations.seal(row),
        },
    )
    return evaluation_id


def _store_policy(tx: Transaction, evaluation: Evaluation) -> None:
    """A text that Postgres can't hold is no policy, so nobody will ask for it."""
    if evaluation.policy_text is not None and NUL not in evaluation.policy_text:
        tx.execute(
            "INSERT INTO policy_files (digest, text) VALUES (%(digest)s, %(text)s) ON CONFLICT DO NOTHING",
            {"digest": evaluation.policy_digest, "text": evaluation.policy_text},
        )


def _other(other: OtherMode | None) -> dict[str, Any]:
    if other is None:
        return {"other_state": None, "other_description": None, "other_result": None, "differences": None}
    return {
        "other_state": other.state,
        "other_description": other.description,
        "other_result": _json(other.result),
        "differences": Jsonb(list(other.differences)),
    }


def _json(document: dict[str, Any] | None) -> Jsonb | None:
    return None if document is None else Jsonb(document)


def store_snapshot(tx: Transaction, snapshot: PullSnapshot | None) -> str | None:
    """Store facts once however often they come; their digest."""
    if snapshot is None:
        return None
    digest = snapshot.digest()
    tx.execute(
        "INSERT INTO snapshots (digest, facts) VALUES (%(digest)s, %(facts)s) ON CONFLICT DO NOTHING",
        {"digest": digest, "facts": Jsonb(snapshot.model_dump(mode="json"))},
    )
    return digest


def carried_by(tx: Transaction, evaluation_id: UUID, intent_id: UUID) -> None:
    """Remember which intent carries the verdict out."""
    tx.execute(
        "UPDATE evaluations SET intent_id = %(intent)s WHERE id = %(id)s",
        {"id": evaluation_id, "intent": intent_id},
    )


def on_head(tx: Transaction, repository_id: int, head_sha: str) -> list[dict[str, Any]]:
    """The newest evaluation of each open pull request that has this head, by number."""
    return tx.execute(
        "SELECT DISTINCT ON (number) number, state, status_text, page_key FROM evaluations"
        " JOIN pulls USING (repository_id, number, head_sha, base_ref)"
        " WHERE repository_id = %(repository)s AND is_open AND head_sha = %(sha)s ORDER BY number, seq DESC",
        {"repository": repository_id, "sha": head_sha},
    ).fetchall()


def on_target(tx: Transaction, repository_id: int, head_sha: str, base_ref: str) -> list[dict[str, Any]]:
    """The newest evaluation of each open pull request that has this head and this base, by number.

    They share one commit status, since a status belongs to a commit.
    """
    return tx.execute(
        "SELECT DISTINCT ON (number) number, state, status_text, page_key FROM evaluations"
        " JOIN pulls USING (repository_id, number)"
        " WHERE repository_id = %(repository)s AND is_open AND pulls.head_sha = %(sha)s AND pulls.base_ref = %(base)s"
        " AND evaluations.head_sha = %(sha)s AND evaluations.base_ref = %(base)s"
        " ORDER BY number, seq DESC",
        {"repository": repository_id, "sha": head_sha, "base": base_ref},
    ).fetchall()


@dataclass(frozen=True)
class Stored:
    """An evaluation with its facts, read again.

    `snapshot`: JSON for `PullSnapshot.model_validate_json`. `policy`: the text; None where it was not kept, as before
    migration 0004. `result`: the tree as JSON, None where nothing was evaluated.
    """

    repository: str
    repository_id: int
    number: int
    head_sha: str
    base_ref: str
    evaluated_at: datetime
    mode: Mode
    state: State
    description: str
    result: dict[str, Any] | None
    policy_source: str
    policy: str | None
    snapshot: str


_STORED = (
    "full_name AS repository, repository_id, number, evaluations.head_sha,"
    " evaluations.base_ref, evaluated_at, coalesce(mode, 'compat') AS mode, state, description, result, policy_source,"
    " text AS policy, facts::text AS snapshot"
)
_WITH_FACTS = (
    "evaluations JOIN pulls USING (repository_id, number) JOIN snapshots ON snapshots.digest = snapshot_digest"
    " LEFT JOIN policy_files ON policy_files.digest = policy_digest"
)
_EACH: dict[Each, str] = {"pull": "repository_id, number", "head": "repository_id, number, e.head_sha, e.base_ref"}


def newest(
    tx: Transaction, since: datetime, repositories: tuple[str, ...] = (), each: Each = "pull"
) -> Iterator[Stored]:
    """The newest evaluation that has facts of each pull request (or each head of one), if not before `since`.

    `repositories`: owner/name, whose case does not matter; none means all. Streamed by repository and number, so read
    it inside the transaction.
    """
    newest_ones = (
        f"SELECT DISTINCT ON ({_EACH[each]}) seq FROM evaluations AS e JOIN pulls USING (repository_id, number)"  # noqa: S608
        " WHERE snapshot_digest IS NOT NULL AND evaluated_at >= %(since)s"
        " AND (cardinality(%(names)s::text[]) = 0 OR lower(full_name) = ANY(%(names)s))"
        f" ORDER BY {_EACH[each]}, seq DESC"
    )
    names = [name.lower() for name in repositories]
    return _stream(tx, newest_ones, {"since": since, "names": names})


def newest_of_open(tx: Transaction, repository_id: int, base_ref: str) -> Iterator[Stored]:
    """The newest evaluation that has facts of each open pull request into a branch, streamed by number."""
    newest_ones = (
        "SELECT DISTINCT ON (number) seq FROM evaluations AS e JOIN pulls USING (repository_id, number)"
        " WHERE repository_id = %(repository)s AND is_open AND snapshot_digest IS NOT NULL"
        " AND pulls.base_ref = %(base)s AND e.base_ref = %(base)s ORDER BY number, seq DESC"
    )
    return _stream(tx, newest_ones, {"repository": repository_id, "base": base_ref})


def counted(
    tx: Transaction,
    since: datetime,
    repositories: tuple[str, ...] = (),
    each: Each = "pull",
    base_ref: str | None = None,
) -> tuple[int, int]:
    """How many rows `newest` gives for the same arguments, and how many pull requests (into `base_ref`) have none."""
    row = tx.execute(
        f"SELECT count(DISTINCT ({_EACH[each]})) FILTER (WHERE snapshot_digest IS NOT NULL) AS with_facts,"  # noqa: S608
        " count(DISTINCT (repository_id, number)) - count(DISTINCT (repository_id, number))"
        " FILTER (WHERE snapshot_digest IS NOT NULL) AS without"
        " FROM evaluations AS e JOIN pulls USING (repository_id, number) WHERE evaluated_at >= %(since)s"
        " AND (cardinality(%(names)s::text[]) = 0 OR lower(full_name) = ANY(%(names)s))"
        " AND (%(base)s::text IS NULL OR e.base_ref = %(base)s)",
        {"since": since, "names": [name.lower() for name in repositories], "base": base_ref},
    ).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate always has one row
    return row["with_facts"], row["without"]


def newest_of_pull(tx: Transaction, repository_id: int, number: int) -> Stored | None:
    """The newest evaluation of a pull request that has facts."""
    row = tx.execute(
        f"SELECT {_STORED} FROM {_WITH_FACTS} WHERE repository_id = %(repository)s AND number = %(number)s"  # noqa: S608
        " ORDER BY seq DESC LIMIT 1",
        {"repository": repository_id, "number": number},
    ).fetchone()
    return None if row is None else Stored(**row)


def last(tx: Transaction, repository_id: int, number: int) -> dict[str, Any] | None:
    """The row of the newest evaluation of a pull request, with facts or without."""
    return tx.execute(
        "SELECT * FROM evaluations WHERE repository_id = %(repository)s AND number = %(number)s"
        " ORDER BY seq DESC LIMIT 1",
        {"repository": repository_id, "number": number},
    ).fetchone()


def _stream(tx: Transaction, chosen: str, values: dict[str, Any]) -> Iterator[Stored]:
    """`chosen`: SQL of this module for the `seq` of the rows."""
    query = f"SELECT {_STORED} FROM {_WITH_FACTS} WHERE seq IN ({chosen}) ORDER BY repository_id, number, seq"  # noqa: S608
    with tx.cursor("evaluations") as rows:
        rows.itersize = ROWS_AT_ONCE
        for row in rows.execute(query.encode(), values):
            yield Stored(**row)
