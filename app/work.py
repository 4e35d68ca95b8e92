"""What people and agents do to a run of the API: a few rows and an audit entry each, or the blocker that is in the way.

Nothing here speaks to GitHub. The caller commits, and then sends the messages that the rows ask for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.records import approval_requests, approvals, bindings, evidence, operator_settings, run_intents, wishes
from app.records.bindings import Binding
from app.records.wishes import Wish
from policies import standing
from policies.decision import Blocker
from policies.intents import Intent

EPOCH_OPENED = "epoch_opened"
MOST_WISHES = 500
"""In an epoch: whoever looks at a run reads all of them."""


@dataclass(frozen=True)
class By:
    """Who does it, and when: the principal of a token."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Done:
    """The run afterwards, the intents that are to be decided anew, and the approval request that was answered."""

    binding: Binding
    reopened: tuple[UUID, ...] = ()
    answered: UUID | None = None


def open_run(tx: Transaction, by: By, *, remote: str, base: str, head: str, head_sha: str | None) -> Done | Blocker:
    """A new run, bound to its repository and branches. One run at a time works on a branch."""
    run_id = bindings.add(tx, remote=remote, base=base, head=head, head_sha=head_sha, proposed_by=by.name, now=by.at)
    if run_id is None:
        return branch_taken(remote, head, bindings.open_on(tx, remote, head))
    binding = _known(tx, run_id)
    _attest(tx, binding, by, "run_opened", {"remote": remote, "base": base, "head": head, "head_sha": head_sha})
    return Done(binding)


def branch_taken(remote: str, head: str, by: Binding | None) -> Blocker:
    """Another run works on a branch; None: one did, and has ended meanwhile."""
    sentence = f"Another run worked on {head} of {remote} just now; ask again."
    if by is not None:
        sentence = f"The run {by.run_id} works on {head} of {by.remote}; ask that one, or cancel it."
    return Blocker(code="BRANCH_TAKEN", sentence=sentence, subject=f"head:{head}")


def next_epoch(tx: Transaction, run_id: UUID, by: By, head_sha: str | None) -> Done | Blocker:
    """A new head, or a new attempt at the work where `head_sha` is the same or None; voids what was before."""
    binding = _open(tx, run_id)
    if isinstance(binding, Blocker):
        return binding
    bindings.next_epoch(tx, run_id, head_sha, by.at)
    bindings.wake(tx, run_id, by.at)
    opened = _known(tx, run_id)
    _attest(tx, opened, by, EPOCH_OPENED, {"epoch": opened.epoch, "head_sha": head_sha})
    return Done(opened)


def give_evidence(tx: Transaction, given: evidence.Given, by: By) -> Done | Blocker:
    """Verification or internal review of the present epoch and head; of another one it is refused as stale."""
    binding = _open(tx, given.run_id)
    if isinstance(binding, Blocker):
        return binding
    subject = f"evidence:{given.kind}"
    if binding.head_sha is None:
        sentence = "The run has no head commit yet, so nothing can have been found out about it."
        return Blocker(code="HEAD_NOT_KNOWN", sentence=sentence, subject=subject)
    if (given.epoch, given.head_sha) != (binding.epoch, binding.head_sha):
        sentence = f"This is about epoch {given.epoch} at {given.head_sha};"
        sentence = f"{sentence} the run is in epoch {binding.epoch} at {binding.head_sha}."
        return Blocker(code=f"{given.kind.upper()}_STALE", sentence=sentence, subject=subject)
    evidence_id = evidence.add(tx, given)
    done = _decided_anew(tx, binding, by)
    said = {"kind": given.kind, "verdict": given.verdict, "epoch": given.epoch, "head_sha": given.head_sha}
    _attest(tx, binding, by, "evidence_given", {**said, "evidence": str(evidence_id)})
    return done


def wish(tx: Transaction, run_id: UUID, by: By, kind: str, content: dict[str, Any]) -> Done | Blocker:
    """Something to be written; the same wish again has what waits decided anew, and adds nothing."""
    binding = _open(tx, run_id)
    if isinstance(binding, Blocker):
        return binding
    wanted = Wish(run_id, binding.epoch, kind, content, by.name, by.at)
    asked = wishes.of_epoch(tx, run_id, binding.epoch)
    is_known = _is_known(wanted, asked)
    if not is_known and len(asked) >= MOST_WISHES:
        sentence = f"The run was asked for {MOST_WISHES} things in this epoch; open the next one."
        return Blocker(code="TOO_MANY_WISHES", sentence=sentence, subject=binding.subject)
    done = _decided_anew(tx, binding, by)
    if not is_known:
        wish_id = wishes.add(tx, wanted)
        _attest(tx, binding, by, "write_wished", {"wish": str(wish_id), "kind": kind, "epoch": binding.epoch})
    return done


def _is_known(wanted: Wish, asked: list[Wish]) -> bool:
    """Whether the last wish about the same thing was the same: one from before that may come again."""
    same = [each for each in asked if _about(each) == _about(wanted)]
    return bool(same) and (same[-1].kind, same[-1].content) == (wanted.kind, wanted.content)


def _about(asked: Wish) -> str:
    """What it would change, in whichever repository; where that can't be told, the wish itself."""
    try:
        return wishes.parsed(asked).target_in(0)
    except ValueError:
        return f"{asked.kind} {asked.text}"


def wish_pull_request(tx: Transaction, run_id: UUID, by: By, content: dict[str, Any]) -> Done | Blocker:
    """The pull request of a run: the same again adds nothing, and a changed one is the next epoch's."""
    binding = _open(tx, run_id)
    if isinstance(binding, Blocker):
        return binding
    known = [each for each in wishes.of_epoch(tx, run_id, binding.epoch) if each.kind == wishes.PULL_REQUEST]
    if any(each.content != content for each in known):
        opened = next_epoch(tx, run_id, by, None)
        if isinstance(opened, Blocker):
            return opened
    return wish(tx, run_id, by, wishes.PULL_REQUEST, content)


@dataclass(frozen=True)
class Word:
    """What an operator says: yes or no, to what they saw (its digest), for how long at most, and why."""

    digest: str
    is_approved: bool
    seconds: int
    reason: str | None = None


def judge_write(tx: Transaction, run_id: UUID, intent_id: UUID, by: By, word: Word) -> Done | Blocker:
    """An operator's word on one write of the present epoch."""
    binding = _open(tx, run_id)
    if isinstance(binding, Blocker):
        return binding
    intent = next((each for known, each in _whole(tx, binding) if known == intent_id), None)
    if intent is None:
        return Blocker(
            code="INTENT_NOT_WAITING",
            sentence="The run wishes for no such write now, or it is part of another one.",
            subject=f"intent:{intent_id}",
        )
    about = _About(f"write:{intent.target}", intent.content_digest, intent_id, intent.target)
    return _judge(tx, binding, by, word, about)


def judge_run(tx: Transaction, run_id: UUID, by: By, word: Word) -> Done | Blocker:
    """An operator's word on all that a run wishes for in the present epoch."""
    binding = _open(tx, run_id)
    if isinstance(binding, Blocker):
        return binding
    wished = [intent for _, intent in _whole(tx, binding)]
    if not wished:
        sentence = "The run wishes for nothing that could be approved yet."
        return Blocker(code="NOTHING_TO_APPROVE", sentence=sentence, subject=binding.subject)
    return _judge(tx, binding, by, word, _About(binding.subject, standing.run_digest(wished)))


def cancel(tx: Transaction, run_id: UUID, by: By) -> Done | Blocker:
    """The run asks for no more writes; what was not sent is put aside."""
    binding = _open(tx, run_id)
    if isinstance(binding, Blocker):
        return binding
    run_intents.put_aside_before(tx, run_id, binding.epoch + 1, by.at)
    bindings.cancel(tx, run_id, by.at)
    _attest(tx, binding, by, "run_cancelled", {})
    return Done(_known(tx, run_id))


def look_again(tx: Transaction, run_id: UUID, by: By) -> Done | Blocker:
    """Have all that waits decided anew, and what is missing planned again, though nothing new was said."""
    binding = _open(tx, run_id)
    return binding if isinstance(binding, Blocker) else _decided_anew(tx, binding, by)


@dataclass(frozen=True)
class _About:
    """What a word is about, with the digest of what it would write now."""

    subject: str
    digest: str
    intent_id: UUID | None = None
    target: str | None = None


def _judge(tx: Transaction, binding: Binding, by: By, word: Word, about: _About) -> Done | Blocker:
    if word.is_approved and by.name in proposers(tx, binding):
        sentence = f"{by.name} has proposed this, so another has to approve it."
        return Blocker(code="APPROVAL_OWN_PROPOSAL", sentence=sentence, subject=about.subject)
    if word.digest != about.digest:
        sentence = f"What you saw has the digest {word.digest}, and what would be written now {about.digest}."
        return Blocker(code="APPROVAL_CONTENT_CHANGED", sentence=sentence, subject=about.subject)
    given = approvals.Given(
        run_id=binding.run_id,
        intent_id=about.intent_id,
        target=about.target,
        digest=word.digest,
        is_approved=word.is_approved,
        reason=word.reason,
        given_by=by.name,
        given_at=by.at,
        expires_at=by.at
        + timedelta(seconds=operator_settings.approval_seconds(tx, binding.repository_id, word.seconds)),
    )
    approvals.add(tx, given)
    done = replace(_decided_anew(tx, binding, by), answered=approval_requests.answer(tx, binding.run_id, by.at))
    kind = "write_approved" if word.is_approved else "write_denied"
    said = {"intent": str(about.intent_id) if about.intent_id else None, "digest": word.digest}
    _attest(tx, binding, by, kind, {**said, "epoch": binding.epoch, "expires_at": given.expires_at.isoformat()})
    return done


def proposers(tx: Transaction, binding: Binding) -> set[str]:
    """Whose approval counts for nothing here: who opened the run or an epoch, asked for a write, or stored its code."""
    openers = ledger.actors(tx, binding.subject, EPOCH_OPENED)
    return {binding.proposed_by, *openers, *wishes.wishers(tx, binding.run_id)}


def whole(intents: Iterable[tuple[UUID, Intent]]) -> list[tuple[UUID, Intent]]:
    """Less those that are parts of another: what an operator is asked about."""
    return [(intent_id, intent) for intent_id, intent in intents if intent.part_of is None]


def _whole(tx: Transaction, binding: Binding) -> list[tuple[UUID, Intent]]:
    return whole(run_intents.of_run(tx, binding.run_id, binding.epoch))


def _decided_anew(tx: Transaction, binding: Binding, by: By) -> Done:
    bindings.wake(tx, binding.run_id, by.at)
    return Done(binding, tuple(run_intents.reopen(tx, binding.run_id, by.at)))


def _open(tx: Transaction, run_id: UUID) -> Binding | Blocker:
    binding = bindings.hold(tx, run_id)
    subject = f"run:{run_id}"
    if binding is None:
        return Blocker(code="RUN_NOT_FOUND", sentence="There is no such run.", subject=subject)
    if not binding.is_open:
        return Blocker(code="RUN_CLOSED", sentence="The run has ended; open another one.", subject=subject)
    return binding


def _known(tx: Transaction, run_id: UUID) -> Binding:
    binding = bindings.get(tx, run_id)
    assert binding is not None  # noqa: S101 -- added or held in this transaction, and never deleted
    return binding


def _attest(tx: Transaction, binding: Binding, by: By, kind: str, body: dict[str, Any]) -> None:
    """The last thing in each transaction: whoever waits for the audit chain holds all that he changes."""
    ledger.append(tx, kind=kind, subject=binding.subject, actor=by.name, body=body, at=by.at)
