"""The script of a scenario at work: it counts requests and checkpoints, and does each step at its point."""

import itertools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from app.simulator import addresses, resources
from app.simulator.scripting import Reply, Request
from tests.conformance import merge_answers, merge_faults
from tests.conformance.merge_steps import Asked, Step, fits
from tests.conformance.merge_wire import ID_HEADER, RUN_HEADER, Refused
from tests.conformance.merge_words import Record
from tests.conformance.merge_workers import Worker
from tests.conformance.merge_world import World

FINAL_READ, INTENT, BEFORE_COMMIT = "merge.final_read", "merge.intent", "merge.before_commit."
POINTS = {FINAL_READ: "after_final_read", INTENT: "after_intent"}
Act = Callable[[Step, Worker | None], None]


@dataclass(eq=False)
class Logged:
    """One request that reached the simulator. `status` None: no answer came (yet)."""

    asked: Asked
    status: int | None = None
    message: str | None = None
    is_silent: bool = False


class Script:
    """Both the simulator's script and the tap on the gate's side. `act` does what a step says.

    `workers`: those at work, by the names of their runs.
    """

    def __init__(self, world: World, records: list[Record], act: Act, workers: dict[str, Worker]) -> None:
        self.world, self._act, self._workers = world, act, workers
        self.steps = [Step(place, record) for place, record in enumerate(records, start=1)]
        self.log: list[Logged] = []
        self.first_put_at: datetime | None = None
        self.on_first_put: Callable[[], None] = lambda: None
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._later: dict[int, list[Step]] = {}
        self._entries: dict[int, Logged] = {}
        self._deferred: dict[str, list[Step]] = {}
        self._silent: set[int] = set()

    # On the gate's side

    def leaving(self, worker: Worker, method: str, url: str, body: str | None) -> int:
        """Number a request, and refuse its connection where a step says so."""
        asked = self._asked(next(self._numbers), worker.name, method, url, body)
        with self._lock:
            refusals = [one for one in self._at("before_request") if one.verb == "refuse_connection"]
            met = [one for one in refusals if fits(one.record.get("match", {}), asked, self.world.names)]
            used = [one for one in met if one.meets(worker.name) and one.use(self.world.clock())]
        if used:
            raise Refused("the scenario refuses the connection")
        return asked.id

    def came_back(self, worker: Worker, request_id: int, status: int | None, text: str) -> None:
        """Note the answer, then do what stands after the request."""
        entry = self._entries.get(request_id)
        if entry is not None:
            entry.status, entry.message = status, _message(text)
            entry.is_silent = status is None
        with self._lock:
            due = [one for one in self._later.pop(request_id, []) if one.at == "after_request"]
        for step in due:
            self._do(step, worker)

    def checkpoint(self, worker: Worker, name: str) -> None:
        """A worker comes by a named point between two of its steps."""
        worker.check()
        for step in self._met_at(worker, name):
            if step.at == "after_final_read" and step.is_at_github:
                step.reached = True
                self._deferred.setdefault(worker.name, []).append(step)
            else:
                self._do(step, worker)
        worker.check()

    def _met_at(self, worker: Worker, name: str) -> list[Step]:
        point, commit = POINTS.get(name, ""), name.removeprefix(BEFORE_COMMIT)
        with self._lock:
            steps = self._at(point) if point else self._at("before_commit") if commit != name else []
            asked = [one for one in steps if point or one.record.get("commit") == commit]
            return [one for one in asked if one.meets(worker.name)]

    # On the simulator's side, in the thread that serves the request

    def before(self, request: Request) -> Reply | None:
        """Log it, apply the changes that wait for it, and answer in the model's place where a fault says so."""
        asked = self._arrived(request)
        worker = self._workers.get(asked.run)
        if asked.place.resource == "merge_put":
            self._apply_deferred(asked.run)
        due = self._met_by(asked)
        for step in [one for one in due if not one.is_fault]:
            self._do(step, worker)
        natural = merge_answers.natural(self.world, request)
        now = self.world.clock()
        faults = [one for one in due if one.is_fault and one.use(now)]
        if not faults:
            return natural
        reply = merge_faults.reply(self.world, request, faults[0].record, natural)
        if reply.silence == "hang":
            self._silent.add(asked.id)
        return reply

    def after_effect(self, request: Request) -> None:
        """Between the effect and its answer."""
        number = _number(request)
        with self._lock:
            due = [one for one in self._later.get(number, []) if one.at == "after_effect_before_reply"]
        for step in due:
            self._do(step, self._workers.get(_run(request)))

    def after_reply(self, request: Request) -> None:
        """Whoever waits in vain waits until the time-out, which passes at once."""
        if _number(request) in self._silent:
            self._silent.discard(_number(request))
            self.world.clock.forward(merge_faults.TIMEOUT_SECONDS)

    def _arrived(self, request: Request) -> Asked:
        with self._lock:
            place = resources.find(request.method, request.path, query=request.query, body=request.body)
            if place.resource == "merge_put" and self.first_put_at is None and place.number == self.world.number:
                self.first_put_at = self.world.clock()
                self.on_first_put()
            asked = Asked(
                id=_number(request),
                method=request.method,
                path=request.path,
                query=dict(request.query),
                body=dict(request.body),
                place=place,
                run=_run(request),
                phase="after_put" if self.first_put_at else "before_put",
                at=self.world.clock(),
            )
            self._entries[asked.id] = Logged(asked)
            self.log.append(self._entries[asked.id])
            return asked

    def _apply_deferred(self, run: str) -> None:
        for step in self._deferred.pop(run, []):
            self._do(step, self._workers.get(run))

    def _met_by(self, asked: Asked) -> list[Step]:
        """The steps before it that mean this request; those behind it are kept for then."""
        with self._lock:
            points = ("before_request", "after_effect_before_reply", "after_request")
            steps = [one for one in self.steps if one.at in points and one.verb != "refuse_connection"]
            fitting = [one for one in steps if fits(one.record.get("match", {}), asked, self.world.names)]
            met = [one for one in fitting if one.meets(asked.run)]
            self._later[asked.id] = [one for one in met if one.at != "before_request"]
            return [one for one in met if one.at == "before_request"]

    def _at(self, point: str) -> list[Step]:
        return [one for one in self.steps if one.at == point]

    def at(self, point: str) -> list[Step]:
        """The steps of a point, in list order."""
        return self._at(point)

    def _do(self, step: Step, worker: Worker | None) -> None:
        step.reached = True
        self._act(step, worker)

    def _asked(self, number: int, run: str, method: str, url: str, body: str | None) -> Asked:
        parts = urlsplit(url)
        path = addresses.by_name(self.world.github.state, parts.path)
        query, said = dict(parse_qsl(parts.query)), _read(body)
        place = resources.find(method, path, query=query, body=said)
        phase = "after_put" if self.first_put_at else "before_put"
        now = self.world.clock()
        return Asked(
            id=number, method=method, path=path, query=query, body=said, place=place, run=run, phase=phase, at=now
        )

    def unreached(self) -> list[Step]:
        """Steps whose point never came, which is an error of the scenario."""
        return [one for one in self.steps if not one.reached and not one.may_stay_away]


def _read(body: str | None) -> dict[str, Any]:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _message(text: str) -> str | None:
    said = _read(text).get("message")
    return said if isinstance(said, str) else None


def _number(request: Request) -> int:
    return int(request.headers.get(ID_HEADER, "0"))


def _run(request: Request) -> str:
    return str(request.headers.get(RUN_HEADER, ""))
