"""The databases that tests borrow: whatever a test leaves, the next one finds a database as new."""

from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.rows import dict_row

from app import ledger
from tests.databases import Lent

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PIN = "INSERT INTO pinned_repositories (full_name, repository_id) VALUES ('acme/widget', 1)"


def _do(url: str, *statements: str) -> None:
    with psycopg.connect(url) as tx:
        for statement in statements:
            tx.execute(statement.encode())


def test_rows_are_gone_and_sequences_start_again(lent: Lent) -> None:
    with lent.one() as url:
        _do(url, PIN, "SELECT nextval('deliveries_id_seq')")
        with psycopg.connect(url, row_factory=dict_row) as tx:
            ledger.append(tx, kind="tested", subject="pull:1#7", actor="mergegate", body={}, at=NOW)
    with lent.one() as again, psycopg.connect(again) as reader:
        assert again == url
        assert reader.execute("SELECT count(*) FROM audit_events").fetchone() == (0,)
        assert reader.execute("SELECT count(*) FROM pinned_repositories").fetchone() == (0,)
        assert reader.execute("SELECT nextval('deliveries_id_seq')").fetchone() == (1,)


def test_the_audit_is_append_only_as_before(lent: Lent) -> None:
    for _ in range(2):
        with lent.one() as url, psycopg.connect(url, row_factory=dict_row) as tx:
            ledger.append(tx, kind="tested", subject="pull:1#7", actor="mergegate", body={}, at=NOW)
            tx.commit()
            for statement in ("DELETE FROM audit_events", "TRUNCATE audit_events CASCADE"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"), tx.transaction():
                    tx.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "ALTER TABLE pinned_repositories ADD COLUMN another text",
        "CREATE TABLE another (id int)",
        "DROP TABLE pinned_repositories CASCADE",
        "CREATE INDEX another ON pinned_repositories (repository_id)",
        "CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DELETE FROM _yoyo_migration",
    ],
)
def test_one_whose_schema_has_changed_is_not_lent_again(lent: Lent, statement: str) -> None:
    with lent.one() as url:
        _do(url, statement)
    with lent.one() as another:
        assert another != url


def test_one_that_somebody_is_still_connected_to_is_not_lent_again(lent: Lent) -> None:
    with lent.one() as url:
        left = psycopg.connect(url)
    with lent.one() as another:
        assert another != url
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
