"""While a rule waits somebody is asked for a review, and reviews that a push or an edit has spoilt are dismissed."""

from dataclasses import replace
from typing import NoReturn

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from app import chain_text, explain, ledger
from app.github.reader import LiveReader
from policies.facts import FactMissing
from policies.server_options import ServerOptions
from tasks import context as contexts
from tests.tasks.house import REPOSITORY, House

ASKING = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, %s}
    options:
      invalidate_on_push: true
      request_review: {enabled: true, mode: %s}
"""
WRITERS = "permissions: [write]"


def _policy(house: House, requires: str = WRITERS, mode: str = "all-users") -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": ASKING % (requires, mode)}, by="acme")


def _open(house: House) -> None:
    house.deliver_pull()
    house.work()


def _push(house: House) -> None:
    house.clock.forward(60)
    house.github.push(REPOSITORY, "feature", {"a.py": str(house.clock())}, by="bob")
    house.deliver_pull(action="synchronize")
    house.work()


def _asked(house: House) -> list[list[str]]:
    return [body["reviewers"] for body in house.written("review_request")]


def _chosen(house: House) -> list[dict[str, object]]:
    with house.context.pool.connection() as tx:
        return [dict(entry.body) for entry in ledger.read(tx) if entry.kind == "reviewers_chosen"]


@pytest.fixture
def asking(house: House) -> House:
    house.allow("review_request", "review_dismiss")
    _policy(house)
    return house


def test_it_asks_those_who_could_approve_and_not_the_author(asking: House) -> None:
    _open(asking)
    assert asking.states() == ["pending"]
    assert _asked(asking) == [["alice"]]
    assert asking.github.state.pull(REPOSITORY, 1).requested_reviewers == ("alice",)


def test_the_status_leaves_before_anybody_is_asked(asking: House) -> None:
    _open(asking)
    written = [write.path.rsplit("/", 2)[-2:] for write in asking.github.writes("/repos/") if write.effect == "yes"]
    assert [parts[0] for parts in written] == ["statuses", "1"]


def test_whoever_is_asked_already_is_not_asked_again(asking: House) -> None:
    for _ in range(3):
        asking.deliver_pull(action="edited")
        asking.work()
    assert _asked(asking) == [["alice"]]


def test_whoever_was_taken_off_the_list_is_not_asked_again(asking: House) -> None:
    asking.github.request_review(REPOSITORY, 1, "alice", by="bob")
    asking.github.unrequest_review(REPOSITORY, 1, "alice", by="bob")
    _open(asking)
    assert _asked(asking) == []


def test_a_draft_asks_nobody_until_it_is_ready(asking: House) -> None:
    asking.github.convert_to_draft(REPOSITORY, 1)
    _open(asking)
    assert _asked(asking) == []
    asking.github.mark_ready(REPOSITORY, 1)
    asking.deliver_pull(action="ready_for_review")
    asking.work()
    assert _asked(asking) == [["alice"]]


@pytest.mark.parametrize(("name", "action"), [("issue_comment", "created"), ("pull_request_review", "submitted")])
def test_something_said_asks_nobody(asking: House, name: str, action: str) -> None:
    asking.deliver(asking.event(name, action, pulls=(1,)))
    asking.work()
    assert (asking.states(), _asked(asking)) == (["pending"], [])


def test_an_approved_one_asks_nobody_and_withdraws_a_request_that_waits(asking: House) -> None:
    asking.github.limit_secondary("POST", "/requested_reviewers", status=429, retry_after=300)
    _open(asking)
    asking.approve()
    asking.clock.forward(300)
    asking.sweep()
    assert _asked(asking) == []
    rows = asking.rows("SELECT status FROM intents WHERE kind = 'review_request'")
    assert rows == [{"status": "superseded"}]


def test_after_a_push_the_review_is_dismissed_and_asked_for_again(asking: House) -> None:
    _open(asking)
    asking.approve()
    _push(asking)
    head = asking.github.state.pull(REPOSITORY, 1).head_sha
    review = asking.github.state.repository(REPOSITORY).reviews[1][0]
    assert review.state == "DISMISSED"
    assert asking.written("review_dismiss") == [{"message": f"Invalidated by push of {head[:7]}", "event": "DISMISS"}]
    assert _asked(asking) == [["alice"], ["alice"]]
    assert asking.states() == ["pending", "success", "pending"]


def test_a_dismissal_is_made_once_however_often_it_is_evaluated(asking: House) -> None:
    _open(asking)
    asking.approve()
    _push(asking)
    for _ in range(2):
        asking.deliver_pull(action="edited")
        asking.work()
    assert len(asking.written("review_dismiss")) == 1


def test_a_review_that_only_comments_cannot_be_dismissed_and_is_left(asking: House) -> None:
    _open(asking)
    asking.clock.forward(60)
    asking.github.review(REPOSITORY, 1, by="alice", state="commented")
    _push(asking)
    assert asking.written("review_dismiss") == []


def test_what_is_not_allowed_is_recorded_and_not_done(house: House) -> None:
    _policy(house)
    _open(house)
    house.approve()
    _push(house)
    kinds = house.rows("SELECT kind, status FROM intents WHERE kind <> 'status' ORDER BY kind, sequence")
    assert [(row["kind"], row["status"]) for row in kinds] == [
        ("review_dismiss", "denied"),
        ("review_request", "superseded"),
        ("review_request", "denied"),
    ]


def test_teams_are_asked_by_their_slug(asking: House) -> None:
    _policy(asking, mode="teams")
    asking.github.add_organization("acme", teams={"core": {"alice": "member"}})
    asking.github.add_team_to_repository(REPOSITORY, "core", "write")
    _open(asking)
    assert [body["team_reviewers"] for body in asking.written("review_request")] == [["core"]]


def test_an_unknown_mode_is_noted_and_leaves_the_verdict_alone(asking: House) -> None:
    _policy(asking, mode="everybody")
    _open(asking)
    assert (asking.states(), _asked(asking)) == (["pending"], [])
    assert [entry["trouble"] for entry in _chosen(asking)] == ["'everybody' is not a mode of request_review."]


def test_trouble_with_the_lists_is_noted_and_leaves_the_verdict_alone(asking: House) -> None:
    asking.github.fault("GET", "/collaborators", 502)
    _open(asking)
    assert (asking.states(), _asked(asking)) == (["pending"], [])
    assert [entry["trouble"] for entry in _chosen(asking)] == [
        "GitHub did not give the collaborators (it answered 502)."
    ]
    assert asking.newest_run()["status"] == "succeeded"


def test_a_team_that_cannot_be_listed_is_left_out_and_named(asking: House) -> None:
    _policy(asking, requires="teams: [acme/ghosts], users: [alice]")
    _open(asking)
    assert [entry["left_out"] for entry in _chosen(asking)] == [["acme/ghosts"]]


def test_a_worker_that_dies_while_it_asks_has_told_the_verdict_and_another_asks(asking: House) -> None:
    class Died(Exception):
        pass

    def die(name: str) -> None:
        if name == "evaluate.committed":
            raise Died

    object.__setattr__(asking.context, "checkpoint", die)
    asking.deliver_pull()
    with pytest.raises(Died):
        asking.work()
    object.__setattr__(asking.context, "checkpoint", lambda _: None)
    asking.clock.forward(asking.context.settings.lease_seconds + 1)
    asking.sweep()
    asking.clock.forward(60)
    asking.sweep()
    assert (asking.states(), _asked(asking)) == (["pending"], [["alice"]])


def test_a_policy_that_cannot_be_read_asks_nobody(asking: House) -> None:
    asking.github.push(REPOSITORY, "main", {".policy.yml": "policy: {approval: [nobody]}"}, by="acme")
    _open(asking)
    assert (asking.states(), _asked(asking), _chosen(asking)) == (["error"], [], [])


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

    reader = Troubled(contexts.github_app(asking.context.settings))
    asking.context = replace(asking.context, reader=reader)
    _open(asking)
    assert (asking.states(), _asked(asking)) == (["pending"], [])
    assert [entry["trouble"] for entry in _chosen(asking)] == [sentence]
    assert asking.newest_run()["status"] == "succeeded"


TWO_RULES = """
policy: {approval: [fresh, {or: [any, never]}]}
approval_rules:
  - {name: fresh, requires: {count: 1, permissions: [write]}, options: {invalidate_on_push: true}}
  - {name: any, requires: {count: 1, permissions: [write]}}
  - {name: never, requires: {count: 1, users: [nobody]}}
"""


@pytest.mark.parametrize(("strict", "dismissed"), [(False, 0), (True, 1)])
def test_who_counts_in_another_rule_keeps_the_review_unless_the_server_is_strict(
    asking: House, strict: bool, dismissed: int
) -> None:
    asking.with_settings(policy_options=ServerOptions(strict_review_dismissal=strict))
    asking.github.push(REPOSITORY, "main", {".policy.yml": TWO_RULES}, by="acme")
    _open(asking)
    asking.approve()
    _push(asking)
    assert len(asking.written("review_dismiss")) == dismissed


def test_a_dismissal_that_waits_is_put_aside_once_nothing_asks_for_it(asking: House) -> None:
    _open(asking)
    asking.approve()
    asking.github.limit_secondary("PUT", "/dismissals", status=429, retry_after=300)
    _push(asking)
    asking.github.push(REPOSITORY, "main", {".policy.yml": TWO_RULES}, by="acme")
    asking.deliver_pull(action="edited")
    asking.work()
    asking.clock.forward(301)
    asking.sweep()
    assert asking.written("review_dismiss") == []
    rows = asking.rows("SELECT status FROM intents WHERE kind = 'review_dismiss'")
    assert rows == [{"status": "superseded"}]


def test_a_dismissal_whose_outcome_is_unknown_is_read_back_though_nothing_asks_for_it_any_more(asking: House) -> None:
    _open(asking)
    asking.approve()
    asking.github.fault("PUT", "/dismissals", 502, when="after")
    _push(asking)
    asking.github.push(REPOSITORY, "main", {".policy.yml": TWO_RULES}, by="acme")
    asking.deliver_pull(action="edited")
    asking.work()
    asking.clock.forward(5)
    asking.sweep()
    assert asking.rows("SELECT status FROM intents WHERE kind = 'review_dismiss'") == [{"status": "written"}]


def test_the_chain_shows_what_is_asked_of_reviewers(asking: House) -> None:
    _open(asking)
    asking.approve()
    _push(asking)
    head = asking.github.state.pull(REPOSITORY, 1).head_sha
    review = asking.github.state.repository(REPOSITORY).reviews[1][0]
    with asking.context.pool.connection() as tx:
        chain = explain.pull_request(tx, REPOSITORY, 1)
    assert chain is not None
    text = chain_text.render(chain)
    assert "review_request number 2: written" in text
    assert "ask alice for a review" in text
    assert f"dismiss alice's review {review.id}: Invalidated by push of {head[:7]}" in text
    assert "reviewers_chosen" in text
