"""Requests for reviews, dismissals and check runs go the way of every write: once, or not at all and with a reason."""

from typing import Any

import pytest

from tests.tasks.house import REPOSITORY, House
from tests.tasks.wishes import OTHER_KINDS, prepare, wish

AT = {"review_request": "/requested_reviewers", "review_dismiss": "/dismissals", "check_run": "/check-runs"}
METHOD = {"review_request": "POST", "review_dismiss": "PUT", "check_run": "POST"}


@pytest.fixture(params=OTHER_KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _fault(house: House, kind: str, what: int | str, **how: Any) -> None:
    house.github.fault(METHOD[kind], AT[kind], what, **how)


def _intents(house: House, kind: str) -> list[str]:
    rows = house.rows(f"SELECT status FROM intents WHERE kind = '{kind}' ORDER BY sequence")
    return [row["status"] for row in rows]


def _outcomes(house: House, kind: str) -> list[str]:
    rows = house.rows(
        "SELECT outcome FROM permits JOIN intents ON intents.id = intent_id"
        f" WHERE kind = '{kind}' ORDER BY permits.issued_at"
    )
    return [row["outcome"] for row in rows]


def test_it_is_written_once_with_its_receipt(house: House, kind: str) -> None:
    prepare(house, kind)
    house.work()
    house.clock.forward(600)
    house.sweep()
    assert len(house.written(kind)) == 1
    assert (_intents(house, kind), _outcomes(house, kind)) == (["written"], ["written"])
    receipts = house.rows("SELECT body ->> 'kind' AS kind FROM audit_entries WHERE kind = 'write_receipted'")
    assert [row["kind"] for row in receipts] == ["status", kind]


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


CLOSED: dict[str, dict[str, Any]] = {
    "MUTATION_NOT_ALLOWED": {"allowed_writes": ("status",)},
    "REPO_NOT_ALLOWED": {"allowed_repositories": ()},
    "TRANSPORT_DISABLED": {"github_projector": "local"},
}


@pytest.mark.parametrize("code", CLOSED)
def test_what_is_not_allowed_is_recorded_and_decided_again_when_it_is_wished_for_again(
    house: House, kind: str, code: str
) -> None:
    prepare(house, kind)
    allowed = house.context.settings
    house.with_settings(**CLOSED[code])
    house.work()
    denied = house.rows("SELECT blockers -> 0 ->> 'code' AS code FROM decisions WHERE NOT allowed")
    assert (house.written(kind), _intents(house, kind), denied) == ([], ["denied"], [{"code": code}])
    house.with_settings(**{name: getattr(allowed, name) for name in CLOSED[code]})
    wish(house, kind)
    house.work()
    assert (len(house.written(kind)), _intents(house, kind)) == (1, ["written"])


@pytest.mark.parametrize("what", [502, "cut", "drop"])
def test_an_effect_behind_an_error_is_read_back_and_not_repeated(house: House, kind: str, what: int | str) -> None:
    prepare(house, kind)
    _fault(house, kind, what, when="after")
    house.work()
    assert _intents(house, kind) == ["sent"]
    house.clock.forward(5)
    house.sweep()
    assert (len(house.written(kind)), _outcomes(house, kind)) == (1, ["written"])


@pytest.mark.parametrize("what", [502, "drop"])
def test_without_effect_it_is_made_again_once_that_is_certain(house: House, kind: str, what: int | str) -> None:
    prepare(house, kind)
    _fault(house, kind, what, when="before")
    house.work()
    house.clock.forward(5)
    house.sweep()
    assert house.written(kind) == []
    house.clock.forward(house.context.settings.settle_seconds)
    house.sweep()
    assert (len(house.written(kind)), _outcomes(house, kind)) == (1, ["absent", "written"])


@pytest.mark.parametrize("status", [307, 403, 404, 410, 422])
def test_a_definite_refusal_is_recorded_and_not_repeated(house: House, kind: str, status: int) -> None:
    prepare(house, kind)
    _fault(house, kind, status, when="before")
    house.work()
    wish(house, kind)
    house.clock.forward(600)
    house.sweep()
    assert (house.written(kind), _outcomes(house, kind)) == ([], ["refused"])


def test_a_limit_puts_it_off_and_holds_the_others_too(house: House, kind: str) -> None:
    prepare(house, kind)
    house.github.limit_secondary(METHOD[kind], AT[kind], status=403, retry_after=30)
    house.work()
    assert (_intents(house, kind), _outcomes(house, kind)) == (["pending"], ["limited"])
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    house.deliver_pull(action="synchronize")
    house.work()
    assert len(house.statuses()) == 1
    house.clock.forward(31)
    house.sweep()
    assert len(house.statuses()) == 2


def test_a_refused_token_is_renewed_and_the_write_made_once(house: House, kind: str) -> None:
    prepare(house, kind)
    _fault(house, kind, 401, when="before")
    house.work()
    house.clock.forward(31)
    house.sweep()
    assert (len(house.written(kind)), _outcomes(house, kind)) == (1, ["limited", "written"])


def test_the_same_wish_again_is_no_second_write(house: House, kind: str) -> None:
    prepare(house, kind)
    for _ in range(3):
        wish(house, kind)
    house.work()
    wish(house, kind)
    house.work()
    assert (len(house.written(kind)), _intents(house, kind)) == (1, ["written"])


def test_one_under_way_stays_so_when_it_is_wished_for_again(house: House, kind: str) -> None:
    prepare(house, kind)
    _fault(house, kind, 502, when="after")
    house.work()
    wish(house, kind)
    assert _intents(house, kind) == ["sent"]


def test_what_was_denied_often_has_its_whole_patience_when_it_is_allowed(house: House, kind: str) -> None:
    prepare(house, kind)
    house.work()
    house.rows(f"UPDATE intents SET status = 'denied', attempts = 40 WHERE kind = '{kind}' RETURNING id")
    wish(house, kind)
    assert house.rows(f"SELECT status, attempts FROM intents WHERE kind = '{kind}'") == [
        {"status": "pending", "attempts": 0}
    ]


def test_a_dismissal_that_lists_did_not_show_is_recognized_the_second_time(house: House) -> None:
    prepare(house, "review_dismiss")
    _fault(house, "review_dismiss", 502, when="after")
    house.work()
    house.github.fault("GET", "/reviews/", "stale")
    house.clock.forward(60)
    house.sweep()
    assert _outcomes(house, "review_dismiss") == ["absent", None]
    house.clock.forward(5)
    house.sweep()
    assert (len(house.written("review_dismiss")), _outcomes(house, "review_dismiss")) == (1, ["absent", "written"])


def test_a_review_given_meanwhile_answers_the_request_that_was_sought(house: House) -> None:
    prepare(house, "review_request")
    _fault(house, "review_request", 502, when="after")
    house.work()
    house.github.review(REPOSITORY, 1, by="carol", state="commented")
    house.clock.forward(5)
    house.sweep()
    assert _outcomes(house, "review_request") == ["written"]


def test_a_review_of_an_earlier_head_does_not_answer_the_request_that_was_sought(house: House) -> None:
    prepare(house, "review_request")
    house.sent.clear()
    house.github.review(REPOSITORY, 1, by="carol", state="commented")
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    _fault(house, "review_request", 502, when="before")
    wish(house, "review_request")
    house.work()
    house.clock.forward(60)
    house.sweep()
    assert _outcomes(house, "review_request") == ["absent", "written"]


def test_a_team_that_is_not_on_the_list_leaves_the_request_that_was_sought_open(house: House) -> None:
    prepare(house, "review_request")
    house.sent.clear()
    house.github.request_review(REPOSITORY, 1, "carol")
    _fault(house, "review_request", 502, when="before")
    wish(house, "review_request", teams=("core",))
    house.work()
    house.clock.forward(60)
    house.sweep()
    assert _outcomes(house, "review_request")[0] == "absent"


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
    _fault(house, "check_run", 502, when="before")
    wish(house, "check_run", conclusion="success")
    house.work()
    house.clock.forward(60)
    house.sweep()
    assert [body["conclusion"] for body in house.written("check_run")] == ["failure", "success"]


def test_a_newer_check_waits_until_an_unknown_one_is_settled(house: House) -> None:
    prepare(house, "check_run")
    _fault(house, "check_run", 502, when="after")
    house.work()
    wish(house, "check_run", conclusion="success")
    house.work()
    assert [body["conclusion"] for body in house.written("check_run")] == ["failure"]
    house.clock.forward(5)
    house.sweep()
    assert [body["conclusion"] for body in house.written("check_run")] == ["failure", "success"]
