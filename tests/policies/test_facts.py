"""The facts: frozen, closed, the same everywhere, and never guessed."""

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.facts import (
    NOT_FETCHED,
    Alteration,
    ChangedFile,
    Comment,
    Commit,
    FactMissing,
    PullSnapshot,
    Review,
    Signature,
)

TEXTS = st.text(max_size=8)
MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)
FILES = st.builds(ChangedFile, filename=TEXTS, status=st.sampled_from(["added", "modified", "deleted"]))
SIGNATURES = st.builds(
    Signature,
    kind=st.sampled_from(["gpg", "ssh", "smime"]),
    valid=st.booleans(),
    state=TEXTS,
    signer=TEXTS,
    key_id=TEXTS,
)
COMMITS = st.builds(
    Commit,
    sha=TEXTS,
    parents=st.lists(TEXTS, max_size=2).map(tuple),
    author=st.none() | TEXTS,
    committer=st.none() | TEXTS,
    committed_via_web=st.booleans(),
    pushed_at=st.just(NOT_FETCHED) | st.none() | MOMENTS,
    signature=st.just(NOT_FETCHED) | st.none() | SIGNATURES,
)
REVIEWS = st.builds(
    Review,
    id=TEXTS,
    author=TEXTS,
    state=st.sampled_from(["approved", "changes_requested", "commented"]),
    body=TEXTS,
    created_at=MOMENTS,
    edited_at=st.just(NOT_FETCHED) | st.none() | MOMENTS,
    edited_by=st.just(NOT_FETCHED) | st.none() | TEXTS,
    sha=st.none() | TEXTS,
)
COMMENTS = st.builds(
    Comment,
    id=TEXTS,
    author=TEXTS,
    body=TEXTS,
    created_at=MOMENTS,
    edited_at=st.just(NOT_FETCHED) | st.none() | MOMENTS,
    edited_by=st.just(NOT_FETCHED) | st.none() | TEXTS,
)
ALTERATIONS = st.builds(
    Alteration,
    author=TEXTS,
    by=TEXTS,
    what=st.sampled_from(["edited", "deleted"]),
    was=TEXTS,
    said_at=MOMENTS,
    altered_at=MOMENTS,
)


def some(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(NOT_FETCHED) | st.lists(rows, max_size=3).map(tuple)


def answers(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(NOT_FETCHED) | st.dictionaries(TEXTS, values, max_size=3).map(lambda known: tuple(known.items()))


WORDS = st.lists(TEXTS, max_size=2).map(tuple)
SNAPSHOTS = st.builds(
    PullSnapshot,
    owner=TEXTS,
    repo=TEXTS,
    repository_id=st.integers(),
    number=st.integers(),
    title=TEXTS,
    author=TEXTS,
    created_at=MOMENTS,
    state=st.sampled_from(["open", "closed"]),
    draft=st.booleans(),
    base_ref=TEXTS,
    head_ref=TEXTS,
    head_owner=st.none() | TEXTS,
    head_sha=TEXTS,
    taken_at=MOMENTS,
    body=st.just(NOT_FETCHED) | st.none() | TEXTS,
    body_edited_at=st.just(NOT_FETCHED) | st.none() | MOMENTS,
    body_edited_by=st.just(NOT_FETCHED) | st.none() | TEXTS,
    head_seen_at=st.just(NOT_FETCHED) | st.none() | MOMENTS,
    alterations=st.lists(ALTERATIONS, max_size=2).map(tuple),
    labels=some(TEXTS),
    files=some(FILES),
    commits=some(COMMITS),
    reviews=some(REVIEWS),
    statuses=answers(TEXTS),
    workflow_runs=answers(WORDS),
    custom_properties=answers(TEXTS | WORDS),
    comments=some(COMMENTS),
    permissions=st.dictionaries(TEXTS, st.sampled_from(["none", "write"]), max_size=3).map(lambda d: tuple(d.items())),
    team_members=st.lists(
        st.tuples(TEXTS, TEXTS, st.booleans()), max_size=3, unique_by=lambda row: (row[0], row[1])
    ).map(tuple),
)


@given(SNAPSHOTS)
def test_it_survives_json_unchanged(snapshot: PullSnapshot) -> None:
    again = PullSnapshot.model_validate_json(snapshot.model_dump_json())
    assert again == snapshot
    assert again.digest() == snapshot.digest()


LATER_FACTS = ("alterations", "body_edited_by", "head_seen_at")


def test_it_reads_what_was_stored_before_there_were_as_many_facts(pull: Any) -> None:
    stored = json.loads(pull().model_dump_json())
    for name in LATER_FACTS:
        stored.pop(name)
    assert PullSnapshot.model_validate_json(json.dumps(stored)) == pull()


def test_it_forgets_the_order_of_alterations(pull: Any) -> None:
    moment = pull().created_at
    first, second = (
        Alteration(author="bob", by="ana", what="deleted", was=was, said_at=moment, altered_at=moment) for was in "ab"
    )
    assert pull(alterations=(second, first, second)).alterations == (first, second)


@given(SNAPSHOTS, SNAPSHOTS)
def test_it_has_another_digest_exactly_when_the_facts_differ(one: PullSnapshot, other: PullSnapshot) -> None:
    assert (one.digest() == other.digest()) is (one == other)


def test_it_has_the_same_digest_in_every_process(pull: Any) -> None:
    snapshot = pull(labels=("b", "a", "c"), permissions=(("zoe", "read"), ("bob", "write")))
    code = (
        "import sys; from policies.facts import PullSnapshot;"
        "print(PullSnapshot.model_validate_json(sys.stdin.read()).digest())"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=snapshot.model_dump_json(),
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
        )
        assert done.stdout.strip() == snapshot.digest()


def test_it_forgets_the_order_of_labels_and_lookups(pull: Any) -> None:
    one = pull(labels=("b", "a"), permissions=(("zoe", "read"), ("bob", "write")))
    other = pull(labels=("a", "b"), permissions=(("bob", "write"), ("zoe", "read")))
    assert one.digest() == other.digest()
    assert one.labels == ("a", "b")


@pytest.mark.parametrize("name", ["body", "body_edited_at", "labels", "files", "commits", "reviews", "comments"])
def test_it_raises_for_a_fact_that_was_not_fetched(pull: Any, name: str) -> None:
    with pytest.raises(FactMissing) as caught:
        getattr(pull(**{name: NOT_FETCHED}), name)
    assert caught.value.name == name
    assert str(caught.value) == f"the fact {name!r} was not fetched"


def test_it_does_not_take_unfetched_for_empty(pull: Any) -> None:
    assert pull(files=NOT_FETCHED) != pull(files=())
    assert pull(files=NOT_FETCHED).digest() != pull(files=()).digest()


def test_it_raises_for_a_push_time_that_was_not_fetched() -> None:
    with pytest.raises(FactMissing, match="pushed_at"):
        _ = Commit(sha="c1", parents=()).pushed_at


def test_what_extends_the_facts_guards_them_as_well(pull: Any) -> None:
    class More(Comment):
        more: str = ""

    comment = More(author="ana", body="", created_at=pull().created_at)
    assert More.model_validate_json(comment.model_dump_json()) == comment
    with pytest.raises(FactMissing, match="edited_at"):
        comment.edited_at  # noqa: B018 -- reading is what raises


def test_no_way_leads_round_the_guard_to_another_value(pull: Any) -> None:
    with pytest.raises(AttributeError):
        object.__setattr__(pull(), "comments", ())


def test_it_answers_only_what_was_asked_for(pull: Any) -> None:
    snapshot = pull(
        permissions=(("bob", "write"), ("cid", "none")),
        team_members=(("acme/core", "bob", True), ("acme/core", "cid", False)),
        org_members=(("acme", "bob", True),),
    )
    assert (snapshot.permission_of("bob"), snapshot.permission_of("cid")) == ("write", "none")
    assert snapshot.is_team_member("acme/core", "bob")
    assert not snapshot.is_team_member("acme/core", "cid")
    assert snapshot.is_org_member("acme", "bob")
    for name, ask in {
        "permission:dan": partial(snapshot.permission_of, "dan"),
        "team:acme/docs:bob": partial(snapshot.is_team_member, "acme/docs", "bob"),
        "org:acme:dan": partial(snapshot.is_org_member, "acme", "dan"),
    }.items():
        with pytest.raises(FactMissing) as caught:
            ask()
        assert caught.value.name == name


def test_it_refuses_two_answers_to_one_question(pull: Any) -> None:
    with pytest.raises(ValidationError, match="two different answers"):
        pull(permissions=(("bob", "write"), ("bob", "none")))
    assert pull(permissions=(("bob", "write"), ("bob", "write"))).permissions == (("bob", "write"),)


def test_it_keeps_every_moment_in_utc(pull: Any) -> None:
    zone = timezone(timedelta(hours=2))
    assert pull(created_at=datetime(2024, 3, 1, 14, tzinfo=zone)).digest() == pull().digest()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2024, 3, 1),  # noqa: DTZ001
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
        "2024-03-01T12:00:00Z",
    ],
)
def test_it_refuses_a_moment_that_is_none(pull: Any, moment: Any) -> None:
    with pytest.raises(ValidationError):
        pull(created_at=moment)


def test_it_is_frozen_strict_and_closed(pull: Any) -> None:
    snapshot = pull()
    with pytest.raises(ValidationError):
        snapshot.title = "other"
    for wrong in ({"number": "17"}, {"labels": ["a"]}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            pull(**wrong)


def test_it_replaces_half_a_character(pull: Any) -> None:
    snapshot = pull(title="a\ud83d b \U0001f600", labels=("\udc00",))
    assert (snapshot.title, snapshot.labels) == ("a\ufffd b \U0001f600", ("\ufffd",))
    assert PullSnapshot.model_validate_json(snapshot.model_dump_json()) == snapshot
