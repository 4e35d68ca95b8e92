"""Whether an outbound write may leave: the transport policy, every blocker named at once."""

import hashlib
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from policies.decision import Blocker, Decision
from policies.intents import Intent

GATE = "transport"


class Posture(BaseModel):
    """What the operators allow, and what is known of the budget. Nothing configured allows nothing.

    `pinned_id`: the id first seen under the intent's repository name; None when it was never used.
    `superseded_by`: sequence of a newer intent for the same target. `withdrawn`: nothing wishes for it any more.
    `not_before`: when the budget opens again.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    live: bool = False
    repositories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    pinned_id: int | None = None
    superseded_by: int | None = None
    withdrawn: bool = False
    not_before: AwareDatetime | None = None


def decide(intent: Intent, posture: Posture, now: datetime) -> Decision:
    """The decision on one write under a posture at a moment; pure."""
    blockers = tuple(
        blocker
        for blocker in (
            _transport(intent, posture),
            _kind(intent, posture),
            _repository(intent, posture),
            _superseded(intent, posture),
            _budget(intent, posture, now),
        )
        if blocker is not None
    )
    return Decision(
        gate=GATE,
        facts_digest=_judged(intent, posture),
        grounds=() if blockers else _grounds(intent),
        blockers=blockers,
    )


def _transport(intent: Intent, posture: Posture) -> Blocker | None:
    if posture.live:
        return None
    sentence = "The projector is local, so nothing is written; set GITHUB_PROJECTOR=live to switch writing on."
    return Blocker(code="TRANSPORT_DISABLED", sentence=sentence, subject=intent.target)


def _kind(intent: Intent, posture: Posture) -> Blocker | None:
    if intent.kind in posture.kinds:
        return None
    sentence = f"Writes of the kind {intent.kind} are not allowed; add it to ALLOWED_WRITES."
    return Blocker(code="MUTATION_NOT_ALLOWED", sentence=sentence, subject=f"kind:{intent.kind}")


def _repository(intent: Intent, posture: Posture) -> Blocker | None:
    subject = f"repository:{intent.repository}"
    if intent.repository not in posture.repositories:
        sentence = f"{intent.repository} is not on the list of repositories that may be written to; add it to"
        return Blocker(code="REPO_NOT_ALLOWED", sentence=f"{sentence} ALLOWED_REPOSITORIES.", subject=subject)
    if posture.pinned_id not in (None, intent.repository_id):
        sentence = (
            f"{intent.repository} was allowed as repository {posture.pinned_id} and is now {intent.repository_id}; "
            "an operator has to allow the new one."
        )
        return Blocker(code="REPO_NOT_ALLOWED", sentence=sentence, subject=subject)
    return None


def _superseded(intent: Intent, posture: Posture) -> Blocker | None:
    if posture.superseded_by is not None:
        sentence = f"A newer wish for the same target exists (number {posture.superseded_by}); this one is not written."
    elif posture.withdrawn:
        sentence = "A newer evaluation wishes for it no more, so it is not written."
    else:
        return None
    return Blocker(code="INTENT_SUPERSEDED", sentence=sentence, subject=intent.target)


def _budget(intent: Intent, posture: Posture, now: datetime) -> Blocker | None:
    if posture.not_before is None or posture.not_before <= now:
        return None
    sentence = f"GitHub's rate limit is used up; the write waits until {posture.not_before.isoformat()}."
    return Blocker(code="RATE_LIMITED", sentence=sentence, subject=f"installation:{intent.installation_id}")


def _grounds(intent: Intent) -> tuple[str, ...]:
    return (
        "live transport is switched on",
        f"writes of the kind {intent.kind} are allowed",
        f"{intent.repository} is on the allow list as repository {intent.repository_id}",
        "no newer intent for the same target exists",
        "it is still wished for",
        "budget is left",
    )


def _judged(intent: Intent, posture: Posture) -> str:
    return hashlib.sha256(f"{intent.key}\n{posture.model_dump_json()}".encode()).hexdigest()
