"""Comments that somebody else edits or deletes: noticed, remembered with the text they had, and told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import pytest

from app import ledger, schema
from app.events import Remark
from app.records import alterations
from app.simulator.records import Comment
from policies.facts import Alteration
from tests.tasks.house import REPOSITORY, House, built

POLICY = """
policy: {approval: [a writer says yes]}
approval_rules:
  - name: a writer says yes
    requires: {count: 1, permissions: [write]}
"""


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    with built(database_url, redis_db, policy=POLICY) as made:
        yield made


def _say(house: House, body: str, by: str = "alice") -> Comment:
    """A comment that the gate has seen, a minute later."""
    house.clock.forward(60)
    said = house.github.comment(REPOSITORY, 1, by=by, body=body)
    house.deliver(house.event("issue_comment", "created", pulls=(1,), sender=by))
    house.work()
    house.clock.forward(60)
    return said


def _told(
    house: House, said: Comment, action: Literal["edited", "deleted"], by: str | None, at: datetime | None = None
) -> None:
    edited_at = (at or house.clock()).replace(microsecond=0) if action == "edited" else None
    remark = Remark(id=said.id, author=said.author or "ghost", said_at=said.created_at, edited_at=edited_at)
    house.deliver(house.event("issue_comment", action, pulls=(1,), sender=by, remark=remark))
    house.work()


def _edit(house: House, said: Comment, body: str, by: str) -> None:
    house.github.edit_comment(REPOSITORY, 1, said.id, body, by=by)
    _told(house, said, "edited", by)


def _delete(house: House, said: Comment, by: str | None) -> None:
    house.github.delete_comment(REPOSITORY, 1, said.id)
    _told(house, said, "deleted", by)


def _known(house: House) -> list[tuple[str, str, str, str]]:
    with house.context.pool.connection() as tx:
        found = alterations.of_pull(tx, house.repository_id, 1)
    return [(one.author, one.by, one.what, one.was) for one in found]


def test_a_deleted_approval_is_noticed_with_its_text(house: House) -> None:
    said = _say(house, ":+1:")
    _delete(house, said, by="mallory")
    assert _known(house) == [("alice", "mallory", "deleted", ":+1:")]
    assert house.states() == ["success", "failure"]
    assert "mallory" in house.statuses()[-1][1]


def test_an_edited_approval_is_noticed_with_the_text_it_had(house: House) -> None:
    said = _say(house, "nice :+1:")
    _edit(house, said, "no", by="mallory")
    assert _known(house) == [("alice", "mallory", "edited", "nice :+1:")]
    assert house.states() == ["success", "failure"]


def test_whoever_alters_their_own_words_alters_nothing(house: House) -> None:
    said = _say(house, ":+1:")
    _edit(house, said, "no", by="Alice")
    assert _known(house) == []
    _delete(house, said, by="ALICE")
    assert _known(house) == []
    assert house.rows("SELECT id FROM alterations") == []


@pytest.mark.parametrize("by", ["ghost", "github-staff", "cleaner[bot]", None])
def test_it_does_not_matter_who_else_it_was(house: House, by: str | None) -> None:
    said = _say(house, ":+1:")
    _delete(house, said, by=by)
    assert _known(house) == [("alice", by or "ghost", "deleted", ":+1:")]


def test_a_comment_that_the_gate_never_saw_counted_nowhere(house: House) -> None:
    house.deliver_pull()
    house.work()
    said = house.github.comment(REPOSITORY, 1, by="alice", body=":+1:")
    _delete(house, said, by="mallory")
    assert _known(house) == []
    assert len(house.rows("SELECT id FROM alterations")) == 1
    assert house.states() == ["pending"]


def test_what_stands_there_after_an_edit_is_not_what_it_was(house: House) -> None:
    said = _say(house, ":+1:")
    house.github.edit_comment(REPOSITORY, 1, said.id, "forged", by="mallory")
    edited_at = house.clock()
    house.deliver_pull(action="edited")
    house.work()
    _told(house, said, "edited", "mallory", at=edited_at)
    assert _known(house) == [("alice", "mallory", "edited", ":+1:")]


@pytest.mark.parametrize("seconds", [-2, 0, 2])
def test_the_times_of_an_edit_need_not_agree_to_the_second(house: House, seconds: int) -> None:
    said = _say(house, ":+1:")
    house.github.edit_comment(REPOSITORY, 1, said.id, "forged", by="mallory")
    house.deliver_pull(action="edited")
    house.work()
    _told(house, said, "edited", "mallory", at=house.clock() + timedelta(seconds=seconds))
    assert _known(house) == [("alice", "mallory", "edited", ":+1:")]


def test_what_the_author_made_of_it_is_what_it_was(house: House) -> None:
    said = _say(house, "hm")
    house.github.edit_comment(REPOSITORY, 1, said.id, ":+1:", by="alice")
    house.deliver_pull(action="edited")
    house.work()
    house.clock.forward(1)
    _edit(house, said, "no", by="mallory")
    assert _known(house) == [("alice", "mallory", "edited", ":+1:")]


def test_a_deletion_told_long_after_is_noticed_all_the_same(house: House) -> None:
    said = _say(house, ":+1:")
    house.github.delete_comment(REPOSITORY, 1, said.id)
    for _ in range(8):
        house.clock.forward(60)
        house.deliver_pull(action="edited")
        house.work()
    _told(house, said, "deleted", "mallory")
    assert _known(house) == [("alice", "mallory", "deleted", ":+1:")]


def test_several_alterations_are_told_in_their_order(house: House) -> None:
    first, second = _say(house, ":+1:"), _say(house, "👍", by="carol")
    _delete(house, second, by="mallory")
    house.clock.forward(60)
    _edit(house, first, "hm", by="mallory")
    assert _known(house) == [("carol", "mallory", "deleted", "👍"), ("alice", "mallory", "edited", ":+1:")]


def test_the_same_delivery_twice_is_one_alteration(house: House) -> None:
    said = _say(house, ":+1:")
    remark = Remark(id=said.id, author="alice", said_at=said.created_at)
    event = house.event("issue_comment", "deleted", pulls=(1,), sender="mallory", remark=remark)
    for _ in range(2):
        house.deliver(event, guid="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert len(house.rows("SELECT id FROM alterations")) == 1


def test_another_pull_request_has_no_part_in_it(house: House) -> None:
    said = _say(house, ":+1:")
    _delete(house, said, by="mallory")
    with house.context.pool.connection() as tx:
        assert alterations.of_pull(tx, house.repository_id, 2) == ()
        assert alterations.of_pull(tx, house.repository_id + 1, 1) == ()


def test_the_audit_names_who_did_what_to_whose_remark(house: House) -> None:
    said = _say(house, ":+1:")
    _delete(house, said, by="mallory")
    with house.context.pool.connection() as tx:
        (entry,) = [entry for entry in ledger.read(tx) if entry.kind == "remark_altered"]
    assert entry.body == {
        "pulls": [1],
        "comment_id": said.id,
        "author": "alice",
        "by": "mallory",
        "what": "deleted",
    }


def test_a_step_of_the_schema_down_and_up_forgets_no_alteration(house: House) -> None:
    said = _say(house, ":+1:")
    _delete(house, said, by="mallory")
    before = house.rows("SELECT comment_id, author, altered_by, what, said_at, altered_at FROM alterations")
    url = house.context.settings.database_url
    while "0005_alterations" not in schema.down(url):
        pass
    schema.up(url)
    after = house.rows("SELECT comment_id, author, altered_by, what, said_at, altered_at FROM alterations")
    assert after == before
    assert len(after) == 1


def test_a_comment_without_an_id_is_known_by_author_and_time(house: House) -> None:
    said = _say(house, ":+1:")
    with house.context.pool.connection() as tx:
        tx.execute("UPDATE snapshots SET facts = jsonb_set(facts, '{comments,0,id}', '\"\"')")
    _delete(house, said, by="mallory")
    assert _known(house) == [("alice", "mallory", "deleted", ":+1:")]


def test_an_alteration_is_a_fact_with_its_times(house: House) -> None:
    said = _say(house, ":+1:")
    _delete(house, said, by="mallory")
    with house.context.pool.connection() as tx:
        (found,) = alterations.of_pull(tx, house.repository_id, 1)
    assert found == Alteration(
        author="alice",
        by="mallory",
        what="deleted",
        was=":+1:",
        said_at=said.created_at,
        altered_at=house.clock(),
    )
    assert timedelta(seconds=60) <= found.altered_at - found.said_at < timedelta(seconds=61)


def test_more_alterations_than_are_read_are_no_yes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alterations, "MOST_ALTERATIONS", 1)
    first, second = _say(house, "hm"), _say(house, "well")
    _delete(house, first, by="mallory")
    assert house.states()[-1] == "pending"
    _delete(house, second, by="mallory")
    assert house.states()[-1] == "error"
