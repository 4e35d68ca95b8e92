"""Postures: what counts for all repositories and for one, and that each change stands in the audit."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from app.database import Transaction
from app.records import operator_settings, pins, postures, pulls
from app.records.operator_settings import Where
from app.records.postures import Row, Switch, SwitchName
from app.records.pulls import Sighting
from policies.catalogue import Freeze
from policies.in_force import InForce

NOW = datetime(2026, 7, 4, 12, tzinfo=UTC)
OURS = Where(repository_id=5, full_name="o/r")
EVERYWHERE = Where()


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def switch(tx: Transaction, where: Where, name: SwitchName, on: bool | None, until: datetime | None = None) -> Row:
    said = Switch(name=name, on=on, until=until)
    return postures.set_posture(tx, where, said, by="alice", reason="the\nreason", now=NOW)


def frozen(tx: Transaction, repository_id: int = 5, now: datetime = NOW) -> Freeze | None:
    return operator_settings.stopped(tx, repository_id).frozen_at(now)


def test_nothing_is_switched_at_first(tx: Transaction) -> None:
    assert operator_settings.stopped(tx, 5) == InForce(safe_mode=False, dry_run=None)
    assert frozen(tx) is None
    assert postures.listed(tx) == []


def test_a_freeze_says_why_and_by_whom(tx: Transaction) -> None:
    switch(tx, OURS, "frozen", True)
    assert frozen(tx) == Freeze.model_construct(reason="the reason (alice)", until=None)
    assert frozen(tx, 6) is None
    switch(tx, OURS, "frozen", False)
    assert frozen(tx) is None


def test_a_freeze_with_an_end_ends_by_itself(tx: Transaction) -> None:
    until = NOW + timedelta(hours=1)
    switch(tx, OURS, "frozen", True, until)
    assert frozen(tx) == Freeze.model_construct(reason="the reason (alice)", until=until)
    assert frozen(tx, now=until) is None


def test_a_freeze_of_all_is_one_of_each(tx: Transaction) -> None:
    switch(tx, EVERYWHERE, "frozen", True)
    assert frozen(tx) == Freeze.model_construct(reason="the reason (alice)", until=None)
    switch(tx, OURS, "frozen", False)
    assert frozen(tx) == Freeze.model_construct(reason="the reason (alice)", until=None)


@pytest.mark.parametrize(
    ("everywhere", "own", "until"), [(1, 2, 2), (2, 1, 2), (None, 1, None), (1, None, None)], ids=str
)
def test_of_two_freezes_the_one_that_ends_last_counts(
    tx: Transaction, everywhere: int | None, own: int | None, until: int | None
) -> None:
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else NOW + timedelta(hours=hours)

    switch(tx, EVERYWHERE, "frozen", True, at(everywhere))
    switch(tx, OURS, "frozen", True, at(own))
    assert frozen(tx) == Freeze.model_construct(reason="the reason (alice)", until=at(until))


def test_an_ended_freeze_hides_none_that_holds(tx: Transaction) -> None:
    switch(tx, EVERYWHERE, "frozen", True, NOW - timedelta(hours=1))
    switch(tx, OURS, "frozen", True, NOW + timedelta(hours=1))
    assert frozen(tx) == Freeze.model_construct(reason="the reason (alice)", until=NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("everywhere", "own", "counts"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_safe_mode_of_all_or_of_one_is_one(tx: Transaction, everywhere: bool, own: bool, counts: bool) -> None:
    switch(tx, EVERYWHERE, "safe_mode", everywhere)
    switch(tx, OURS, "safe_mode", own)
    assert operator_settings.stopped(tx, 5).safe_mode is counts


@pytest.mark.parametrize(
    ("everywhere", "own", "counts"),
    [
        (None, None, None),
        (None, True, True),
        (True, None, True),
        (True, False, True),
        (False, None, False),
        (None, False, False),
        (False, True, True),
    ],
)
def test_a_dry_run_of_all_or_of_one_is_one(
    tx: Transaction, everywhere: bool | None, own: bool | None, counts: bool | None
) -> None:
    switch(tx, EVERYWHERE, "dry_run", everywhere)
    switch(tx, OURS, "dry_run", own)
    assert operator_settings.stopped(tx, 5).dry_run is counts


def test_one_switch_leaves_the_others_as_they_are(tx: Transaction) -> None:
    switch(tx, OURS, "frozen", True)
    switch(tx, OURS, "safe_mode", True)
    row = switch(tx, OURS, "dry_run", True)
    assert (row.frozen_reason, row.safe_mode, row.dry_run) == ("the reason", True, True)
    assert [each.full_name for each in postures.listed(tx)] == ["o/r"]


def test_each_change_stands_in_the_audit(tx: Transaction) -> None:
    until = NOW + timedelta(hours=1)
    switch(tx, EVERYWHERE, "frozen", True, until)
    switch(tx, OURS, "dry_run", None)
    rows = tx.execute("SELECT kind, subject, actor, body FROM audit_events ORDER BY seq").fetchall()
    said: dict[str, Any] = {"reason": "the reason", "version": 1, "before": None}
    freeze = {"reason": "the reason", "until": until.isoformat()}
    assert [tuple(row.values()) for row in rows] == [
        (
            "setting_changed",
            "repositories",
            "alice",
            {**said, "setting": "freeze", "after": freeze, "repository": "all repositories"},
        ),
        (
            "setting_changed",
            "repository:5",
            "alice",
            {**said, "setting": "dry_run", "after": None, "repository": "o/r"},
        ),
    ]


def test_a_repository_is_found_as_it_is_pinned_and_else_as_it_was_seen(tx: Transaction) -> None:
    assert operator_settings.where(tx, "o/r") is None
    for repository_id in (5, 6):
        pulls.seen(tx, Sighting(repository_id, 1, "o/r", 1))
    assert operator_settings.where(tx, "O/R") == Where(repository_id=6, full_name="o/r")
    pins.pin(tx, "o/r", 5)
    assert operator_settings.where(tx, "O/R") == Where(repository_id=5, full_name="o/r")


@pytest.mark.parametrize("value", ['{"reason": "release"}', '{"why": 1}', '"on"', "1"])
def test_a_freeze_of_another_version_is_shown_and_not_what_makes_all_of_them_unreadable(
    tx: Transaction, value: str
) -> None:
    switch(tx, OURS, "safe_mode", True)
    switch(tx, OURS, "frozen", True)
    tx.execute("UPDATE settings SET value = %(value)s WHERE name = 'freeze'", {"value": value})
    (row,) = postures.listed(tx)
    assert (row.safe_mode, row.frozen_reason, row.trouble is None) == (
        True,
        *(("release", True) if "release" in value else (None, False)),
    )
    assert row.trouble == operator_settings.stopped(tx, 5).trouble
