"""Verbs about check runs, workflow runs and merge groups with the webhooks that tell of them."""

from typing import Any

from app.simulator import payloads
from app.simulator.echoes import Done
from app.simulator.mailbox import Mailbox
from app.simulator.records import CheckRun, QueueEntry, WorkflowRun

QUEUE_BOT = "github-merge-queue[bot]"


class RunHooks(Mailbox):
    def check_run(self, full_name: str, sha: str, *, app_id: int, **fields: Any) -> CheckRun:
        """`check_run` created or completed, and `check_suite` completed once all its runs are."""
        run = self.github.check_run(full_name, sha, app_id=app_id, **fields)
        self.tell_check_run(full_name, run)
        return run

    def update_check_run(self, full_name: str, run_id: int, **fields: Any) -> CheckRun:
        run = self.github.update_check_run(full_name, run_id, **fields)
        self.tell_check_run(full_name, run)
        return run

    def tell_check_run(self, full_name: str, run: CheckRun) -> None:
        sender = self.github.state.bot(run.app_id).login
        repository = self.github.state.repository(full_name)
        action = "completed" if run.status == "completed" else "created"
        body = {"action": action, **payloads.check_run(self.view(), repository, run)}
        self.tell("check_run", body, full_name=full_name, by=sender)
        suite = payloads.check_suite(self.view(), repository, run)
        if suite["check_suite"]["status"] == "completed":
            self.tell("check_suite", {"action": "completed", **suite}, full_name=full_name, by=sender)

    def workflow_run(self, full_name: str, sha: str, *, by: str, **fields: Any) -> WorkflowRun:
        """`fields` are those of `GitHub.workflow_run`: path, event, status, conclusion."""
        run = self.github.workflow_run(full_name, sha, **fields)
        self._tell_workflow(full_name, run, by=by)
        return run

    def finish_workflow_run(self, full_name: str, run_id: int, conclusion: str = "success", *, by: str) -> WorkflowRun:
        run = self.github.finish_workflow_run(full_name, run_id, conclusion)
        self._tell_workflow(full_name, run, by=by)
        return run

    def enqueue(self, full_name: str, number: int, *, by: str) -> QueueEntry:
        """`pull_request` enqueued, `push` to the temporary branch, and `merge_group` that wants its head checked."""
        return self._tell_enqueued(full_name, self.github.enqueue(full_name, number, by=by), by=by)

    def echo_enqueued(self, done: Done) -> None:
        waiting = [one for queue in self.github.state.repository(done.full_name).queues.values() for one in queue]
        for entry in (one for one in waiting if one.number == done.number):
            self._tell_enqueued(done.full_name, entry, by=done.by)

    def _tell_enqueued(self, full_name: str, entry: QueueEntry, *, by: str) -> QueueEntry:
        self._tell_queued("enqueued", full_name, entry.number, by=by)
        self._tell_requested(full_name, entry)
        return entry

    def dequeue(self, full_name: str, number: int) -> QueueEntry:
        """Its group is destroyed, and those behind it are built anew."""
        gone, rebuilt = self.github.dequeue(full_name, number)
        self._tell_queued("dequeued", full_name, number, by=QUEUE_BOT)
        self._tell_group("destroyed", full_name, gone, reason="dequeued")
        for before, after in rebuilt:
            self._tell_group("destroyed", full_name, before, reason="invalidated")
            self._tell_requested(full_name, after)
        return gone

    def merge_next(self, full_name: str, branch: str = "main") -> QueueEntry:
        """The first group of the queue is merged: `push` to the branch, `pull_request` closed, the group destroyed."""
        before = self.github.state.repository(full_name).branches[branch]
        entry = self.github.merge_next(full_name, branch)
        self._tell_push(full_name, branch, entry, before=before)
        self._tell_queued("closed", full_name, entry.number, by=QUEUE_BOT)
        self._tell_group("destroyed", full_name, entry, reason="merged")
        return entry

    def _tell_requested(self, full_name: str, entry: QueueEntry) -> None:
        self._tell_push(full_name, entry.head_ref, entry, before=None)
        self._tell_group("checks_requested", full_name, entry)

    def _tell_push(self, full_name: str, branch: str, entry: QueueEntry, *, before: str | None) -> None:
        repository = self.github.state.repository(full_name)
        head = repository.commits[entry.head_sha]
        pushed = payloads.push(self.view(), repository, branch, before=before, commit=head)
        self.tell("push", pushed, full_name=full_name, by=QUEUE_BOT)

    def _tell_queued(self, action: str, full_name: str, number: int, *, by: str) -> None:
        repository, pull = self.github.state.repository(full_name), self.github.state.pull(full_name, number)
        body = {"action": action, **payloads.pull_request(self.view(), repository, pull)}
        self.tell("pull_request", body, full_name=full_name, by=by)

    def _tell_workflow(self, full_name: str, run: WorkflowRun, *, by: str) -> None:
        action = "completed" if run.status == "completed" else "requested" if run.status == "queued" else run.status
        body = {"action": action, **payloads.workflow_run(self.view(), self.github.state.repository(full_name), run)}
        self.tell("workflow_run", body, full_name=full_name, by=by)

    def _tell_group(self, action: str, full_name: str, entry: QueueEntry, *, reason: str | None = None) -> None:
        repository = self.github.state.repository(full_name)
        why = {} if reason is None else {"reason": reason}
        body = {"action": action, **payloads.merge_group(repository, entry), **why}
        self.tell("merge_group", body, full_name=full_name, by=QUEUE_BOT)
