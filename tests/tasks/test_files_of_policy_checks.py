"""The check of a changed policy, by the files that it is about: what cannot be read, and gate files."""

from collections.abc import Iterator

import pytest

from policies.server_options import ServerOptions
from tasks import policy_check
from tests.tasks.house import POLICY, REPOSITORY, House, built
from tests.tasks.policy_checks import SOUND, WRONG, judge, propose, report

HOSTILE = "x\x60 @acme/core ![i](https://evil.example) <img src=x>"


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    """Pull request 1 adds a.py; checks may be written."""
    with built(database_url, redis_db) as made:
        made.allow("check_run")
        yield made


def test_a_file_that_cannot_be_read_fails_the_check(house: House) -> None:
    propose(house, "#" * (256 * 1024 + 1))
    said = report(house)
    assert (said["conclusion"], said["output"]["title"]) == ("failure", "The policy file cannot be read")
    assert "larger than 256 KiB" in said["output"]["summary"]


def test_trouble_with_a_file_that_stays_as_it_is_is_no_matter_of_the_check(house: House) -> None:
    judge(house, 1)
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    house.github.fault("GET", "/contents/", 502, times=9)
    judge(house, 1)
    assert house.states() == ["pending", "pending"]
    assert house.written("check_run") == []


def test_an_outage_leaves_no_check_behind_and_the_next_evaluation_writes_the_right_one(house: House) -> None:
    house.github.push(REPOSITORY, "policy", {".policy.yml": SOUND}, by="bob")
    pull = house.github.open_pull(REPOSITORY, "policy", by="bob", title="Change the policy")
    judge(house, 1)
    house.github.fault("GET", "/contents/", 502, times=1)
    judge(house, pull.number)
    assert house.rows(f"SELECT state FROM evaluations WHERE number = {pull.number}") == [{"state": "pending"}]
    assert house.written("check_run") == []
    judge(house, pull.number)
    assert report(house)["output"]["title"].startswith("0 of 1 other open pull requests")


def test_an_outage_takes_back_no_check_that_was_right(house: House) -> None:
    number = propose(house, WRONG)
    house.github.fault("GET", f"/pulls/{number}/files", 502)
    judge(house, number)
    assert report(house)["conclusion"] == "failure"


def test_trouble_with_the_file_never_holds_the_verdict_up(house: House) -> None:
    house.github.push(REPOSITORY, "policy", {".policy.yml": SOUND}, by="bob")
    pull = house.github.open_pull(REPOSITORY, "policy", by="bob", title="Change the policy")
    house.github.fault("GET", f"/pulls/{pull.number}/files", 502)
    judge(house, pull.number)
    assert house.states() == ["pending"]
    assert house.written("check_run") == []


def test_a_mended_policy_gets_a_new_check_and_an_unchanged_one_none(house: House) -> None:
    number = propose(house, WRONG)
    judge(house, number)
    house.github.push(REPOSITORY, "policy", {".policy.yml": f"{POLICY}# sound\n"}, by="bob")
    judge(house, number)
    assert [written["conclusion"] for written in house.written("check_run")] == ["failure", "success"]


def test_hostile_names_stay_text(house: House) -> None:
    propose(house, f'policy: {{approval: ["{HOSTILE}"]}}\n')
    summary = report(house)["output"]["summary"]
    assert summary.count("`") == 2
    assert "\n" not in summary


def test_without_the_permission_for_checks_nothing_is_read_for_one(house: House) -> None:
    house.allow()
    propose(house, WRONG)
    assert house.rows("SELECT kind FROM intents WHERE kind = 'check_run'") == []


def test_long_lists_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_check, "MOST_LISTED", 2)
    assert policy_check._listed(("a", "b", "c", "d")) == "- a\n- b\n- ... and 2 more"


def test_a_fork_is_checked_like_anybody(house: House) -> None:
    house.github.fork(REPOSITORY, "carol")
    house.github.push("carol/widget", "policy", {".policy.yml": WRONG}, by="carol")
    judge(house, house.github.open_pull(REPOSITORY, "carol:policy", by="carol", title="Change the policy").number)
    assert (report(house)["conclusion"], report(house)["output"]["title"]) == ("failure", "The policy is not valid")


def test_what_github_does_not_show_is_not_taken_for_removed(house: House) -> None:
    house.github.fault("GET", "/contents/.policy.yml", 404, skip=1)
    propose(house, SOUND)
    said = report(house)
    assert (said["conclusion"], said["output"]["title"]) == ("neutral", "The policy file cannot be read")


GATE_FILE = "merge: {trigger: {labels: [merge me]}}\n"


def propose_gate_file(house: House, text: str | None, **more: str | None) -> None:
    house.github.push(REPOSITORY, "gate", {".mergegate.yml": text, **more}, by="bob")
    judge(house, house.github.open_pull(REPOSITORY, "gate", by="bob", title="Change the gate file").number)


def test_it_checks_a_gate_file_that_is_new(house: House) -> None:
    propose_gate_file(house, GATE_FILE)
    said = report(house)
    assert (said["conclusion"], said["output"]["title"], said["output"]["summary"]) == (
        "success",
        "The gate file is sound",
        "It is understood as a whole.",
    )


def test_it_says_what_is_wrong_in_a_gate_file_and_where(house: House) -> None:
    propose_gate_file(house, "merge:\n  method: sqash\n")
    said = report(house)
    assert (said["conclusion"], said["output"]["title"]) == ("failure", "The gate file is not valid")
    assert [(each["path"], each["start_line"], each["message"]) for each in said["output"]["annotations"]] == [
        (".mergegate.yml", 2, "column 11: 'sqash' is not one of merge, squash, rebase; did you mean `squash`?")
    ]


def test_it_says_what_comes_of_a_gate_file_that_is_removed(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".mergegate.yml": GATE_FILE}, by="acme")
    propose_gate_file(house, None)
    assert (report(house)["conclusion"], report(house)["output"]["title"]) == ("neutral", "The gate file is removed")


def test_a_branch_that_is_behind_says_nothing_of_the_gate_file(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".mergegate.yml": GATE_FILE}, by="acme")
    judge(house, 1)
    assert house.written("check_run") == []


def test_of_two_files_the_worse_comes_first(house: House) -> None:
    propose_gate_file(house, "merge: {}\nmerg: {}\n", **{".policy.yml": SOUND})
    said = report(house)
    assert (said["conclusion"], said["output"]["title"].partition("; ")[0]) == ("failure", "The gate file is not valid")
    assert "verdict" in said["output"]["title"]


def test_a_gate_file_that_cannot_be_read_is_told_of(house: House) -> None:
    propose_gate_file(house, "a" * 300_000)
    assert (report(house)["conclusion"], report(house)["output"]["title"]) == (
        "failure",
        "The gate file cannot be read",
    )


def test_a_gate_file_is_checked_where_the_policy_is_shared_in_any_case(house: House) -> None:
    house.with_settings(policy_options=ServerOptions(force_shared_policy=True))
    propose_gate_file(house, GATE_FILE)
    assert report(house)["output"]["title"] == "The gate file is sound"
