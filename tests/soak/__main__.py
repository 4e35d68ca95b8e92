"""The soak of merges by command: `python -m tests.soak [SEED]` prints the seed and exits with 1 on a violation."""

import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom

from app import schema
from app.embedded import postgres
from tests.soak import merges, plan, violations
from tests.soak.plan import Plan, Scale
from tests.soak.waiting import TooLong

GREAT = Scale(pulls=20, requests=200, workers=3, kills=8, between=(5, 120))
MOST_SEEDS = 2**32
TRAVERSABLE_MODE = 0o711


def main(arguments: list[str]) -> int:
    """The exit code."""
    seed = int(arguments[0]) if arguments else SystemRandom().randrange(MOST_SEEDS)
    _say(
        f"seed {seed}: {GREAT.requests} requests for the merge of {GREAT.pulls} pull requests, {GREAT.workers} workers"
    )
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(TRAVERSABLE_MODE)
        found = _violations(plan.draw(seed, GREAT), Path(name))
    for violation in found:
        _say(f"VIOLATION {violation}")
    _say(f"seed {seed}: {len(found)} violations")
    return 1 if found else 0


def _violations(drawn: Plan, directory: Path) -> list[str]:
    began = time.monotonic()
    with postgres.running(directory / "postgres", durable=False) as url:
        schema.up(url)
        with merges.running(drawn, directory, url) as soak:
            try:
                soak.prepare()
                soak.play()
            except TooLong as late:
                return [str(late), *violations.found(soak)]
            _say(f"{soak.killed} workers were killed, and all ended after {time.monotonic() - began:.0f} s")
            return violations.found(soak)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
