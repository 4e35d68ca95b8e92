"""A pull request that changes the policy: the check on its head says whether that is sound, and whom it would touch."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from policies.server_options import ServerOptions
from tasks import policy_check
from tests.tasks.house import POLICY, REPOSITORY, House, built
from tests.tasks.policy_checks import SOUND, WRONG, judge, propose, report


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    """Pull request 1 adds a.py; checks may be written."""
    with built(database_url, redis_db) as made:
        made.allow("check_run")
        yield made


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
