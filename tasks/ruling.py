"""Ask the approve rules of the base branch about one open pull request, and what GitHub shows of our own reviews.

That never holds the verdict up: whatever keeps them from being asked is an answer, too.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded

from app.github import documents, facts
from app.github.answers import Unavailable
from app.github.reader import Place, PolicyFile
from app.records import own_reviews
from app.records.approve_rules import Ruled, State
from app.records.runs import Run
from policies import approving
from policies.error import PolicyError
from policies.policy import Policy
from policies.text import plain, short
from tasks import gathering, judging, loading
from tasks.context import Context
from tasks.gate_file import GateFile
from tasks.judging import Judged

BOT = "[bot]"
"""How the login of an App ends."""
MOST_SENTENCE_CHARACTERS = 1_000
MOST_NAME_CHARACTERS = 100
MOST_NAMED_RULES = 10


@dataclass(frozen=True)
class Found:
    """What the rules say, and our own reviews as GitHub shows them. `ours`: our login, empty where none is needed."""

    ruled: Ruled
    reviews: tuple[documents.Review, ...] = ()
    ours: str = ""
    not_before: datetime | None = None


def ask(context: Context, run: Run, judged: Judged, gate: GateFile) -> Found | None:
    """None where there are no rules and no review of ours that they could have led to; raises nothing."""
    place = Place(run.installation_id, run.repository_id)
    try:
        ruled = _ruled(context, run, judged, gate)
        return None if ruled is None else _with_reviews(context, place, judged.pull.number, ruled)
    except Unavailable as trouble:
        state: State = "unknown" if loading.passes(trouble) else "not_held"
        return Found(Ruled(state=state, sentence=trouble.sentence), not_before=trouble.not_before)
    except SoftTimeLimitExceeded:
        return Found(Ruled(state="unknown", sentence="Reading GitHub took too long."))


def _ruled(context: Context, run: Run, judged: Judged, gate: GateFile) -> Ruled | None:
    path, branch = context.settings.gate_path, judged.pull.base.ref
    try:
        file = gate.file
    except Unavailable as trouble:
        if loading.passes(trouble):
            raise
        return Ruled(state="invalid", sentence=trouble.sentence, source=f"{run.full_name}@{branch}: {path}")
    if file is None or file.text is None:
        return _removed(context, run, judged.pull.number, path)
    return _of_file(context, run, judged, file=file, text=file.text)


def _removed(context: Context, run: Run, number: int, path: str) -> Ruled | None:
    with context.pool.connection() as tx:
        known = own_reviews.may_stand(tx, run.repository_id, number)
    return Ruled(state="removed", sentence=f"There is no {path} on the base branch.") if known else None


def _of_file(context: Context, run: Run, judged: Judged, *, file: PolicyFile, text: str) -> Ruled:
    source, digest = f"{run.full_name}@{file.sha}: {file.path}", hashlib.sha256(text.encode()).hexdigest()
    told = Ruled(state="not_judged", sentence="", source=source, digest=digest)
    try:
        policy = approving.parsed(text, context.settings.policy_options)
    except PolicyError as wrong:
        line = f" in line {wrong.line}" if wrong.line else ""
        sentence = short(f"{file.path} is not valid{line}: {wrong.message}.", MOST_SENTENCE_CHARACTERS)
        return replace(told, state="invalid", sentence=sentence)
    bare = facts.snapshot(judged.pull, run.full_name, run.repository_id, context.clock())
    ours = context.reader.bot_login() if bare.author.endswith(BOT) else None
    if objection := approving.objection(policy, bare, ours):
        return replace(told, sentence=objection)
    try:
        return _of_rules(context, run, judged, policy=policy, told=told)
    except Unavailable as trouble:
        if loading.passes(trouble):
            raise
        return replace(told, state="not_held", sentence=plain(f"The rules cannot be judged: {trouble.sentence}"))


def _of_rules(context: Context, run: Run, judged: Judged, *, policy: Policy, told: Ruled) -> Ruled:
    place = Place(run.installation_id, run.repository_id)
    snapshot = gathering.snapshot(context, place, judged.pull, run.full_name, policy, known=judged.snapshot)
    judging.demand_unchanged(context, place, judged.pull)
    ruling = approving.judge(policy, snapshot)
    return replace(
        told,
        state="held" if ruling.rules else "not_held",
        sentence=short(ruling.sentence, MOST_SENTENCE_CHARACTERS),
        rules=tuple(short(name, MOST_NAME_CHARACTERS) for name in ruling.rules[:MOST_NAMED_RULES]),
        snapshot=snapshot,
        result=judging.tree(ruling.result) if ruling.result else None,
    )


def _with_reviews(context: Context, place: Place, number: int, ruled: Ruled) -> Found:
    reviews = context.reader.reviews(place, number)
    if not any(review.user is not None and review.user.login.endswith(BOT) for review in reviews):
        return Found(ruled)
    ours = context.reader.bot_login()
    own = tuple(review for review in reviews if review.user is not None and review.user.login == ours)
    return Found(ruled, own, ours)
