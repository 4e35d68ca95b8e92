"""What the governor costs: a turn, and a request's beginning and end, beside a plain round trip to Redis.

Redis writes nothing to disk here; where it does (`appendfsync always`), each step costs what the disk takes for one.
"""

import itertools
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redis import Redis

from app.embedded import redis
from app.governor import Budget, Governor, Slot, Told, Turn
from bench.timing import rate, show

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TIMES = 1_000
WAITING = 200
HERE, BUSY = 1, 2


def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name,
        redis.running(Path(name) / "redis", durable=False) as url,
        Redis.from_url(url) as plain,
    ):
        governor = Governor(
            url, evaluations_per_minute=100, write_spacing_seconds=1, notifying_spacing_seconds=3, request_seconds=12
        )
        _measure(governor, plain)


def _measure(governor: Governor, plain: "Redis") -> None:
    moments = (NOW + timedelta(seconds=8 * each) for each in itertools.count())
    quiet, content = Turn("quiet"), Turn("content")
    told = Told(served=True, budget=Budget("core", 5000, 4321, NOW + timedelta(hours=1)))
    for each in range(WAITING):
        governor.take_turn(BUSY, quiet, str(each), NOW)

    def request() -> None:
        slot = governor.begin(HERE, "core", None, NOW)
        assert isinstance(slot, Slot)
        governor.end(slot, told, NOW)

    show(
        "the governor",
        [
            rate("ping", plain.ping, times=TIMES),
            rate("SET", lambda: plain.set("k", "v"), times=TIMES),
            rate("take a turn, granted", lambda: governor.take_turn(HERE, quiet, "a", next(moments)), times=TIMES),
            rate("take a turn of content", lambda: governor.take_turn(HERE, content, "a", next(moments)), times=TIMES),
            rate(
                f"ask among {WAITING} that wait",
                lambda: governor.take_turn(BUSY, quiet, str(WAITING // 2), NOW),
                times=TIMES,
            ),
            rate("begin and end a request", request, times=TIMES),
        ],
    )


if __name__ == "__main__":
    main()
