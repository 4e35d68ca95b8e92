"""`mergegate retention`: shown first, run when wished for, and the audit says by whom."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.rows import dict_row

from app import ledger
from app.cli import main

ANCIENT = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def tx(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO deliveries (hook_id, guid, body_digest, event, received_at) VALUES (1, '', '', '{}', %(at)s)",
            {"at": ANCIENT},
        )
        yield connection


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["retention", *arguments])


def test_it_shows_what_would_go(tx: psycopg.Connection[dict[str, Any]]) -> None:
    lines = [line.split() for line in _run("show").output.splitlines()]
    assert lines[0] == ["what", "days", "rows", "would", "go"]
    assert ["deliveries", "90", "1", "1"] in lines
    assert ["workflows", "365", "0", "0"] in lines
    assert _run("run", "--dry-run").output == _run("show").output
    assert tx.execute("SELECT count(*) AS left FROM deliveries").fetchall() == [{"left": 1}]


def test_a_round_is_told_to_the_audit_with_who_asked_for_it(tx: psycopg.Connection[dict[str, Any]]) -> None:
    assert ["deliveries", "1"] in [line.split() for line in _run("run", "--as", "olga").output.splitlines()]
    told = ledger.tail(tx, 1)[0]
    assert (told.kind, told.subject, told.actor, told.body["rows"]) == ("pruned", "retention:deliveries", "olga", 1)
    assert ["deliveries", "0"] in [line.split() for line in _run("run").output.splitlines()]


def test_what_operators_set_wrongly_is_a_sentence(tx: psycopg.Connection[dict[str, Any]]) -> None:
    tx.execute(
        "INSERT INTO settings (repository_id, name, full_name, value, changed_by, changed_at)"
        " VALUES (0, 'retention_deliveries_days', '', '1', 'olga', now())"
    )
    for command in ("show", "run"):
        said = _run(command)
        assert (said.exit_code, said.output.count("\n")) == (1, 1)
        assert said.output.startswith("Error: ")
