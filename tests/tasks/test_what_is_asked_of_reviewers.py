"""While a rule waits somebody is asked for a review, once, and trouble with that changes no verdict."""

from dataclasses import replace
from typing import NoReturn

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from app.github.reader import LiveReader
from policies.facts import FactMissing
from tasks import context as contexts
from tests.tasks.asking import asked, chain, chosen, open_pull, push, write_policy
from tests.tasks.house import REPOSITORY, House


def test_it_asks_those_who_could_approve_and_not_the_author(asking: House) -> None:
    open_pull(asking)
    assert asking.states() == ["pending"]
    assert asked(asking) == [["alice"]]
    assert asking.github.state.pull(REPOSITORY, 1).requested_reviewers == ("alice",)


def test_the_status_leaves_before_anybody_is_asked(asking: House) -> None:
    open_pull(asking)
    written = [write.path.rsplit("/", 2)[-2:] for write in asking.github.writes("/repos/") if write.effect == "yes"]
    assert [parts[0] for parts in written] == ["statuses", "1"]


def test_whoever_is_asked_already_is_not_asked_again(asking: House) -> None:
    for _ in range(3):
        asking.deliver_pull(action="edited")
        asking.work()
    assert asked(asking) == [["alice"]]


def test_whoever_was_taken_off_the_list_is_not_asked_again(asking: House) -> None:
    asking.github.request_review(REPOSITORY, 1, "alice", by="bob")
    asking.github.unrequest_review(REPOSITORY, 1, "alice", by="bob")
    open_pull(asking)
    assert asked(asking) == []


def test_a_draft_asks_nobody_until_it_is_ready(asking: House) -> None:
    asking.github.convert_to_draft(REPOSITORY, 1)
    open_pull(asking)
    assert asked(asking) == []
    asking.github.mark_ready(REPOSITORY, 1)
    asking.deliver_pull(action="ready_for_review")
    asking.work()
    assert asked(asking) == [["alice"]]


@pytest.mark.parametrize(("name", "action"), [("issue_comment", "created"), ("pull_request_review", "submitted")])
def test_something_said_asks_nobody(asking: House, name: str, action: str) -> None:
    asking.deliver(asking.event(name, action, pulls=(1,)))
    asking.work()
    assert (asking.states(), asked(asking)) == (["pending"], [])


def test_an_approved_one_asks_nobody_and_withdraws_a_request_that_waits(asking: House) -> None:
    asking.github.limit_secondary("POST", "/requested_reviewers", status=429, retry_after=300)
    open_pull(asking)
    asking.approve()
    asking.clock.forward(300)
    asking.sweep()
    assert asked(asking) == []
    rows = asking.rows("SELECT status FROM intents WHERE kind = 'review_request'")
    assert rows == [{"status": "superseded"}]


def test_what_is_not_allowed_is_recorded_and_not_done(house: House) -> None:
    write_policy(house)
    open_pull(house)
    house.approve()
    push(house)
    kinds = house.rows("SELECT kind, status FROM intents WHERE kind <> 'status' ORDER BY kind, sequence")
    assert [(row["kind"], row["status"]) for row in kinds] == [
        ("review_dismiss", "denied"),
        ("review_request", "superseded"),
        ("review_request", "denied"),
    ]


def test_teams_are_asked_by_their_slug(asking: House) -> None:
    write_policy(asking, mode="teams")
    asking.github.add_organization("acme", teams={"core": {"alice": "member"}})
    asking.github.add_team_to_repository(REPOSITORY, "core", "write")
    open_pull(asking)
    assert [body["team_reviewers"] for body in asking.written("review_request")] == [["core"]]


def test_an_unknown_mode_is_noted_and_leaves_the_verdict_alone(asking: House) -> None:
    write_policy(asking, mode="everybody")
    open_pull(asking)
    assert (asking.states(), asked(asking)) == (["pending"], [])
    assert [entry["trouble"] for entry in chosen(asking)] == ["'everybody' is not a mode of request_review."]
    assert "note      'everybody' is not a mode of request_review." in chain(asking)


def test_trouble_with_the_lists_is_noted_and_leaves_the_verdict_alone(asking: House) -> None:
    asking.github.fault("GET", "/collaborators", 502)
    open_pull(asking)
    assert (asking.states(), asked(asking)) == (["pending"], [])
    assert [entry["trouble"] for entry in chosen(asking)] == [
        "GitHub did not give the collaborators (it answered 502)."
    ]
    assert asking.newest_run()["status"] == "succeeded"


def test_a_team_that_cannot_be_listed_is_left_out_and_named(asking: House) -> None:
    write_policy(asking, requires="teams: [acme/ghosts], users: [alice]")
    open_pull(asking)
    assert [entry["left_out"] for entry in chosen(asking)] == [["acme/ghosts"]]


def test_a_worker_that_dies_while_it_asks_has_told_the_verdict_and_another_asks(asking: House) -> None:
    asking.deliver_pull()
    with asking.dying_at("evaluate.committed"):
        asking.work()
    asking.clock.forward(asking.context.settings.lease_seconds + 1)
    asking.sweep()
    asking.clock.forward(60)
    asking.sweep()
    assert (asking.states(), asked(asking)) == (["pending"], [["alice"]])


def test_a_policy_that_cannot_be_read_asks_nobody(asking: House) -> None:
    asking.github.push(REPOSITORY, "main", {".policy.yml": "policy: {approval: [nobody]}"}, by="acme")
    open_pull(asking)
    assert (asking.states(), asked(asking), chosen(asking)) == (["error"], [], [])


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (FactMissing("reviews"), "The fact reviews is not known."),
        (SoftTimeLimitExceeded(), "Reading GitHub took too long."),
    ],
)
def test_whatever_keeps_it_from_choosing_ends_the_run_and_is_noted(
    asking: House, trouble: Exception, sentence: str
) -> None:
    class Troubled(LiveReader):
        def collaborators(self, *_: object) -> NoReturn:
            raise trouble

    reader = Troubled(contexts.github_app(asking.context.settings, asking.context.governor, asking.clock))
    asking.context = replace(asking.context, reader=reader)
    open_pull(asking)
    assert (asking.states(), asked(asking)) == (["pending"], [])
    assert [entry["trouble"] for entry in chosen(asking)] == [sentence]
    assert asking.newest_run()["status"] == "succeeded"


def test_the_chain_shows_what_is_asked_of_reviewers(asking: House) -> None:
    open_pull(asking)
    asking.approve()
    push(asking)
    head = asking.github.state.pull(REPOSITORY, 1).head_sha
    review = asking.github.state.repository(REPOSITORY).reviews[1][0]
    text = chain(asking)
    assert "review_request number 2: written" in text
    assert "ask alice for a review" in text
    assert f"dismiss alice's review {review.id}: Invalidated by push of {head[:7]}" in text
    assert "reviewers_chosen" in text
