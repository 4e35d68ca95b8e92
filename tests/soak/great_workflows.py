"""The great soak of workflows by command: `python -m tests.soak.great_workflows [SEED [PULLS]]`; 1 on a violation.

It is played a second time with nobody killed, and everything has to have come to the same end.
"""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from app import schema
from tests.soak import crew, ends, workflow_violations, workflows
from tests.soak.ends import Ends
from tests.soak.servers import Postgres
from tests.soak.waiting import TooLong
from tests.soak.workflows import Scale

PULLS = 24
LEAST_WORKFLOWS = 500
"""With kills. Rounds of reconciliation are not counted, since they come by themselves."""
WORKERS = 3
BLOWS = (
    *("web", "web/child", "beat", "flower", "worker.1", "worker.2", "worker.3", "worker.1/child", "worker.3/child"),
    *("postgres stopped", "postgres killed", "redis killed", "redis emptied"),
    *("cut",) * 6,
)
TRAVERSABLE_MODE = 0o711
ASKED = "SELECT count(*) AS n FROM workflows WHERE type <> 'reconciliation' AND kind <> 'imported'"


def main(arguments: list[str]) -> int:
    """The exit code."""
    seed = int(arguments[0]) if arguments else 0
    scale = _scale(int(arguments[1]) if len(arguments) > 1 else PULLS)
    _say(f"seed {seed}: {scale.pulls} pull requests to merge, {scale.handoffs} to open, {scale.workers} workers")
    found, came_of = _played(scale, seed)
    if came_of is not None:
        _say("the same once more, with nobody killed")
        calm, expected = _played(replace(scale, points=(), blows=()), seed)
        found += [f"without kills: {each}" for each in calm]
        found += ends.differing(came_of, expected) if expected is not None else []
    for violation in found:
        _say(f"VIOLATION {violation}")
    _say(f"seed {seed}: {len(found)} violations")
    return 1 if found else 0


def _scale(pulls: int) -> Scale:
    return Scale(
        pulls=pulls,
        handoffs=pulls,
        imports=6,
        groups=max(2, pulls // 4),
        proposals=max(2, pulls // 8),
        lost=max(2, pulls // 8),
        workers=WORKERS,
        points=crew.checkpoints(),
        pause_seconds=3.0,
        blows=BLOWS,
        apart_seconds=12.0,
        away_seconds=20.0,
        lease_seconds=10,
        under_way_seconds=30,
        reconcile_seconds=20,
    )


def _played(scale: Scale, seed: int) -> tuple[list[str], Ends | None]:
    """Violations, and how everything ended; None where it did not end."""
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(TRAVERSABLE_MODE)
        began, server = time.monotonic(), Postgres(directory / "postgres")
        server.start()
        try:
            schema.up(server.url)
            with workflows.running(scale, seed, directory, server) as soak:
                return _ended(soak, began)
        finally:
            server.stop()


def _ended(soak: workflows.Workflows, began: float) -> tuple[list[str], Ends | None]:
    try:
        soak.prepare()
        soak.play()
        came_of = ends.of(soak)
        soak.play_on()
    except TooLong as late:
        return [str(late)], None
    _tell(soak, time.monotonic() - began)
    found = workflow_violations.found(soak)
    found += [f"no worker ever died at {point}" for point in sorted(soak.crew.never_died_at)]
    if soak.scale.blows and soak.scale.pulls >= PULLS and (asked := soak.rows(ASKED)[0]["n"]) < LEAST_WORKFLOWS:
        found.append(f"these were only {asked} workflows")
    return found, came_of


def _tell(soak: workflows.Workflows, seconds: float) -> None:
    _say(f"all ended after {seconds:.0f} s: {soak.counts()}")
    _say(f"{soak.rows(ASKED)[0]['n']} workflows without the rounds of reconciliation")
    _say(f"workers died at {len(soak.crew.died_at)} of {len(soak.scale.points)} checkpoints; besides: {soak.struck}")
    _say(f"ended by themselves: {dict(soak.crew.fallen)}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
