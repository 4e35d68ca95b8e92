"""The great soak of workflows by command: `python -m tests.soak.great_workflows [SEED [PULLS]]`; 1 on a violation."""

import sys
import tempfile
import time
from pathlib import Path

from app import schema
from tests.soak import crew, merges, workflow_violations, workflows
from tests.soak.crew import Server
from tests.soak.workflows import Scale

PULLS = 60
HANDOFFS_EACH = 1.5
IMPORTS = 6
WORKERS = 3
BLOWS = ("web", "beat", "flower", "worker.1", "worker.2", "stop", *("cut",) * 6)
APART_SECONDS = 10.0
PAUSE_SECONDS = 3.0
AWAY_SECONDS = 20.0
TRAVERSABLE_MODE = 0o711


def main(arguments: list[str]) -> int:
    """The exit code."""
    seed = int(arguments[0]) if arguments else 0
    scale = _scale(int(arguments[1]) if len(arguments) > 1 else PULLS)
    _say(f"seed {seed}: {scale.pulls} pull requests to merge, {scale.handoffs} to open, {scale.workers} workers")
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(TRAVERSABLE_MODE)
        found = _violations(scale, seed, Path(name))
    for violation in found:
        _say(f"VIOLATION {violation}")
    _say(f"seed {seed}: {len(found)} violations")
    return 1 if found else 0


def _scale(pulls: int) -> Scale:
    return Scale(
        pulls=pulls,
        handoffs=int(pulls * HANDOFFS_EACH),
        imports=IMPORTS,
        workers=WORKERS,
        points=crew.checkpoints(),
        pause_seconds=PAUSE_SECONDS,
        blows=BLOWS,
        apart_seconds=APART_SECONDS,
        away_seconds=AWAY_SECONDS,
    )


def _violations(scale: Scale, seed: int, directory: Path) -> list[str]:
    began, server = time.monotonic(), Server(directory / "postgres")
    server.start()
    try:
        schema.up(server.url)
        with workflows.running(scale, seed, directory, server) as soak:
            try:
                soak.prepare()
                soak.play()
            except merges.TooLong as late:
                return [str(late)]
            _tell(soak, time.monotonic() - began)
            return workflow_violations.found(soak)
    finally:
        server.stop()


def _tell(soak: workflows.Workflows, seconds: float) -> None:
    _say(f"all ended after {seconds:.0f} s: {soak.counts()}")
    died, never = soak.crew.died_at, sorted(set(soak.scale.points) - soak.crew.died_at)
    _say(f"workers died at {len(died)} checkpoints, {soak.crew.killed} processes were killed besides")
    _say(f"never died at: {', '.join(never) or 'none'}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
