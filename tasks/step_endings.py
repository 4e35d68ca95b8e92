"""The one end of a run of a step: of the run, of its row, on the timeline of its issue."""

from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.database import Transaction
from app.handed import Ended
from app.records import issues, merge_requests, resting, runs, step_runs, timeline
from app.records.runs import Run
from app.records.step_runs import Ending, Step, StepRun
from app.records.timeline import EventType

COMPLETED: MappingProxyType[Step, EventType] = MappingProxyType(
    {
        "S1_PICK_ISSUE": "loop_step_s1_completed",
        "S2_SPEC_READY": "loop_step_s2_spec_ready",
        "S3_IMPLEMENT_PREP": "loop_step_s3_implement_prep",
        "S4_REVIEW": "loop_step_s4_completed",
        "S5_MERGE": "loop_step_s5_completed",
        "S6_DEPLOYMENT_OBSERVE": "loop_step_s6_completed",
        "S7_VERIFY_GATE": "loop_step_s7_completed",
    }
)
ENDED: MappingProxyType[Ending, EventType] = MappingProxyType(
    {"finished": "loop_run_finished", "blocked": "loop_run_blocked", "failed": "loop_run_failed"}
)


def end(  # noqa: PLR0913 -- all that an end is made of, by name
    tx: Transaction,
    run: Run,
    step: StepRun,
    *,
    ending: Ending,
    outcome: str,
    answer: dict[str, Any],
    code: str | None,
    state_before: str | None,
    state_after: str | None,
    now: datetime,
) -> None:
    """End a run, once. `answer` holds the `sentence` for people; `code`: its blocker's. Raises `LeaseLost`.

    What the step did (a `loop_merged`, a move of the issue) comes before, in the same transaction.
    """
    if ending == "finished":
        runs.finish(tx, run, now, Ended(outcome=outcome, state_before=state_before, state_after=state_after))
    else:
        leave = runs.fail if ending == "failed" else resting.wait if _goes_on(tx, step) else runs.block
        leave(tx, run, str(answer.get("sentence") or code or outcome), now)
    step_runs.end(
        tx,
        run,
        ending=ending,
        outcome=outcome,
        answer=answer,
        state_before=state_before,
        state_after=state_after,
        now=now,
    )
    if step.issue_id is None:
        return
    said = said_of(step, state_before) | ({"stateAfter": state_after} if ending == "finished" else {})
    if ending == "finished" and _is_completed(tx, step):
        timeline.append(tx, step.issue_id, run.id, COMPLETED[step.step], said, now)
    blocked = {"blockerCode": code} if ending == "blocked" else {}
    timeline.append(tx, step.issue_id, run.id, ENDED[ending], {**said, **blocked}, now)


def _goes_on(tx: Transaction, step: StepRun) -> bool:
    """Whether the gate comes back to what the run was to do: its wish for a merge is open still."""
    wish = merge_requests.get(tx, step.merge_request_id) if step.merge_request_id is not None else None
    return wish is not None and wish.status == "open"


def said_of(step: StepRun, state_before: str | None) -> dict[str, Any]:
    """What every event of a run says."""
    return {
        "runId": str(step.run_id),
        "step": step.step,
        "mode": step.mode,
        "stateBefore": state_before,
        "requestId": step.request_id,
    }


def _is_completed(tx: Transaction, step: StepRun) -> bool:
    """Whether the step itself was done by this run; a merge only where it is this run that has merged."""
    if step.mode != "execute" or step.issue_id is None:
        return False
    if step.step != step_runs.MERGE_STEP:
        return True
    merged = timeline.newest(tx, step.issue_id, "loop_merged")
    return merged is not None and merged.run_id == step.run_id


def fail(tx: Transaction, run: Run, sentence: str, now: datetime) -> None:
    """End a run that never came to an end of its own: nothing is said of its step. Raises `LeaseLost`.

    Its wish for a merge ends with it, since a person has to look before anybody tries that again.
    """
    step = step_runs.get(tx, run.id)
    if step is None:
        runs.block(tx, run, sentence, now)
        return
    runs.hold(tx, run)
    if step.issue_id is not None:
        issues.hold(tx, step.issue_id)
    if step.merge_request_id is not None:
        merge_requests.end(tx, step.merge_request_id, now)
    end(
        tx,
        run,
        step,
        ending="failed",
        outcome="failed",
        answer={"code": "STEP_FAILED", "sentence": sentence},
        code="STEP_FAILED",
        state_before=step.state_before,
        state_after=step.state_before,
        now=now,
    )
