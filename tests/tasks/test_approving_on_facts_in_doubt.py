"""The gate's own review where facts can't be read, or another acts: what is not known approves nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from app.github.answers import Unavailable
from app.github.reader import LiveReader
from app.records.approve_rules import Ruled
from app.records.runs import TELL_AFTER_ATTEMPTS
from tasks import approving, names
from tests.tasks.approving import RULES, bot, check, entries, head, intents, judge, reviews, told, write_rules
from tests.tasks.house import REPOSITORY, House, built
from tests.tasks.settling import evaluate_only, settle


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    """The check of pull request 1 is green, and the rules hold; reviews may be given and dismissed."""
    with built(database_url, redis_db) as made:
        made.allow("review_approve", "review_dismiss")
        write_rules(made)
        check(made)
        yield made


def break_checks(house: House, times: int = 1) -> None:
    """What the rules ask for, and the policy does not, can't be read so often."""
    house.github.fault("GET", "/check-runs", 502, times=times)


def states(house: House) -> list[str]:
    return [row["approving"]["state"] for row in house.rows("SELECT approving FROM evaluations ORDER BY seq")]


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
