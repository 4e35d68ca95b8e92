"""Reads of a merge scenario what a pure decision settles: the world that is given, without what happens to it."""

from typing import Any

from policies.merging.facts import Check, MergeFacts, Protection, Repository, Required, Review
from policies.merging.rules import MergeRules, RequiredCheck
from policies.merging.situation import Posture, Situation, StoredEvaluation
from tests.policies.merging.building import GATE_APP, NOW, pull

GATE = "gate[bot]"
IDS_FROM = 1_000
STEPS = {"set_pr", "set_posture", "dismiss_review", "push_head"}
"""Of a script that only changes the world before the trigger, those that are played here."""
RULES = (
    "required_approvals",
    "approval_must_match_head",
    "approver_min_permission",
    "forbid_last_pusher",
    "rerequest_withdraws_approval",
    "checks_mode",
    "strict_conclusions",
    "skipped_alone_is_evidence",
    "update_branch",
)


def is_settled_by_judging(scenario: dict[str, Any]) -> bool:
    """Whether the world stands still, can be read whole, and shows a pull request that GitHub then merges or not."""
    given, expected = scenario["given"], scenario["expect"]
    steps = given["script"]
    is_still = all(step["at"] == "start" and step["do"] in STEPS for step in steps)
    is_whole = all(key not in given or not given[key] for key in ("pagination", "other_prs"))
    linked = given["pr"]["linked"] and given["pr"]["repo"] == "o/r" and given["pr"]["state"] != "missing"
    replied = [write.get("response") for write in expected["github_writes"] if write["path"].endswith("/merge")]
    is_asked = scenario["trigger"] == {"kind": "merge_request"}
    knows_event = given["snapshot"].get("invalid_reason") != "event"
    outcomes = ("merged", "already_merged", "blocked", "retry_scheduled", "would_merge")
    is_compared = expected["outcome"] in outcomes and replied in ([], [200])
    return is_still and is_whole and linked and is_asked and knows_event and is_compared


def read(scenario: dict[str, Any]) -> Situation:
    """The situation in which it is judged."""
    given = scenario["given"]
    for step in given["script"]:
        _play(step, given)
    policy = given["policy"]
    return Situation(
        facts=_facts(given),
        rules=_rules(given),
        posture=Posture(
            live=True,
            safe_mode=policy["safe_mode"],
            dry_run=policy["dry_run"],
            frozen="frozen" if policy["frozen"] else None,
            gate_required=True,
        ),
        evaluation=_evaluation(given["snapshot"]) if given["snapshot"]["present"] else None,
        policy_digest=policy["digest"],
    )


def _play(step: dict[str, Any], given: dict[str, Any]) -> None:
    if step["do"] == "set_pr":
        given["pr"] |= step["fields"]
    elif step["do"] == "set_posture":
        given["policy"] |= {key: step[key] for key in ("frozen", "safe_mode", "dry_run") if key in step}
    elif step["do"] == "push_head":
        given["pr"]["head_sha"] = step["sha"]
    else:
        for one in given["reviews"]:
            if one["user"] == step["user"] and one["state"] in ("APPROVED", "CHANGES_REQUESTED"):
                one["state"] = "DISMISSED"


def _facts(given: dict[str, Any]) -> MergeFacts:
    pr, settings = given["pr"], given["repo_settings"]
    return MergeFacts(
        pull=pull(
            repository_id=pr["repo_id"],
            state=pr["state"],
            merged=pr["merged"],
            draft=pr["draft"],
            author=pr["author"],
            author_is_gate=pr["author"] == GATE,
            head_sha=pr["head_sha"],
            head_repository=pr["head_repo"],
            base_ref=pr["base_ref"],
            mergeable=pr["mergeable"],
            mergeable_state=pr["mergeable_state"],
            review_decision=pr["review_decision"],
            requested_reviewers=tuple(pr.get("requested_reviewers", ())),
            pushers=tuple(filter(None, [pr.get("last_pusher")])),
            merge_commit_sha=pr.get("merge_commit_sha", "TM1"),
        ),
        repository=Repository(
            id=pr["repo_id"],
            full_name=pr["repo"],
            archived=settings["archived"],
            methods=tuple(settings["merge_methods"]),
        ),
        protection=_protection(settings),
        reviews=tuple(_review(one, place) for place, one in enumerate(given["reviews"], 1)),
        checks=(*_runs(given["checks"]), *_statuses(given["statuses"])),
        gate_app_id=GATE_APP,
        gate_context="policy-gate",
    )


def _protection(settings: dict[str, Any]) -> Protection:
    classic, rulesets = settings["protection"], settings["rulesets"]
    demanded = [(one, "classic") for one in classic["required_checks"]]
    demanded += [(one, "ruleset") for one in rulesets["required_checks"]]
    return Protection(
        required=tuple(
            Required.model_validate({"context": one["context"], "app_id": one["app_id"], "source": source})
            for one, source in demanded
        ),
        required_approvals=classic["required_approvals"],
        strict=classic["strict"],
        merge_queue=settings["merge_queue"],
    )


def _review(one: dict[str, Any], place: int) -> Review:
    user = one["user"]
    known = {
        "id": one.get("id", place),
        "user_id": one.get("user_id") or (IDS_FROM + sum(user.encode()) if user else None),
        "login": user,
        "is_bot": one["type"] == "Bot",
        "state": one["state"],
        "commit_sha": one["commit_id"],
        "submitted_at": None,
        "permission": one["permission"],
    }
    return Review.model_validate(known)


def _runs(rows: list[dict[str, Any]]) -> list[Check]:
    """The newest of each suite, App and name, as GitHub lists them."""
    latest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for place, row in enumerate(rows, 1):
        key, numbered = (row["suite_id"], row["app_id"], row["name"], row["head_sha"]), {"id": place} | row
        if key not in latest or latest[key]["id"] < numbered["id"]:
            latest[key] = numbered
    return [
        Check(
            kind="check_run",
            id=row["id"],
            name=row["name"],
            app_id=row["app_id"],
            status=row["status"],
            conclusion=row["conclusion"],
            sha=row["head_sha"],
        )
        for row in latest.values()
    ]


def _statuses(rows: list[dict[str, Any]]) -> list[Check]:
    """The newest of each context."""
    latest = {(row["context"], row["sha"]): row for row in sorted(rows, key=lambda row: int(row["seq"]))}
    return [
        Check(
            kind="status",
            id=row["seq"],
            name=row["context"],
            app_id=row["creator_app_id"],
            status="pending" if row["state"] == "pending" else "completed",
            conclusion=None if row["state"] == "pending" else row["state"],
            sha=row["sha"],
        )
        for row in latest.values()
    ]


def _rules(given: dict[str, Any]) -> MergeRules:
    policy = given["policy"]
    return MergeRules(
        method=given["repo_settings"]["method"],
        allowed_bot_approvers=tuple(policy["allowed_bot_approvers"]),
        required_checks=tuple(
            RequiredCheck(context=one["context"], app_id=one.get("app_id")) for one in policy["required_checks"]
        ),
        evaluate_test_merge_commit=policy.get("evaluate_test_merge_commit", False),
        **{name: policy[name] for name in RULES},
    )


def _evaluation(snapshot: dict[str, Any]) -> StoredEvaluation:
    return StoredEvaluation(
        id="e1",
        head_sha=snapshot["head_sha"],
        base_ref=snapshot["base_ref"],
        repository_id=snapshot["repo_id"],
        policy_digest=snapshot["policy_digest"],
        decision=snapshot["decision"],
        evaluated_at=NOW,
        is_sound=snapshot.get("invalid_reason") != "corrupt",
    )
