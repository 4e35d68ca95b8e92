"""Doctor on a simulated GitHub: what it finds of a branch, and what it looks at."""

import pytest

from app import doctor
from app.records import gate_findings
from tests.app.doctoring import OURS, app_id, codes, counts, inspect, require
from tests.app.test_explain import house
from tests.tasks.house import REPOSITORY, House, forget_clients

__all__ = ["house"]


@pytest.fixture(autouse=True)
def guarded(house: House) -> None:
    house.with_settings(merge_repositories=(REPOSITORY,))
    house.github.set_up(REPOSITORY, auto_merge=False)


def _about(house: House, branch: str = "main") -> dict[str, str]:
    return {code: severity for (code, where), severity in codes(house).items() if where == branch}


def _hide_protection(house: House) -> None:
    (app,) = house.github.state.apps.values()
    house.github.permit(app, administration="none")
    forget_clients()


def test_a_branch_without_rules_does_not_require_the_gate(house: House) -> None:
    assert _about(house) == {"GATE_NOT_REQUIRED": "error"}
    assert not counts(house)


def test_a_ruleset_that_demands_our_app_s_status_does(house: House) -> None:
    require(house)
    assert _about(house) == {"GATE_REQUIRED": "ok"}
    assert counts(house)


def test_so_does_classic_protection(house: House) -> None:
    house.github.protect(REPOSITORY, checks=[(OURS, app_id(house))], enforce_admins=True)
    assert _about(house) == {"GATE_REQUIRED": "ok"}
    assert counts(house)


def test_one_that_takes_it_from_anybody_does_not(house: House) -> None:
    house.github.add_ruleset(REPOSITORY, checks=[OURS])
    assert _about(house) == {"GATE_NOT_PINNED": "error"}
    assert not counts(house)


def test_a_ruleset_that_is_only_tried_out_does_not(house: House) -> None:
    require(house, enforcement="evaluate")
    assert _about(house) == {"GATE_NOT_REQUIRED": "error"}


def test_administrators_may_pass_classic_protection_by(house: House) -> None:
    house.github.protect(REPOSITORY, checks=[(OURS, app_id(house))], enforce_admins=False)
    assert _about(house) == {"GATE_REQUIRED": "ok", "ADMINS_NOT_BOUND": "warning"}


def test_our_app_on_the_bypass_list_is_found(house: House) -> None:
    require(house)
    house.github.let_pass(REPOSITORY, app_id(house))
    assert _about(house)["APP_MAY_BYPASS"] == "error"


def test_a_ruleset_that_is_hidden_is_none_that_binds_our_app(house: House) -> None:
    require(house)
    house.github.fault("GET", "/rulesets/", 404, message="Not Found")
    assert _about(house)["BYPASS_UNKNOWN"] == "warning"


def test_our_app_that_nobody_has_to_review_is_found(house: House) -> None:
    house.github.protect(REPOSITORY, checks=[(OURS, app_id(house))], approvals=1, enforce_admins=True)
    house.github.let_pass(REPOSITORY, app_id(house))
    assert _about(house)["APP_MAY_BYPASS"] == "error"


def test_auto_merge_is_of_interest_until_the_gate_is_required(house: House) -> None:
    house.github.set_up(REPOSITORY, auto_merge=True)
    assert _about(house)["AUTO_MERGE"] == "error"
    require(house)
    assert "AUTO_MERGE" not in _about(house)


def test_a_merge_queue_is_seen(house: House) -> None:
    require(house, queue="squash")
    assert _about(house)["MERGE_QUEUE"] == "ok"


def test_a_protection_that_is_hidden_is_none(house: House) -> None:
    _hide_protection(house)
    assert _about(house)["PROTECTION_UNREADABLE"] == "error"
    assert not counts(house)


def test_a_ruleset_says_enough_where_the_protection_is_hidden(house: House) -> None:
    require(house)
    _hide_protection(house)
    assert _about(house)["GATE_REQUIRED"] == "ok"
    assert counts(house)


def test_trouble_of_a_moment_leaves_what_was_found_before(house: House) -> None:
    require(house)
    inspect(house)
    house.github.fault("GET", "/rules/branches/", 502)
    assert _about(house)["PROTECTION_UNREADABLE"] == "error"
    assert counts(house)


def test_each_half_is_read_where_the_other_could_not_be(house: House) -> None:
    house.github.protect(REPOSITORY, checks=[(OURS, app_id(house))], enforce_admins=True)
    house.github.fault("GET", "/rules/branches/", 502)
    assert _about(house) == {"GATE_REQUIRED": "ok", "PROTECTION_UNREADABLE": "error"}
    assert counts(house)


def test_trouble_of_a_moment_beside_what_is_hidden_settles_nothing(house: House) -> None:
    require(house)
    inspect(house)
    _hide_protection(house)
    house.github.fault("GET", "/rules/branches/", 502)
    assert _about(house)["PROTECTION_UNREADABLE"] == "error"
    assert counts(house)


def test_branches_that_were_looked_at_once_keep_no_other_from_it(house: House) -> None:
    with house.context.pool.connection() as tx:
        for number in range(doctor.MOST_BASES):
            gate_findings.found(tx, house.repository_id, f"gone-{number}", is_required=True, now=house.clock())
    house.deliver_pull()
    house.work()
    with house.context.pool.connection() as tx:
        assert doctor.own(tx, house.context.settings, REPOSITORY, ("named",)).bases[:2] == ("named", "main")


def test_branches_of_open_pull_requests_are_looked_at(house: House) -> None:
    house.github.create_branch(REPOSITORY, "release", at=house.github.state.repository(REPOSITORY).branches["main"])
    house.github.push(REPOSITORY, "second", {"b.py": "1"}, by="bob")
    number = house.github.open_pull(REPOSITORY, "second", by="bob", base="release").number
    head = house.github.state.pull(REPOSITORY, number).head_sha
    house.deliver(house.event("pull_request", "opened", pulls=(number,), head_sha=head, branch="release"))
    house.work()
    assert {where for _, where in codes(house)} >= {"main", "release"}


def test_a_branch_that_is_named_is_looked_at(house: House) -> None:
    house.github.create_branch(REPOSITORY, "next", at=house.github.state.repository(REPOSITORY).branches["main"])
    assert ("GATE_NOT_REQUIRED", "next") in codes(house, "next", "gone")
    assert {where for _, where in codes(house, "next", "gone")} == {"", "main", "next"}
