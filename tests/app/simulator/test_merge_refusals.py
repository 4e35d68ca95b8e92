"""A merge is refused for the first thing that is wrong, with GitHub's status and words."""

from collections.abc import Callable
from typing import Any

import pytest

W = "acme/widget"
MERGE = f"/repos/{W}/pulls/1/merge"
ACTIONS = 15368

Change = Callable[[Any], Any]

# Each is done before those below it, so each is the first that applies.
LADDER: list[tuple[str, Change, int, str]] = [
    ("a token that is none", lambda t: t.github.tokens.revoke_all(), 401, "Bad credentials"),
    ("hidden", lambda t: t.github.set_up(W, visible=False), 404, "Not Found"),
    ("archived", lambda t: t.github.set_up(W, archived=True), 403, "Repository was archived so is read-only."),
    ("closed", lambda t: t.github.close(W, 1), 405, "Pull Request is not mergeable"),
    ("draft", lambda t: t.github.convert_to_draft(W, 1), 405, "Pull Request is still a draft"),
    (
        "another head",
        lambda t: t.github.push(W, "feature", {"late.py": "1"}, by="bob"),
        409,
        "Head branch was modified. Review and try the merge again.",
    ),
    (
        "method",
        lambda t: t.github.set_up(W, merge_methods=("merge", "rebase")),
        405,
        "Squash merges are not allowed on this repository.",
    ),
    ("conflict", lambda t: t.github.change_pull(W, 1, mergeable=False), 405, "Pull Request is not mergeable"),
    ("queue", lambda t: t.github.enable_queue(W), 405, "Changes must be made through the merge queue"),
    (
        "reviews",
        lambda t: t.github.protect(W, approvals=2),
        405,
        "At least 2 approving review is required by reviewers with write access.",
    ),
    (
        "checks",
        lambda t: t.github.add_ruleset(W, checks=[("ci", ACTIONS)]),
        405,
        'Required status check "ci" is expected.',
    ),
]


@pytest.mark.parametrize("place", range(len(LADDER)), ids=[row[0] for row in LADDER])
def test_it_says_the_first_thing_that_is_wrong(town: Any, place: int) -> None:
    auth = f"token {town.token()}"
    for _, happen, _, _ in reversed(LADDER[place:]):
        happen(town)
    _, _, status, message = LADDER[place]
    reply = town.ask("PUT", MERGE, {"sha": town.head, "merge_method": "squash"}, auth=auth)
    assert (reply.status, reply.body["message"]) == (status, message)
    assert town.github.state.repository(W).pulls[1].merged_at is None


def test_it_merges_when_nothing_is_wrong_any_more(town: Any) -> None:
    actions = town.github.add_app("github-actions", app_id=ACTIONS)
    town.github.protect(W, approvals=1, checks=["lint"])
    town.github.add_ruleset(W, checks=[("ci", ACTIONS)])
    town.github.review(W, 1, by="alice")
    town.github.set_status(W, town.head, by="mia", context="lint")
    town.github.check_run(W, town.head, app_id=town.app.id, name="ci")
    assert town.ask("PUT", MERGE).body["message"] == 'Required status check "ci" is expected.'
    town.github.check_run(W, town.head, app_id=actions.id, name="ci", conclusion="neutral")
    assert town.ask("PUT", MERGE).status == 200


@pytest.mark.parametrize(("by", "state"), [("bob", "APPROVED"), ("alice", "COMMENTED"), ("alice", "CHANGES_REQUESTED")])
def test_it_counts_the_latest_opinion_of_who_may_write(town: Any, by: str, state: str) -> None:
    town.github.protect(W, approvals=1)
    if state == "CHANGES_REQUESTED":
        town.github.review(W, 1, by="mia")
    town.github.review(W, 1, by=by, state=state)
    assert town.ask("PUT", MERGE).status == 405


def test_a_dismissed_veto_no_longer_counts(town: Any) -> None:
    town.github.protect(W, approvals=1)
    town.github.review(W, 1, by="mia")
    veto = town.github.review(W, 1, by="alice", state="CHANGES_REQUESTED")
    town.github.dismiss(W, 1, veto.id)
    assert town.ask("PUT", MERGE).status == 200


def test_a_check_and_a_status_of_one_name_must_both_pass(town: Any) -> None:
    town.github.protect(W, checks=["ci"])
    town.github.check_run(W, town.head, app_id=town.app.id, name="ci")
    town.github.set_status(W, town.head, by="mia", context="ci", state="failure")
    assert town.ask("PUT", MERGE).status == 405
    town.github.set_status(W, town.head, by="mia", context="ci")
    assert town.ask("PUT", MERGE).status == 200


def test_it_takes_a_status_for_its_apps_bot(town: Any) -> None:
    town.github.protect(W, checks=[("policy-gate", town.app.id)])
    town.github.set_status(W, town.head, by="mia", context="policy-gate")
    assert town.ask("PUT", MERGE).status == 405
    town.github.set_status(W, town.head, by="mergegate[bot]", context="policy-gate")
    assert town.ask("PUT", MERGE).status == 200


def test_who_stands_on_the_bypass_list_is_bound_by_the_queue_alone(town: Any) -> None:
    town.github.protect(W, approvals=1, checks=["ci"])
    town.github.let_pass(W, town.app.id)
    assert town.ask("PUT", MERGE).status == 200


def test_a_file_that_both_changed_is_a_conflict(town: Any) -> None:
    town.github.push(W, "main", {"src/a.py": "otherwise"}, by="mia")
    assert town.ask("PUT", MERGE).body["message"] == "Pull Request is not mergeable"


def test_there_is_nothing_to_merge_into_once_the_base_is_gone(town: Any) -> None:
    town.github.create_branch(W, "release")
    town.github.retarget(W, 1, "release")
    town.github.delete_branch(W, "release")
    assert town.get(f"/repos/{W}/pulls/1").status == 200
    assert town.ask("PUT", MERGE).body["message"] == "Pull Request is not mergeable"


def test_a_merge_commit_cannot_be_rebased(town: Any) -> None:
    town.github.push(W, "main", {"other.py": "1"}, by="mia")
    town.github.update_branch(W, 1, by="mia")
    reply = town.ask("PUT", MERGE, {"merge_method": "rebase"})
    assert (reply.status, reply.body["message"]) == (405, "This branch can't be rebased")


def test_changing_a_workflow_needs_a_permission_of_its_own(town: Any) -> None:
    town.github.push(W, "feature", {".github/workflows/ci.yml": "on: push\n"}, by="bob")
    refused = town.ask("PUT", MERGE)
    assert (refused.status, refused.body["message"]) == (403, "Resource not accessible by integration")
    held = {**town.installation.permissions, "workflows": "write"}
    token = town.github.tokens.issue(town.installation.id, held, town.github.now()).text
    assert town.ask("PUT", MERGE, auth=f"token {token}").status == 200


def test_it_needs_contents_and_not_pull_requests(town: Any) -> None:
    for permissions, status in (({"pull_requests": "write", "contents": "read"}, 403), ({"contents": "write"}, 200)):
        held = {"metadata": "read", **permissions}
        token = town.github.tokens.issue(town.installation.id, held, town.github.now()).text
        assert town.ask("PUT", MERGE, auth=f"token {token}").status == status


@pytest.mark.parametrize("method", ["fast", "", 3])
def test_it_knows_three_methods(town: Any, method: Any) -> None:
    assert town.ask("PUT", MERGE, {"merge_method": method}).status == 422


def test_an_issue_is_no_pull_request(town: Any) -> None:
    number = town.github.add_issue(W, "A wish", by="mia").number
    assert town.get(f"/repos/{W}/pulls/{number}").status == 404
    assert town.ask("PUT", f"/repos/{W}/pulls/{number}/merge").status == 404
    assert "pull_request" not in town.get(f"/repos/{W}/issues/{number}").body
    assert town.github.open_pull(W, "feature", by="bob").number == number + 1


def test_a_merged_one_is_refused_like_a_closed_one(town: Any) -> None:
    assert town.ask("PUT", MERGE).status == 200
    again = town.ask("PUT", MERGE)
    assert (again.status, again.body["message"]) == (405, "Pull Request is not mergeable")
