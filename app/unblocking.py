"""What is in the way of a workflow, and what would unblock it: one or two sentences for a person. Pure."""

from datetime import UTC, datetime

from app import definitions
from app.records.obstacles import WRITE_STOPPED, Obstacles
from app.records.pauses import Pause
from app.records.workflows import Workflow
from policies.text import plain, short

MOST_SENTENCES = 3
MOST_CHARACTERS = 400
REMEDIES = {
    "APPROVAL_CONTENT_CHANGED": "An operator has to approve it as it is now.",
    "APPROVAL_EXPIRED": "An operator has to approve it again.",
    "APPROVAL_MISSING": "An operator has to approve it.",
    "INTERNAL_REVIEW_FAILED": "The internal review of the present head has to say PASS.",
    "INTERNAL_REVIEW_MISSING": "Somebody has to give the internal review of the present head.",
    "INTERNAL_REVIEW_STALE": "Somebody has to give the internal review of the present head.",
    "VERIFICATION_FAILED": "The verification of the present head has to say PASS.",
    "VERIFICATION_MISSING": "Somebody has to give the verification of the present head.",
    "VERIFICATION_STALE": "Somebody has to give the verification of the present head.",
}
"""What would have to happen, where the sentence of a blocker says only what has not."""
RETRY = "Retry it once that is mended."
RETRY_WISH = "Retry it once that is so."
NEXT_EPOCH = "Open the next epoch of the run once that is mended: a write that has ended is not made again in this one."
GIVE_AGAIN = "Give the command again once that is mended; mergegate legacy status says where it stands."
COMMAND = "No worker does this: it goes on when its command is given again (an import with --apply)."
FAILED_THERE = "It failed in the system it comes from: start it anew here if it is still wanted."
BY_ITSELF = "It goes on by itself once that is so."
IN_DOUBT = "Its merge was sent and nobody knows its end: look at GitHub, then retry it or run mergegate merges undo."


def unblock_sentence(workflow: Workflow, obstacles: Obstacles, now: datetime) -> str | None:
    """None where nothing is in the way: it is over as it should, or it is under way."""
    if workflow.status in ("succeeded", "cancelled"):
        return None
    if workflow.type == "legacy_import" and workflow.status == "pending":
        return COMMAND
    if workflow.status == "running" or (workflow.status == "pending" and workflow.pause is None):
        return _put_off(workflow, now)
    said = [] if workflow.status == "pending" else _stopped(workflow, obstacles)
    return " ".join([*said, *([_paused(workflow.pause)] if workflow.pause else [])])


def _paused(pause: Pause) -> str:
    return f"{pause.paused_by} has paused {_scope(pause.scope)}: {_said(pause.reason)} It goes on when that is resumed."


def _put_off(workflow: Workflow, now: datetime) -> str | None:
    """None where it is as it should be."""
    if workflow.error is None:
        return None
    if workflow.due_at is None or workflow.due_at <= now:
        return f"{_said(workflow.error)} It is tried again."
    most = _most_attempts(workflow)
    counted = f" (after {workflow.attempts} of {most} attempts)" if workflow.attempts and most else ""
    return f"{_said(workflow.error)} It is tried again at {_time(workflow.due_at)}{counted}."


def _stopped(workflow: Workflow, obstacles: Obstacles) -> list[str]:
    if workflow.kind == definitions.IMPORTED and workflow.status == "failed":
        return [*_reasons(workflow, obstacles), FAILED_THERE]
    if (workflow.type == "approval" or workflow.kind == definitions.IMPORTED) and workflow.error is not None:
        return [_said(workflow.error)]  # which says who ends it
    return [*_reasons(workflow, obstacles), _remedy(workflow, obstacles)]


def _reasons(workflow: Workflow, obstacles: Obstacles) -> list[str]:
    """What stands against it; of many things the first ones."""
    sentences = [blocker.sentence for blocker in obstacles.blockers]
    for said in (obstacles.answer.get("sentence"), workflow.error):
        if said and said not in sentences:
            sentences.insert(0, said)
    more = len(sentences) - MOST_SENTENCES
    shown = [_said(sentence) for sentence in sentences[:MOST_SENTENCES]]
    return [*shown, f"And {more} more."] if more > 0 else shown


def _remedy(workflow: Workflow, obstacles: Obstacles) -> str:
    if obstacles.in_doubt:
        return IN_DOUBT
    if obstacles.comes_back_at is not None:
        return f"The gate tries again by itself at {_time(obstacles.comes_back_at)}."
    if obstacles.waits:
        return "The gate tries again by itself when something happens to the pull request."
    needed = dict.fromkeys(REMEDIES[each.code] for each in obstacles.blockers if each.code in REMEDIES)
    if needed:
        return " ".join(needed)
    if workflow.type == "pull_request_handoff" and workflow.error is None:
        is_ended = any(each.code == WRITE_STOPPED for each in obstacles.blockers)
        return NEXT_EPOCH if is_ended else BY_ITSELF
    if workflow.status == "waiting":
        return BY_ITSELF
    if workflow.type == "legacy_import":
        return GIVE_AGAIN
    return RETRY_WISH if workflow.type in ("merge", "loop_step") else RETRY


def _most_attempts(workflow: Workflow) -> int | None:
    try:
        return definitions.step(workflow.kind, workflow.version, workflow.current_step).most_attempts
    except definitions.UnknownDefinition:
        return None


def _scope(scope: str) -> str:
    kind, _, name = scope.partition(":")
    return f"all of the type {plain(name)}" if kind == "type" else plain(name)


def _said(sentence: str) -> str:
    """A sentence of its own: it ends as one."""
    said = short(sentence, MOST_CHARACTERS)
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
