"""The great soak of a legacy import: `python -m tests.soak.great_legacy [ROWS]`; exits with 1 on a violation.

At its end every migration is undone one by one and applied again, on the database with all that was imported.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from app import schema
from app.embedded import postgres
from tests import migrating
from tests.soak import legacy
from tests.soak.legacy import Soak

ROWS, KILLS, SEED = 200_000, 3, 7
TRAVERSABLE_MODE = 0o711
KEPT_BY_OLDER = ("workflows", "steps", "audit_events")
"""What the schema before the legacy tables can hold."""
BEFORE = "0011_workflows"


def main(arguments: list[str]) -> int:
    """The exit code."""
    rows = int(arguments[0]) if arguments else ROWS
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(TRAVERSABLE_MODE)
        with postgres.running(Path(name) / "postgres", durable=False) as url:
            schema.up(url)
            soak = Soak(url, legacy.write(Path(name) / "old.db", rows, SEED), rows)
            found = _timed(soak) + moved(url)
    for violation in found:
        _say(f"VIOLATION {violation}")
    _say(f"{len(found)} violations")
    return 1 if found else 0


def _timed(soak: Soak) -> list[str]:
    began = time.monotonic()
    found = soak.play(KILLS)
    seconds = time.monotonic() - began
    last = soak.seen[-1]
    _say(f"{soak.rows} rows, {soak.killed} kills, {seconds:.0f} s in all, {soak.peak // 1_000_000} MB at most")
    _say(f"counts {last['counts']}")
    _say(f"quarantine {last['quarantine']}, checksum {last['checksum']}")
    return found


def moved(url: str) -> list[str]:
    """The schema moved down, one migration after the other, and up again; what was lost that could be held."""
    before, found = _counts(url), []
    while (newest := _newest(url)) != BEFORE:
        schema.down(url)
        if (counts := _counts(url)) != before:
            found.append(f"{newest} undone left {counts} of {before}")
    schema.up(url)
    if (counts := _counts(url)) != before:
        found.append(f"all migrations again left {counts} of {before}")
    lost = migrating.there_and_back(url)
    return found + [
        f"{each.migration} {each.step} left {each.found} of {each.expected} in {each.table}" for each in lost
    ]


def _newest(url: str) -> str:
    return [version.name for version in schema.status(url) if version.applied][-1]


def _counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as tx:
        return {table: _count(tx, table) for table in KEPT_BY_OLDER}


def _count(tx: psycopg.Connection[Any], table: str) -> int:
    row = tx.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    return int(row[0]) if row else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
