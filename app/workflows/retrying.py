"""Retry a stopped workflow: its step anew, or a new workflow with the same input where each has one outcome."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from psycopg import Rollback
from psycopg.errors import UniqueViolation

from app import definitions, issues, ledger, work, workflows
from app.database import Transaction
from app.definitions import Type
from app.issues import Ask
from app.records import merge_requests, resting, retries, runs, step_runs, write_steps
from app.records import workflows as recorded
from app.records.merge_requests import MergeRequest, Wish
from app.records.step_runs import StepRun
from app.records.workflows import Workflow
from app.work import By
from app.workflows.starting import Started, Terms, open_merge
from policies.decision import Blocker

STOPPED = ("blocked", "failed", "cancelled")
WAITING = "waiting"
"""As a merge does whose run has ended while its wish is open."""


@dataclass(frozen=True)
class Retried:
    """What is worked on now: the same workflow, or the one that takes its place. `writes`: to be decided anew."""

    workflow_id: UUID
    task: str
    writes: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class _Ask:
    """Who wants what retried, from which step of its line."""

    terms: Terms
    by: By
    step: str


def retry(tx: Transaction, terms: Terms, workflow_id: UUID, by: By, step: str | None = None) -> Retried | Blocker:
    """`step`: from which one of its line; None: from where it stands."""
    found = recorded.get(tx, workflow_id)
    if found is None:
        return workflows.not_found(workflow_id)
    asked = _Ask(terms, by, step or found.current_step)
    retried = _not_there(found, asked.step) or WAYS[found.type](tx, found, asked)
    if isinstance(retried, Blocker):
        return retried
    body = {"run": str(found.id), "type": found.type, "step": asked.step, "status_before": found.status}
    said = {**body, "as": str(retried.workflow_id)}
    ledger.append(tx, kind="workflow_retried", subject=f"run:{found.id}", actor=by.name, body=said, at=by.at)
    return retried


def _not_there(found: Workflow, step: str) -> Blocker | None:
    """Only a step that was begun can be begun again."""
    if found.kind == definitions.IMPORTED:
        sentence = "It was imported and is never worked on: start it anew if it is still wanted."
        return Blocker(code="ENDS_OTHERWISE", sentence=sentence, subject=f"run:{found.id}")
    try:
        line = [each.name for each in definitions.of(found.kind, found.version).line]
    except definitions.UnknownDefinition as unknown:
        return Blocker(code="VERSION_NOT_KNOWN", sentence=f"{unknown} Its own version finishes it.", subject="version")
    begun = line[: line.index(found.current_step) + 1] if found.current_step in line else line
    if step in begun:
        return None
    sentence = f"step: should be one that was begun: {', '.join(begun)}."
    return Blocker(code="STEP_NOT_BEGUN", sentence=sentence, subject="step")


def _unstopped(workflow: Workflow) -> Blocker | None:
    """Why one that has not stopped is not retried."""
    if workflow.status in STOPPED:
        return None
    code, sentence = "WORKFLOW_UNDER_WAY", "The workflow is under way, and is tried again by itself where it has to be."
    if workflow.status == "succeeded":
        code, sentence = "WORKFLOW_OVER", "The workflow has succeeded; start another one to have it done again."
    return Blocker(code=code, sentence=sentence, subject=f"run:{workflow.id}")


def _line(tx: Transaction, found: Workflow, asked: _Ask) -> Retried | Blocker:
    """Where another one waits for the same already, that is the retry."""
    held = recorded.hold(tx, found.id)
    if held is None:
        return workflows.not_found(found.id)
    blocker = _unstopped(held)
    if blocker is not None:
        return blocker
    due = _lead_back(tx, held, asked)
    return replace(due, writes=tuple(write_steps.unblock(tx, held.id, asked.by.at)))


def _lead_back(tx: Transaction, held: Workflow, asked: _Ask) -> Retried:
    task = definitions.step(held.kind, held.version, asked.step).task
    try:
        with tx.transaction():
            retries.rewind(tx, held.id, asked.step)
            resting.reopen(tx, held.id, asked.by.at, kind=definitions.of(held.kind, held.version).kind, resting=STOPPED)
    except UniqueViolation:  # workflows_one_pending
        waiting = runs.next_waiting(tx, held.kind, held.subject)
        return Retried(held.id, task) if waiting is None else Retried(waiting.message, waiting.task)
    return Retried(held.id, task)


def _handoff(tx: Transaction, found: Workflow, asked: _Ask) -> Retried | Blocker:
    """All that waits is decided anew, and what is missing is planned again."""
    blocker = _unstopped(found) if found.status in ("pending", "running") else None
    if blocker is not None:
        return blocker
    done = work.look_again(tx, found.id, asked.by)
    if isinstance(done, Blocker):
        return done
    return Retried(found.id, definitions.step(found.kind, found.version, asked.step).task, done.reopened)


def _anew(tx: Transaction, found: Workflow, asked: _Ask) -> Retried | Blocker:
    """A run of a step has one outcome for good, so another one is opened for the same wish; one at a time."""
    held, step = recorded.hold(tx, found.id), step_runs.get(tx, found.id)
    if held is None or step is None:
        return workflows.not_found(found.id)
    retries.hold_wish(tx, step)
    blocker = (None if held.status == WAITING else _unstopped(held)) or _retried(tx, held)
    if blocker is not None:
        return blocker
    opened = _opened(tx, held, step, asked)
    if isinstance(opened, Blocker):
        return opened
    if held.status == WAITING:
        runs.cancel(tx, held.id, asked.by.at)
    retries.remember(tx, opened.workflow_id, held.id)
    return Retried(opened.workflow_id, opened.task)


def _retried(tx: Transaction, held: Workflow) -> Blocker | None:
    retry_id = retries.under_way(tx, held.id)
    if retry_id is None:
        return None
    sentence = f"It is retried already, as {retry_id}."
    return Blocker(code="WORKFLOW_UNDER_WAY", sentence=sentence, subject=f"run:{retry_id}")


def _opened(tx: Transaction, held: Workflow, step: StepRun, asked: _Ask) -> Started | Blocker:
    """The new wish takes the place of the old one, which ends first: to ask again makes an audit entry."""
    if step.mode == "observe":
        sentence = "It only looked who had merged a pull request; start a reconciliation of merges instead."
        return Blocker(code="ENDS_OTHERWISE", sentence=sentence, subject=f"run:{held.id}")
    wish = merge_requests.get(tx, step.merge_request_id) if step.merge_request_id else None
    opened: Started | Blocker = workflows.not_found(held.id)
    with tx.transaction():
        if wish is not None:
            merge_requests.end(tx, wish.id, asked.by.at)
        opened = _of_issue(tx, step, step.issue_id, wish, asked) if step.issue_id else _of_wish(tx, held, wish, asked)
        if isinstance(opened, Blocker):
            raise Rollback
    return opened


def _of_wish(tx: Transaction, held: Workflow, wish: MergeRequest | None, asked: _Ask) -> Started | Blocker:
    return workflows.not_found(held.id) if wish is None else open_merge(tx, asked.by, _again(asked, wish))


def _of_issue(
    tx: Transaction, step: StepRun, issue_id: UUID, wish: MergeRequest | None, asked: _Ask
) -> Started | Blocker:
    waits = wish is not None and wish.waits
    ask = Ask(step=step.step, mode=step.mode, request_id=uuid4(), source="api", waits=waits)
    opened = issues.ask(tx, asked.terms, issue_id, asked.by, ask)
    return opened if isinstance(opened, Blocker) else Started(opened.run_id, opened.task)


def _again(asked: _Ask, wish: MergeRequest) -> Wish:
    return Wish(
        mode=wish.mode,
        request_id=str(uuid4()),
        source="api",
        asked_by=asked.by.name,
        until=asked.by.at + timedelta(hours=asked.terms.merge_request_hours),
        pr_url=wish.pr_url,
        repository_id=wish.repository_id,
        number=wish.number,
        waits=wish.waits,
    )


def _approval(tx: Transaction, found: Workflow, asked: _Ask) -> Retried | Blocker:
    sentence = f"An approval goes on with an operator's word on the run {found.input.get('run')}."
    return Blocker(code="ENDS_OTHERWISE", sentence=sentence, subject=f"run:{found.id}")


def _import(tx: Transaction, found: Workflow, asked: _Ask) -> Retried | Blocker:
    sentence = "An import goes on where it stopped when it is begun again: mergegate legacy import FILE --apply."
    return Blocker(code="ENDS_OTHERWISE", sentence=sentence, subject=f"run:{found.id}")


WAYS: dict[Type, Callable[[Transaction, Workflow, _Ask], Retried | Blocker]] = {
    "policy_evaluation": _line,
    "reconciliation": _line,
    "pull_request_handoff": _handoff,
    "merge": _anew,
    "loop_step": _anew,
    "approval": _approval,
    "legacy_import": _import,
}
"""How a workflow of each type is retried."""
