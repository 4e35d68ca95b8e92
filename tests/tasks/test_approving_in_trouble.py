"""The gate's own review where GitHub fails, the head moves, a worker dies or somebody else acts: never two."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from app import ledger
from app.github.answers import Unavailable
from app.github.reader import LiveReader
from app.records.approve_rules import Ruled
from app.records.runs import TELL_AFTER_ATTEMPTS
from tasks import approving, names
from tests.tasks.approving import RULES, bot, check, entries, head, intents, judge, push, reviews, told, write_rules
from tests.tasks.house import REPOSITORY, House, built

WITHOUT_EFFECT = (502, "drop")
POINTS = [
    "evaluate.ruled",
    "evaluate.before_commit",
    "evaluate.committed",
    "write.claimed",
    "write.before_decision",
    "write.decided",
    "write.spent",
    "write.requested",
    "write.receipted",
]


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    """The check of pull request 1 is green, and the rules hold; reviews may be given and dismissed."""
    with built(database_url, redis_db) as made:
        made.allow("review_approve", "review_dismiss")
        write_rules(made)
        check(made)
        yield made


def evaluate_only(house: House) -> None:
    """The pull request is judged, and nothing is written yet."""
    house.clock.forward(10)
    house.deliver_pull(action="edited")
    while others := [message for message in house.sent if message[0] != names.WRITE]:
        house.sent.remove(others[0])
        house.run(*others[0])


def settle(house: House) -> None:
    """Let every wait end and every message get lost."""
    house.sent.clear()
    for seconds in (61, 20, 20, 20):
        house.clock.forward(seconds)
        house.sweep()


def break_checks(house: House, times: int = 1) -> None:
    """What the rules ask for, and the policy does not, can't be read so often."""
    house.github.fault("GET", "/check-runs", 502, times=times)


def states(house: House) -> list[str]:
    return [row["approving"]["state"] for row in house.rows("SELECT approving FROM evaluations ORDER BY seq")]


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_costs_no_review_and_doubles_none(house: House, point: str) -> None:
    house.clock.forward(60)
    house.deliver_pull(action="edited")
    house.sent = sorted(house.sent)
    with house.dying_at(point):
        house.work()
    settle(house)
    assert reviews(house) == [("APPROVED", head(house))]
    with house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


def test_two_evaluations_before_the_first_review_are_one_review(house: House) -> None:
    for _ in range(2):
        evaluate_only(house)
    house.work()
    assert reviews(house) == [("APPROVED", head(house))]
    assert intents(house) == ["written"]


def test_a_review_that_the_list_does_not_show_yet_is_not_given_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(house)
    monkeypatch.setattr(LiveReader, "reviews", lambda *_: ())
    judge(house)
    assert intents(house) == ["written"]
    check(house, "failure")
    judge(house)
    assert reviews(house) == [("DISMISSED", head(house))]


@pytest.mark.parametrize("what", [502, "drop", "hang"])
def test_a_review_of_unknown_outcome_is_read_back_and_not_given_again(house: House, what: int | str) -> None:
    house.with_settings(github_timeout_seconds=1)
    house.github.fault("POST", "/reviews", what, when="after")
    judge(house)
    judge(house)
    settle(house)
    assert reviews(house) == [("APPROVED", head(house))]
    assert intents(house) == ["written"]


def test_a_review_of_unknown_outcome_is_no_other_because_another_rule_holds_by_then(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.github.fault("POST", "/reviews", 502, when="after")
    judge(house)
    write_rules(house, "approve: [{name: another, if: {has_author_in: {users: [bob]}}}]")
    with monkeypatch.context() as lagging:
        lagging.setattr(LiveReader, "reviews", lambda *_: ())
        judge(house)
    settle(house)
    assert reviews(house) == [("APPROVED", head(house))]
    assert intents(house) == ["written"]


@pytest.mark.parametrize("what", WITHOUT_EFFECT)
def test_a_review_that_had_no_effect_is_given_later(house: House, what: int | str) -> None:
    house.github.fault("POST", "/reviews", what, when="before")
    judge(house)
    settle(house)
    assert reviews(house) == [("APPROVED", head(house))]


def test_a_review_of_unknown_outcome_is_taken_back_if_no_rule_holds_by_then(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though no webhook tells of it and GitHub's list lags: the evaluation that takes the wish back looks again."""
    house.github.fault("POST", "/reviews", 502, when="after")
    judge(house)
    check(house, "failure")
    with monkeypatch.context() as lagging:
        lagging.setattr(LiveReader, "reviews", lambda *_: ())
        evaluate_only(house)
    assert intents(house, "review_dismiss") == []
    settle(house)
    assert reviews(house) == [("DISMISSED", head(house))]
    assert intents(house) == ["written"]


@pytest.mark.parametrize("what", WITHOUT_EFFECT)
def test_a_review_that_had_no_effect_is_not_given_once_no_rule_holds(house: House, what: int | str) -> None:
    house.github.fault("POST", "/reviews", what, when="before")
    judge(house)
    check(house, "failure")
    judge(house)
    settle(house)
    assert reviews(house) == []
    assert intents(house) == ["superseded"]


def test_a_head_that_moves_before_the_review_is_written_gets_none_of_it(house: House) -> None:
    evaluate_only(house)
    old = head(house)
    push(house)
    house.work()
    assert reviews(house) == [("APPROVED", old)]
    judge(house)
    assert reviews(house) == [("DISMISSED", old)]
    check(house)
    judge(house)
    assert reviews(house) == [("DISMISSED", old), ("APPROVED", head(house))]


def test_a_head_that_moves_while_the_rules_are_asked_is_not_approved_by_what_was_read(house: House) -> None:
    def move(name: str) -> None:
        if name == "evaluate.judged":
            push(house, "3")

    house.context = house.context.__class__(**{**house.context.__dict__, "checkpoint": move})
    house.clock.forward(60)
    house.deliver_pull(action="edited")
    house.run(*house.sent.pop(0))
    assert told(house)["state"] == "unknown"
    assert intents(house) == []


def test_another_rule_that_holds_by_then_replaces_a_review_that_waits(house: House) -> None:
    evaluate_only(house)
    write_rules(house, "approve: [{name: another, if: {has_author_in: {users: [bob]}}}]")
    evaluate_only(house)
    house.work()
    assert reviews(house) == [("APPROVED", head(house))]
    [body] = house.written("review_approve")
    assert "the rule `another`" in body["body"]


def test_a_review_that_waits_is_put_aside_with_the_pull_request(house: House) -> None:
    evaluate_only(house)
    house.github.close(REPOSITORY, 1)
    house.deliver_pull(action="closed")
    house.sent.reverse()
    house.work()
    settle(house)
    assert (reviews(house), intents(house)) == ([], ["superseded"])


def test_the_review_of_a_closed_pull_request_is_left_alone(house: House) -> None:
    judge(house)
    house.github.close(REPOSITORY, 1)
    house.deliver_pull(action="closed")
    house.work()
    assert reviews(house) == [("APPROVED", head(house))]


def test_what_github_refuses_is_not_tried_again_at_that_head(house: House) -> None:
    house.github.fault("POST", "/reviews", 422, when="before", times=9)
    for _ in range(3):
        judge(house)
    assert intents(house) == ["refused"]
    push(house)
    check(house)
    judge(house)
    assert intents(house) == ["refused", "refused"]


def test_facts_that_cannot_be_read_just_now_approve_nothing_and_are_asked_for_again(house: House) -> None:
    break_checks(house)
    judge(house)
    assert (reviews(house), told(house)["state"], house.states()) == ([], "unknown", ["pending"])
    assert "502" in entries(house)[-1]["trouble"]
    house.clock.forward(approving.AGAIN_SECONDS)
    house.sweep()
    assert reviews(house) == [("APPROVED", head(house))]


def test_a_review_outlives_facts_that_cannot_be_read_for_a_while_but_not_for_long(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approving, "MOST_UNKNOWN_SECONDS", 40)
    monkeypatch.setattr(approving, "AGAIN_SECONDS", 20)
    judge(house)
    break_checks(house, times=3)
    judge(house)
    house.clock.forward(20)
    house.sweep()
    assert (states(house), reviews(house)) == (["held", "unknown", "unknown"], [("APPROVED", head(house))])
    house.clock.forward(20)
    house.sweep()
    assert (states(house)[-1], reviews(house)) == ("unknown", [("DISMISSED", head(house))])
    assert "for too long" in house.written("review_dismiss")[0]["message"]
    house.clock.forward(40)
    house.sweep()
    assert reviews(house) == [("DISMISSED", head(house)), ("APPROVED", head(house))]


@pytest.mark.parametrize(("lasted", "later"), [(0, 60), (59, 60), (200, 200), (5000, 900)])
def test_what_cannot_be_told_for_long_is_asked_more_and_more_seldom(lasted: int, later: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ruled = Ruled(state="unknown", sentence="GitHub is away.", since=now - timedelta(seconds=lasted))
    assert approving._again_at(ruled, now) == now + timedelta(seconds=later)


def test_a_dismissal_that_waits_goes_on_waiting_while_nothing_can_be_told(house: House) -> None:
    judge(house)
    check(house, "failure")
    evaluate_only(house)
    break_checks(house)
    evaluate_only(house)
    house.work()
    assert reviews(house) == [("DISMISSED", head(house))]


def test_a_file_that_cannot_be_read_just_now_is_no_file_that_is_not_there(house: House) -> None:
    judge(house)
    house.github.push(REPOSITORY, "main", {"notes": "1"}, by="acme")
    house.github.fault("GET", "/contents/.mergegate.yml", 502)
    judge(house)
    assert (told(house)["state"], reviews(house)) == ("unknown", [("APPROVED", head(house))])


def test_a_fact_that_can_never_be_read_is_a_no(house: House) -> None:
    judge(house)
    rule = "{name: a, if: {has_author_in: {teams: [acme/gone]}}}"
    write_rules(house, f"approve: [{rule}]")
    judge(house)
    assert told(house)["state"] == "not_held"
    assert told(house)["sentence"].startswith("The rules cannot be judged: ")
    assert reviews(house) == [("DISMISSED", head(house))]


def test_rules_that_take_too_long_never_hold_the_verdict_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait_for_ever(*_: object) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(LiveReader, "gate_file", wait_for_ever)
    judge(house)
    assert (house.states(), told(house)["sentence"]) == (["pending"], "Reading GitHub took too long.")


def test_our_reviews_that_cannot_be_listed_at_all_are_taken_back_by_their_receipts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_many(*_: object) -> None:
        raise Unavailable("EVIDENCE_INCOMPLETE", "the reviews take more than 30 pages.")

    judge(house)
    monkeypatch.setattr(LiveReader, "reviews", too_many)
    judge(house)
    assert told(house)["state"] == "not_held"
    assert reviews(house) == [("DISMISSED", head(house))]


def test_a_review_that_a_run_of_the_api_gave_is_left_to_it(house: House) -> None:
    judge(house)
    house.rows("UPDATE intents SET evaluation_id = NULL, epoch = 1 WHERE kind = 'review_approve' RETURNING id")
    check(house, "failure")
    judge(house)
    write_rules(house, None)
    judge(house)
    assert reviews(house) == [("APPROVED", head(house))]


def test_what_a_run_of_the_api_waits_to_write_is_left_to_it(house: House) -> None:
    check(house, "failure")
    evaluate_only(house)
    check(house)
    evaluate_only(house)
    house.rows("UPDATE intents SET evaluation_id = NULL, epoch = 1 WHERE kind = 'review_approve' RETURNING id")
    house.put_writes("kind = 'review_approve'", "waiting")
    check(house, "failure")
    evaluate_only(house)
    assert intents(house) == ["waiting"]


def test_a_dismissal_that_only_was_found_to_be_there_may_be_another_s_no(house: House) -> None:
    """GitHub says that it was dismissed, and not by whom: so there is no other review of this head."""
    judge(house)
    check(house, "failure")
    house.github.fault("PUT", "/dismissals", 502, when="after")
    judge(house)
    settle(house)
    check(house)
    judge(house)
    assert reviews(house) == [("DISMISSED", head(house))]
    assert told(house)["state"] == "withheld"


def test_a_dismissal_for_a_run_of_the_api_is_a_no(house: House) -> None:
    judge(house)
    check(house, "failure")
    judge(house)
    house.rows("UPDATE intents SET evaluation_id = NULL, epoch = 1 WHERE kind = 'review_dismiss' RETURNING id")
    check(house)
    judge(house)
    assert (told(house)["state"], reviews(house)) == ("withheld", [("DISMISSED", head(house))])


def test_a_pull_request_that_cannot_be_read_at_all_puts_a_review_that_waits_aside(house: House) -> None:
    evaluate_only(house)
    writes = [message for message in house.sent if message[0] == names.WRITE]
    house.sent.clear()
    house.github.fault("GET", "/pulls/1$", 502, times=99)
    house.deliver_pull(action="edited")
    house.sent = [message for message in house.sent if message not in writes]
    house.rows("UPDATE steps SET attempts = %d WHERE status = 'pending' RETURNING id" % (TELL_AFTER_ATTEMPTS - 1))  # noqa: UP031
    house.run(*house.sent.pop(0))
    assert intents(house) == ["superseded"]


def test_the_facts_of_the_policy_are_not_read_twice(house: House) -> None:
    policy = (
        "policy: {approval: [r]}\napproval_rules: [{name: r, if: {has_status: {statuses: [ci], conclusions: [success]},"
        " changed_files: {paths: ['.']}}, requires: {count: 1, permissions: [write]}}]\n"
    )
    house.github.push(REPOSITORY, "main", {".policy.yml": policy}, by="acme")
    house.github.comment(REPOSITORY, 1, by="carol", body=":+1:")
    write_rules(house, RULES.replace("requires:", "requires:\n      count: 0\n      permissions: [write]"))
    judge(house)
    asked = [(one.method, one.path) for one in house.github.requests]
    for path in ("/files", "/check-runs"):
        assert len([one for one in asked if one[1].endswith(path)]) == 1
    assert [one[1] for one in asked].count("/graphql") == 1
    assert told(house)["state"] == "held"


def test_who_counts_in_a_rule_is_looked_up_besides_who_counts_in_the_policy(house: House) -> None:
    policy = "policy: {approval: [r]}\napproval_rules: [{name: r, requires: {count: 1, users: [alice]}}]\n"
    house.github.push(REPOSITORY, "main", {".policy.yml": policy}, by="acme")
    write_rules(house, "approve: [{name: a, requires: {count: 1, permissions: [write]}}]")
    house.github.comment(REPOSITORY, 1, by="carol", body=":+1:")
    judge(house)
    assert told(house)["state"] == "not_held"
    house.github.grant(REPOSITORY, "carol", "write")
    judge(house)
    assert told(house)["state"] == "held"


def test_without_a_policy_the_rules_are_asked_all_the_same(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": None}, by="acme")
    judge(house)
    assert house.states() == ["pending"]
    assert reviews(house) == [("APPROVED", head(house))]


def test_our_login_is_that_of_the_app(house: House) -> None:
    judge(house)
    [review] = house.github.state.repository(REPOSITORY).reviews[1]
    assert review.author == bot(house)
