"""Workflows of all types at once on a gate that really runs, while each process of it is killed, and what it stands on.

Workers die at every checkpoint besides, each once: kill -9 of the whole process group.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from app import simulator
from app.demo import agent as agents
from app.demo import stage as stages
from app.demo.stage import REPOSITORY
from app.embedded.redis import free_port
from app.github import payloads
from app.records import deliveries, gate_findings
from tests.soak import crew as crews
from tests.soak import merges
from tests.soak import plan as plans
from tests.soak.crew import Crew
from tests.soak.people import GADGET, GIZMO, People
from tests.soak.servers import Broker, Postgres, Redis
from tests.soak.waiting import Patience

SETTINGS = {
    **merges.SETTINGS,
    "ALLOWED_REPOSITORIES": f"{REPOSITORY},{GADGET},{GIZMO}",
    "ALLOWED_WRITES": "status,check_run,review_request,branch_create,pull_request_create",
    "GITHUB_DELIVERIES": "live",
}
GATE = "merge:\n  delete_branch: true\n"
ASKING_POLICY = f"{merges.POLICY}    options:\n      request_review: {{enabled: true, mode: all-users}}\n"
WRITES = (
    ("POST", f"{REPOSITORY}/statuses/"),
    ("POST", f"{GADGET}/git/refs$"),
    ("POST", f"{GADGET}/pulls$"),
    ("POST", f"{GIZMO}/check-runs$"),
    ("POST", "/requested_reviewers$"),
)
TROUBLES_OF_WRITES: tuple[int | str, ...] = (502, "drop")
UNCLEAR = 3
"""So many of each are made and not answered."""
REQUESTS_PER_HOUR = 1_000_000
"""What takes days elsewhere happens within minutes here."""
ASKING_AT_ONCE = 16
MOST_ENCORES = 6
OVER = """
SELECT NOT EXISTS (SELECT FROM workflows WHERE status IN ('pending', 'running', 'waiting') AND type <> 'reconciliation')
   AND NOT EXISTS (SELECT FROM merge_requests WHERE status = 'open')
   AND NOT EXISTS (SELECT FROM steps WHERE status IN ('pending', 'running') AND position IS NULL)
   AND NOT EXISTS (SELECT FROM intents WHERE status IN ('pending', 'sent')) AS over
"""
PROGRESS = """
SELECT (SELECT count(*) FROM workflows WHERE finished_at IS NOT NULL AND type <> 'reconciliation') AS workflows,
       (SELECT count(*) FROM intents WHERE status NOT IN ('pending', 'sent', 'waiting')) AS writes,
       (SELECT count(*) FROM deliveries) AS deliveries, (SELECT count(*) FROM evaluations) AS evaluations,
       (SELECT count(*) FROM legacy_rows WHERE status <> 'staged') AS legacy
"""
COUNTS = """
SELECT type, status, count(*) AS n FROM workflows WHERE kind <> 'imported' GROUP BY type, status ORDER BY type, status
"""
BEGUN = "SELECT 1 FROM workflows WHERE status = 'succeeded' LIMIT 1"
LOOK_AGAIN = "UPDATE gate_findings SET found_at = found_at - interval '1 day'"
ROUND = "UPDATE workflows SET created_at = created_at - interval '1 hour' WHERE kind = 'gates' AND status = 'succeeded'"


@dataclass(frozen=True)
class Scale:
    """`blows`: what happens so many seconds after the last, one after the other: see `Workflows.strike`."""

    pulls: int
    handoffs: int
    imports: int
    groups: int
    proposals: int
    lost: int
    workers: int
    points: tuple[str, ...]
    pause_seconds: float
    blows: tuple[str, ...]
    apart_seconds: float
    away_seconds: float
    lease_seconds: int
    under_way_seconds: int
    reconcile_seconds: int


@dataclass
class Workflows(merges.Soak):
    """`people`: who asks for all of it. `struck`: the blows that there were."""

    scale: Scale = field(kw_only=True)
    crew: Crew = field(kw_only=True)
    postgres: Postgres = field(kw_only=True)
    redis: Redis = field(kw_only=True)
    broker: Broker = field(kw_only=True)
    people: People = field(kw_only=True)
    struck: list[str] = field(default_factory=list)

    @property
    def patience(self) -> Patience:
        return self.people.patience

    def prepare(self) -> None:
        """The workers, and an operator who lets merges be made into a branch that nothing guards."""
        self.crew.begin()
        repository_id = self.stage.github.state.repository(REPOSITORY).id
        with self._transaction() as tx:
            gate_findings.override(tx, repository_id, "main", by="olga", reason="a soak", now=datetime.now(UTC))
        for number, (what, when) in self.plan.troubles.items():
            self.stage.github.fault("PUT", f"/pulls/{number}/merge$", what, when=when)

    def play(self) -> None:
        """Ask for everything at once, strike meanwhile, and wait for the end. Raises `TooLong`."""
        scale, people = self.scale, self.people
        wishes: list[Callable[[], None]] = []
        for count, ask in (
            (scale.imports, people.bring_over),
            (scale.proposals, people.propose),
            (scale.lost, people.lose),
            (scale.pulls, people.merge),
            (scale.handoffs, people.hand_over),
        ):
            wishes += [_bound(ask, place + 1) for place in range(count)]
        Random(self.plan.seed).shuffle(wishes)
        self._all([self._queue_up, *wishes], self._blows())

    def play_on(self) -> None:
        """Ask for one of each again, until a worker has died at each point, or nothing more comes of it."""
        for encore in range(1, MOST_ENCORES + 1):
            if not self.crew.never_died_at:
                return
            number, people = self.scale.pulls + encore, self.people
            self.plan = replace(self.plan, asked=(*self.plan.asked, number))
            self.stage.github.fault("PUT", f"/pulls/{number}/merge$", 502, when="after")
            self._look_again()
            place = 1000 + encore
            asks = (people.hand_over, people.queue_up, people.propose, people.lose)
            self._all([_bound(people.merge, number), *(_bound(ask, place) for ask in asks)], [])

    def counts(self) -> str:
        """How many workflows there are, of each type and status."""
        return ", ".join(f"{row['n']} {row['type']} {row['status']}" for row in self.rows(COUNTS))

    def strike(self, blow: str) -> None:
        """Name of a process (`/child`: one below it), `cut`, or `<server> <what happens to it>`."""
        self.struck.append(blow)
        if blow == "cut":
            crews.cut(self.stage.environment["DATABASE_URL"])
        elif blow == "postgres stopped":
            self.postgres.stop()
            time.sleep(self.scale.away_seconds)
            self.postgres.start()
        elif blow == "postgres killed":
            self.postgres.kill()
            self.postgres.start()
        elif blow.startswith("redis"):
            self._kill_redis(blow)
        elif blow.startswith("broker"):
            self._end_broker(blow)
        else:
            self.crew.kill(blow)

    def _queue_up(self) -> None:
        for place in range(self.scale.groups):
            self.people.queue_up(place + 1)

    def _kill_redis(self, blow: str) -> None:
        self.redis.kill()
        if blow == "redis emptied":
            self.redis.empty()
        self.redis.start_again()

    def _end_broker(self, blow: str) -> None:
        # A queue declared just then may stay without a leader: https://github.com/rabbitmq/rabbitmq-server/issues/10070
        self._until(lambda: bool(self.rows(BEGUN)), "the first end")
        self.broker.halt() if blow == "broker stopped" else self.broker.kill()
        time.sleep(self.scale.away_seconds)
        self.broker.start_again()

    def _all(self, wishes: list[Callable[[], None]], blows: list[str]) -> None:
        with ThreadPoolExecutor(ASKING_AT_ONCE) as many, self.patience.ending():
            asking: list[Future[None]] = [many.submit(wish) for wish in wishes]
            for blow in blows:
                self._until_seconds(self.scale.apart_seconds)
                self.strike(blow)
            self._until(lambda: all(each.done() for each in asking), "the asking")
        for each in asking:
            each.result()
        self._until(self._is_over, "the soak")

    def _blows(self) -> list[str]:
        blows = list(self.scale.blows)
        Random(self.plan.seed).shuffle(blows)
        return blows

    def _look_again(self) -> None:
        with self._transaction() as tx:
            tx.execute(LOOK_AGAIN)
            tx.execute(ROUND)

    def _is_over(self) -> bool:
        return bool(self.rows(OVER)[0]["over"]) and not self.lost()

    def lost(self) -> set[str]:
        """What GitHub has sent, or tried to, and nobody knows of here."""
        sent = self.stage.github.state.sent
        wanted = {each.guid for each in list(sent) if payloads.is_of_interest(each.event, each.action)}
        with self._transaction() as tx:
            return wanted - deliveries.settled(tx, wanted)

    def _until_seconds(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self._until(lambda: time.monotonic() > until, "time")

    def _until(self, is_over: Callable[[], bool], what: str) -> None:
        """Whatever dies meanwhile is started again. Raises `TooLong`."""

        def look() -> bool:
            self.crew.revive()
            return is_over()

        self.patience.until(look, what)


@contextmanager
def running(
    scale: Scale, seed: int, directory: Path, postgres: Postgres, broker: Broker | None = None
) -> Iterator[Workflows]:
    """The processes, on the migrated database of that server; the queue is on a Redis unless a broker is given."""
    github, redis = _github(), Redis(directory / "redis")
    redis.start()
    settings = {
        **SETTINGS,
        "ARTIFACT_STORE": f"file://{directory}/artifacts",
        "LEASE_SECONDS": str(scale.lease_seconds),
        "RECONCILE_SECONDS": str(scale.reconcile_seconds),
        "FLOWER_PORT": str(free_port()),
        "REDIS_URL": redis.url,
        "BROKER_URL": broker.url if broker else redis.url,
    }
    try:
        with stages.running(github, directory, postgres.url, ("web", "beat"), **settings) as stage:
            merges.other_app(github)
            stage.hooks.echo()
            if "flower" in scale.blows:
                stage.start("flower")
            yield _soak(scale, seed, stage, (postgres, redis, broker or redis))
    finally:
        redis.stop()


def _github() -> simulator.GitHub:
    github = simulator.GitHub()
    github.limits.requests_per_hour = REQUESTS_PER_HOUR
    people = {"alice": "write", "bob": "write"}
    policies = {REPOSITORY: merges.POLICY, GADGET: ASKING_POLICY, GIZMO: merges.POLICY}
    for name, policy in policies.items():
        gate = {".mergegate.yml": GATE} if name == REPOSITORY else {}
        github.add_repository(name, collaborators=people, files={".policy.yml": policy, **gate})
    github.install(github.add_app(), "acme")
    for number, (method, path) in enumerate(WRITES):
        for skip in range(UNCLEAR):
            github.fault(method, path, TROUBLES_OF_WRITES[(number + skip) % 2], when="after", skip=5 * skip)
    return github


def _soak(scale: Scale, seed: int, stage: stages.Stage, servers: tuple[Postgres, Redis, Broker]) -> Workflows:
    postgres, redis, broker = servers
    workers = tuple(f"worker.{place + 1}" for place in range(scale.workers))
    crew = Crew(stage, workers, scale.points, scale.pause_seconds, scale.under_way_seconds)
    heads, issues = dict[int, str](), dict[int, str]()
    agent = agents.hired(stage)
    patience = Patience(lambda: (stage.rows(PROGRESS), crew.died_at), lambda: str(stage.rows(COUNTS)))
    people = People(stage, agent, patience, heads, issues)
    plan = plans.draw_once(seed, scale.pulls, workers)
    return Workflows(
        stage,
        plan,
        agent,
        heads,
        issues,
        scale=scale,
        crew=crew,
        postgres=postgres,
        redis=redis,
        broker=broker,
        people=people,
    )


def _bound(ask: Callable[[int], None], place: int) -> Callable[[], None]:
    return lambda: ask(place)
