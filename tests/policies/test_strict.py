"""Strict mode: what it asks beyond policy-bot, each with what clears it."""

from typing import Any

import pytest

from policies.document import parse
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED, ChangedFile
from policies.policy import Mode
from policies.result import Result
from tests.policies.conftest import at, build_pull

ONE = """
policy: {approval: [r]}
approval_rules:
- name: r
  requires: {count: 1, users: [bob]}
  options: {%s}
"""
CONDITIONAL = """
policy: {approval: [r]}
approval_rules:
- {name: r, if: {%s}}
"""
PUSHED = {"head_seen_at": at(6)}


def judged(text: str, mode: Mode = "strict", **facts: Any) -> Result:
    return evaluate(parse(text), build_pull(**facts), mode)


def both(text: str, **facts: Any) -> tuple[str, str]:
    return (judged(text, "compat", **facts).status, judged(text, "strict", **facts).status)


def reasons(text: str, **facts: Any) -> list[str]:
    return [one.reason for one in judged(text, **facts).children[0].children[0].ignored]


@pytest.mark.parametrize("text", ["", "policy: {approval: []}", "approval_rules: [{name: a}]"])
def test_it_takes_no_empty_policy_for_a_yes(text: str) -> None:
    assert both(text) == ("approved", "error")
    sentence = "the policy asks for no approval, so policy.approval has to name at least one rule"
    assert judged(text).error == sentence


def test_a_later_change_request_withdraws_an_approval(approves: Any, says: Any) -> None:
    asked = approves("bob", 20, state="changes_requested")
    assert both(ONE % "", reviews=(approves("bob", 10), asked)) == ("approved", "pending")
    assert both(ONE % "", comments=(says("bob", minute=20),), reviews=(asked,)) == ("approved", "pending")
    assert reasons(ONE % "", reviews=(approves("bob", 10), asked)) == [
        "bob's review does not count: bob asked for changes afterwards and can approve again"
    ]
    assert both(ONE % "", reviews=(asked, approves("bob", 21))) == ("approved", "approved")
    assert both(ONE % "", reviews=(approves("bob", 30), approves("cid", 40, state="changes_requested"))) == (
        "approved",
        "approved",
    )


def test_or_does_not_hide_what_could_not_be_judged() -> None:
    text = "policy: {approval: [{or: [a, e]}]}\napproval_rules: [{name: a}, {name: e, if: {has_labels: [x]}}]"
    assert both(text, labels=NOT_FETCHED) == ("approved", "error")
    assert judged(text, labels=NOT_FETCHED).missing_fact == "labels"
    assert both(text) == ("approved", "approved")


def test_a_missing_head_is_always_an_error(says: Any) -> None:
    text = ONE.replace("[r]", "[{or: [r, r]}]") % "allow_contributor: true"
    facts: Any = {"comments": (says("bob"),), "head_sha": "gone"}
    assert both(text, **facts) == ("approved", "error")
    assert "the head commit gone is missing" in judged(text, **facts).error
    assert both(text, comments=(says("bob"),)) == ("approved", "approved")


def test_policy_bot_fails_once_over_a_missing_head_and_then_goes_on(says: Any) -> None:
    talk = ONE % "allow_contributor: true"
    facts: Any = {"comments": (says("bob"), says("cid", ":-1:")), "head_sha": "gone"}
    assert judged(talk, "compat", **facts).status == "error"
    assert both(talk.replace("[r]", "[r, r]"), **facts) == ("error", "error")
    commits = ONE.replace("[r]", "[{or: [r, r]}]") % ""
    assert both(commits, **facts) == ("error", "error")
    disapproval = "policy: {approval: [{or: [r, a]}], disapproval: {requires: {users: [cid]}}}"
    text = talk.replace("policy: {approval: [r]}", disapproval) + "- {name: a}\n"
    assert both(text, **facts) == ("disapproved", "error")
    assert both(text.replace("[r, a]", "[a, a]"), **facts) == ("error", "error")


def test_methods_that_read_no_talk_do_not_ask_for_it() -> None:
    methods = "methods: {comments: [], github_review: false, body_patterns: [ok]}"
    text = ONE.replace("bob", "ana") % f"allow_author: true, allow_contributor: true, {methods}"
    assert judged(text, "compat", body="ok", comments=NOT_FETCHED, commits=NOT_FETCHED).status == "approved"


def test_a_merge_of_another_branch_is_no_update_merge(approves: Any, commit: Any) -> None:
    text = ONE % "invalidate_on_push: true, ignore_update_merges: true"
    own = (commit("c1", ("b0",)), commit("s1", ("b0",), author="cid"))
    foreign = (*own, commit("m", ("c1", "s1"), committed_via_web=True, pushed_at=at(20)))
    review = (approves("bob", 10, sha="c1"),)
    assert both(text, commits=foreign, head_sha="m", reviews=review) == ("approved", "pending")
    assert reasons(text, commits=foreign, head_sha="m", reviews=review) == [
        "bob's review does not count: it does not show that bob has seen commit m, on which they can approve again"
    ]
    update = (own[0], commit("m", ("c1", "main9"), committed_via_web=True, pushed_at=at(20)))
    assert both(text, commits=update, head_sha="m", reviews=review) == ("approved", "approved")


def test_a_merge_that_brings_commits_is_not_left_out_for_its_author(approves: Any, commit: Any) -> None:
    text = ONE % "invalidate_on_push: true, ignore_commits_by: {users: [bot]}"
    merge = commit("m", ("c1", "s1"), author="bot", pushed_at=at(20))
    commits = (commit("c1", ("b0",)), commit("s1", ("b0",), author="cid"), merge)
    review = (approves("bob", 10, sha="c1"),)
    assert both(text, commits=commits, head_sha="m", reviews=review) == ("approved", "pending")
    alone = (commits[0], commit("m", ("c1",), author="bot", pushed_at=at(20)))
    assert both(text, commits=alone, head_sha="m", reviews=review) == ("approved", "approved")


def test_who_wrote_a_branch_that_was_merged_in_may_not_approve(approves: Any, commit: Any) -> None:
    commits = (commit("c1", ("b0",)), commit("s1", ("b0",), author="bob"), commit("m", ("c1", "s1")))
    facts: Any = {"commits": commits, "head_sha": "m", "reviews": (approves("bob"),)}
    assert both(ONE % "", **facts) == ("approved", "pending")
    assert reasons(ONE % "", **facts) == [
        "bob's review does not count: bob wrote or committed a commit of the pull request"
    ]
    for cleared in ("allow_contributor: true", "ignore_commits_by: {users: [bob]}"):
        assert both(ONE % cleared, **facts) == ("approved", "approved")


def test_a_contributor_whom_nobody_knows_is_no_member(commit: Any) -> None:
    text = CONDITIONAL % "only_has_contributors_in: {users: [ana]}"
    commits = (commit("c1", ("b0",)), commit("c2-longer-sha", ("c1",), author=None))
    assert both(text, commits=commits, head_sha="c2-longer-sha") == ("approved", "pending")
    rule = judged(text, commits=commits, head_sha="c2-longer-sha").children[0].children[0]
    sentence = "Commit c2-longer- has an unknown author, who has to add the e-mail address to an account"
    assert (rule.status, rule.description, rule.predicates[0].doubt) == ("pending", sentence, sentence)
    assert both(text) == ("approved", "approved")
    assert both(text.replace("[ana]", "[bob]"), commits=commits, head_sha="c2-longer-sha") == ("skipped", "skipped")


@pytest.mark.parametrize(
    ("who", "strictly"),
    [
        ({"author": None, "committer": "ana"}, "pending"),
        ({"author": "ana", "committer": None}, "pending"),
        ({"author": None, "committer": None, "committed_via_web": True}, "pending"),
        ({"author": "ana", "committer": None, "committed_via_web": True}, "approved"),
    ],
)
def test_a_commit_is_known_by_its_author_and_its_committer(commit: Any, who: dict[str, Any], strictly: str) -> None:
    text = CONDITIONAL % "only_has_contributors_in: {users: [ana]}"
    assert both(text, commits=(commit("c1", ("b0",), **who),)) == ("approved", strictly)


def test_a_doubtful_condition_is_not_held(commit: Any) -> None:
    text = CONDITIONAL.replace("if: {%s}", "requires: {conditions: {only_has_contributors_in: {users: [ana]}}}")
    commits = (commit("c1", ("b0",), author=None),)
    assert both(text, commits=commits) == ("approved", "pending")
    assert judged(text, commits=commits).children[0].children[0].description == "0/1 required conditions"


def test_a_doubt_takes_nothing_from_a_disapproval(commit: Any) -> None:
    disapproval = "{if: {only_has_contributors_in: {users: [ana]}}}"
    text = f"policy: {{approval: [r], disapproval: {disapproval}}}\napproval_rules: [{{name: r}}]"
    assert both(text, commits=(commit("c1", ("b0",), author=None),)) == ("disapproved", "disapproved")


PREPUSHED = ONE % "invalidate_on_push: true"


def test_an_approval_of_an_older_commit_does_not_survive_a_push(approves: Any, commit: Any) -> None:
    commits = (commit("c1", ("b0",)), commit("c2", ("c1",)))
    old, new = approves("bob", 10, sha="c1"), approves("bob", 10, sha="c2")
    assert both(PREPUSHED, commits=commits, head_sha="c2", reviews=(old,)) == ("approved", "pending")
    assert both(PREPUSHED, commits=commits, head_sha="c2", reviews=(new,)) == ("approved", "approved")
    nowhere = approves("bob", 10)
    assert both(PREPUSHED, commits=commits, head_sha="c2", reviews=(nowhere,)) == ("approved", "pending")


def test_an_approval_of_a_later_commit_holds_where_that_is_left_out(approves: Any, commit: Any) -> None:
    text = ONE % "invalidate_on_push: true, ignore_commits_by: {users: [bot]}"
    commits = (commit("c1", ("b0",)), commit("c2", ("c1",), author="bot"))
    for sha in ("c1", "c2"):
        facts: Any = {"commits": commits, "head_sha": "c2", "reviews": (approves("bob", 10, sha=sha),)}
        assert both(text, **facts) == ("approved", "approved")


@pytest.mark.parametrize(
    ("seen_at", "status"), [(at(6), "approved"), (at(10), "pending"), (None, "pending"), (NOT_FETCHED, "pending")]
)
def test_a_comment_counts_only_after_the_head_was_seen(says: Any, seen_at: Any, status: str) -> None:
    assert both(PREPUSHED, comments=(says("bob"),), head_seen_at=seen_at) == ("approved", status)


def test_a_comment_must_be_newer_than_the_push_too(says: Any, commit: Any) -> None:
    commits = (commit("c1", ("b0",), pushed_at=at(20)), commit("c2", ("c1",), author="bot", pushed_at=at(1)))
    text = ONE % "invalidate_on_push: true, ignore_commits_by: {users: [bot]}"
    facts: Any = {"commits": commits, "head_sha": "c2", "head_seen_at": at(2)}
    assert both(text, comments=(says("bob", minute=20),), **facts) == ("pending", "pending")
    assert both(text, comments=(says("bob", minute=21),), **facts) == ("approved", "approved")


def test_a_comment_takes_nothing_from_a_review_of_the_head(approves: Any, says: Any) -> None:
    facts: Any = {"reviews": (approves("bob", 10, sha="c1"),), "comments": (says("bob", minute=12),)}
    assert both(PREPUSHED, **facts) == ("approved", "approved")


def test_nothing_has_to_be_seen_where_no_commit_is_considered(approves: Any) -> None:
    text = ONE % "invalidate_on_push: true, ignore_commits_by: {users: [ana]}"
    assert both(text, reviews=(approves("bob", 1),)) == ("approved", "approved")


@pytest.mark.parametrize(
    "keys",
    [
        "changed_files: {paths: [.], globs: ['a{']}",
        "changed_files: {paths: [.], ignore_globs: ['[']}",
        "no_changed_files: {globs: ['src/[']}",
        "only_changed_files: {paths: [.], globs: ['\\']}",
        "file_added: {paths: [.], globs: ['{a,[}']}",
        "file_not_deleted: {globs: ['']}",
        "modified_lines: {total: '< 9', files: {exclude_globs: ['x[']}}",
    ],
)
def test_a_glob_that_is_not_valid_is_an_error(keys: str) -> None:
    files = (ChangedFile(filename="a", status="added", additions=1),)
    assert both(CONDITIONAL % keys, files=files) == ("approved", "error")
    error = judged(CONDITIONAL % keys, files=files).error
    assert error.startswith("the glob ")
    assert f" in {keys.split(':')[0]} is not valid and has to be corrected" in error


def test_a_glob_that_is_not_valid_is_an_error_in_a_disapproval_too() -> None:
    text = "policy: {approval: [r], disapproval: {if: {changed_files: {globs: ['[']}}}}\napproval_rules: [{name: r}]"
    assert both(text) == ("approved", "error")
    assert both(text.replace("'['", "'[a]'")) == ("approved", "approved")
