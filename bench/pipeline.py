"""What a delivery costs behind the door: the audit chain, intake, evaluation and write.

PostgreSQL runs with fsync on. Ratios are to the first row of each table, measured in the same run.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app import ledger, schema
from app.embedded import postgres, redis
from bench.timing import rate, show
from tests.tasks.house import House, built

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TRAVERSABLE_MODE = 0o711


def main() -> None:
    """Measure and print."""
    with _house() as house:
        _audit(house)
        _deliveries(house)


@contextmanager
def _house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(TRAVERSABLE_MODE)
        with postgres.running(Path(name) / "postgres") as url, redis.running(Path(name) / "redis") as redis_url:
            schema.up(url)
            with built(url, redis_url) as house:
                house.with_settings(evaluations_per_minute=100_000)
                yield house


def _audit(house: House) -> None:
    body = {"run": "0" * 36, "state": "success"}

    def plain() -> None:
        with house.context.pool.connection() as tx:
            tx.execute("INSERT INTO heads VALUES (1, 1, gen_random_uuid()::text, now())")

    def chained() -> None:
        with house.context.pool.connection() as tx:
            ledger.append(tx, kind="bench", subject="s", actor="a", body=body, at=NOW)

    show(
        "audit, a transaction each, fsync on",
        [
            rate("insert a plain row", plain, times=200),
            rate("append to the chain", chained, times=200),
        ],
    )


def _deliveries(house: House) -> None:
    def unchanged() -> None:
        house.deliver_pull(action="edited")
        house.work()

    def taken_in() -> None:
        house.deliver(house.event("label", "created"))

    rows = [
        rate("take in a delivery that leads to no work", taken_in, times=100),
        rate("delivery to verdict, unchanged, GitHub simulated", unchanged, times=10),
    ]
    show("one worker, one thread", rows)


if __name__ == "__main__":
    main()
