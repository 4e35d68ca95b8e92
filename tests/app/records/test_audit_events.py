"""Entries that somebody looks for: exactly those that fit, page by page, each filter by an index of its own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from app.database import Transaction
from app.ledger import Entry
from app.records import audit_events
from app.records.audit_events import Page, Sought, Window
from tests import databases
from tests.app.chains import NOW, chain, fill

SMALL = chain(30)
DISORDERED = [replace(each, at=NOW + timedelta(seconds=each.seq * 7 % 31)) for each in SMALL]
MANY = 20_000


@pytest.fixture(scope="module")
def small(postgres: str) -> Iterator[Transaction]:
    """Thirty entries."""
    with databases.fresh(postgres) as url:
        fill(url, SMALL)
        with psycopg.connect(url, row_factory=dict_row) as tx:
            yield tx


@pytest.fixture(scope="module")
def disordered(postgres: str) -> Iterator[Transaction]:
    """The same thirty, whose clocks ran apart."""
    with databases.fresh(postgres) as url:
        fill(url, DISORDERED)
        with psycopg.connect(url, row_factory=dict_row) as tx:
            yield tx


@pytest.fixture(scope="module")
def many(postgres: str) -> Iterator[Transaction]:
    """So many that it matters how they are looked for: each kind, subject and actor is rare, and stands together."""
    entries = [
        replace(each, kind=f"kind_{each.seq // 100}", subject=f"s_{each.seq // 100}", actor=f"a_{each.seq // 100}")
        for each in chain(MANY)
    ]
    with databases.fresh(postgres) as url:
        fill(url, entries)
        with psycopg.connect(url, row_factory=dict_row) as tx:
            yield tx


SOUGHT = st.builds(
    Sought,
    subject=st.none() | st.sampled_from(["pull:1#1", "pull:1#2", "nobody"]),
    actor=st.none() | st.sampled_from(["mergegate", "mallory"]),
    kind=st.none() | st.sampled_from(["kind_0", "kind_1"]),
    since=st.none() | st.integers(0, 31).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    until=st.none() | st.integers(0, 31).map(lambda seconds: NOW + timedelta(seconds=seconds)),
)
PLACES = st.none() | st.integers(1, 31)


def _fits(entry: Entry, sought: Sought) -> bool:
    same = all(
        value is None or getattr(entry, name) == value
        for name, value in (("subject", sought.subject), ("actor", sought.actor), ("kind", sought.kind))
    )
    later = sought.since is None or entry.at >= sought.since
    return same and later and (sought.until is None or entry.at < sought.until)


def _pages(tx: Transaction, sought: Sought, window: Window) -> Iterator[Page]:
    while True:
        page = audit_events.page(tx, sought, window)
        yield page
        if page.next is None:
            return
        window = replace(window, **{"after" if window.is_forward else "before": page.next})


@given(sought=SOUGHT, after=PLACES, before=PLACES, limit=st.integers(1, 10))
@settings(max_examples=60)
def test_all_pages_together_are_exactly_what_fits(
    small: Transaction, sought: Sought, after: int | None, before: int | None, limit: int
) -> None:
    _show_exactly(small, SMALL, sought, Window(after=after, before=before, limit=limit))


@given(sought=SOUGHT, after=PLACES, before=PLACES, limit=st.integers(1, 10))
@settings(max_examples=60)
def test_so_they_are_whatever_the_order_of_their_times(
    disordered: Transaction, sought: Sought, after: int | None, before: int | None, limit: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(audit_events, "STRETCH", 4)
        _show_exactly(disordered, DISORDERED, sought, Window(after=after, before=before, limit=limit))


def _show_exactly(tx: Transaction, entries: list[Entry], sought: Sought, window: Window) -> None:
    after, before, limit = window.after, window.before, window.limit
    pages = list(_pages(tx, sought, window))
    expected = [each for each in entries if _fits(each, sought) and (after or 0) < each.seq < (before or 99)]
    found = [each for page in pages for each in page.entries]
    assert found == (expected if window.is_forward else expected[::-1])
    assert [len(page.entries) for page in pages[:-1]] == [limit] * (len(pages) - 1)


def test_what_is_appended_meanwhile_changes_no_later_page(database_url: str) -> None:
    fill(database_url, SMALL[:6])
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        first = audit_events.page(tx, Sought(), Window(limit=3))
    with psycopg.connect(database_url) as owner:
        owner.execute("ALTER TABLE audit_events DISABLE TRIGGER ALL")
    fill(database_url, SMALL[6:9])
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        second = audit_events.page(tx, Sought(), Window(limit=3, before=first.next))
        newer = audit_events.page(tx, Sought(), Window(limit=3, after=6))
    assert [[each.seq for each in page.entries] for page in (first, second, newer)] == [[6, 5, 4], [3, 2, 1], [7, 8, 9]]


@pytest.mark.parametrize(
    ("sought", "index"),
    [
        (Sought(subject="s_20"), "audit_events_subject"),
        (Sought(actor="a_20"), "audit_events_actor"),
        (Sought(kind="kind_20"), "audit_events_kind"),
        (Sought(since=NOW + timedelta(seconds=500), until=NOW + timedelta(seconds=560)), "audit_events_at"),
        (Sought(subject="s_20", until=NOW + timedelta(days=1)), "audit_events_subject"),
        (Sought(), "audit_entries_pkey"),
    ],
)
@pytest.mark.parametrize("window", [Window(limit=50), Window(limit=50, before=19_000), Window(limit=50, after=3)])
def test_each_filter_has_an_index_that_is_used(many: Transaction, sought: Sought, index: str, window: Window) -> None:
    plan = _plan(many, sought, window)
    assert index in _indexes(plan)
    assert _rows_read(plan) <= 400


@pytest.mark.parametrize("window", [Window(limit=50), Window(limit=50, after=3)])
@pytest.mark.parametrize(("since", "until"), [(100, 9_990), (None, 9_990), (10_010, None), (10_010, 19_990)])
def test_a_wide_span_of_time_is_read_from_where_it_lies(
    many: Transaction, window: Window, since: int | None, until: int | None
) -> None:
    """Newest first or oldest first, at most the rest of a stretch of the chain is passed over."""
    begins, ends = (None if at is None else NOW + timedelta(seconds=at) for at in (since, until))
    assert _rows_read(_plan(many, Sought(since=begins, until=ends), window)) <= 200


def _plan(tx: Transaction, sought: Sought, window: Window) -> dict[str, Any]:
    """How PostgreSQL ran the very query of the list."""

    class Explaining:
        def execute(self, query: str, values: dict[str, Any]) -> Any:
            self.plan = tx.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}".encode(), values).fetchone()
            return tx.execute(query.encode(), values)

    explaining = Explaining()
    audit_events.page(explaining, sought, window)  # type: ignore[arg-type]
    assert explaining.plan is not None
    plan: dict[str, Any] = explaining.plan["QUERY PLAN"][0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _indexes(plan: dict[str, Any]) -> set[str]:
    return {node["Index Name"] for node in _nodes(plan) if "Index Name" in node}


def _rows_read(plan: dict[str, Any]) -> int:
    return max(int(node["Actual Rows"]) + int(node.get("Rows Removed by Filter", 0)) for node in _nodes(plan))
