"""The gate of a scenario: the real tasks on its Postgres and Redis, bound live to the simulated GitHub."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from flask import Flask

from app.database import Pool
from app.events import Delivery
from app.handed import Inspected
from app.keys import Keys
from app.records import runs
from app.records.runs import LeaseLost
from app.settings import Settings
from app.simulator import key_pair
from app.web import receiver
from app.web.intake import Intake
from app.web.receiver import Receiver
from policies.merging.answer import Answer
from tasks import after_merge, evaluate, find, intake, merge, merge_group, names, steps, sweep, work, write
from tasks import context as contexts
from tasks.context import Context
from tests.conformance.merge_clock import Clock
from tests.conformance.merge_commits import REPOSITORY
from tests.conformance.merge_script import Script
from tests.conformance.merge_workers import MortalGovernor, OwnPool, Worker
from tests.conformance.merge_world import CONTEXT, GATE, SECRET

WRITE_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Message:
    """A task, the row to look at, and after how many seconds."""

    task: str
    row_id: UUID
    seconds: float


@dataclass
class Gate:
    """`sent`: what the worker at work sends; `taken`: deliveries that the receiver has put on the queue."""

    url: str
    database_url: str
    redis_url: str
    clock: Clock
    script: Script | None = None
    send: Callable[[Message], None] = lambda message: None
    taken: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = _settings(self.url, self.database_url, self.redis_url)
        self.pool = OwnPool(self.database_url)
        self._door = self._receiver()

    def context(self, worker: Worker | None = None) -> Context:
        """What a worker is handed: nothing of it outlives the worker."""
        governor = MortalGovernor.of(self.settings)
        return Context(
            settings=self.settings,
            pool=cast(Pool, self.pool),
            governor=governor,
            reader=contexts.reader(self.settings, governor, self.clock),
            send=self._send,
            artifacts=contexts.artifacts(self.settings),
            clock=self.clock,
            checkpoint=self._checkpoint,
        )

    def work(self, message: Message) -> Answer | None:
        """What a worker does about a message; the answer of a merge run that has come to one."""
        context, row_id = self.context(), message.row_id
        with suppress(LeaseLost):
            if message.task == names.MERGE:
                return merge.pull_request(context, merge.merger(context), row_id)
            _TASKS[message.task](context, row_id)
        return None

    def sweep(self) -> None:
        """One round of the sweeper."""
        sweep.enqueue_due(self.context())

    def take_in(self, delivery: Delivery) -> None:
        """What a worker does about a delivery."""
        intake.handle(self.context(), delivery)

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        """One webhook at the door; the status."""
        return int(self._door.post("/webhooks/github", data=body, headers=headers).status_code)

    def rows(self, query: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """What the database says."""
        with self.pool.connection() as tx:
            return tx.execute(query.encode(), values or {}).fetchall()

    def publish(self, delivery: Delivery, *, within_seconds: float) -> None:
        """The receiver's queue."""
        self.taken.append(delivery)

    def _receiver(self) -> Any:
        flask = Flask("scenario", static_folder=None)
        incoming = Intake(Keys(self.redis_url), cast(Any, self))
        receiver.install(flask, Receiver(self.settings, incoming, self.clock))
        return flask.test_client()

    def _send(self, task: str, row_id: UUID, seconds: float) -> None:
        worker = Worker.here()
        if worker is not None:
            worker.check()
        self.send(Message(task, row_id, seconds))

    def _checkpoint(self, name: str) -> None:
        worker = Worker.here()
        if worker is not None and self.script is not None:
            self.script.checkpoint(worker, name)


def _look_at_nothing(context: Context, run_id: UUID) -> None:
    """How GitHub is set up is said by the scenario, and looked at by no worker."""
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, context.clock(), context.settings.lease_seconds)
        if run is not None:
            runs.finish(tx, run, context.clock(), Inspected(looked_at=0))


_TASKS: dict[str, Callable[[Context, UUID], object]] = {
    names.AFTER_MERGE: lambda context, row: after_merge.follow_up(context, merge.merger(context), row),
    names.EVALUATE: evaluate.pull_request,
    names.FIND_PULLS: find.pull_requests,
    names.INSPECT: _look_at_nothing,
    names.MERGE_GROUP: merge_group.group,
    names.STEP: steps.run,
    names.WORK: work.advance,
    names.WRITE: lambda context, row: write.perform(context, write.projector(context), row),
}


def _settings(url: str, database_url: str, redis_url: str) -> Settings:
    return Settings.model_validate(
        {
            "database_url": database_url,
            "redis_url": redis_url,
            "broker_url": redis_url,
            "webhook_secret": SECRET,
            "github_api_url": url,
            "github_app_id": GATE,
            "github_private_key": key_pair().private,
            "github_reader": "live",
            "github_projector": "live",
            "github_merger": "live",
            "github_timeout_seconds": WRITE_TIMEOUT_SECONDS,
            "allowed_repositories": REPOSITORY,
            "merge_repositories": REPOSITORY,
            "status_context": CONTEXT,
            "fold_seconds": 0,
            "write_spacing_seconds": 0,
            "notifying_spacing_seconds": 0,
            "public_url": "https://gate.example.org",
        }
    )
