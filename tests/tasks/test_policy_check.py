"""A pull request that changes the policy: the check on its head says whether that is sound, and whom it would touch."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from policies.server_options import ServerOptions
from tasks import policy_check
from tests.tasks.house import POLICY, REPOSITORY, House, built

SOUND = POLICY.replace("count: 1", "count: 2")
WRONG = POLICY.replace("      count: 1\n", "").replace(
    "  - name: a writer approves\n", "  - name: a writer approves\n    count: 1\n"
)
HOSTILE = "x\x60 @acme/core ![i](https://evil.example) <img src=x>"


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    """Pull request 1 adds a.py; checks may be written."""
    with built(database_url, redis_db) as made:
        made.allow("check_run")
        yield made


def propose(house: House, policy: str | None, branch: str = "policy", **more: str | None) -> int:
    """A pull request of bob's that changes the policy file, judged."""
    house.github.push(REPOSITORY, branch, {".policy.yml": policy, **more}, by="bob")
    number = house.github.open_pull(REPOSITORY, branch, by="bob", title="Change the policy").number
    judge(house, number)
    return number


def judge(house: House, number: int) -> None:
    house.deliver_pull(number)
    house.work()


def report(house: House) -> dict[str, Any]:
    [written] = house.written("check_run")
    return written


def test_it_says_line_and_column_of_what_is_wrong(house: House) -> None:
    propose(house, WRONG)
    said = report(house)
    assert (said["name"], said["conclusion"], said["output"]["title"]) == (
        "mergegate: policy",
        "failure",
        "The policy is not valid",
    )
    line = WRONG.splitlines().index("    count: 1") + 1
    assert [(each["path"], each["start_line"], each["annotation_level"]) for each in said["output"]["annotations"]] == [
        (".policy.yml", line, "failure")
    ]
    sentence = "the key 'count' is not known here; `count` belongs under `requires`"
    assert said["output"]["annotations"][0]["message"] == f"column 5: {sentence}"
    assert said["output"]["summary"] == f"- error in line {line}, column 5: `{sentence.replace('`', chr(39))}`"


def test_a_name_of_any_length_costs_no_verdict(house: House) -> None:
    propose(house, "policy: {approval: [" + "a" * 20_000 + "]}")
    assert report(house)["conclusion"] == "failure"


def test_it_says_whose_verdict_would_change(house: House) -> None:
    judge(house, 1)
    house.approve()
    propose(house, SOUND)
    said = report(house)
    assert said["conclusion"] == "neutral"
    assert said["output"]["title"] == "1 of 1 other open pull requests into main get another verdict"
    assert said["output"]["summary"] == (
        '- #1: success → pending, `rule "a writer approves": approved (Approved by alice)'
        " -> pending (1/2 required approvals)`"
    )


def test_where_nothing_changes_the_check_succeeds(house: House) -> None:
    judge(house, 1)
    propose(house, f"{POLICY}# the same\n")
    said = report(house)
    assert (said["conclusion"], said["output"]["title"]) == (
        "success",
        "0 of 1 other open pull requests into main get another verdict",
    )


@pytest.mark.parametrize(("limit", "most"), [("MOST_PULLS_TRIED", 1), ("MOST_SECONDS", 0)])
def test_what_was_not_tried_is_said_and_is_no_success(
    house: House, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(policy_check, limit, most)
    judge(house, 1)
    house.github.push(REPOSITORY, "other", {"b.py": "1"}, by="bob")
    judge(house, house.github.open_pull(REPOSITORY, "other", by="bob", title="Add b").number)
    propose(house, POLICY.replace("policy:", "# the same\npolicy:", 1))
    said = report(house)
    assert said["conclusion"] == "neutral"
    assert (
        said["output"]["title"] == "0 of 1 other open pull requests into main get another verdict; others are not tried"
    )


def test_a_check_that_takes_too_long_never_holds_the_verdict_up(house: House) -> None:
    judge(house, 1)

    def wait_for_ever(name: str) -> None:
        if name == "policy_check.trying":
            raise SoftTimeLimitExceeded

    house.context = replace(house.context, checkpoint=wait_for_ever)
    number = propose(house, SOUND)
    assert report(house)["output"]["title"] == "The policy could not be tried in time"
    assert house.rows(f"SELECT state FROM evaluations WHERE number = {number}") == [{"state": "pending"}]


def test_what_cannot_be_told_is_said(house: House) -> None:
    judge(house, 1)
    propose(house, "policy: {approval: [r]}\napproval_rules: [{name: r, if: {changed_files: {paths: [a]}}}]\n")
    said = report(house)
    assert said["output"]["title"].endswith(
        "0 of 1 other open pull requests into main get another verdict, of 1 it cannot be told"
    )
    assert said["output"]["summary"] == "- #1: cannot be told for lack of `files`"


def test_the_pull_request_itself_is_none_of_the_others(house: House) -> None:
    number = propose(house, SOUND)
    house.github.push(REPOSITORY, "policy", {".policy.yml": f"{SOUND}# again\n"}, by="bob")
    judge(house, number)
    said = house.written("check_run")[-1]
    assert said["output"]["title"] == "0 of 0 other open pull requests into main get another verdict"


def test_where_the_policy_of_a_repository_counts_for_nothing_it_is_not_checked(house: House) -> None:
    house.with_settings(policy_options=ServerOptions(force_shared_policy=True))
    propose(house, WRONG)
    assert house.written("check_run") == []


def test_a_check_that_could_not_be_written_is_not_written_once_the_file_says_otherwise(house: House) -> None:
    house.github.fault("POST", "/check-runs", 502, when="before")
    number = propose(house, WRONG)
    house.github.push(REPOSITORY, "main", {".policy.yml": WRONG}, by="alice")
    judge(house, number)
    house.clock.forward(60)
    house.sweep()
    house.work()
    assert house.written("check_run") == []


def test_who_was_never_judged_on_facts_is_not_passed_over(house: House) -> None:
    judge(house, 1)
    house.rows("UPDATE evaluations SET snapshot_digest = NULL RETURNING 1")
    propose(house, f"{POLICY}# the same\n")
    said = report(house)
    assert (said["conclusion"], said["output"]["title"]) == (
        "neutral",
        "0 of 0 other open pull requests into main get another verdict; others are not tried",
    )


def test_a_branch_that_is_only_behind_is_not_checked(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": SOUND}, by="alice")
    judge(house, 1)
    assert house.written("check_run") == []
    assert house.states() == ["pending"]


def test_a_pull_request_that_leaves_the_policy_alone_is_not_checked(house: House) -> None:
    judge(house, 1)
    assert house.written("check_run") == []


def test_the_files_that_are_known_are_not_asked_for_again(house: House) -> None:
    text = "policy: {approval: [r]}\napproval_rules: [{name: r, if: {changed_files: {paths: [a]}}}]\n"
    house.github.push(REPOSITORY, "main", {".policy.yml": text}, by="alice")
    propose(house, SOUND)
    assert report(house)["conclusion"] == "success"


def test_it_says_that_the_policy_is_removed(house: House) -> None:
    propose(house, None)
    said = report(house)
    assert (said["conclusion"], said["output"]["title"]) == ("neutral", "The policy file is removed")


def test_a_reference_is_not_judged(house: House) -> None:
    propose(house, "remote: acme/policies\n")
    said = report(house)
    assert (said["conclusion"], said["output"]["title"]) == ("neutral", "The policy is somewhere else")


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
