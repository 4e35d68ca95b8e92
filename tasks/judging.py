"""Judge one open pull request: the policy at the tip of its base, the facts at its head, and the verdict on them."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from app.github import documents
from app.github.answers import Unavailable
from app.github.reader import Place, PolicyFile
from app.records.runs import Run
from policies import document, verdict
from policies.error import PolicyError
from policies.evaluation import evaluate
from policies.facts import PullSnapshot
from policies.verdict import Origin, Verdict
from tasks import gathering, telling
from tasks.context import Context

PASSING = frozenset({"GITHUB_API_ERROR", "GITHUB_TOKEN_REFUSED", "RATE_LIMITED", "READER_LOCAL", "HEAD_MOVED"})
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
    """The verdict. Raises `Unavailable` where trying again may help."""
    place = Place(run.installation_id, run.repository_id)
    origin = _origin(context, run, pull.base.ref)
    unjudged = Judged(pull, None, str(origin), verdict.of_missing_policy(origin))
    try:
        name = telling.status_context(context, pull.base.ref)
        shown = context.reader.current_status(place, pull.head.sha, name)
        file = context.reader.policy_file(place, pull.base.ref, origin.path)
        return _apply(context, run, replace(unjudged, shown=shown), origin, file)
    except Unavailable as trouble:
        if trouble.code in PASSING or trouble.not_before is not None:
            raise
        return replace(unjudged, verdict=verdict.of_load_error(origin, trouble.sentence))


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
    _demand_unchanged(context, place, unjudged.pull)
    result = evaluate(policy, snapshot)
    shown = json.loads(result.model_dump_json().replace(r"\u0000", r"\ufffd"))  # Postgres holds no NUL
    return replace(read, verdict=verdict.of_result(result, origin), snapshot=snapshot, result=shown)


def _demand_unchanged(context: Context, place: Place, pull: documents.Pull) -> None:
    """Facts were read one after the other, so they are of one head only if nothing changed meanwhile."""
    if context.reader.pull(place, pull.number) != pull:
        raise Unavailable("HEAD_MOVED", "The pull request changed while it was read.")
