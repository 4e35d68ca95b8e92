"""The webhook of an event in a scenario: GitHub's shape of this world, with the values that the scenario names."""

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.simulator import payloads
from app.simulator.records import CheckRun, Pull, QueueEntry, Review, Status
from app.simulator.shapes.view import View
from tests.conformance.merge_commits import REPOSITORY
from tests.conformance.merge_words import Record, WrongScenario
from tests.conformance.merge_world import ACTIONS, SECRET, World

HOOK = 7
INSTALLATION = 1
NO_COMMIT = "0" * 40
FIELDS = frozenset(
    [
        *("number", "sender", "user", "state", "head_sha", "base_sha", "base_ref", "sha", "id"),
        *("merged", "merged_by", "auto_merge", "merge_commit_sha", "draft", "left_branch", "label", "closed"),
        *("review_id", "commit_id", "submitted_at", "requested_reviewer", "permission", "body", "reason"),
        *("name", "context", "app_id", "creator_app_id", "status", "conclusion", "suite_id", "pull_requests"),
        *("ref", "before", "after", "forced"),
    ]
)
"""What an event can be told; where its shape has no place for a value, it says nothing of it."""


def post(world: World, hook: Record) -> tuple[bytes, dict[str, str]]:
    """Body and headers of one webhook as the scenario signs it."""
    body = json.dumps(payload(world, hook["event"], hook.get("action"), hook.get("fields") or {})).encode()
    guid = str(uuid5(NAMESPACE_URL, hook["delivery_id"])) if hook.get("delivery_id") else None
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": hook["event"],
        "X-GitHub-Hook-ID": str(HOOK),
        "X-GitHub-Delivery": guid or str(uuid5(NAMESPACE_URL, f"{world.github.next_id()}")),
    }
    signature = hook.get("signature", "valid")
    if signature == "missing":
        return body, headers
    secret = SECRET if signature == "valid" else f"not {SECRET}"
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {**headers, "X-Hub-Signature-256": f"sha256={digest}"}


def payload(world: World, event: str, action: str | None, fields: Record) -> Record:
    """Raises `WrongScenario` for a field that no event has. Events without a shape here say what all say."""
    if unknown := sorted(set(fields) - FIELDS):
        raise WrongScenario(f"no event says {', '.join(unknown)}")
    view = View(world.github.state, world.github.url)
    sender = world.user(fields.get("sender") or fields.get("user") or fields.get("merged_by") or "alice")
    installation = world.github.state.installations[INSTALLATION]
    common = payloads.common(view, world.repository, installation, sender)
    body: Record = {**common, **_SHAPES.get(event, _nothing)(world, view, action, fields)}
    return body if action is None else {"action": action, **body}


_NUMBERED = re.compile(r"H(\d)")
LATE = timedelta(minutes=1)
"""By so much a webhook is older that names a head which GitHub has shown and shows no more."""


def _pull(world: World, fields: Record) -> Pull:
    """The pull request as it is, or as the webhook of a missing one would have shown it."""
    number = fields.get("number", world.number)
    known = world.repository.pulls.get(number)
    if known is None:
        raise WrongScenario(f"there is no pull request {number} to tell of")
    changes: dict[str, Any] = {name: fields[name] for name in ("base_ref", "draft", "state") if name in fields}
    for name in ("head_sha", "base_sha"):
        if fields.get(name):
            changes[name] = world.names.sha(fields[name])
    late = LATE if _is_late(world, known, changes.get("head_sha", known.head_sha)) else timedelta()
    return replace(known, updated_at=world.github.now() - late, **changes)


def _is_late(world: World, known: Pull, told: str) -> bool:
    """Whether the head was one before: it was pushed away here, or has a smaller number (H0 is older than H1)."""
    older, newer = (_NUMBERED.fullmatch(world.names.symbol(sha)) for sha in (told, known.head_sha))
    is_smaller = older is not None and newer is not None and int(older[1]) < int(newer[1])
    return is_smaller or told in world.left_heads - {known.head_sha}


def _pull_request(world: World, view: View, action: str | None, fields: Record) -> Record:
    pull = _pull(world, fields)
    shape = payloads.pull_request(view, world.repository, pull)
    told = shape["pull_request"]
    if action == "closed":
        told["state"] = "closed"
    told |= {name: fields[name] for name in ("merged",) if name in fields}
    if fields.get("merged_by"):
        told["merged_by"] = payloads.common(view, None, None, world.user(fields["merged_by"]))["sender"]
    if fields.get("auto_merge") and told["auto_merge"] is None:
        told["auto_merge"] = {"enabled_by": told["user"], "merge_method": "squash"}
    if fields.get("merge_commit_sha"):
        told["merge_commit_sha"] = world.names.sha(fields["merge_commit_sha"])
    if "left_branch" in fields:
        shape["changes"] = {"base": {"ref": {"from": fields["left_branch"]}, "sha": {"from": pull.base_sha}}}
    if "label" in fields:
        world.github.add_label(REPOSITORY, fields["label"])
        shape |= payloads.label(view, world.repository, fields["label"])
    if action == "synchronize":
        shape |= {"before": pull.head_sha, "after": pull.head_sha}
    return shape


def _review(world: World, view: View, action: str | None, fields: Record) -> Record:
    pull, known = _pull(world, fields), world.repository.reviews.get(fields.get("number", world.number), [])
    wanted = fields.get("review_id") or fields.get("id")
    of_user = [one for one in known if one.author == fields.get("user")]
    found = next((one for one in known if one.id == wanted), of_user[-1] if of_user and wanted is None else None)
    review = found or Review(
        id=wanted or world.github.next_id(),
        author=world.user(fields["user"]) if fields.get("user") else None,
        state=fields.get("state", "COMMENTED"),
        body="",
        sha=world.names.sha(fields.get("commit_id") or world.head),
        submitted_at=world.github.now(),
    )
    return payloads.review(view, world.repository, pull, replace(review, state=fields.get("state", review.state)))


def _run(world: World, fields: Record) -> CheckRun:
    sha = world.names.sha(fields.get("head_sha") or world.head)
    app_id = fields.get("app_id") or ACTIONS
    world.app(app_id)
    named = (world.context(fields.get("name") or "ci"), app_id)
    known = [one for one in world.repository.check_runs if (one.name, one.app_id) == named]
    status = fields.get("status") or ("completed" if fields.get("conclusion") else "in_progress")
    return CheckRun(
        id=fields.get("id") or (known[-1].id if known else world.github.next_id()),
        suite_id=fields.get("suite_id") or (known[-1].suite_id if known else 1),
        app_id=app_id,
        sha=sha,
        name=named[0],
        status=status,
        conclusion=fields.get("conclusion"),
        started_at=world.clock(),
        completed_at=world.clock() if status == "completed" else None,
    )


def _check_run(world: World, view: View, action: str | None, fields: Record) -> Record:
    shape = payloads.check_run(view, world.repository, _run(world, fields))
    if "pull_requests" in fields:
        shape["check_run"]["pull_requests"] = [_short(world, number) for number in fields["pull_requests"]]
    return shape


def _check_suite(world: World, view: View, action: str | None, fields: Record) -> Record:
    shape = payloads.check_suite(view, world.repository, _run(world, fields))
    if "pull_requests" in fields:
        shape["check_suite"]["pull_requests"] = [_short(world, number) for number in fields["pull_requests"]]
    return shape


def _short(world: World, number: int) -> Record:
    pull, home = world.record(number), {"id": world.repository.id, "name": "r", "url": ""}
    head = {"ref": pull.head_ref, "sha": pull.head_sha, "repo": home}
    base = {"ref": pull.base_ref, "sha": pull.base_sha, "repo": home}
    return {"id": pull.id, "number": number, "url": "", "head": head, "base": base}


def _status(world: World, view: View, action: str | None, fields: Record) -> Record:
    app_id = fields.get("creator_app_id")
    said = Status(
        id=world.github.next_id(),
        sha=world.names.sha(fields.get("sha") or fields.get("head_sha") or world.head),
        context=world.context(fields.get("context") or fields.get("name") or "ci"),
        state=fields.get("state", "success"),
        description=None,
        target_url=None,
        creator=f"{world.app(app_id).slug}[bot]" if app_id else world.user(fields.get("user") or "ci-person"),
        created_at=world.github.now(),
    )
    return payloads.status(view, world.repository, said)


def _push(world: World, view: View, action: str | None, fields: Record) -> Record:
    branch: str = str(fields.get("ref") or fields.get("base_ref") or "main").removeprefix("refs/heads/")
    symbol: str | None = fields.get("after") or fields.get("sha") or fields.get("head_sha")
    sha = world.names.sha(str(symbol)) if symbol else world.repository.branches.get(str(branch))
    before = world.names.sha(fields["before"]) if fields.get("before") else None
    if sha is None:
        by = fields.get("user") or "alice"
        return payloads.push_of_nothing(view, world.repository, branch, before=before or NO_COMMIT, by=by)
    commit = world.repository.commits[sha]
    known = before or (commit.parents[0] if commit.parents else None)
    shape = payloads.push(view, world.repository, branch, before=known, commit=commit)
    return {**shape, "forced": fields["forced"]} if "forced" in fields else shape


def _merge_group(world: World, view: View, action: str | None, fields: Record) -> Record:
    """The group is built here where the queue has none yet."""
    symbol, base = fields.get("head_sha", "MG1"), str(fields.get("base_ref") or world.pull.get("base_ref") or "main")
    entry: QueueEntry | None = None
    for number in fields.get("pull_requests") or [world.number]:
        queued = world.repository.queues.get(base, [])
        entry = next((one for one in queued if one.number == number), None)
        entry = entry or world.github.enqueue(REPOSITORY, number, by=world.user("alice"))
    if entry is None:
        raise WrongScenario("a merge group without a pull request")
    world.names.bind(symbol, entry.head_sha)
    shape = payloads.merge_group(world.repository, entry)
    return {**shape, "reason": fields["reason"]} if "reason" in fields else shape


def _issue_comment(world: World, view: View, action: str | None, fields: Record) -> Record:
    pull = _pull(world, fields)
    by = world.user(fields.get("user") or "alice")
    said = world.github.comment(REPOSITORY, pull.number, by=by, body=fields.get("body") or "")
    return payloads.comment(view, world.repository, pull, said)


def _member(world: World, view: View, action: str | None, fields: Record) -> Record:
    return {"member": payloads.common(view, None, None, world.user(fields.get("user") or "bob"))["sender"]}


def _nothing(world: World, view: View, action: str | None, fields: Record) -> Record:
    return {}


_SHAPES = {
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "status": _status,
    "push": _push,
    "merge_group": _merge_group,
    "issue_comment": _issue_comment,
    "member": _member,
    "repository": _nothing,
    "installation": _nothing,
}
