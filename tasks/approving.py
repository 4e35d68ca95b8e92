"""Keep our own review as the approve rules say: given while one holds at the head, dismissed when none does any more.

What cannot be known just now approves nothing, and is asked again soon; for a while it dismisses nothing either.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.records import approve_rules, operator_settings, own_reviews, runs
from app.records.approve_rules import Ruled, State
from policies.contents import OUR_APP, ReviewApproveContent, ReviewDismissContent
from policies.text import code
from tasks import proposing
from tasks.context import Context
from tasks.judging import Judged
from tasks.proposing import Cause
from tasks.ruling import Found

AGAIN_SECONDS = 60
LONGEST_AGAIN_SECONDS = 900
MOST_UNKNOWN_SECONDS = 600
"""For so long a review of ours stands though it is not known whether a rule still holds."""
SHORT_SHA = 10
APPROVED, DISMISSED = "APPROVED", "DISMISSED"
WHY: dict[State, str] = {
    "not_held": "No approve rule holds any more.",
    "not_judged": "The approve rules are not asked about this pull request any more.",
    "invalid": "The approve rules cannot be read any more.",
    "removed": "The approve rules were removed.",
    "unknown": "It could not be told for too long whether an approve rule still holds.",
}
"""What a dismissal says: nothing from outside."""
TROUBLE: tuple[State, ...] = ("invalid", "unknown", "withheld")
"""What a person may want to mend."""


@dataclass(frozen=True)
class Proposed:
    """What was recorded: the intents that approve and those that dismiss a review of ours."""

    ruled: Ruled
    approving: tuple[UUID, ...]
    dismissing: tuple[UUID, ...]


def propose(context: Context, tx: Transaction, cause: Cause, judged: Judged, found: Found | None) -> Proposed | None:
    """Record what the rules say, and propose what follows; the caller calls `attest` at the end of the transaction."""
    if found is None:
        return None
    own = _own(tx, cause, found, judged.pull.head.sha)
    ruled = _settled(tx, cause, found.ruled, own)
    approve_rules.record(tx, cause.evaluation_id, ruled)
    approved = _approve(context, tx, cause, ruled=ruled, own=own)
    proposing.withdraw(tx, cause, ReviewApproveContent.kind, approved)
    if not _is_wished(ruled, own):
        own_reviews.wish_no_more(tx, cause.run.repository_id, cause.number, cause.now)
    dismissed = _dismiss(tx, cause, ruled, own)
    if ruled.state == "unknown" or (not approved and own_reviews.is_sent(tx, cause.run.repository_id, cause.number)):
        runs.want_pull(tx, cause.run, cause.number, found.not_before or _again_at(ruled, cause.now))
    return Proposed(ruled, approved, dismissed)


@dataclass(frozen=True)
class _Own:
    """Our reviews, by id: the commit of each that approves now, those of runs of the API, and those that we dismissed.

    `refused`: the commits at which somebody else has dismissed one. `login`: whose they are.
    """

    head: str
    login: str
    standing: dict[int, str]
    of_runs: frozenset[int]
    taken_back: frozenset[int]
    refused: frozenset[str]

    @property
    def stand_at_head(self) -> bool:
        return self.head in self.standing.values()


def _own(tx: Transaction, cause: Cause, found: Found, head: str) -> _Own:
    """As GitHub shows them; one that its list does not show yet stands, as our receipt says."""
    where = (cause.run.repository_id, cause.number)
    written, taken_back = own_reviews.written(tx, *where), own_reviews.taken_back(tx, *where)
    shown = {review.id: review for review in found.reviews}
    standing = {each.id: each.head_sha for each in written if each.id not in shown and each.id not in taken_back}
    standing |= {each.id: each.commit_id or "" for each in found.reviews if each.state.upper() == APPROVED}
    others = [each for each in found.reviews if each.state.upper() == DISMISSED and each.id not in taken_back]
    return _Own(
        head=head,
        login=found.ours or OUR_APP,
        standing={review_id: sha for review_id, sha in standing.items() if review_id not in taken_back},
        of_runs=frozenset(each.id for each in written if not each.is_verdict),
        taken_back=taken_back,
        refused=frozenset(each.commit_id for each in others if each.commit_id),
    )


def _settled(tx: Transaction, cause: Cause, ruled: Ruled, own: _Own) -> Ruled:
    """What the rules say, in view of our reviews and of what was known before."""
    if ruled.state == "held" and own.head in own.refused and not own.stand_at_head:
        sentence = f"{ruled.sentence} Somebody has dismissed our review of this head, so there is no other."
        return replace(ruled, state="withheld", sentence=sentence)
    if ruled.state == "unknown":
        where = (cause.run.repository_id, cause.number)
        since = approve_rules.unknown_since(tx, *where, before=cause.evaluation_id)
        return replace(ruled, since=since or cause.now)
    return ruled


def _is_wished(ruled: Ruled, own: _Own) -> bool:
    """Whether there should be a review of ours that is not there."""
    return ruled.state == "held" and not own.stand_at_head


def _approve(context: Context, tx: Transaction, cause: Cause, *, ruled: Ruled, own: _Own) -> tuple[UUID, ...]:
    if not _is_wished(ruled, own):
        return ()
    noun = "rule" if len(ruled.rules) == 1 else "rules"
    body = f"Approved by the {noun} {', '.join(map(code, ruled.rules))} of {code(ruled.source)}."
    content = ReviewApproveContent(number=cause.number, head_sha=own.head, body=body)
    allowed = operator_settings.in_force(tx, context.settings, cause.run.full_name, cause.run.repository_id).kinds
    intent_id = proposing.review_approve(tx, cause, content, taken_back=own.taken_back, allowed=allowed)
    return (intent_id,) if intent_id else ()


def _dismiss(tx: Transaction, cause: Cause, ruled: Ruled, own: _Own) -> tuple[UUID, ...]:
    """Those of another head, and those of this one where no rule holds; never one that a run of the API gave."""
    ours = {review_id: sha for review_id, sha in own.standing.items() if review_id not in own.of_runs}
    if ruled.since is not None and cause.now - ruled.since < timedelta(seconds=MOST_UNKNOWN_SECONDS):
        return own_reviews.dismissals_under_way(tx, cause.run.repository_id, cause.number, frozenset(ours))
    held = ruled.state in ("held", "withheld")
    wished = {review_id: sha for review_id, sha in sorted(ours.items()) if not held or sha != own.head}
    proposed = (
        proposing.dismissal(
            tx,
            cause,
            ReviewDismissContent(
                number=cause.number, review_id=review_id, login=own.login, message=_why(ruled, sha, own.head)
            ),
        )
        for review_id, sha in wished.items()
    )
    return tuple(intent_id for intent_id in proposed if intent_id is not None)


def _why(ruled: Ruled, sha: str, head: str) -> str:
    return WHY.get(ruled.state) or f"It was given at {sha[:SHORT_SHA]}, and the head is {head[:SHORT_SHA]} by now."


def _again_at(ruled: Ruled, now: datetime) -> datetime:
    """Soon, and later the longer it lasts."""
    lasted = int((now - ruled.since).total_seconds()) if ruled.since else 0
    return now + timedelta(seconds=min(max(lasted, AGAIN_SECONDS), LONGEST_AGAIN_SECONDS))


def attest(tx: Transaction, cause: Cause, proposed: Proposed | None) -> None:
    """The audit entry, if there is anything to tell."""
    if proposed is None:
        return
    ruled = proposed.ruled
    body = {
        "run": str(cause.run.id),
        "evaluation": str(cause.evaluation_id),
        "source": ruled.source,
        "file_digest": ruled.digest,
        "snapshot_digest": ruled.snapshot.digest() if ruled.snapshot else None,
        "state": ruled.state,
        "rules": list(ruled.rules),
        "trouble": ruled.sentence if ruled.state in TROUBLE else None,
        "intents": [str(intent_id) for intent_id in (*proposed.approving, *proposed.dismissing)],
    }
    subject = f"pull:{cause.run.repository_id}#{cause.number}"
    ledger.append(tx, kind="approve_rules_asked", subject=subject, actor=ledger.BY_GATE, body=body, at=cause.now)
