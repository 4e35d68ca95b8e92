"""Settings changed again and again: what is said is what was said last, and the history is a chain without a gap."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from app import ledger, operator_settings
from app.database import Transaction
from app.operator_settings import Change, Shown
from app.records import operator_settings as recorded
from app.records.operator_settings import Where
from app.settings import Settings
from app.work import By
from policies.decision import Blocker
from policies.text import plain

NOW = datetime(2026, 7, 4, 12, tzinfo=UTC)
ALL, ONE = Where(), Where(repository_id=5, full_name="acme/widget")
ENVIRONMENT = Settings.model_validate(
    {
        "database_url": "postgresql://localhost/none",
        "redis_url": "redis://localhost",
        "broker_url": "redis://localhost",
        "webhook_secret": "a-secret-for-the-tests",
    }
)
values = st.fixed_dictionaries(
    {},
    optional={
        "writes": st.none() | st.booleans(),
        "kinds": st.none() | st.lists(st.sampled_from(["status", "label_add"]), unique=True),
        "approvals": st.none() | st.sampled_from(["none", "both"]),
        "freeze": st.none() | st.just({"reason": "release", "until": None}),
        "bogus": st.none() | st.just(1),
    },
)
changes = st.lists(st.tuples(st.sampled_from([ALL, ONE]), values, st.none() | st.integers(0, 3)), max_size=8)


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def change(tx: Transaction, where: Where, said: dict[str, Any], version: int | None, at: datetime) -> Shown | Blocker:
    return operator_settings.change(tx, ENVIRONMENT, where, By("olga", at), Change(values=said, version=version))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_what_is_said_is_what_the_history_ends_with(
    tx: Transaction, changes: list[tuple[Where, dict[str, Any], int | None]]
) -> None:
    for number, (where, said, version) in enumerate(changes):
        change(tx, where, said, version, NOW + timedelta(minutes=number))
    for where in (ALL, ONE):
        ends: dict[str, Any] = {}
        history = recorded.history(tx, where, limit=100)[::-1]
        for each in history:
            assert each.before == ends.get(each.name)
            assert each.before != each.after
            ends[each.name] = each.after
        shown = operator_settings.shown(tx, ENVIRONMENT, where, NOW)
        assert {each.name: each.value for each in shown.settings if each.version} == ends
        assert (shown.version, shown.trouble) == (len(history), None)
    assert ledger.verify(ledger.read(tx)).fault is None
    tx.rollback()


@given(
    st.dictionaries(
        st.sampled_from(["writes", "kinds", "freeze", "approvals", "dry_run"]) | st.text(),
        (
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
                max_leaves=6,
            )
        ),
        max_size=3,
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_said_is_understood_or_refused_in_a_sentence(tx: Transaction, said: dict[str, Any]) -> None:
    done = change(tx, ONE, said, None, NOW)
    if isinstance(done, Blocker):
        assert (done.code, done.sentence) == ("INVALID", plain(done.sentence))
        assert done.sentence.endswith((".", "…"))
    else:
        assert done.trouble is None
    tx.rollback()


class Interrupted:
    """A connection on which somebody else is quicker: `between` is done once before its statement of that number."""

    def __init__(self, tx: Transaction, place: int, between: Callable[[], object]) -> None:
        self._tx, self._left, self._between = tx, place, between

    def execute(self, *statement: Any) -> Any:
        if self._left == 0:
            self._between()
        self._left -= 1
        return self._tx.execute(*statement)


@pytest.mark.parametrize("place", range(5))
def test_no_version_is_newer_than_what_is_shown_with_it(tx: Transaction, database_url: str, place: int) -> None:
    """Who sends it back would take away what he has not seen."""

    def meanwhile() -> None:
        with psycopg.connect(database_url, row_factory=dict_row) as other:
            change(other, ONE, {"writes": False}, None, NOW)

    interrupted: Any = Interrupted(tx, place, meanwhile)
    shown = operator_settings.shown(interrupted, ENVIRONMENT, ONE, NOW)
    (writes,) = [each for each in shown.settings if each.name == "writes"]
    assert shown.version == 0 or (writes.value, writes.counts) == (False, False)
    tx.commit()
    assert operator_settings.shown(tx, ENVIRONMENT, ONE, NOW).version == int(interrupted._left < 0)


def test_two_changes_of_one_request_are_one_or_none(tx: Transaction) -> None:
    refused = change(tx, ONE, {"writes": False, "approval_seconds": 1}, None, NOW)
    assert isinstance(refused, Blocker)
    assert refused.sentence == "approval_seconds: should be greater than or equal to 60."
    assert recorded.rows(tx, 5) == {}
