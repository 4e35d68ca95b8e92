"""What is old enough to be let go of, and where its bytes are."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from app.artifacts import store
from app.artifacts.store import Store
from tests.app.kept import Attic


@pytest.fixture
def attic(database_url: str) -> Iterator[Attic]:
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        yield Attic(tx)


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return store.opened(f"file://{tmp_path}")
