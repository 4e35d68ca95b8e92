"""The tasks on real Postgres, Redis and PyGithub over HTTP, with time and messages in the test's hand."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from app import database, definitions, simulator
from app.events import Delivery, Event, Repository
from app.github import client
from app.governor import Governor, Turn
from app.handed import Inspected
from app.records import runs, write_steps
from app.records.runs import LeaseLost
from app.settings import Settings
from app.simulator.keys import key_pair
from tasks import after_merge, approval, evaluate, find, intake, merge, merge_group, names, steps, sweep, work, write
from tasks import context as contexts
from tasks.context import Context
from tests.clock import Clock
from tests.tasks.paths_of_writes import PATHS

REPOSITORY = "acme/widget"
POLICY = """
policy:
  approval:
    - a writer approves
approval_rules:
  - name: a writer approves
    requires:
      count: 1
      permissions: [write]
    options:
      invalidate_on_push: true
"""
MOST_MESSAGES = 50
OPEN = ("pending", "waiting", "sent")


class Died(Exception):
    """The death of a worker, as far as a test can have it without a process of its own."""


@dataclass
class House:
    """One gate on one simulated repository. `sent` holds the messages that nobody has worked on yet.

    `kinds`: the writes that the test allows; at its end no others may have been asked for.
    """

    github: simulator.GitHub
    context: Context
    clock: Clock
    repository_id: int
    installation_id: int
    sent: list[tuple[str, UUID]] = field(default_factory=list)
    kinds: tuple[str, ...] = ("status",)

    def allow(self, *kinds: str) -> None:
        """Allow these kinds of writes beside the status."""
        self.kinds = ("status", *kinds)
        self.with_settings(allowed_writes=self.kinds)

    def written(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the writes of a kind that took effect, oldest first."""
        return [
            write.body
            for write in self.github.journal.writes
            if write.effect == "yes" and re.fullmatch(PATHS[kind], f"{write.method} {write.path}")
        ]

    def event(self, name: str, action: str | None = None, **facts: Any) -> Event:
        repository = Repository(id=self.repository_id, full_name=REPOSITORY)
        return Event(name=name, action=action, repository=repository, installation_id=self.installation_id, **facts)

    def deliver(self, event: Event, guid: str | None = None) -> Delivery:
        """Take one delivery in."""
        delivery = Delivery(
            hook_id=1,
            guid=guid or str(uuid4()),
            body_digest=hashlib.sha256(event.model_dump_json().encode()).hexdigest(),
            received_at=self.clock(),
            event=event,
        )
        intake.handle(self.context, delivery)
        return delivery

    def deliver_pull(self, number: int = 1, action: str = "opened") -> Delivery:
        head = self.github.state.pull(REPOSITORY, number).head_sha
        return self.deliver(self.event("pull_request", action, pulls=(number,), head_sha=head, branch="main"))

    def work(self) -> None:
        """Do what the messages say, until there are none."""
        for _ in range(MOST_MESSAGES):
            if not self.sent:
                return
            self.run(*self.sent.pop(0))
        raise AssertionError("the messages do not end")

    def run(self, task: str, row_id: UUID) -> None:
        doing: dict[str, Callable[[], object]] = {
            names.EVALUATE: lambda: evaluate.pull_request(self.context, row_id),
            names.MERGE_GROUP: lambda: merge_group.group(self.context, row_id),
            names.FIND_PULLS: lambda: find.pull_requests(self.context, row_id),
            names.WORK: lambda: work.advance(self.context, row_id),
            names.MERGE: lambda: merge.pull_request(self.context, merge.merger(self.context), row_id),
            names.AFTER_MERGE: lambda: after_merge.follow_up(self.context, merge.merger(self.context), row_id),
            names.APPROVAL: lambda: approval.follow(self.context, row_id),
            names.INSPECT: lambda: self._look_at_nothing(row_id),
            names.STEP: lambda: steps.run(self.context, row_id),
            names.WRITE: lambda: write.perform(self.context, write.projector(self.context), row_id),
        }
        with suppress(LeaseLost):
            doing[task]()

    def _look_at_nothing(self, run_id: UUID) -> None:
        """How this GitHub is set up is looked at by the tests that are about it, and said by the others."""
        with self.context.pool.connection() as tx:
            run = runs.claim(tx, run_id, self.clock(), self.context.settings.lease_seconds)
            if run is not None:
                runs.finish(tx, run, self.clock(), Inspected(looked_at=0))

    @contextmanager
    def dying_at(self, point: str) -> Iterator[None]:
        """The worker dies at that checkpoint, and what is done in the block has to get there."""

        def die(name: str) -> None:
            if name == point:
                raise Died

        alive, self.context = self.context, replace(self.context, checkpoint=die)
        with pytest.raises(Died):
            yield
        self.context = alive

    def sweep(self) -> None:
        """What beat does, and all that follows."""
        sweep.enqueue_due(self.context)
        self.work()

    def with_settings(self, **changes: Any) -> None:
        """The same gate, started again with other settings."""
        settings = self.context.settings.model_copy(update=changes)
        governor = Governor.of(settings)
        reader = contexts.reader(settings, governor, self.clock)
        artifacts = contexts.artifacts(settings)
        self.context = replace(self.context, settings=settings, governor=governor, reader=reader, artifacts=artifacts)

    def busy(self, pace: Literal["quiet", "notifying"], seconds: int) -> None:
        """A write at this pace has just left elsewhere, and the next one may so many seconds later."""
        spacing = {"quiet": "write_spacing_seconds", "notifying": "notifying_spacing_seconds"}
        assert self.context.governor.take_turn(self.installation_id, Turn(pace), "elsewhere", self.clock()) is None
        self.with_settings(**{spacing[pace]: seconds})

    def rows(self, query: str) -> list[dict[str, Any]]:
        with self.context.pool.connection() as tx:
            return tx.execute(query.encode()).fetchall()

    def statuses(self) -> list[tuple[str, str]]:
        """State and description of what GitHub was written, oldest first."""
        written = [entry for entry in self.github.writes("/statuses/") if entry.effect == "yes"]
        return [(entry.body["state"], entry.body["description"]) for entry in written]

    def states(self) -> list[str]:
        """The states of what GitHub was written, oldest first."""
        return [state for state, _ in self.statuses()]

    def wait_until_one_waits(self, or_until: Callable[[], bool] = lambda: False) -> None:
        """Until a transaction of another thread waits for a lock, or something else is true."""
        with database.pool(self.context.settings.database_url) as pool:
            for _ in range(1000):
                with pool.connection() as tx:
                    row = tx.execute("SELECT count(*) AS n FROM pg_locks WHERE NOT granted").fetchone()
                if (row is not None and row["n"] > 0) or or_until():
                    return
                threading.Event().wait(0.01)
        raise AssertionError("nobody waits")

    def tried_often(self, all_but: int) -> None:
        """What waits was tried as often as it may be, but for so many times."""
        attempts = definitions.MOST_ATTEMPTS - all_but
        self.rows(
            f"UPDATE steps SET attempts = {attempts} WHERE status = 'pending' AND position IS NOT NULL RETURNING id"
        )

    def put_writes(self, which: str, status: str) -> None:
        """Let the intents of which this is so stand there, and nobody be at them. `which`: SQL."""
        (step, *_), settled = write_steps.STEPS_OF[status], "NULL" if status in OPEN else "now()"
        self.rows(
            f"WITH put AS (UPDATE intents SET status = '{status}', settled_at = {settled} WHERE {which} RETURNING id)"
            f" UPDATE steps SET status = '{step}', lease = NULL, lease_until = NULL, ended_at = {settled} FROM put"
            " WHERE steps.id = put.id RETURNING steps.id"
        )

    def disagreeing(self) -> list[dict[str, Any]]:
        """The intents whose step stands otherwise, or is of something else."""
        if self.rows("SELECT to_regclass('writes') AS view")[0]["view"] is None:  # an older schema
            return []
        found = self.rows(
            "SELECT intents.id, intents.status, steps.status AS step, name, workflow_id = run_id AS of_its_run,"
            " exclusive = target AS of_its_target FROM intents LEFT JOIN steps USING (id)"
        )
        return [
            row
            for row in found
            if row["step"] not in write_steps.STEPS_OF[row["status"]]
            or (row["name"], row["of_its_run"], row["of_its_target"]) != ("write", True, True)
        ]

    def newest_run(self) -> dict[str, Any]:
        return self.rows("SELECT status, error, attempts FROM runs ORDER BY created_at")[-1]

    def approve(self) -> None:
        """A minute later alice, who may write, approves pull request 1, and the gate works on it."""
        self.clock.forward(60)
        self.github.review(REPOSITORY, 1, by="alice", state="approved")
        self.deliver(self.event("pull_request_review", "submitted", pulls=(1,)))
        self.work()


def forget_clients() -> None:
    """A later simulated GitHub may get the address of an earlier one, and knows none of its tokens."""
    client._here.__dict__.clear()


@contextmanager
def built(database_url: str, redis_url: str, *, policy: str = POLICY) -> Iterator[House]:
    """A house on a repository `acme/widget` with one open pull request of bob's; alice may write."""
    clock = Clock()
    github = simulator.GitHub(clock)
    github.add_repository(
        REPOSITORY, collaborators={"alice": "write", "bob": "write", "carol": "read"}, files={".policy.yml": policy}
    )
    app = github.add_app()
    installation = github.install(app, "acme")
    github.push(REPOSITORY, "feature", {"a.py": "1"}, by="bob")
    github.open_pull(REPOSITORY, "feature", by="bob", title="Add a")
    forget_clients()
    with simulator.serve(github) as url:
        yield from _house(github, clock, _settings(url, app.id, database_url, redis_url), installation.id)
    assert github.unknown_requests == []


def _settings(url: str, app_id: int, database_url: str, redis_url: str) -> Settings:
    return Settings.model_validate(
        {
            "database_url": database_url,
            "redis_url": redis_url,
            "broker_url": redis_url,
            "webhook_secret": "a-secret-for-the-tests",
            "github_api_url": url,
            "github_app_id": app_id,
            "github_private_key": key_pair().private,
            "github_reader": "live",
            "github_projector": "live",
            "allowed_repositories": REPOSITORY,
            "fold_seconds": 0,
            "write_spacing_seconds": 0,
            "notifying_spacing_seconds": 0,
            "public_url": "https://gate.example.org",
        }
    )


def _house(github: simulator.GitHub, clock: Clock, settings: Settings, installation_id: int) -> Iterator[House]:
    pool = database.pool(settings.database_url)
    pool.open()
    house: House

    def send(task: str, row_id: UUID, seconds: float) -> None:
        house.sent.append((task, row_id))

    governor = Governor.of(settings)
    context = Context(
        settings=settings,
        pool=pool,
        governor=governor,
        reader=contexts.reader(settings, governor, clock),
        send=send,
        artifacts=contexts.artifacts(settings),
        clock=clock,
    )
    repository_id = github.state.repository(REPOSITORY).id
    house = House(github, context, clock, repository_id, installation_id)
    yield house
    disagreeing = house.disagreeing()
    pool.close()
    assert disagreeing == []
    asked = [f"{write.method} {write.path}" for write in github.journal.writes if "access_tokens" not in write.path]
    assert [one for one in asked if not any(re.fullmatch(PATHS[kind], one) for kind in house.kinds)] == []
