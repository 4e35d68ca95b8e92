"""The workers of a scenario: who gets which message, under which name its run goes, and what each run answers."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from policies.merging.answer import Answer
from tasks import names
from tests.conformance.merge_clock import Clock
from tests.conformance.merge_gate import Gate, Message
from tests.conformance.merge_services import Database
from tests.conformance.merge_words import Record, WrongScenario
from tests.conformance.merge_workers import Worker

MOST_TURNS = 150
MOST_DELAY_SECONDS = 5
"""A message that is to come later than that is one of a planned retry, which stays planned."""
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
QUIET = "quiet"
"""The name of a worker whose messages stay queued."""
DONE_BEFORE = {"merged": "already_merged"}
"""What a finished run's outcome is to whoever gets its task again."""


@dataclass(frozen=True)
class Report:
    """One answer of a run, and when it came."""

    run: str
    run_id: UUID
    answer: Record
    at: datetime

    @property
    def outcome(self) -> str:
        """The word of it."""
        return str(self.answer["outcome"])


class Crew:
    """`reports`: answers, in the order in which they came. `failures`: what workers ended with instead."""

    def __init__(self, gate: Gate, clock: Clock, database: Database) -> None:
        self._gate, self._clock, self._database = gate, clock, database
        gate.send = self._sent
        self.reports: list[Report] = []
        self.failures: list[str] = []
        self.workers: dict[str, Worker] = {}
        self.started: list[UUID] = []
        self._outbox: list[Message] = []
        self._names: dict[UUID, str] = {}
        self._followed: set[UUID] = set()
        self._held: list[tuple[str, Message]] = []
        self._letters, self._sweepers, self._others = iter(LETTERS), itertools.count(1), itertools.count(1)

    # Names

    def name(self, run_id: UUID, called: str | None = None) -> str:
        """That of a run: the one given, the one that it has, or the next free letter."""
        if called is not None:
            self._names[run_id] = called
        elif run_id not in self._names:
            self._names[run_id] = next(one for one in self._letters if one not in self._names.values())
        return self._names[run_id]

    def message_of(self, name: str) -> Message:
        """The task of a run. Raises `WrongScenario`."""
        found = [run_id for run_id, called in self._names.items() if called == name]
        if not found:
            raise WrongScenario(f"there is no run {name}")
        return Message(names.MERGE, found[-1], 0)

    def first(self) -> Message:
        """The task of the run that was started first. Raises `WrongScenario`."""
        if not self.started:
            raise WrongScenario("no run was started whose task could be delivered again")
        return Message(names.MERGE, self.started[0], 0)

    # Messages

    def put(self, message: Message) -> None:
        """A message that a worker will take."""
        self._outbox.append(message)

    def take_all(self) -> list[Message]:
        """The messages that nobody has taken yet."""
        sent, self._outbox = self._outbox, []
        return sent

    def _sent(self, message: Message) -> None:
        """What a merge run sends besides its own jobs stays queued; its own run is resumed by its due time."""
        worker = Worker.here()
        sender = worker.name if worker is not None else QUIET
        if sender == QUIET or message.seconds > MOST_DELAY_SECONDS:
            return
        if message.task == names.AFTER_MERGE:
            if message.row_id not in self._followed or sender.startswith("sweeper"):
                self._followed.add(message.row_id)
                self._outbox.append(message)
        elif sender not in self._names.values() and not (message.task == names.MERGE and message.row_id in self._names):
            self._outbox.append(message)

    # Work

    def run(self, messages: Iterable[Message]) -> None:
        """One after the other."""
        for message in messages:
            if message.task != names.MERGE and message.seconds > 0:
                self._clock.forward(message.seconds)
            self._end(self._start(message), message)

    def run_at_once(self, messages: list[Message]) -> None:
        """All at the same time; the first has the base branch before the others come, so that it is known who sends."""
        at_work = list[tuple[Worker, Message]]()
        for message in messages:
            at_work.append((self._start(message), message))
            if len(at_work) == 1:
                at_work[0][0].wait(self._somebody_merges)
        for worker, message in at_work:
            self._end(worker, message)

    def run_beside(self, name: str, message: Message) -> None:
        """Another worker gets the task; it is waited for until it ends, or waits for what this one holds."""
        worker = self._start(message, name)
        if worker.wait(self._somebody_waits):
            self._collect(worker, message, held=name)
        else:
            self._held.append((name, message))

    def sweep(self) -> None:
        """One tick of the sweeper, and its messages, each worked on under a name of the sweeper's."""
        sweeper = self.workers["sweeper"] = Worker("sweeper", self._gate.sweep)
        before, self._outbox = self._outbox, []
        known, self._names = self._names, {}
        sweeper.start()
        sweeper.wait()
        self._names = {**known, **self._names}
        self._note(sweeper)
        sent, self._outbox = self._outbox, before
        for message in sent:
            if message.task == names.MERGE:
                self.name(message.row_id, f"sweeper-{next(self._sweepers)}")
            self.run([message])
        self._name_put_back()

    def _name_put_back(self) -> None:
        """Runs whose worker was gone go on as the sweeper's, at their time."""
        if not self._database.is_up:
            return
        rows = self._gate.rows(
            "SELECT run_id FROM step_runs JOIN runs ON id = run_id WHERE woken_by = 'sweeper' AND outcome IS NULL"
            " AND status = 'pending' ORDER BY started_at"
        )
        for row in rows:
            if not self._names.get(row["run_id"], "").startswith("sweeper"):
                self.name(row["run_id"], f"sweeper-{next(self._sweepers)}")
            if row["run_id"] not in self.started:
                self.started.append(row["run_id"])

    def take_in(self, *, quietly: str | None = None) -> None:
        """What the receiver has put on the queue; `quietly`: what follows from it stays there."""
        while self._gate.taken:
            delivery = self._gate.taken.pop(0)
            worker = Worker(quietly or "intake", lambda: self._gate.take_in(delivery))  # noqa: B023 -- at once
            worker.start()
            worker.wait()
            self._note(worker)

    def drain(self) -> None:
        """Until every started run has ended: messages first, then who waits for its time, which passes at once."""
        for _ in range(MOST_TURNS):
            sent = self.take_all()
            if sent:
                self.run(sent)
            elif not self._resume() and not self._end_held():
                return
        raise WrongScenario(f"the runs do not end within {MOST_TURNS} turns")

    def _start(self, message: Message, name: str | None = None) -> Worker:
        is_merge = message.task == names.MERGE
        called = self.name(message.row_id, name) if is_merge else f"task-{next(self._others)}"
        worker = Worker(called, lambda: self._gate.work(message))
        worker.was_ended = is_merge and self.ended(message.row_id) is not None
        self.workers[called] = worker
        if is_merge and message.row_id not in self.started:
            self.started.append(message.row_id)
        worker.start()
        return worker

    def _end(self, worker: Worker, message: Message) -> None:
        worker.wait()
        self._collect(worker, message)

    def _somebody_merges(self) -> bool:
        return self._database.is_up and bool(self._gate.rows("SELECT 1 FROM merge_leases"))

    def _somebody_waits(self) -> bool:
        if not self._database.is_up:
            return False
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(self._gate.rows(query))

    def _resume(self) -> bool:
        """The next started run that waits; False where there is none."""
        if not self._database.is_up or not self._names:
            return False
        rows = self._gate.rows(
            "SELECT id, due_at FROM runs JOIN step_runs ON run_id = id WHERE id = ANY(%(ids)s)"
            " AND status = 'pending' AND outcome IS NULL ORDER BY due_at LIMIT 1",
            {"ids": self.started},
        )
        for row in rows:
            self._clock.forward_to(row["due_at"])
            self.run([Message(names.MERGE, row["id"], 0)])
        return bool(rows)

    def _end_held(self) -> bool:
        """Who got the task of a run that another worker had, once that has ended."""
        held, self._held = self._held, []
        for name, message in held:
            self._outwait(message.row_id)
            self._end(self._start(message, name), message)
        return bool(held)

    def _outwait(self, run_id: UUID) -> None:
        """Who has a run where nobody is at work any more is dead: it is another's once the lease is over."""
        query = "SELECT lease_until FROM runs WHERE id = %(id)s AND status = 'running'"
        for row in self._gate.rows(query, {"id": run_id}) if self._database.is_up else ():
            self._clock.forward_to(row["lease_until"] + timedelta(seconds=1))

    # Answers

    def ended(self, run_id: UUID) -> Record | None:
        """What a run has come to, where it has."""
        if not self._database.is_up:
            return None
        rows = self._gate.rows(
            "SELECT outcome, answer, ended_at FROM step_runs WHERE run_id = %(id)s AND ending IS NOT NULL",
            {"id": run_id},
        )
        return rows[0] if rows else None

    def collect_late(self) -> None:
        """What was recorded by a worker that could not say so any more."""
        known = {report.run_id for report in self.reports}
        for run_id in self.started:
            stored = self.ended(run_id) if run_id not in known else None
            if stored is not None:
                self.reports.append(Report(self.name(run_id), run_id, stored["answer"], stored["ended_at"]))

    def forget(self) -> None:
        """What ran until now is not judged."""
        self.reports.clear()
        self.failures.clear()
        self.started.clear()

    def _note(self, worker: Worker) -> None:
        if worker.error is not None:
            self.failures.append(f"{worker.name}: {type(worker.error).__name__}: {worker.error}")

    def _collect(self, worker: Worker, message: Message, held: str | None = None) -> None:
        self._note(worker)
        if message.task != names.MERGE or not worker.is_alive:
            return
        stored = self.ended(message.row_id)
        if isinstance(worker.answer, Answer):
            self._report(worker.name, message.row_id, worker.answer.model_dump(mode="json"))
        elif stored is not None:
            again = DONE_BEFORE.get(stored["outcome"], stored["outcome"]) if worker.was_ended else stored["outcome"]
            self._report(worker.name, message.row_id, {**stored["answer"], "outcome": again})
        elif held is not None and worker.error is None:
            self._held.append((held, message))

    def _report(self, name: str, run_id: UUID, answer: Record) -> None:
        self.reports.append(Report(name, run_id, answer, self._clock()))
