"""Old records that are brought over during a soak of workflows, by commands that are killed and given again."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg

from app.demo.stage import Stage
from tests.soak import legacy

ROWS = 200
KILLS = 2
ENDED = (0, legacy.QUARANTINED)
"""Exit codes; any other one says that the same command goes on where it stopped."""
TOUCHED = "SELECT count(*) AS n FROM legacy_batches WHERE file_name = '{name}'"
LOOK_SECONDS = 0.05


def file(directory: Path, number: int) -> Path:
    """An export whose settings are left out: one of them stops all merges."""
    path = legacy.write(directory / f"old-{number}.db", ROWS, number)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM settings")
        connection.commit()
    return path


def bring_over(stage: Stage, path: Path, attempt: int) -> bool:
    """One attempt, of which the first are killed as soon as they have taken the file in hand; whether all is in."""
    with _command(stage, path) as process:
        if attempt < KILLS:
            _wait_until_begun(stage, path, process)
            process.kill()
        return process.wait() in ENDED


@contextmanager
def _command(stage: Stage, path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", "from app.cli import main; main()", "legacy", "import", str(path), "--apply"]
    with (stage.directory / "import.log").open("ab") as log:
        process = subprocess.Popen(command, env=stage.environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_until_begun(stage: Stage, path: Path, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        with suppress(psycopg.OperationalError):
            if stage.rows(TOUCHED.format(name=path.name))[0]["n"]:
                return
        time.sleep(LOOK_SECONDS)
