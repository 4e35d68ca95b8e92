"""GitHub's documents as the facts of a merge: the most demanding of what is required, the App of each check."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.github import merge_evidence
from app.github.answers import Unavailable
from app.github.merge_documents import (
    BranchProtection,
    GrantedPermission,
    MergeCheckRun,
    MergePull,
    MergeRepository,
    MergeReview,
    MergeStatus,
    Rule,
)
from policies.merging.facts import Check, Protection, Required, Review

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
METHODS = ("merge", "squash", "rebase")
HEAD, OTHER = "a" * 40, "b" * 40
WRITE = GrantedPermission(permission="write", role_name="write")


def _repository(**fields: Any) -> MergeRepository:
    usual = {"id": 1, "full_name": "acme/widget", "owner": {"login": "acme"}, "archived": False}
    return MergeRepository.model_validate({**usual, **fields})


def _pull(**fields: Any) -> MergePull:
    repo = {"id": 1, "full_name": "acme/widget", "owner": {"login": "acme"}}
    usual = {
        "number": 7, "title": "A title", "body": None, "state": "open", "user": {"login": "bob"}, "labels": [],
        "created_at": NOW, "updated_at": NOW, "changed_files": 1, "commits": 1,
        "head": {"ref": "feature", "sha": HEAD, "repo": repo}, "base": {"ref": "main", "sha": OTHER, "repo": repo},
    }  # fmt: skip
    return MergePull.model_validate({**usual, **fields})


def _review(number: int, user_id: int | None = 1, login: str = "alice", **fields: Any) -> MergeReview:
    user = None if user_id is None else {"id": user_id, "login": login, "type": fields.pop("type", "User")}
    usual = {"id": number, "user": user, "state": "APPROVED", "submitted_at": NOW, "commit_id": HEAD}
    return MergeReview.model_validate({**usual, **fields})


def _rule(kind: str, **parameters: Any) -> Rule:
    return Rule.model_validate({"type": kind, "parameters": parameters or None})


def test_only_the_methods_that_github_shows_as_allowed_are() -> None:
    shown = _repository(allow_merge_commit=True, allow_squash_merge=False, allow_rebase_merge=True)
    assert merge_evidence.repository(shown, None, ()).methods == ("merge", "rebase")
    assert merge_evidence.repository(_repository(), None, ()).methods == ()


@pytest.mark.parametrize(
    ("classic", "rules", "methods"),
    [
        (BranchProtection(), (), ("merge", "squash", "rebase")),
        (BranchProtection.model_validate({"required_linear_history": {"enabled": False}}), (), METHODS),
        (BranchProtection.model_validate({"required_linear_history": {"enabled": True}}), (), ("squash", "rebase")),
        (None, (Rule(type="required_linear_history"),), ("squash", "rebase")),
        (None, (Rule(type="pull_request", parameters={"required_approving_review_count": 1}),), METHODS),
        (None, (Rule(type="pull_request", parameters={"allowed_merge_methods": ["squash"]}),), ("squash",)),
    ],
)
def test_what_the_branch_forbids_is_not_allowed(
    classic: BranchProtection | None, rules: tuple[Rule, ...], methods: tuple[str, ...]
) -> None:
    shown = _repository(allow_merge_commit=True, allow_squash_merge=True, allow_rebase_merge=True)
    assert merge_evidence.repository(shown, classic, rules).methods == methods


def test_two_rules_allow_only_what_both_do() -> None:
    shown = _repository(allow_merge_commit=True, allow_squash_merge=True, allow_rebase_merge=True)
    rules = tuple(_rule("pull_request", allowed_merge_methods=each) for each in (["merge", "squash"], ["squash"]))
    assert merge_evidence.repository(shown, None, rules).methods == ("squash",)


def test_a_pull_request_says_what_its_document_says() -> None:
    shown = _pull(
        draft=True, mergeable=True, mergeable_state="clean", merge_commit_sha=OTHER,
        auto_merge={"merge_method": "merge"}, requested_reviewers=[{"login": "carol"}, {"login": "alice"}],
        body="text",
    )  # fmt: skip
    found = merge_evidence.pull(shown, repository_id=1, ours="gate[bot]", review_decision=None, pushers=("bob",))
    assert (found.author, found.author_is_gate, found.draft, found.auto_merge) == ("bob", False, True, True)
    assert (found.head_repository, found.requested_reviewers, found.pushers) == (
        "acme/widget",
        ("alice", "carol"),
        ("bob",),
    )
    assert (found.mergeable, found.mergeable_state, found.merge_commit_sha) == (True, "clean", OTHER)


def test_a_deleted_fork_and_a_deleted_author_are_no_trouble() -> None:
    shown = _pull(user=None, head={"ref": "feature", "sha": HEAD, "repo": None})
    found = merge_evidence.pull(shown, repository_id=1, ours="", review_decision="APPROVED", pushers=())
    assert (found.author, found.author_is_gate, found.head_repository) == ("ghost", False, None)


def test_a_pull_request_of_our_own_app_is_known_as_such() -> None:
    shown = _pull(user={"login": "gate[bot]"})
    found = merge_evidence.pull(shown, repository_id=1, ours="gate[bot]", review_decision=None, pushers=())
    assert found.author_is_gate


def test_whoever_has_an_opinion_is_asked_about_once_under_the_newest_login() -> None:
    rows = (
        _review(3, 7, "bob-new", state="COMMENTED"),
        _review(1, 7, "bob"),
        _review(2, 8, "dave", state="COMMENTED"),
        _review(4, 9, "erin", state="SOMETHING_NEW"),
        _review(5, None),
        _review(6, 10, "frank", state="DISMISSED"),
    )
    assert merge_evidence.askers(rows) == {7: "bob-new", 9: "erin"}


def test_a_permission_counts_for_all_reviews_of_a_person_and_a_ghost_has_none() -> None:
    rows = (_review(2, 7, "bob-new"), _review(1, 7, "bob"), _review(3, None), _review(4, 8, "ci[bot]", type="Bot"))
    found = merge_evidence.reviews(rows, {7: WRITE})
    assert found == (
        Review(id=1, user_id=7, login="bob", is_bot=False, state="APPROVED", commit_sha=HEAD, submitted_at=NOW,
               permission="write"),
        Review(id=2, user_id=7, login="bob-new", is_bot=False, state="APPROVED", commit_sha=HEAD, submitted_at=NOW,
               permission="write"),
        Review(id=3, user_id=None, login=None, is_bot=False, state="APPROVED", commit_sha=HEAD, submitted_at=NOW,
               permission="none"),
        Review(id=4, user_id=8, login="ci[bot]", is_bot=True, state="APPROVED", commit_sha=HEAD, submitted_at=NOW,
               permission="none"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("permission", "role", "level"),
    [("write", "maintain", "maintain"), ("read", "triage", "triage"), ("write", "a custom role", "write")],
)
def test_the_finer_role_counts_where_it_is_a_standard_one(permission: str, role: str, level: str) -> None:
    held = GrantedPermission.model_validate({"permission": permission, "role_name": role})
    assert merge_evidence.reviews((_review(1, 7),), {7: held})[0].permission == level


def test_a_check_run_has_the_app_that_made_it() -> None:
    shown = {"id": 5, "name": "ci", "head_sha": HEAD, "status": "completed", "conclusion": "success"}
    by_app = MergeCheckRun.model_validate({**shown, "details_url": "https://ci.example/5", "app": {"id": 15368}})
    by_nobody = MergeCheckRun.model_validate({**shown, "details_url": None, "app": None})
    assert merge_evidence.checks(HEAD, (by_app, by_nobody), (), {}) == (
        Check(kind="check_run", id=5, name="ci", app_id=15368, status="completed", conclusion="success", sha=HEAD,
              details_url="https://ci.example/5"),
        Check(kind="check_run", id=5, name="ci", app_id=None, status="completed", conclusion="success", sha=HEAD),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("creator", "app_id"),
    [
        ({"id": 1, "login": "ci[bot]", "type": "Bot"}, 15368),
        ({"id": 2, "login": "other[bot]", "type": "Bot"}, None),
        ({"id": 3, "login": "ci[bot]", "type": "User"}, None),
        (None, None),
    ],
    ids=["a bot of a known App", "a bot of an App that is hidden", "a person", "nobody"],
)
def test_a_status_has_an_app_only_where_a_bot_made_it(creator: dict[str, Any] | None, app_id: int | None) -> None:
    row = {"id": 1, "url": f"https://x/{HEAD}", "state": "success", "context": "ci", "creator": creator}
    (found,) = merge_evidence.checks(HEAD, (), (MergeStatus.model_validate(row),), {"ci[bot]": 15368})
    assert found.app_id == app_id


@pytest.mark.parametrize(
    ("state", "status", "conclusion"),
    [("pending", "pending", None), ("success", "completed", "success"), ("error", "completed", "error")],
)
def test_a_status_is_completed_unless_it_is_pending(state: str, status: str, conclusion: str | None) -> None:
    row = MergeStatus.model_validate({"id": 1, "url": "", "state": state, "context": "ci", "target_url": None})
    (found,) = merge_evidence.checks(HEAD, (), (row,), {})
    assert (found.kind, found.status, found.conclusion, found.sha) == ("status", status, conclusion, HEAD)


def test_without_protection_and_rules_nothing_is_demanded() -> None:
    found = merge_evidence.protection(None, ())
    assert found.model_copy(update={"digest": ""}) == Protection()
    assert merge_evidence.protection(BranchProtection(), ()).required == ()


def test_classic_protection_and_rulesets_are_demanded_together() -> None:
    classic = BranchProtection.model_validate(
        {
            "required_status_checks": {
                "strict": False,
                "contexts": ["ci", "old"],
                "checks": [{"context": "ci", "app_id": 15368}, {"context": "any", "app_id": -1}],
            },
            "required_pull_request_reviews": {"required_approving_review_count": 1},
        }
    )
    rules = (
        _rule("required_status_checks", required_status_checks=[{"context": "e2e", "integration_id": 5}],
              strict_required_status_checks_policy=True),
        _rule("required_status_checks", required_status_checks=[{"context": "ci"}]),
        _rule("pull_request", required_approving_review_count=2),
        _rule("deletion"),
    )  # fmt: skip
    found = merge_evidence.protection(classic, rules)
    assert found.required == (
        Required(context="any", app_id=None, source="classic"),
        Required(context="ci", app_id=None, source="ruleset"),
        Required(context="ci", app_id=15368, source="classic"),
        Required(context="e2e", app_id=5, source="ruleset"),
        Required(context="old", app_id=None, source="classic"),
    )
    assert (found.required_approvals, found.strict, found.merge_queue) == (2, True, False)


def test_a_merge_queue_is_a_rule() -> None:
    assert merge_evidence.protection(None, (_rule("merge_queue", check_response_timeout_minutes=60),)).merge_queue


def test_a_rule_that_is_not_understood_is_no_missing_rule() -> None:
    with pytest.raises(Unavailable, match="required_status_checks was not understood"):
        merge_evidence.protection(None, (_rule("required_status_checks", required_status_checks="ci"),))


def test_the_digest_changes_with_what_is_demanded() -> None:
    digests = {
        merge_evidence.protection(classic, rules).digest
        for classic in (None, BranchProtection())
        for rules in ((), (_rule("deletion"),), (_rule("merge_queue", max_entries_to_build=1),))
    }
    assert len(digests) == 6
    assert merge_evidence.protection(None, ()).digest in digests
