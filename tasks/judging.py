"""Judge one open pull request: its policy, the facts at its head, and the verdict on them in both modes."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from app.github import documents
from app.github.answers import Unavailable
from app.github.reader import Place
from app.records.evaluations import OtherMode
from app.records.runs import Run
from policies import document, verdict
from policies.differences import differences
from policies.error import PolicyError
from policies.evaluation import evaluate
from policies.facts import PullSnapshot
from policies.mode import MODES, OTHER, Mode
from policies.policy import Policy
from policies.result import Result
from policies.verdict import Origin, Verdict
from tasks import gathering, loading, telling
from tasks.context import Context
from tasks.loading import Loaded, NotLoaded


@dataclass(frozen=True)
class Judged:
    """What came of judging. `shown`: the status that GitHub shows at the head. `source`: where the policy was read;
    `places`: where besides the base branch it may change.

    What follows the verdict is None as far as it did not come to it. `mode`: the one that is posted; `other`: what the
    other one says of the same facts.
    """

    pull: documents.Pull
    shown: documents.Status | None
    source: str
    verdict: Verdict
    places: tuple[str, ...] = ()
    policy_text: str | None = None
    policy_digest: str | None = None
    policy: Policy | None = None
    snapshot: PullSnapshot | None = None
    result: Result | None = None
    mode: Mode | None = None
    other: OtherMode | None = None


def judge(context: Context, run: Run, pull: documents.Pull) -> Judged:
    """The verdict. Raises `Unavailable` where trying again may help."""
    place = Place(run.installation_id, run.repository_id)
    name = telling.status_context(context, pull.base.ref)
    loaded = loading.load(context, run, pull.base.ref)
    unjudged = _unjudged(pull, loaded, loading.places(context, run, pull.base.ref, loaded))
    try:
        shown = context.reader.current_status(place, pull.head.sha, name)
        return _judged(context, run, replace(unjudged, shown=shown), loaded)
    except Unavailable as trouble:
        if loading.passes(trouble):
            raise
        return replace(unjudged, verdict=verdict.of_missing_fact(loaded.origin, trouble.sentence))


def tree(result: Result) -> dict[str, Any]:
    """The explanation as JSON that Postgres can hold: it holds no NUL."""
    document: dict[str, Any] = json.loads(result.to_json().replace(r"\u0000", r"\ufffd"))
    return document


def _unjudged(pull: documents.Pull, loaded: Loaded | NotLoaded, places: tuple[str, ...]) -> Judged:
    if isinstance(loaded, NotLoaded):
        return Judged(pull, None, str(loaded.origin), loaded.verdict, places)
    digest = hashlib.sha256(loaded.text.encode()).hexdigest()
    nothing_yet = verdict.of_missing_fact(loaded.origin, "nothing was read of the pull request.")
    return Judged(pull, None, loaded.source, nothing_yet, places, loaded.text, digest)


def _judged(context: Context, run: Run, unjudged: Judged, loaded: Loaded | NotLoaded) -> Judged:
    if isinstance(loaded, NotLoaded):
        return unjudged
    try:
        policy = document.parsed(loaded.text, context.settings.policy_options)
    except PolicyError as wrong:
        return replace(unjudged, verdict=verdict.of_policy_error(wrong, loaded.origin))
    place = Place(run.installation_id, run.repository_id)
    snapshot = gathering.snapshot(context, place, unjudged.pull, run.full_name, policy)
    demand_unchanged(context, place, unjudged.pull)
    mode = context.settings.mode_of(run.full_name)
    return _evaluated(unjudged, policy, snapshot, mode=mode, origin=loaded.origin)


def _evaluated(unjudged: Judged, policy: Policy, snapshot: PullSnapshot, *, mode: Mode, origin: Origin) -> Judged:
    results = {each: evaluate(policy, snapshot, each) for each in MODES}
    posted, other = results[mode], results[OTHER[mode]]
    instead = verdict.of_result(other, origin)
    return replace(
        unjudged,
        verdict=verdict.of_result(posted, origin),
        policy=policy,
        snapshot=snapshot,
        result=posted,
        mode=mode,
        other=OtherMode(instead.state, instead.summary, tree(other), differences(results["compat"], results["strict"])),
    )


def demand_unchanged(context: Context, place: Place, pull: documents.Pull) -> None:
    """Facts were read one after the other, so they are of one head only if nothing changed meanwhile."""
    if context.reader.pull(place, pull.number) != pull:
        raise Unavailable("HEAD_MOVED", "The pull request changed while it was read.")
