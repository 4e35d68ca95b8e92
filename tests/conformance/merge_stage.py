"""Runs one scenario in the order of the format: its start, its trigger, all runs to their end, and what follows."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import psycopg
import redis

from tasks import names
from tests.conformance import merge_changes, merge_hooks
from tests.conformance.merge_crew import LETTERS, QUIET, Crew
from tests.conformance.merge_gate import Gate, Message
from tests.conformance.merge_records import Records
from tests.conformance.merge_script import Script
from tests.conformance.merge_services import Database, RedisServer
from tests.conformance.merge_steps import Step
from tests.conformance.merge_words import Record, WrongScenario
from tests.conformance.merge_workers import Worker
from tests.conformance.merge_world import World

STEP_TROUBLE = (
    *(WrongScenario, AssertionError, AttributeError, LookupError, TypeError, ValueError),
    *(psycopg.Error, redis.RedisError),
)


class Stage:
    """`errors`: what is wrong with the scenario itself. `triggered`: the runs that its trigger opened."""

    def __init__(
        self, scenario: Record, world: World, gate: Gate, records: Records, *, database: Database, cache: RedisServer
    ) -> None:
        self.scenario, self.world, self.gate, self.records = scenario, world, gate, records
        self.database, self.redis = database, cache
        self.crew = Crew(gate, world.clock, database)
        self.errors: list[str] = []
        self.triggered: list[UUID] = []
        self.triggered_at: datetime = world.clock()
        self._at_once: list[str] = []
        self.script = self._read([])

    def play(self) -> None:
        """Steps 1 to 6 of the format."""
        self._run_earlier()
        self.script = self._read(self.scenario["given"].get("script", []))
        self.script.on_first_put = lambda: self._schedule("merge_put")
        self._do_all("start")
        self._schedule("trigger")
        self.triggered_at = self.world.clock()
        self._trigger(self.scenario["trigger"])
        self.crew.drain()
        self.triggered = list(self.crew.started)
        for step in self.script.at("after_run"):
            self._do(step)
            self.crew.drain()
        self.redis.set_state("up")
        self.database.set_state("up")
        self.crew.collect_late()
        self.errors += [f"{step.shown()} was never reached" for step in self.script.unreached()]
        github = self.world.github
        self.errors += [f"the simulator knows no {asked}" for asked in github.unknown_requests]
        self.errors += [f"the simulator broke at {asked}" for asked in github.open_requests]

    def leaving(self, worker: Worker, method: str, url: str, body: str | None) -> int:
        """See `merge_wire.Tap`; the script of the moment is meant."""
        return self.script.leaving(worker, method, url, body)

    def came_back(self, worker: Worker, request_id: int, status: int | None, text: str) -> None:
        """See `merge_wire.Tap`."""
        self.script.came_back(worker, request_id, status, text)

    def _read(self, records: list[Record]) -> Script:
        script = Script(self.world, records, self._act, self.crew.workers)
        self.gate.script, self.world.github.script = script, script
        return script

    def _run_earlier(self) -> None:
        """Merge requests of other pull requests, each run to its end before anything else, and not judged."""
        for other in self.scenario["given"].get("other_prs", []):
            if other.get("merge_requested_before"):
                with self.gate.pool.connection() as tx:
                    run_id = self.records.ask(tx, number=other["number"])
                self.crew.name(run_id, f"before-{other['number']}")
                self.crew.run([Message(names.MERGE, run_id, 0)])
                self.crew.drain()
        self.crew.forget()

    def _trigger(self, trigger: Record) -> None:
        """As often as workers get it at once, else once."""
        runs: list[str | None] = [*self._at_once] or [None]
        for called in runs:
            if trigger["kind"] == "merge_request":
                self._ask(trigger, called)
            elif trigger["kind"] == "sweep":
                self.crew.sweep()
            else:
                self._deliver(trigger)
        sent = self.crew.take_all()
        self.crew.run_at_once(sent) if len(runs) > 1 else self.crew.run(sent)

    def _ask(self, trigger: Record, called: str | None) -> None:
        with self.gate.pool.connection() as tx:
            run_id = self.records.ask(tx, trigger.get("request_id"))
        self.crew.name(run_id, called)
        self.crew.put(Message(names.MERGE, run_id, 0))

    def _schedule(self, since: str) -> None:
        for step in self.script.at("elapsed"):
            if step.record["since"] == since:
                self.world.clock.after(step.record["seconds"], _doing(self, step))

    def _do_all(self, point: str) -> None:
        for step in self.script.at(point):
            self._do(step)

    def _do(self, step: Step) -> None:
        step.reached = True
        self._act(step, None)

    def _act(self, step: Step, worker: Worker | None) -> None:
        """Whatever is wrong with a step is told at the end: the thread may be anybody's."""
        try:
            if step.is_at_github:
                hook = merge_changes.change(self.world, step.record)
                if step.record.get("notify"):
                    self._deliver({**hook, "signature": "valid", "times": 1}, quietly=QUIET)
            else:
                self._act_on_our_side(step.record, worker)
        except STEP_TROUBLE as trouble:
            self.errors.append(f"{step.shown()}: {type(trouble).__name__}: {trouble}")

    def _act_on_our_side(self, record: Record, worker: Worker | None) -> None:
        verb = record["do"]
        if verb == "kill_worker":
            self._kill(worker)
        elif verb == "redeliver_task":
            self._redeliver(record, worker)
        elif verb == "run_concurrently":
            self._at_once = _names(record["runs"])
        elif verb == "tick_sweeper":
            self.crew.sweep()
        elif verb == "advance_clock":
            self.world.clock.forward(record["seconds"])
        elif verb == "redis":
            self.redis.set_state(record["state"])
        elif verb == "postgres":
            self.database.set_state(record["state"])
        elif verb == "deliver_webhook":
            self._deliver(record, quietly=QUIET)
        else:
            self._write_row(record)

    def _write_row(self, record: Record) -> None:
        with self.gate.pool.connection() as tx:
            if record["do"] == "set_posture":
                self.records.set_posture(tx, record)
            elif record["do"] == "set_attempt_row":
                self.records.add_attempt(tx, record)
            else:
                self.records.accept(tx, record["task"], record.get("request_id"))

    def _kill(self, worker: Worker | None) -> None:
        if worker is None:
            raise WrongScenario("there is no worker at this point that could be killed")
        worker.kill()

    def _redeliver(self, record: Record, worker: Worker | None) -> None:
        """At a worker's point the task of its run, else that of the first run."""
        message = self.crew.first() if worker is None else self.crew.message_of(worker.name)
        self.crew.run_beside(record["new_run"], message)

    def _deliver(self, hook: Record, *, quietly: str | None = None) -> None:
        """As often as the scenario says, under one delivery id."""
        body, headers = merge_hooks.post(self.world, hook)
        for _ in range(int(hook.get("times", 1))):
            self.gate.post(body, headers)
            self.crew.take_in(quietly=quietly)


def _names(runs: object) -> list[str]:
    """Those of so many runs, or as the scenario calls them."""
    return [*LETTERS[:runs]] if isinstance(runs, int) else [str(name) for name in runs]  # type: ignore[attr-defined]


def _doing(stage: Stage, step: Step) -> Callable[[], None]:
    return lambda: stage._do(step)
