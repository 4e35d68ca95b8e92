"""Bring a run of the API as far as it can go now: find its repository, record what it wishes for, take the next turn.

Level-triggered: it may run any number of times, and does each time what is still missing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from app.artifacts.blocked import Blocked
from app.database import Transaction
from app.github.answers import Unavailable
from app.github.reader import Place
from app.handed import Planned
from app.records import bindings, run_intents, runs, wishes
from app.records.bindings import Binding, Rest
from app.records.runs import Run
from policies.contents import Content
from policies.decision import Blocker
from tasks import handoff, names, putting_off, wishing
from tasks.context import Context
from tasks.handoff import Plan


def advance(context: Context, run_id: UUID) -> None:
    """Nothing happens if the run isn't due or another worker has it. Raises `LeaseLost`."""
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, context.clock(), context.settings.lease_seconds)
        binding = bindings.get(tx, run_id)
    if run is None or binding is None:
        return
    context.checkpoint("work.claimed")
    try:
        found = _find(context, binding)
    except Unavailable as trouble:
        putting_off.run(context, run, trouble)
        return
    except SoftTimeLimitExceeded:
        putting_off.run(context, run, Unavailable("GITHUB_API_ERROR", "Reading GitHub took too long."))
        return
    context.checkpoint("work.read")
    _record(context, run, binding, found)


@dataclass(frozen=True)
class _Found:
    """What was found out, while nothing was changed: where the run works, what it wishes for, what is in the way."""

    place: Place | None = None
    contents: tuple[Content, ...] = ()
    plan: Plan | None = None
    blockers: tuple[Blocker, ...] = ()


def _find(context: Context, binding: Binding) -> _Found:
    """Raises `Unavailable`."""
    try:
        place = _place(context, binding)
    except Blocked as blocked:
        return _Found(blockers=blocked.blockers)
    with context.pool.connection() as tx:
        asked = wishes.of_epoch(tx, binding.run_id, binding.epoch)
        is_planned = run_intents.is_planned(tx, binding.run_id, binding.epoch)
    found = _Found(place)
    for wish in asked:
        try:
            if wish.kind != wishes.PULL_REQUEST:
                found = replace(found, contents=(*found.contents, wishing.read(context.settings, wish)))
            elif not is_planned:
                plan = handoff.plan(context, replace(binding, repository_id=place.repository_id), place, wish)
                found = replace(found, plan=plan)
        except Blocked as blocked:
            found = replace(found, blockers=(*found.blockers, *blocked.blockers))
    return found


def _place(context: Context, binding: Binding) -> Place:
    """Where the run's repository is. Raises `Unavailable`, and `Blocked` where that is nowhere."""
    if binding.repository_id:
        return Place(binding.installation_id, binding.repository_id)
    owner, _, name = binding.remote.partition("/")
    installation_id = context.reader.installation_on(owner.lower())
    found = context.reader.repository(installation_id, owner, name) if installation_id else None
    if installation_id is None or found is None or found.full_name != binding.remote:
        sentence = f"The App is not installed on {binding.remote}, or it is spelt otherwise."
        raise Blocked(Blocker(code="REPO_NOT_FOUND", sentence=sentence, subject=f"repository:{binding.remote}"))
    return Place(installation_id, found.id)


def _record(context: Context, run: Run, before: Binding, found: _Found) -> None:
    now = context.clock()
    with context.pool.connection() as tx:
        bindings.hold(tx, run.id)
        runs.hold(tx, run)
        binding = _settled(tx, run.id, before, found)
        due = _intents(tx, binding, found, now) if binding.epoch == before.epoch else []
        planned = run_intents.planned(tx, binding.run_id, binding.epoch)
        ended = _ended(tx, binding, found, planned)
        rested = bindings.rest(tx, run, woken=before.woken, ended=ended, planned=planned, now=now)
    context.checkpoint("work.recorded")
    for intent_id in due:
        context.send(names.WRITE, intent_id, 0)
    if not rested:
        context.send(names.WORK, run.id, 0)


def _settled(tx: Transaction, run_id: UUID, before: Binding, found: _Found) -> Binding:
    """The run with what was found out about it; nothing of that counts in an epoch that was opened meanwhile."""
    current = bindings.get(tx, run_id)
    if current is None or current.epoch != before.epoch:
        return current or before
    if found.place is not None:
        bindings.set_place(tx, run_id, found.place.repository_id, found.place.installation_id)
    if found.plan is not None:
        bindings.set_head(tx, run_id, found.plan.head_sha)
        if found.plan.number is not None:
            bindings.set_number(tx, run_id, found.plan.number)
    bindings.set_blockers(tx, run_id, found.blockers)
    return bindings.get(tx, run_id) or before


def _intents(tx: Transaction, binding: Binding, found: _Found, now: datetime) -> list[UUID]:
    """Record what is wished for and not recorded yet, and take the next turn; the intents to be decided on."""
    recording = wishing.Recording(tx, binding, now)
    recording.add_wished(found.contents)
    if found.plan is not None:
        handoff.record(recording, found.plan)
    handoff.follow(recording)
    due = [*recording.due, *_next_turn(tx, binding, now)]
    recording.attest()
    return due


def _next_turn(tx: Transaction, binding: Binding, now: datetime) -> list[UUID]:
    """The lowest stage that is not wholly written, once nothing but its turn is in the way of all that waits.

    So no branch is made for a pull request that may not be opened.
    """
    stage = run_intents.next_stage(tx, binding.run_id, binding.epoch)
    following = run_intents.following(tx, binding.run_id, binding.epoch)
    if stage is None or not following:
        return []
    is_clear = all(run_intents.waits_for_turn(tx, intent_id) for intent_id in following)
    return run_intents.reopen_stage(tx, binding.run_id, stage, now) if is_clear else []


def _ended(tx: Transaction, binding: Binding, found: _Found, planned: Planned) -> Rest:
    if found.blockers:
        return "blocked"
    asked = wishes.of_epoch(tx, binding.run_id, binding.epoch)
    return "succeeded" if asked and planned.written == planned.writes else "waiting"
