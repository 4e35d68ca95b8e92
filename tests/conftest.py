"""What tests stand on: a Postgres and a Redis of their own, a fresh database each, no settings from outside."""

import itertools
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
import redis

from app import database
from app.embedded import postgres as embedded_postgres
from app.embedded import redis as embedded_redis
from app.settings import Settings
from tests import databases, measuring
from tests.databases import Lent

ONE_IN = 8
FEW_CELLS = 3
WAITING = (
    *("tests/scenarios/", "tests/soak/", "tests/tasks/test_killed_workers.py", "tests/app/cli/test_up.py"),
    *("tests/app/embedded/", "tests/tasks/test_local_bindings.py", "tests/app/test_demo.py", "tests/app/test_queue.py"),
)
"""What starts processes and waits for them comes first: at the end the other processors would wait for it."""
TRAVERSABLE_MODE = 0o711
LOOPBACK = "127.0.0.1"
if "PYTEST_XDIST_WORKER" in os.environ:
    # What a test starts is not measured: measuring took longer than all that is only run there is worth.
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        os.environ.pop(name, None)
# A busy machine is no failure.
hypothesis.settings.register_profile(
    "any_machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any_machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="Run all that is marked as a matrix or as long.")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What waits comes first; of a matrix one cell in `ONE_IN` remains, and of what is long nothing."""
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))
    cells = _matrices(items)
    if not config.getoption("--whole"):
        left_out = {item for place, of_test in enumerate(cells) for item in _left_out(of_test, place)}
        left_out |= {item for item in items if item.get_closest_marker("long") is not None}
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=list(left_out))
    measuring.choose(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    with measuring.of(item):
        return (yield)


def _matrices(items: list[pytest.Item]) -> list[list[pytest.Item]]:
    """The cells of each test that is a matrix: marked so, or on services with more than `FEW_CELLS`."""
    tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("matrix") or measuring.is_on_services(item):
            tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    marked = {test for test, cells in tests.items() if cells[0].get_closest_marker("matrix")}
    matrices = [cells for test, cells in tests.items() if test in marked or len(cells) > FEW_CELLS]
    for item in itertools.chain.from_iterable(matrices):
        item.add_marker("matrix")
    return matrices


def _left_out(cells: list[pytest.Item], place: int) -> list[pytest.Item]:
    """Another column in each test, so that each kind and each fault is there; at least one cell remains."""
    column = place % min(ONE_IN, len(cells))
    return [cell for number, cell in enumerate(cells) if number % ONE_IN != column]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*(field.upper() for field in Settings.model_fields), "MERGEGATE_HOME"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, LOOPBACK)


@pytest.fixture(scope="session")
def service_directory() -> Iterator[Path]:
    """A fresh directory that the user of the embedded Postgres can enter."""
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(TRAVERSABLE_MODE)
        yield Path(name)


@pytest.fixture
def service_home() -> Iterator[Path]:
    """Such a directory for one test alone, as MERGEGATE_HOME."""
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(TRAVERSABLE_MODE)
        yield Path(name)


@pytest.fixture(scope="session")
def postgres(service_directory: Path) -> Iterator[str]:
    """The URL of a Postgres server for this test session, with a migrated template database."""
    with embedded_postgres.running(service_directory / "postgres", durable=False) as url:
        databases.make_template(url)
        yield url


@pytest.fixture(scope="session")
def lent(postgres: str) -> Lent:
    """The databases that the tests of this session borrow one after another."""
    return Lent(postgres)


@pytest.fixture
def database_url(lent: Lent, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A migrated database of this test alone, as new."""
    with lent.one() as url, _closing_pools(monkeypatch):
        yield url


@pytest.fixture
def empty_database_url(postgres: str) -> Iterator[str]:
    """A fresh database without any table."""
    with databases.fresh(postgres, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(service_directory: Path) -> Iterator[str]:
    """The URL of a Redis server for this test session, password included."""
    with embedded_redis.running(service_directory / "redis", durable=False) as url:
        yield url


@pytest.fixture
def redis_db(redis_url: str) -> str:
    """The URL of that Redis, emptied for this test."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    return redis_url


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of the shared cases."""
    folder = os.environ.get("MERGEGATE_CASES")
    if not folder:
        pytest.skip("MERGEGATE_CASES is not set: shared cases not run")
    return Path(folder)


@contextmanager
def _closing_pools(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what pools of connections this process makes meanwhile: a web process keeps its own until it ends."""
    make, made = database.pool, list[database.Pool]()

    def kept(url: str, **limits: int) -> database.Pool:
        made.append(make(url, **limits))
        return made[-1]

    monkeypatch.setattr(database, "pool", kept)
    yield
    for each in made:
        each.close()
