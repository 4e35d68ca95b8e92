"""The main job on each broker with real workers, by command: `python -m tests.soak.brokers [SEED [PULLS]]`.

A webhook becomes a verdict and a status, an agent's wish a pull request, and an approved one is merged, while workers
are killed and the broker is stopped, killed, and started again. 1 on a violation, 2 where RabbitMQ is missing.
"""

import sys
import tempfile
import time
from pathlib import Path

from app import schema
from tests import rabbitmq
from tests.rabbitmq import Node
from tests.soak import workflow_violations, workflows
from tests.soak.servers import Broker, Postgres, RabbitMq, Redis
from tests.soak.waiting import TooLong
from tests.soak.workflows import Scale

PULLS = 6
BLOWS = ("worker.1", "broker stopped", "worker.2/child", "web", "broker killed", "beat", "worker.2", "broker stopped")
TRAVERSABLE_MODE = 0o711
MISSING = 2


def main(arguments: list[str]) -> int:
    """The exit code."""
    seed = int(arguments[0]) if arguments else 0
    scale = scaled(int(arguments[1]) if len(arguments) > 1 else PULLS, BLOWS)
    violations = _on("Redis", scale, seed)
    if rabbitmq.program() is None:
        _say("There is no rabbitmq-server here: install it, or the queue is tried on Redis only.")
        return MISSING
    violations += _on("RabbitMQ", scale, seed)
    return 1 if violations else 0


def scaled(pulls: int, blows: tuple[str, ...]) -> Scale:
    """So many to merge and to open, and nothing of the other types."""
    return Scale(
        pulls=pulls,
        handoffs=pulls,
        imports=0,
        groups=0,
        proposals=0,
        lost=0,
        workers=2,
        points=("intake.before_commit", "evaluate.before_commit", "write.requested", "merge.requested"),
        pause_seconds=3.0,
        blows=blows,
        apart_seconds=5.0,
        away_seconds=5.0,
        lease_seconds=10,
        under_way_seconds=20,
        reconcile_seconds=10,
    )


def _on(name: str, scale: Scale, seed: int) -> list[str]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as home:
        directory = Path(home)
        directory.chmod(TRAVERSABLE_MODE)
        found = played(directory, scale, seed, _broker(name, directory / "broker"))
    for violation in found:
        _say(f"VIOLATION on {name}: {violation}")
    _say(f"{name}: {len(found)} violations after {time.monotonic() - began:.0f} s")
    return found


def _broker(name: str, home: Path) -> Broker:
    home.mkdir()
    return Redis(home / "redis") if name == "Redis" else RabbitMq(Node(home))


def played(directory: Path, scale: Scale, seed: int, broker: Broker) -> list[str]:
    """Violations."""
    server = Postgres(directory / "postgres")
    server.start()
    broker.start()
    try:
        schema.up(server.url)
        with workflows.running(scale, seed, directory, server, broker) as soak:
            soak.prepare()
            soak.play()
            _say(f"{soak.counts()}; died at {sorted(soak.crew.died_at)}, {soak.struck}, {dict(soak.crew.fallen)}")
            return workflow_violations.of_effects(soak)
    except TooLong as late:
        return [str(late)]
    finally:
        broker.stop()
        server.stop()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
