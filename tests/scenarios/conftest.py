"""One gate for all scenarios of a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.scenarios import gate as gates
from tests.scenarios.gate import Gate


@pytest.fixture(scope="session")
def gate(postgres: str, service_directory: Path) -> Iterator[Gate]:
    directory = service_directory / "scenarios"
    directory.mkdir()
    with databases.fresh(postgres) as url, gates.running(directory, url) as running:
        yield running
