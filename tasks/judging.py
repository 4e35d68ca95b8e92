"""Judge one open pull request: the policy at the tip of its base, the facts at its head, and the verdict on them."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from app.github import documents
from app.github.answers import Unavailable
from app.github.reader import Place, PolicyFile
from app.records.runs import MOST_ATTEMPTS, Run
from policies import document, verdict
from policies.error import PolicyError
from policies.evaluation import evaluate
from policies.facts import PullSnapshot
from policies.verdict import Origin, Verdict
from tasks import gathering
from tasks.context import Context

MOST_CONTEXT_CHARACTERS = 255
PASSING = frozenset({"GITHUB_API_ERROR", "RATE_LIMITED", "HEAD_MOVED"})
"""Codes of trouble that the next attempt may not meet again; any other trouble is the verdict at once."""


@dataclass(frozen=True)
class Judged:
    """What came of judging. `shown`: the status that GitHub shows at the head. `source`: where the policy was read.

    Digest, snapshot and result are None as far as it did not come to them.
    """

    pull: documents.Pull
    shown: documents.Status | None
    source: str
    verdict: Verdict
    policy_digest: str | None = None
    snapshot: PullSnapshot | None = None
    result: dict[str, Any] | None = None


def judge(context: Context, run: Run, pull: documents.Pull) -> Judged:
    """The verdict. Raises `Unavailable` where trying again may help and attempts are left."""
    place = Place(run.installation_id, run.repository_id)
    origin = _origin(context, run, pull.base.ref)
    shown = context.reader.current_status(place, pull.head.sha, status_context(context, pull.base.ref))
    unjudged = Judged(pull, shown, str(origin), verdict.of_missing_policy(origin))
    try:
        file = context.reader.policy_file(place, pull.base.ref, origin.path)
        return _apply(context, run, unjudged, origin, file)
    except Unavailable as trouble:
        if trouble.code in PASSING and run.attempts < MOST_ATTEMPTS:
            raise
        return replace(unjudged, verdict=verdict.of_load_error(origin, trouble.sentence))


def status_context(context: Context, base_ref: str) -> str:
    """The context of our status: one for each base branch, as policy-bot has it."""
    return f"{context.settings.status_context}: {base_ref}"[:MOST_CONTEXT_CHARACTERS]


def _origin(context: Context, run: Run, ref: str) -> Origin:
    owner, _, repo = run.full_name.partition("/")
    return Origin(owner=owner, repo=repo, ref=ref, path=context.settings.policy_path)


def _apply(context: Context, run: Run, unjudged: Judged, origin: Origin, file: PolicyFile | None) -> Judged:
    if file is None or file.text is None:
        return unjudged
    source = f"{run.full_name}@{file.sha}: {file.path}"
    read = replace(unjudged, source=source, policy_digest=hashlib.sha256(file.text.encode()).hexdigest())
    try:
        policy = document.parse(file.text)
    except PolicyError as wrong:
        return replace(read, verdict=verdict.of_policy_error(wrong, origin))
    place = Place(run.installation_id, run.repository_id)
    snapshot = gathering.snapshot(context, place, unjudged.pull, run.full_name, policy)
    result = evaluate(policy, snapshot)
    return replace(
        read,
        verdict=verdict.of_result(result, origin),
        snapshot=snapshot,
        result=result.model_dump(mode="json"),
    )
