"""The shared cases: what policy-bot itself answered, for every case whose policy we support."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policies.document import parse
from policies.error import PolicyError
from policies.evaluation import evaluate
from policies.facts import LEVELS, NOT_FETCHED, ChangedFile, Comment, Commit, PullSnapshot, Review, Signature
from policies.needs import facts_needed, users_to_look_up
from policies.policy import Policy
from policies.result import Result
from policies.text import short
from policies.triggers import ORDER, is_triggered, triggers
from policies.verdict import Origin, of_policy_error, of_result

MAX_FILES = 3000
LATER = datetime(2030, 1, 1, tzinfo=UTC)
CASES = os.environ.get("MERGEGATE_CASES")
needs_cases = pytest.mark.skipif(CASES is None, reason="MERGEGATE_CASES is unset: the shared policy cases are not here")
Record = dict[str, Any]
DEFAULTS = {"owner": "acme", "repo": "widgets", "number": 1, "title": "", "base_ref": "main", "head_ref": "feature"}
MINIMUM = {"policy_cases.jsonl": 1082, "policy_fuzz.jsonl": 343}
DIFFERENT_ON_PURPOSE = {
    "paged/missing-head-or-second-call-succeeds": "policy-bot approves on a half-loaded force-push",
    "paged/missing-head-and": "the same; only the second rule tells the two apart",
}
PANIC = (None, "policy_tree", "error", "error", "Invalid policy in acme/widgets@main: .policy.yml", None)
"""Where policy-bot crashes and posts nothing, we refuse the file."""
PATH = ".policy.yml"
FACTS = (
    "body",
    "labels",
    "files",
    "commits",
    "reviews",
    "comments",
    "statuses",
    "workflow_runs",
    "custom_properties",
)
UNSUPPORTED = ("unsupported",)
OUTSIDE = ("server_options", "simulate")


@needs_cases
@pytest.mark.parametrize("name", sorted(MINIMUM))
def test_it_answers_every_supported_case_as_policy_bot_does(name: str) -> None:
    cases = [case for case in read(name) if not judged_elsewhere(case)]
    answers = {case["id"]: answer(case) for case in cases}
    wanted = {case["id"]: expected(case) for case in cases if answers[case["id"]] != UNSUPPORTED}
    assert {key: value for key, value in answers.items() if value != UNSUPPORTED} == wanted
    assert len(wanted) >= MINIMUM[name]


def judged_elsewhere(case: Record) -> bool:
    """Facts that no snapshot can hold, or settings of the server."""
    return (
        any(key in case for key in OUTSIDE)
        or case["id"] in DIFFERENT_ON_PURPOSE
        or bool(case["pull"].get("raw"))
        or case["expected"]["phase"] == "load"
    )


def answer(case: Record) -> tuple[Any, ...]:
    pull = {**DEFAULTS, **case["pull"]}
    origin = Origin(owner=pull["owner"], repo=pull["repo"], ref=pull["base_ref"], path=PATH)
    try:
        policy = parse(case["policy"])
    except PolicyError as error:
        if error.kind == "unsupported":
            return UNSUPPORTED
        verdict = of_policy_error(error, origin)
        return (None, error.kind, "error", verdict.state, verdict.description, None)
    if not is_relevant(policy, case):
        return (triggers(policy), None, "not_evaluated", None, None, None)
    result = evaluate(policy, only_needed(policy, snapshot({**case["pull"], "asked": asked(policy)})))
    verdict = of_result(result, origin)
    return (triggers(policy), None, result.status, verdict.state, verdict.description, ours(result))


def only_needed(policy: Policy, everything: PullSnapshot) -> PullSnapshot:
    """Take away every fact that the policy says it does not need."""
    needs = facts_needed(policy)
    unneeded = [name for name in FACTS if not getattr(needs, name)]
    some = everything.model_copy(update=dict.fromkeys(unneeded, NOT_FETCHED))
    people = users_to_look_up(policy, some)
    memberships = {
        group: tuple(row for row in getattr(some, group) if row[1] in people)
        for group in ("team_members", "org_members")
    }
    return some.model_copy(
        update={"permissions": tuple(row for row in some.permissions if row[0] in people), **memberships}
    )


def asked(policy: Policy) -> Record:
    needs = facts_needed(policy)
    return {"team_members": needs.teams, "org_members": needs.organizations}


def expected(case: Record) -> tuple[Any, ...]:
    wanted = case["expected"]
    if wanted.get("error_kind") == "panic":
        return PANIC
    kind = wanted.get("error_kind") if wanted["phase"] != "evaluate" else None
    events = tuple(event for event in ORDER if event in wanted["triggers"]) if "triggers" in wanted else None
    status = wanted["commit_status"] or {"state": None, "description": None}
    description = status["description"] and short(status["description"])
    return (events, kind, wanted["status"], status["state"], description, theirs(wanted.get("result")))


def is_relevant(policy: Policy, case: Record) -> bool:
    events = case.get("event_trigger") or ["all"]
    return "all" in events or is_triggered(policy, tuple(events))


def ours(result: Result) -> Any:
    return (
        result.kind,
        result.name,
        result.status,
        result.description if result.status != "error" else None,
        sorted(approver.login for approver in result.approvers) if result.kind == "rule" else None,
        [ours(child) for child in result.children],
    )


def theirs(node: Record | None) -> Any:
    if node is None:
        return None
    approvers = (node.get("requires") or {}).get("approvers") or []
    return (
        node["kind"],
        node["name"],
        node["effective_status"],
        node["status_description"] if node["effective_status"] != "error" else None,
        sorted(approver["user"] for approver in approvers) if node["kind"] == "rule" else None,
        [theirs(child) for child in node.get("children") or []],
    )


def read(name: str) -> Iterator[Record]:
    with (Path(CASES or ".") / name).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def optional(text: str | None) -> datetime | None:
    return moment(text) if text else None


def snapshot(pull: Record) -> PullSnapshot:
    """What a reader would have fetched: a failed request leaves its fact unfetched."""
    pull = {**DEFAULTS, **pull}
    errors = pull.get("errors") or {}
    together = any(group in errors for group in ("comments", "reviews", "commits"))
    body = pull.get("body") or {}
    people = logins(pull)
    return PullSnapshot(
        owner=pull["owner"],
        repo=pull["repo"],
        repository_id=1,
        number=pull["number"],
        title=pull["title"],
        author=pull["author"],
        created_at=moment(pull["created_at"]),
        state="open",
        draft=pull.get("draft", False),
        base_ref=pull["base_ref"],
        head_ref=pull["head_ref"],
        head_owner=pull.get("head_owner") or None,
        head_sha=pull["head_sha"],
        taken_at=optional(pull.get("evaluation_timestamp")) or LATER,
        body=NOT_FETCHED if "body" in errors else body.get("body", ""),
        body_edited_at=NOT_FETCHED if "body" in errors else optional(body.get("last_edited_at")),
        labels=NOT_FETCHED if "labels" in errors else tuple(label.lower() for label in pull.get("labels") or ()),
        files=NOT_FETCHED if "files" in errors or len(pull.get("files") or ()) > MAX_FILES else files(pull),
        commits=NOT_FETCHED if together else commits(pull, errors),
        reviews=NOT_FETCHED if together else reviews(pull),
        comments=NOT_FETCHED if together else comments(pull),
        statuses=NOT_FETCHED if "statuses" in errors else tuple((pull.get("statuses") or {}).items()),
        workflow_runs=NOT_FETCHED if "workflow_runs" in errors else workflow_runs(pull),
        custom_properties=NOT_FETCHED if "custom_properties" in errors else custom_properties(pull),
        permissions=() if "collaborators" in errors or "repo_teams" in errors else permissions(pull, people),
        team_members=() if "team_membership" in errors else memberships(pull, "team_members", people),
        org_members=() if "org_membership" in errors else memberships(pull, "org_members", people),
    )


def logins(pull: Record) -> tuple[str, ...]:
    people = [pull["author"]]
    people += [entry["author"] for group in ("comments", "reviews") for entry in pull.get(group) or ()]
    people += [commit.get(role) or "" for commit in pull.get("commits") or () for role in ("author", "committer")]
    return tuple(dict.fromkeys(people))


def files(pull: Record) -> tuple[ChangedFile, ...]:
    found: list[ChangedFile] = []
    for file in pull.get("files") or ():
        lines = {"additions": file.get("additions", 0), "deletions": file.get("deletions", 0)}
        if file["status"] == "renamed":
            found.append(ChangedFile(filename=file["previous_filename"], status="deleted"))
            found.append(ChangedFile(filename=file["filename"], status="added", **lines))
            continue
        status: Any = {"added": "added", "removed": "deleted", "deleted": "deleted"}.get(file["status"], "modified")
        found.append(ChangedFile(filename=file["filename"], status=status, **lines))
    return tuple(found)


def commits(pull: Record, errors: Record) -> tuple[Commit, ...]:
    return tuple(
        Commit(
            sha=commit["sha"],
            parents=tuple(commit.get("parents") or ()),
            author=commit.get("author") or None,
            committer=commit.get("committer") or None,
            committed_via_web=commit.get("committed_via_web", False),
            pushed_at=NOT_FETCHED if "pushed_at" in errors else optional(commit.get("pushed_at")),
            signature=signature(commit.get("signature")),
        )
        for commit in pull.get("commits") or ()
    )


def signature(written: Record | None) -> Signature | None:
    if written is None:
        return None
    return Signature(
        kind=written["type"],
        valid=written["valid"],
        state=written["state"],
        signer=written["signer"],
        key_id=written.get("key_id") or "",
    )


def workflow_runs(pull: Record) -> tuple[Any, ...]:
    return tuple((path, tuple(endings)) for path, endings in (pull.get("workflow_runs") or {}).items())


def custom_properties(pull: Record) -> tuple[Any, ...]:
    known = (pull.get("custom_properties") or {}).items()
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value) for name, value in known if value is not None
    )


def reviews(pull: Record) -> tuple[Review, ...]:
    return tuple(
        Review(
            id=review.get("id") or "",
            author=review["author"],
            state=review["state"].lower(),
            body=review.get("body") or "",
            created_at=moment(review["created_at"]),
            edited_at=optional(review.get("last_edited_at")),
            sha=review.get("sha"),
        )
        for review in pull.get("reviews") or ()
        if review["state"].lower() not in ("pending", "dismissed")
    )


def comments(pull: Record) -> tuple[Comment, ...]:
    return tuple(
        Comment(
            author=comment["author"],
            body=comment.get("body") or "",
            created_at=moment(comment["created_at"]),
            edited_at=optional(comment.get("last_edited_at")),
        )
        for comment in pull.get("comments") or ()
    )


def permissions(pull: Record, people: tuple[str, ...]) -> tuple[Any, ...]:
    levels = dict.fromkeys(people, "none")
    for collaborator in pull.get("collaborators") or ():
        many = collaborator.get("permissions") or [collaborator]
        levels[collaborator["name"]] = max((one["permission"] for one in many), key=LEVELS.index)
    return tuple(levels.items())


def memberships(pull: Record, kind: str, people: tuple[str, ...]) -> tuple[Any, ...]:
    """Every group that the pull or the policy may ask for, unless its organization cannot be asked."""
    groups = dict(pull.get(kind) or {})
    for known in pull["asked"][kind]:
        groups.setdefault(known, ())
    reachable = pull.get("accessible_orgs")
    return tuple(
        (group, login, login in members)
        for group, members in groups.items()
        for login in people
        if reachable is None or group.split("/")[0] in (pull["owner"], *reachable)
    )
