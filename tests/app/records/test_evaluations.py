"""Evaluations read again: the newest of each pull request or head, with its facts and its policy."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from app.database import Transaction
from app.records import evaluations, mode_differences, pulls
from app.records.evaluations import Evaluation, OtherMode, Stored
from app.records.pulls import Sighting
from policies.facts import PullSnapshot

T0 = datetime(2027, 1, 1, tzinfo=UTC)
LONG_AGO = T0 - timedelta(days=1)
TREE = {"name": "policy", "kind": "policy", "status": "pending"}
STRICTER = OtherMode("pending", "0/1 rules approved", TREE, ("the rule a is pending",))


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def _snapshot(number: int, head: str, title: str) -> PullSnapshot:
    return PullSnapshot(
        owner="acme", repo="widget", repository_id=1, number=number, title=title, author="bob", created_at=T0,
        state="open", draft=False, base_ref="main", head_ref="feature", head_owner=None, head_sha=head, taken_at=T0,
    )  # fmt: skip


def _record(tx: Transaction, number: int = 1, head: str = "h1", minute: int = 0, **changes: Any) -> None:
    name = changes.pop("repository", "acme/widget")
    repository_id = {"acme/widget": 1, "acme/Gear": 2}[name]
    at = T0 + timedelta(minutes=minute)
    pulls.seen(tx, Sighting(repository_id, number, name, 5, head, changes.get("base_ref", "main"), True))
    row = tx.execute(
        "INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, status,"
        " current_step) VALUES (%s, 'policy_evaluation', 'evaluate', 'x', %s, %s, 5, 'succeeded', 'judge')"
        " RETURNING id",
        (uuid4(), repository_id, name),
    ).fetchone()
    assert row is not None
    usual = Evaluation(
        run_id=row["id"], repository_id=repository_id, number=number, head_sha=head, base_ref="main",
        policy_source="acme/widget@b: .policy.yml", policy_digest="d", snapshot=_snapshot(number, head, f"at {minute}"),
        state="success", description="All rules are approved", status_text="All rules are approved", result=TREE,
        evaluated_at=at, policy_text="policy: {}\n", mode="compat", other=None,
    )  # fmt: skip
    evaluations.record(tx, Evaluation(**{**usual.__dict__, **changes}))


def _titles(found: Iterator[Stored]) -> list[str]:
    return [PullSnapshot.model_validate_json(row.snapshot).title for row in found]


def test_each_pull_request_stands_there_once_with_its_newest_evaluation(tx: Transaction) -> None:
    for minute in range(3):
        _record(tx, minute=minute)
    _record(tx, number=2, minute=5)
    assert _titles(evaluations.newest(tx, LONG_AGO)) == ["at 2", "at 5"]


def test_each_head_stands_there_once_where_that_is_asked(tx: Transaction) -> None:
    _record(tx, head="h1", minute=0)
    _record(tx, head="h1", minute=1)
    _record(tx, head="h2", minute=2)
    _record(tx, head="h2", minute=3, base_ref="stable")
    assert _titles(evaluations.newest(tx, LONG_AGO, each="head")) == ["at 1", "at 2", "at 3"]


def test_what_is_read_again_is_what_was_stored(tx: Transaction) -> None:
    _record(tx)
    (row,) = evaluations.newest(tx, LONG_AGO)
    assert PullSnapshot.model_validate_json(row.snapshot) == _snapshot(1, "h1", "at 0")
    assert PullSnapshot.model_validate_json(row.snapshot).digest() == _snapshot(1, "h1", "at 0").digest()
    assert row == Stored(
        repository="acme/widget", repository_id=1, number=1, head_sha="h1", base_ref="main", evaluated_at=T0,
        mode="compat", state="success", description="All rules are approved", result=TREE,
        policy_source="acme/widget@b: .policy.yml", policy="policy: {}\n", snapshot=row.snapshot,
    )  # fmt: skip


def test_an_evaluation_without_facts_hides_none_that_has_them(tx: Transaction) -> None:
    _record(tx, minute=0)
    _record(tx, minute=1, snapshot=None, state="error")
    assert _titles(evaluations.newest(tx, LONG_AGO)) == ["at 0"]
    assert _titles(evaluations.newest_of_open(tx, 1, "main")) == ["at 0"]


def test_what_is_older_than_the_window_is_left_out(tx: Transaction) -> None:
    _record(tx, minute=0)
    _record(tx, number=2, minute=10)
    assert _titles(evaluations.newest(tx, T0 + timedelta(minutes=10))) == ["at 10"]


def test_repositories_are_chosen_without_regard_to_case(tx: Transaction) -> None:
    _record(tx)
    _record(tx, repository="acme/Gear", minute=1)
    assert _titles(evaluations.newest(tx, LONG_AGO, ("ACME/gear",))) == ["at 1"]
    assert _titles(evaluations.newest(tx, LONG_AGO, ("acme/gear", "acme/widget"))) == ["at 0", "at 1"]
    assert _titles(evaluations.newest(tx, LONG_AGO, ("acme/other",))) == []


def test_more_rows_than_are_held_at_once_all_come(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluations, "ROWS_AT_ONCE", 2)
    for number in range(1, 8):
        _record(tx, number=number, minute=number)
    assert len(_titles(evaluations.newest(tx, LONG_AGO))) == 7


def test_the_open_ones_of_a_branch_are_those_that_go_into_it_now(tx: Transaction) -> None:
    _record(tx, number=1, minute=1)
    _record(tx, number=2, minute=2)
    _record(tx, number=3, minute=3, base_ref="stable")
    _record(tx, number=4, minute=4)
    pulls.closed(tx, 1, 2)
    _record(tx, number=4, minute=5, base_ref="stable")
    assert _titles(evaluations.newest_of_open(tx, 1, "main")) == ["at 1"]
    assert _titles(evaluations.newest_of_open(tx, 1, "stable")) == ["at 3", "at 5"]


def test_a_text_that_postgres_cannot_hold_is_not_kept(tx: Transaction) -> None:
    _record(tx, policy_text="\x00")
    (row,) = evaluations.newest(tx, LONG_AGO)
    assert row.policy is None


def test_a_policy_is_kept_once_however_often_it_is_used(tx: Transaction) -> None:
    _record(tx)
    _record(tx, minute=1)
    assert tx.execute("SELECT digest, text FROM policy_files").fetchall() == [{"digest": "d", "text": "policy: {}\n"}]


def test_a_row_older_than_the_modes_reads_as_compat(tx: Transaction) -> None:
    _record(tx, mode=None, policy_digest=None, policy_text=None)
    (row,) = evaluations.newest(tx, LONG_AGO)
    assert (row.mode, row.policy) == ("compat", None)


def test_those_are_listed_that_the_other_mode_judges_otherwise(tx: Transaction) -> None:
    _record(tx, number=1, other=STRICTER)
    _record(tx, number=2, other=OtherMode("success", "All rules are approved", TREE, ()))
    _record(tx, number=3)
    _record(tx, repository="acme/Gear", number=4, other=STRICTER)
    _record(tx, number=5, other=STRICTER)
    pulls.closed(tx, 1, 5)
    found = mode_differences.that_differ(tx)
    assert [(row["repository"], row["number"]) for row in found] == [("acme/Gear", 4), ("acme/widget", 1)]
    assert (found[1]["state"], found[1]["other_state"]) == ("success", "pending")
    assert found[1]["differences"] == ["the rule a is pending"]
    assert [row["number"] for row in mode_differences.that_differ(tx, "ACME/widget")] == [1]


def test_who_agrees_again_is_listed_no_more(tx: Transaction) -> None:
    _record(tx, other=STRICTER)
    _record(tx, minute=1, other=OtherMode("success", "All rules are approved", TREE, ()))
    assert mode_differences.that_differ(tx) == []


def test_of_whom_the_other_mode_says_nothing_is_listed_too(tx: Transaction) -> None:
    _record(tx, number=1, other=STRICTER)
    _record(tx, number=2, other=STRICTER)
    _record(tx, number=2, minute=1, mode=None)
    _record(tx, repository="acme/Gear", number=3, mode=None)
    _record(tx, number=4, mode=None)
    pulls.closed(tx, 1, 4)
    pulls.seen(tx, pulls.Sighting(1, 5, "acme/widget", 7))
    found = mode_differences.judged_in_one_mode(tx)
    assert [(row["repository"], row["number"]) for row in found] == [
        ("acme/Gear", 3),
        ("acme/widget", 2),
        ("acme/widget", 5),
    ]
    assert [row["number"] for row in mode_differences.judged_in_one_mode(tx, "ACME/gear")] == [3]


def test_it_is_known_beforehand_how_many_will_come_and_how_many_have_no_facts(tx: Transaction) -> None:
    _record(tx, head="h1")
    _record(tx, head="h2", minute=1)
    _record(tx, number=2, snapshot=None, state="error")
    _record(tx, repository="acme/Gear", number=3)
    assert evaluations.counted(tx, LONG_AGO) == (2, 1)
    assert evaluations.counted(tx, LONG_AGO, each="head") == (3, 1)
    assert evaluations.counted(tx, LONG_AGO, ("ACME/gear",)) == (1, 0)
    assert evaluations.counted(tx, T0 + timedelta(minutes=1)) == (1, 0)
    assert evaluations.counted(tx, LONG_AGO, base_ref="stable") == (0, 0)
    assert evaluations.counted(tx, LONG_AGO, base_ref="main") == (2, 1)


def test_the_newest_of_one_pull_request_with_facts_and_the_very_last(tx: Transaction) -> None:
    _record(tx)
    _record(tx, number=2, minute=1)
    _record(tx, minute=2, snapshot=None, state="error")
    newest, last = evaluations.newest_of_pull(tx, 1, 1), evaluations.last(tx, 1, 1)
    assert newest is not None
    assert last is not None
    assert (newest.evaluated_at, last["evaluated_at"]) == (T0, T0 + timedelta(minutes=2))
    assert evaluations.newest_of_pull(tx, 1, 3) is None
    assert evaluations.last(tx, 1, 3) is None
