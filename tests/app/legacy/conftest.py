"""A gate that old records are brought to."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.app.legacy.gate import Gate


@pytest.fixture
def gate(database_url: str, tmp_path: Path) -> Iterator[Gate]:
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as tx:
        yield Gate(tx, tmp_path)
