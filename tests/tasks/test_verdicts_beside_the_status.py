"""Requests for reviews, dismissals and check runs: what is asked again, what is not, and what counts as the same."""

from typing import Any

import pytest

from tests.tasks.house import REPOSITORY, House
from tests.tasks.outcomes import fault, outcomes
from tests.tasks.wishes import AT, VERDICTS, prepare, wish


@pytest.mark.parametrize("kind", VERDICTS)
def test_what_is_sent_is_what_was_wished_for(house: House, kind: str) -> None:
    prepare(house, kind)
    house.work()
    key = house.rows(f"SELECT key FROM intents WHERE kind = '{kind}'")[0]["key"]
    remark = {"path": ".policy.yml", "start_line": 3, "end_line": 3, "annotation_level": "failure"}
    bodies: dict[str, dict[str, Any]] = {
        "review_request": {"reviewers": ["carol"], "team_reviewers": []},
        "review_dismiss": {"message": "It was edited", "event": "DISMISS"},
        "check_run": {
            "name": "mergegate: policy",
            "head_sha": house.github.state.pull(REPOSITORY, 1).head_sha,
            "status": "completed",
            "conclusion": "failure",
            "external_id": key,
            "details_url": "https://gate.example.org/pulls/1",
            "output": {
                "title": "The policy can't be read",
                "summary": "Line 3 names a rule that is not there.",
                "annotations": [{**remark, "message": "no such rule"}],
            },
        },
    }
    assert house.written(kind) == [bodies[kind]]


@pytest.mark.parametrize("kind", VERDICTS)
def test_a_limit_holds_the_others_too(house: House, kind: str) -> None:
    prepare(house, kind)
    house.github.limit_secondary(*AT[kind], status=403, retry_after=30)
    house.work()
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    house.deliver_pull(action="synchronize")
    house.work()
    assert len(house.statuses()) == 1
    house.clock.forward(31)
    house.sweep()
    assert len(house.statuses()) == 2


def test_a_dismissal_that_lists_did_not_show_is_recognized_the_second_time(house: House) -> None:
    prepare(house, "review_dismiss")
    fault(house, "review_dismiss", 502, when="after")
    house.work()
    house.github.fault("GET", "/reviews/", "stale")
    house.clock.forward(60)
    house.sweep()
    assert outcomes(house, "review_dismiss") == ["absent", None]
    house.clock.forward(5)
    house.sweep()
    assert (len(house.written("review_dismiss")), outcomes(house, "review_dismiss")) == (1, ["absent", "written"])


def test_a_review_given_meanwhile_answers_the_request_that_was_sought(house: House) -> None:
    prepare(house, "review_request")
    fault(house, "review_request", 502, when="after")
    house.work()
    house.github.review(REPOSITORY, 1, by="carol", state="commented")
    house.clock.forward(5)
    house.sweep()
    assert outcomes(house, "review_request") == ["written"]


def test_a_review_of_an_earlier_head_does_not_answer_the_request_that_was_sought(house: House) -> None:
    prepare(house, "review_request")
    house.sent.clear()
    house.github.review(REPOSITORY, 1, by="carol", state="commented")
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    fault(house, "review_request", 502, when="before")
    wish(house, "review_request")
    house.work()
    house.clock.forward(60)
    house.sweep()
    assert outcomes(house, "review_request") == ["absent", "written"]


def test_a_team_that_is_not_on_the_list_leaves_the_request_that_was_sought_open(house: House) -> None:
    prepare(house, "review_request")
    house.sent.clear()
    house.github.request_review(REPOSITORY, 1, "carol")
    fault(house, "review_request", 502, when="before")
    wish(house, "review_request", teams=("core",))
    house.work()
    house.clock.forward(60)
    house.sweep()
    assert outcomes(house, "review_request")[0] == "absent"


def test_whoever_was_asked_at_this_head_is_not_asked_again_but_others_are(house: House) -> None:
    prepare(house, "review_request")
    house.work()
    wish(house, "review_request", users=("alice", "carol"))
    house.work()
    assert [body["reviewers"] for body in house.written("review_request")] == [["carol"], ["alice"]]


def test_at_another_head_the_same_people_are_asked_again(house: House) -> None:
    prepare(house, "review_request")
    house.work()
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    wish(house, "review_request")
    house.work()
    assert len(house.written("review_request")) == 2


def test_a_changed_check_is_a_new_run_and_an_earlier_content_counts_anew(house: House) -> None:
    prepare(house, "check_run")
    house.work()
    for conclusion in ("success", "failure"):
        wish(house, "check_run", conclusion=conclusion)
        house.work()
    assert [body["conclusion"] for body in house.written("check_run")] == ["failure", "success", "failure"]


def test_an_earlier_check_of_the_name_is_not_taken_for_the_one_sought(house: House) -> None:
    prepare(house, "check_run")
    house.work()
    fault(house, "check_run", 502, when="before")
    wish(house, "check_run", conclusion="success")
    house.work()
    house.clock.forward(60)
    house.sweep()
    assert [body["conclusion"] for body in house.written("check_run")] == ["failure", "success"]


def test_a_newer_check_waits_until_an_unknown_one_is_settled(house: House) -> None:
    prepare(house, "check_run")
    fault(house, "check_run", 502, when="after")
    house.work()
    wish(house, "check_run", conclusion="success")
    house.work()
    assert [body["conclusion"] for body in house.written("check_run")] == ["failure"]
    house.clock.forward(5)
    house.sweep()
    assert [body["conclusion"] for body in house.written("check_run")] == ["failure", "success"]
