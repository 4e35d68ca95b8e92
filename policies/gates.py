"""Whether an outbound write may leave: the transport policy, every blocker named at once."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from policies import standing as standings
from policies.decision import Blocker, Decision
from policies.intents import VERDICTS, Intent
from policies.standing import Approval, Evidence, Standing

GATE = "transport"
RATE_LIMITED = "RATE_LIMITED"
PREDECESSOR_PENDING = "PREDECESSOR_PENDING"
"""Not of the contract's table: nothing is wrong, it is only not its turn yet."""


class Posture(BaseModel):
    """What the operators allow, and what is known of the budget. Nothing configured allows nothing.

    `writes_off`: why a setting lets nothing be written. `withheld`: repositories and kinds that the environment allows
    and a setting does not; `handed`: what the environment leaves to settings. `kinds`: the switches that are on for the
    intent's repository. `pinned_id`: the id first seen under its name; None when it was never used. `recorded_key`: the
    key under which the intent was stored. `superseded_by`: sequence of a newer intent for the same target.
    `withdrawn`: nothing wishes for it any more. `is_early`: the run has to make another write first. `not_before`: when
    the budget opens.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    live: bool = False
    writes_off: str | None = None
    withheld: tuple[str, ...] = ()
    handed: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    pinned_id: int | None = None
    recorded_key: str | None = None
    superseded_by: int | None = None
    withdrawn: bool = False
    is_early: bool = False
    not_before: AwareDatetime | None = None


def decide(intent: Intent, posture: Posture, now: datetime, standing: Standing = standings.NOTHING) -> Decision:
    """The decision on one write under a posture at a moment; pure. `standing`: of the run, where one asks for it."""
    blockers = tuple(_blockers(intent, posture, now, standing))
    return Decision(
        gate=GATE,
        facts_digest=_judged(intent, posture, standing),
        grounds=() if blockers else _grounds(intent, standing),
        blockers=blockers,
    )


def is_verdict(intent: Intent) -> bool:
    """Whether it carries out the gate's own verdict, and not the wish of a run."""
    return intent.epoch is None and intent.kind in VERDICTS


def _blockers(intent: Intent, posture: Posture, now: datetime, standing: Standing) -> Iterator[Blocker]:
    """In the order of the contract's table."""
    yield from _transport(intent, posture)
    yield from _switches(intent, posture)
    yield from _repository(intent, posture)
    if not is_verdict(intent):
        yield from _remote(standing)
        yield from _branch(standing)
        yield from _evidence("VERIFICATION", "verification", standing.verification, standing)
        yield from _evidence("INTERNAL_REVIEW", "internal review", standing.internal_review, standing)
    yield from _recorded(intent, posture)
    if not is_verdict(intent):
        yield from _approvals(intent, standing, now)
    yield from _superseded(intent, posture, standing)
    yield from _order(intent, posture)
    yield from _budget(intent, posture, now)


def _transport(intent: Intent, posture: Posture) -> Iterator[Blocker]:
    if not posture.live:
        local = "The projector is local, so nothing is written; set GITHUB_PROJECTOR=live to switch writing on."
        sentence = posture.writes_off or local
        yield Blocker(code="TRANSPORT_DISABLED", sentence=sentence, subject=intent.target)


def _switches(intent: Intent, posture: Posture) -> Iterator[Blocker]:
    for switch in intent.content.switches:
        if switch not in posture.kinds:
            place = _place(posture, "kinds", switch, "ALLOWED_WRITES or REPOSITORY_WRITES")
            sentence = f"Writes of the kind {switch} are not allowed in {intent.repository}; allow it in {place}."
            yield Blocker(code="MUTATION_NOT_ALLOWED", sentence=sentence, subject=f"kind:{switch}")


def _repository(intent: Intent, posture: Posture) -> Iterator[Blocker]:
    subject = f"repository:{intent.repository}"
    if intent.repository not in posture.repositories:
        place = _place(posture, "repositories", intent.repository, "ALLOWED_REPOSITORIES")
        sentence = f"{intent.repository} is not on the list of repositories that may be written to; add it to {place}."
        yield Blocker(code="REPO_NOT_ALLOWED", sentence=sentence, subject=subject)
    elif posture.pinned_id not in (None, intent.repository_id):
        sentence = (
            f"{intent.repository} was allowed as repository {posture.pinned_id} and is now {intent.repository_id}; "
            "an operator has to allow the new one."
        )
        yield Blocker(code="REPO_NOT_ALLOWED", sentence=sentence, subject=subject)


def _place(posture: Posture, setting: str, item: str, variable: str) -> str:
    """Where something would have to be allowed."""
    return f"the setting `{setting}`" if item in posture.withheld or setting in posture.handed else variable


def _remote(standing: Standing) -> Iterator[Blocker]:
    bound, place = standing.bound.remote, standing.place.remote
    if bound is None or bound != place:
        sentence = f"The run is bound to {bound or 'no repository'}, and the write goes to {place or 'no known one'}."
        yield Blocker(code="REMOTE_MISMATCH", sentence=sentence, subject=f"remote:{place}")


def _branch(standing: Standing) -> Iterator[Blocker]:
    """One for each of base, head and commit; a write that names none of the three is bound by nothing."""
    bound, place = standing.bound, standing.place
    parts = (
        ("base", "base branch", bound.base, place.base),
        ("head", "head branch", bound.head, place.head),
        ("sha", "head commit", bound.head_sha, place.head_sha),
    )
    if bound.head is not None and bound.head == bound.base:
        sentence = f"The run is bound to {bound.head} as its base and its head."
        yield Blocker(code="BRANCH_MISMATCH", sentence=sentence, subject=f"head:{bound.head}")
    if place.head is None and place.head_sha is None:
        sentence = "It is not known which branch the write is about."
        yield Blocker(code="BRANCH_MISMATCH", sentence=sentence, subject="head:None")
    for word, name, recorded, written in parts:
        if written is not None and written != recorded:
            sentence = f"The run's {name} is {recorded or 'not known'}, and that of the write is {written}."
            yield Blocker(code="BRANCH_MISMATCH", sentence=sentence, subject=f"{word}:{written}")


def _evidence(code: str, name: str, evidence: Evidence | None, standing: Standing) -> Iterator[Blocker]:
    now = f"epoch {standing.epoch} at {standing.bound.head_sha or 'no head'}"
    if evidence is None:
        yield Blocker(code=f"{code}_MISSING", sentence=f"The {name} of {now} is missing.", subject=f"evidence:{name}")
    elif (evidence.epoch, evidence.head_sha) != (standing.epoch, standing.bound.head_sha):
        sentence = f"The {name} is of epoch {evidence.epoch} at {evidence.head_sha}; the run is in {now}."
        yield Blocker(code=f"{code}_STALE", sentence=sentence, subject=f"evidence:{name}")
    elif evidence.verdict != "PASS":
        sentence = f"The {name} of {now} is {evidence.verdict}."
        yield Blocker(code=f"{code}_FAILED", sentence=sentence, subject=f"evidence:{name}")


def _recorded(intent: Intent, posture: Posture) -> Iterator[Blocker]:
    if posture.recorded_key != intent.key:
        sentence = "This write is not the one that was recorded before."
        yield Blocker(code="INTENT_NOT_RECORDED", sentence=sentence, subject=intent.target)


def _approvals(intent: Intent, standing: Standing, now: datetime) -> Iterator[Blocker]:
    """Those that are required; a denial counts in any case."""
    for mode, approval, digest, subject in (
        ("write", standing.write_approval, standing.write_digest, f"write:{intent.target}"),
        ("run", standing.run_approval, standing.run_digest, f"run:{intent.run_id}"),
    ):
        is_denied = approval is not None and not approval.is_approved
        if is_denied or standing.required in (mode, "both"):
            yield from _approval(approval, digest, subject, standing=standing, now=now)


def _approval(
    approval: Approval | None, digest: str, subject: str, *, standing: Standing, now: datetime
) -> Iterator[Blocker]:
    what = "this write" if subject.startswith("write:") else "what this run wishes for"
    if approval is None or not digest:
        code, sentence = "APPROVAL_MISSING", f"No operator has approved {what}."
    elif not approval.is_approved:
        code, sentence = "APPROVAL_MISSING", f"{approval.given_by} has denied {what}."
    elif approval.given_by in standing.proposers:
        code, sentence = "APPROVAL_MISSING", f"{approval.given_by} has proposed {what}, so another has to approve it."
    elif approval.digest != digest:
        code, sentence = "APPROVAL_CONTENT_CHANGED", f"What {approval.given_by} approved is not {what} any more."
    elif approval.expires_at <= now:
        code = "APPROVAL_EXPIRED"
        sentence = f"{approval.given_by}'s approval of {what} ended at {approval.expires_at.isoformat()}."
    else:
        return
    yield Blocker(code=code, sentence=sentence, subject=subject)


def _superseded(intent: Intent, posture: Posture, standing: Standing) -> Iterator[Blocker]:
    if posture.superseded_by is not None:
        sentence = f"A newer wish for the same target exists (number {posture.superseded_by}); this one is not written."
    elif posture.withdrawn:
        sentence = "Nothing wishes for it any more, so it is not written."
    elif intent.epoch is not None and intent.epoch != standing.epoch:
        sentence = f"It was wished for in epoch {intent.epoch} of the run, which is in epoch {standing.epoch} now."
    else:
        return
    yield Blocker(code="INTENT_SUPERSEDED", sentence=sentence, subject=intent.target)


def _order(intent: Intent, posture: Posture) -> Iterator[Blocker]:
    if posture.is_early:
        sentence = "Another write of the run has to be made first."
        yield Blocker(code=PREDECESSOR_PENDING, sentence=sentence, subject=intent.target)


def _budget(intent: Intent, posture: Posture, now: datetime) -> Iterator[Blocker]:
    if posture.not_before is not None and posture.not_before > now:
        sentence = f"It is not the write's turn within GitHub's limits before {posture.not_before.isoformat()}."
        yield Blocker(code=RATE_LIMITED, sentence=sentence, subject=f"installation:{intent.installation_id}")


def _grounds(intent: Intent, standing: Standing) -> tuple[str, ...]:
    return (
        "live transport is switched on",
        f"writes of the kind {' and '.join(intent.content.switches)} are allowed",
        f"{intent.repository} is on the allow list as repository {intent.repository_id}",
        *(() if is_verdict(intent) else _run_grounds(standing)),
        "it was recorded before",
        "no newer intent for the same target exists",
        "it is still wished for",
        "budget is left",
    )


def _run_grounds(standing: Standing) -> tuple[str, ...]:
    approvals = tuple(
        f"{approval.given_by} approved {what}"
        for what, modes, approval in (
            ("this write", ("write", "both"), standing.write_approval),
            ("what the run wishes for", ("run", "both"), standing.run_approval),
        )
        if standing.required in modes and approval is not None
    )
    return (
        f"it goes where the run is bound to, {standing.bound.remote} at {standing.bound.head_sha}",
        f"verification is PASS in epoch {standing.epoch}",
        f"internal review is PASS in epoch {standing.epoch}",
        *(approvals or ("no approval is required",)),
    )


def _judged(intent: Intent, posture: Posture, standing: Standing) -> str:
    facts = f"{intent.key}\n{posture.model_dump_json()}\n{standing.model_dump_json()}"
    return hashlib.sha256(facts.encode()).hexdigest()
