"""Cancel a workflow: nobody does more of it, and a worker that is at it records nothing."""

from collections.abc import Callable
from uuid import UUID

from app import ledger, work, workflows
from app.database import Transaction
from app.definitions import IMPORTED, Type
from app.records import (
    attempts,
    intents,
    merge_leases,
    merge_requests,
    retries,
    runs,
    step_runs,
    timeline,
)
from app.records import workflows as recorded
from app.records.step_runs import StepRun
from app.records.workflows import Workflow
from app.work import By
from policies.decision import Blocker

CANCELLED = "WORKFLOW_CANCELLED"
"""The blocker of a step or a merge that ended so."""


def cancel(tx: Transaction, workflow_id: UUID, by: By) -> Workflow | Blocker:
    """The workflow afterwards. What was sent to GitHub is still read to its end; what was not is never sent."""
    found = recorded.get(tx, workflow_id)
    if found is None:
        return workflows.not_found(workflow_id)
    blocker = _imported(found) if found.kind == IMPORTED else WAYS[found.type](tx, found, by)
    if blocker is not None:
        return blocker
    body = {"run": str(found.id), "type": found.type, "status_before": found.status}
    ledger.append(tx, kind="workflow_cancelled", subject=f"run:{found.id}", actor=by.name, body=body, at=by.at)
    return recorded.get(tx, workflow_id) or found


def _imported(found: Workflow) -> Blocker:
    sentence = "It was imported and is never worked on, so there is nothing to cancel."
    return Blocker(code="ENDS_OTHERWISE", sentence=sentence, subject=f"run:{found.id}")


def over(workflow: Workflow) -> Blocker:
    """The blocker of one that has ended."""
    sentence = f"The workflow is over ({workflow.status}), so there is nothing to cancel."
    return Blocker(code="WORKFLOW_OVER", sentence=sentence, subject=f"run:{workflow.id}")


def _line(tx: Transaction, found: Workflow, by: By) -> Blocker | None:
    if not runs.cancel(tx, found.id, by.at):
        return over(found)
    intents.take_back(tx, "run_id = %(run)s", {"run": found.id, "now": by.at})
    return None


def _handoff(tx: Transaction, found: Workflow, by: By) -> Blocker | None:
    """One that rests after all that it wished for is still open to more, and then is not."""
    done = work.cancel(tx, found.id, by)
    return over(found) if isinstance(done, Blocker) else None


def _step(tx: Transaction, found: Workflow, by: By) -> Blocker | None:
    """With the wish for a merge that it was a run of, so that the gate does not come back to it."""
    held, step = recorded.hold(tx, found.id), step_runs.get(tx, found.id)
    if held is None or step is None:
        return workflows.not_found(found.id)
    if any(each.kind in ("merge", "enqueue") and each.state != "INTENT" for each in attempts.open_of_run(tx, found.id)):
        return _sent(found)
    if held.is_over:
        return over(held)
    retries.hold_wish(tx, step)
    if (other_id := retries.under_way(tx, found.id)) is not None:
        return _tried_again(other_id)
    runs.cancel(tx, found.id, by.at)
    _end(tx, step, by)
    return None


def _tried_again(other_id: UUID) -> Blocker:
    """The blocker of one that has stopped, while another one does what it was to do."""
    sentence = f"It has stopped, and is tried again as {other_id}; cancel that one."
    return Blocker(code="WORKFLOW_UNDER_WAY", sentence=sentence, subject=f"run:{other_id}")


def _end(tx: Transaction, step: StepRun, by: By) -> None:
    """A run that was blocked has its one outcome already, and keeps it."""
    if step.merge_request_id is not None:
        merge_requests.end(tx, step.merge_request_id, by.at)
    merge_leases.release(tx, step.run_id)
    attempts.give_up_unsent(tx, step.run_id, by.at, by.name)
    is_ended = step_runs.cancel(tx, step, {"code": CANCELLED, "sentence": f"{by.name} has cancelled it."}, by.at)
    if is_ended and step.issue_id is not None:
        said = {"runId": str(step.run_id), "step": step.step, "mode": step.mode, "requestId": step.request_id}
        blocked = {"stateBefore": step.state_before, "blockerCode": CANCELLED}
        timeline.append(tx, step.issue_id, step.run_id, "loop_run_blocked", {**said, **blocked}, by.at)


def _sent(found: Workflow) -> Blocker:
    sentence = "It has asked GitHub to merge, and what came of that is being read; it ends when that is known."
    return Blocker(code="MERGE_SENT", sentence=sentence, subject=f"run:{found.id}")


def _approval(tx: Transaction, found: Workflow, by: By) -> Blocker | None:
    run = found.input.get("run")
    sentence = f"An approval ends with an operator's word: approve or deny the run {run}, or cancel that one."
    return Blocker(code="ENDS_OTHERWISE", sentence=sentence, subject=f"run:{found.id}")


def _import(tx: Transaction, found: Workflow, by: By) -> Blocker | None:
    sentence = "An import is stopped and taken back beside its file: mergegate legacy rollback BATCH."
    return Blocker(code="ENDS_OTHERWISE", sentence=sentence, subject=f"run:{found.id}")


WAYS: dict[Type, Callable[[Transaction, Workflow, By], Blocker | None]] = {
    "policy_evaluation": _line,
    "reconciliation": _line,
    "pull_request_handoff": _handoff,
    "merge": _step,
    "loop_step": _step,
    "approval": _approval,
    "legacy_import": _import,
}
"""How a workflow of each type is cancelled; the answer is what is in the way, if anything is."""
