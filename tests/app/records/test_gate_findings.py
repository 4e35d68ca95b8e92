"""Whether the gate is required on a branch: only where it was found so lately, and overridden only with a reason."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from app import ledger
from app.database import Transaction
from app.records import gate_findings
from app.records.gate_findings import FRESH_HOURS, Finding
from tests.app.records.locks import until_it_waits

NOW = datetime(2027, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=FRESH_HOURS)


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def _find(tx: Transaction, *, required: bool, at: datetime = NOW) -> None:
    gate_findings.found(tx, 1, "main", is_required=required, now=at)


def _override(tx: Transaction) -> None:
    gate_findings.override(tx, 1, "main", by="olga", reason="We own the only admin.", now=NOW)


def _kinds(tx: Transaction) -> list[str]:
    return [entry.kind for entry in ledger.about(tx, ["repository:1"])]


def test_a_branch_that_nobody_looked_at_does_not_require_the_gate(tx: Transaction) -> None:
    assert gate_findings.of(tx, 1, "main") == Finding(1, "main")
    assert not gate_findings.of(tx, 1, "main").is_required_at(NOW)


def test_a_branch_found_to_require_it_does(tx: Transaction) -> None:
    _find(tx, required=True)
    assert gate_findings.of(tx, 1, "main").is_required_at(NOW)


def test_a_branch_found_not_to_require_it_does_not(tx: Transaction) -> None:
    _find(tx, required=True)
    _find(tx, required=False, at=NOW + timedelta(minutes=1))
    assert not gate_findings.of(tx, 1, "main").is_required_at(NOW)


def test_what_was_found_long_ago_does_not_count(tx: Transaction) -> None:
    _find(tx, required=True)
    assert gate_findings.of(tx, 1, "main").is_required_at(LATER - timedelta(seconds=1))
    assert not gate_findings.of(tx, 1, "main").is_required_at(LATER)


def test_an_older_look_does_not_undo_a_newer_one(tx: Transaction) -> None:
    _find(tx, required=False, at=NOW + timedelta(minutes=1))
    _find(tx, required=True)
    assert not gate_findings.of(tx, 1, "main").is_required_at(NOW)
    assert _kinds(tx) == ["gate_found"]


def test_another_branch_says_nothing(tx: Transaction) -> None:
    _find(tx, required=True)
    assert not gate_findings.of(tx, 1, "release").is_required_at(NOW)
    assert not gate_findings.of(tx, 2, "main").is_required_at(NOW)
    assert gate_findings.bases(tx, 1) == ("main",)


def test_the_audit_tells_when_it_changed_and_not_each_time(tx: Transaction) -> None:
    _find(tx, required=True)
    _find(tx, required=True, at=NOW + timedelta(hours=1))
    _find(tx, required=False, at=NOW + timedelta(hours=2))
    assert _kinds(tx) == ["gate_found", "gate_found"]


def test_an_operator_overrides_it_and_the_audit_has_the_reason(tx: Transaction) -> None:
    _find(tx, required=False)
    _override(tx)
    found = gate_findings.of(tx, 1, "main")
    assert (found.overridden, found.overridden_by, found.override_reason) == (True, "olga", "We own the only admin.")
    entry = ledger.tail(tx, 1)[0]
    assert (entry.kind, entry.actor) == ("gate_overridden", "olga")
    assert entry.body == {"base": "main", "reason": "We own the only admin."}


def test_an_override_does_not_say_that_it_is_required(tx: Transaction) -> None:
    _override(tx)
    assert not gate_findings.of(tx, 1, "main").is_required_at(NOW)


def test_a_later_look_leaves_the_override(tx: Transaction) -> None:
    _override(tx)
    _find(tx, required=False)
    assert gate_findings.of(tx, 1, "main").overridden


def test_an_override_is_withdrawn_once(tx: Transaction) -> None:
    _override(tx)
    assert gate_findings.withdraw(tx, 1, "main", by="olga", now=NOW)
    assert not gate_findings.of(tx, 1, "main").overridden
    assert not gate_findings.withdraw(tx, 1, "main", by="olga", now=NOW)
    assert _kinds(tx) == ["gate_overridden", "gate_override_withdrawn"]


def test_doctor_and_an_operator_never_wait_for_each_other(database_url: str) -> None:
    """Doctor has said something of one branch, and comes to the one that the operator overrides."""
    with (
        psycopg.connect(database_url, row_factory=dict_row) as doctor,
        psycopg.connect(database_url, row_factory=dict_row) as operator,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        gate_findings.found(doctor, 1, "stable", is_required=True, now=NOW)
        overridden = pool.submit(_override, operator)
        until_it_waits(database_url, operator.info.backend_pid)
        _find(doctor, required=False)
        doctor.commit()
        overridden.result()
        assert gate_findings.of(operator, 1, "main").overridden
