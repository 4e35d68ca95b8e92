"""Alerts are told once, kept in the audit, and stay open until somebody says that they saw them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from app import ledger
from app.database import Transaction
from app.records import alerts
from tests.app.records.locks import until_it_waits

NOW = datetime(2027, 1, 1, tzinfo=UTC)
PULL = "pull:1#7"


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def _raise(tx: Transaction, key: str = "reopened:1#7", **given: Any) -> bool:
    values: dict[str, Any] = {"subject": PULL, "fields": {"number": 7}, "key": key, "at": NOW, **given}
    return alerts.raise_alert(tx, "REOPENED_AFTER_MERGE", **values)


def test_it_is_told_once_for_a_key(tx: Transaction) -> None:
    assert _raise(tx)
    assert not _raise(tx, at=NOW + timedelta(minutes=1))
    assert [row["raised_at"] for row in alerts.page(tx).rows] == [NOW]


def test_the_audit_has_its_code_and_fields(tx: Transaction) -> None:
    _raise(tx)
    entry = ledger.tail(tx, 1)[0]
    assert (entry.kind, entry.subject, entry.actor) == ("alert", PULL, "mergegate")
    assert entry.body == {"code": "REOPENED_AFTER_MERGE", "number": 7}


def test_a_warning_is_one_in_the_audit_too(tx: Transaction) -> None:
    _raise(tx, severity="warning")
    assert ledger.tail(tx, 1)[0].kind == "warning"


def test_what_was_told_before_leaves_no_second_entry(tx: Transaction) -> None:
    _raise(tx)
    _raise(tx)
    assert len(ledger.about(tx, [PULL])) == 1


def test_the_newest_stands_first(tx: Transaction) -> None:
    _raise(tx, "a")
    _raise(tx, "b", at=NOW + timedelta(minutes=1))
    part = alerts.page(tx, limit=1)
    assert [row["key"] for row in part.rows] == ["b"]
    assert part.after is not None
    rest = alerts.page(tx, after=part.after, limit=1)
    assert ([row["key"] for row in rest.rows], rest.after) == (["a"], None)


def test_an_acknowledged_one_is_open_no_more_and_the_audit_says_who_saw_it(tx: Transaction) -> None:
    _raise(tx)
    alert_id = alerts.page(tx).rows[0]["id"]
    assert alerts.acknowledge(tx, alert_id, by="olga", now=NOW)
    assert alerts.page(tx).rows == []
    entry = ledger.tail(tx, 1)[0]
    assert (entry.kind, entry.actor, entry.body["code"]) == ("alert_acknowledged", "olga", "REOPENED_AFTER_MERGE")


def test_it_is_acknowledged_once(tx: Transaction) -> None:
    _raise(tx)
    alert_id = alerts.page(tx).rows[0]["id"]
    alerts.acknowledge(tx, alert_id, by="olga", now=NOW)
    assert not alerts.acknowledge(tx, alert_id, by="bob", now=NOW)
    assert not alerts.acknowledge(tx, uuid4(), by="bob", now=NOW)


def test_an_acknowledged_one_is_not_told_again(tx: Transaction) -> None:
    _raise(tx)
    alerts.acknowledge(tx, alerts.page(tx).rows[0]["id"], by="olga", now=NOW)
    assert not _raise(tx)


def test_those_about_a_subject_are_shown_seen_or_not(tx: Transaction) -> None:
    _raise(tx, "a")
    _raise(tx, "b", at=NOW + timedelta(minutes=1))
    _raise(tx, "c", subject="pull:1#8")
    alerts.acknowledge(tx, alerts.page(tx).rows[1]["id"], by="olga", now=NOW)
    assert [row["key"] for row in alerts.about(tx, PULL)] == ["a", "b"]


def test_two_who_tell_of_the_same_never_wait_for_each_other(database_url: str) -> None:
    """One has an audit entry before the alert, the other one has none."""
    with (
        psycopg.connect(database_url, row_factory=dict_row) as first,
        psycopg.connect(database_url, row_factory=dict_row) as second,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        ledger.append(first, kind="delivery_recorded", subject="delivery:1", actor="github", body={}, at=NOW)
        told = pool.submit(_raise, second)
        until_it_waits(database_url, second.info.backend_pid)
        assert _raise(first)
        first.commit()
        assert not told.result()
