"""One gate for all scenarios of a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import fresh_database
from tests.scenarios import gate as gates
from tests.scenarios.gate import Gate


@pytest.fixture(scope="session")
def gate(postgres: str, service_directory: Path) -> Iterator[Gate]:
    directory = service_directory / "scenarios"
    directory.mkdir()
    with fresh_database(postgres) as url, gates.running(directory, url) as running:
        yield running
