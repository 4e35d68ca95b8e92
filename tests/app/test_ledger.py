"""The audit chain: append-only in the database itself, never forked, and provable from its entries alone."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import database, ledger
from app.database import Pool, Transaction
from tests.app.chains import change

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    made = database.pool(database_url)
    made.open()
    yield made
    made.close()


def _append(tx: Transaction, number: int = 1) -> ledger.Entry:
    return ledger.append(tx, kind="tested", subject="pull:1#7", actor="mergegate", body={"number": number}, at=NOW)


def _chain(pool: Pool, length: int) -> list[ledger.Entry]:
    with pool.connection() as tx:
        for number in range(length):
            _append(tx, number)
    with pool.connection() as tx:
        return list(ledger.read(tx))


def test_it_verifies_a_chain_that_nobody_touched(pool: Pool) -> None:
    chain = _chain(pool, 5)
    assert ledger.verify(chain) == ledger.Proof(5, chain[-1].hash, None)


def test_it_verifies_an_empty_chain() -> None:
    assert ledger.verify([]) == ledger.Proof(0, ledger.GENESIS, None)


def test_it_reads_more_entries_than_a_batch_holds(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "BATCH_ROWS", 2)
    assert [entry.seq for entry in _chain(pool, 5)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'nobody'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "TRUNCATE audit_events CASCADE",
    ],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_the_database_refuses_to_change_an_entry(pool: Pool, statement: str, role: str) -> None:
    before = _chain(pool, 2)
    with pool.connection() as tx:
        tx.execute(f"SET LOCAL session_replication_role = {role}")
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)):
            tx.execute(statement)
        tx.rollback()
    with pool.connection() as tx:
        assert list(ledger.read(tx)) == before


def test_the_database_refuses_an_entry_that_does_not_extend_the_newest(pool: Pool) -> None:
    _chain(pool, 2)
    with pytest.raises(psycopg.errors.IntegrityError), pool.connection() as tx:
        tx.execute(
            "INSERT INTO audit_events (seq, at, kind, subject, actor, body, previous, hash)"
            " SELECT 3, at, kind, subject, actor, body, previous, sha256('forged') FROM audit_events WHERE seq = 2"
        )


def test_two_writers_at_once_do_not_fork_the_chain(pool: Pool) -> None:
    first_appended, second_started = threading.Event(), threading.Event()

    def second() -> None:
        first_appended.wait(10)
        with pool.connection() as tx:
            second_started.set()
            _append(tx, 2)

    thread = threading.Thread(target=second)
    thread.start()
    with pool.connection() as tx:
        _append(tx, 1)
        first_appended.set()
        second_started.wait(10)
    thread.join(10)
    with pool.connection() as tx:
        chain = list(ledger.read(tx))
    assert [entry.body["number"] for entry in chain] == [1, 2]
    assert ledger.verify(chain).fault is None


def test_an_entry_vanishes_with_the_transaction_that_it_attests(pool: Pool) -> None:
    with pool.connection() as tx:
        _append(tx)
        tx.rollback()
    assert _chain(pool, 1)[0].seq == 1


def test_it_shows_the_newest_entries_oldest_first(pool: Pool) -> None:
    _chain(pool, 5)
    with pool.connection() as tx:
        assert [entry.seq for entry in ledger.tail(tx, 2)] == [4, 5]


def test_it_finds_the_entries_about_a_subject(pool: Pool) -> None:
    _chain(pool, 2)
    with pool.connection() as tx:
        assert [entry.seq for entry in ledger.about(tx, ["pull:1#7"])] == [1, 2]
        assert ledger.about(tx, ["pull:1#8"]) == []


def _forged(chain: list[ledger.Entry], index: int, change: dict[str, object]) -> list[ledger.Entry]:
    entry = ledger.Entry(**{**chain[index].__dict__, **change})
    return [*chain[:index], entry, *chain[index + 1 :]]


def _local_chain(length: int) -> list[ledger.Entry]:
    chain: list[ledger.Entry] = []
    for seq in range(1, length + 1):
        previous = chain[-1].hash if chain else ledger.GENESIS
        unsealed = ledger.Entry(seq, NOW, "tested", "s", "a", {"n": seq}, previous, b"")
        chain.append(ledger.Entry(**{**unsealed.__dict__, "hash": ledger._seal(unsealed)}))
    return chain


CHANGES = st.sampled_from(
    [
        {"kind": "other"},
        {"subject": "other"},
        {"actor": "other"},
        {"body": {"n": -1}},
        {"at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"hash": b"\x01" * 32},
        {"previous": b"\x01" * 32},
        {"seq": 99},
    ]
)


@given(length=st.integers(1, 6), data=st.data(), change=CHANGES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_change_to_any_entry_is_found(length: int, data: st.DataObject, change: dict[str, object]) -> None:
    index = data.draw(st.integers(0, length - 1))
    proof = ledger.verify(_forged(_local_chain(length), index, change))
    assert proof.fault is not None
    assert proof.entries == index


@given(length=st.integers(2, 6), data=st.data())
def test_a_removed_entry_is_found(length: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, length - 2))
    chain = _local_chain(length)
    assert ledger.verify(chain[:index] + chain[index + 1 :]).fault is not None


def test_an_entry_that_was_forged_with_its_hash_does_not_follow_the_one_before() -> None:
    first, second = _local_chain(2)
    unsealed = ledger.Entry(**{**second.__dict__, "previous": b"\x01" * 32})
    forged = ledger.Entry(**{**unsealed.__dict__, "hash": ledger._seal(unsealed)})
    assert ledger.verify([first, forged]).fault == "entry 2 does not follow entry 1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(bodies=st.lists(st.dictionaries(st.text(), JSON, max_size=3), min_size=1, max_size=4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_is_taken_into_the_chain_verifies(pool: Pool, bodies: list[dict[str, object]]) -> None:
    with pool.connection() as tx:
        for body in bodies:
            with suppress(ValueError, psycopg.DataError), tx.transaction():
                ledger.append(tx, kind="tested", subject="s", actor="a", body=body, at=NOW)
        assert ledger.verify(ledger.read(tx)).fault is None
        tx.rollback()


@pytest.mark.parametrize("body", [{"n": 1e16}, {"n": -0.0}, {"n": {10: 1, 9: 2}}])
def test_it_refuses_what_would_not_verify_when_it_is_read_again(pool: Pool, body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="gives back in another form"), pool.connection() as tx:
        ledger.append(tx, kind="tested", subject="s", actor="a", body=body, at=NOW)
    assert len(_chain(pool, 1)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET at = at + interval '1 microsecond' WHERE seq = 3",
        "UPDATE audit_events SET kind = 'other' WHERE seq = 3",
        "UPDATE audit_events SET subject = 'other' WHERE seq = 5",
        "UPDATE audit_events SET actor = 'other' WHERE seq = 1",
        "UPDATE audit_events SET body = jsonb_set(body, '{number}', '9') WHERE seq = 3",
        "UPDATE audit_events SET body = body || '{\"more\": null}' WHERE seq = 3",
        "UPDATE audit_events SET previous = sha256('other') WHERE seq = 3",
        "UPDATE audit_events SET hash = sha256('other') WHERE seq = 5",
        "UPDATE audit_events SET seq = 6 WHERE seq = 5",
        "DELETE FROM audit_events WHERE seq = 1",
        "DELETE FROM audit_events WHERE seq IN (2, 3)",
        "UPDATE audit_events SET body = (SELECT body FROM audit_events AS other WHERE other.seq = 7 - audit_events.seq)"
        " WHERE seq IN (3, 4)",
        "INSERT INTO audit_events SELECT 6, at, kind, subject, actor, body, hash, sha256('x') FROM audit_events"
        " WHERE seq = 5",
        "INSERT INTO audit_events SELECT 7, at, kind, subject, actor, body, hash, sha256('x') FROM audit_events"
        " WHERE seq = 5",
    ],
)
def test_what_the_owner_of_the_database_changed_is_found(pool: Pool, database_url: str, statement: str) -> None:
    _chain(pool, 5)
    change(database_url, statement)
    with pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is not None


def test_what_was_cut_off_at_the_end_is_not_found_by_the_chain_alone(pool: Pool, database_url: str) -> None:
    _chain(pool, 5)
    change(database_url, "DELETE FROM audit_events WHERE seq > 3")
    with pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


def test_who_verifies_waits_for_no_writer_and_no_writer_waits_for_it(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "BATCH_ROWS", 2)
    _chain(pool, 5)
    with pool.connection() as writer, pool.connection() as reader:
        reader.execute("SET LOCAL statement_timeout = '2s'")
        writer.execute("SET LOCAL lock_timeout = '2s'")
        entries = ledger.read(reader)
        first = next(entries)
        _append(writer)  # the chain is held from here on
        assert ledger.verify([first, *entries]).entries == 5


def test_it_reads_a_part(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "BATCH_ROWS", 2)
    chain = _chain(pool, 9)
    with pool.connection() as tx:
        assert list(ledger.read(tx, after=2, until=7)) == chain[2:7]
        assert list(ledger.read(tx, after=9)) == []
        assert ledger.hashes(tx, [3, 9, 10]) == {3: chain[2].hash, 9: chain[8].hash}
        assert ledger.head(tx) == chain[8]


@given(after=st.integers(0, 5), data=st.data())
def test_a_part_verifies_after_the_hash_before_it_and_after_no_other(after: int, data: st.DataObject) -> None:
    chain = _local_chain(6)
    previous = data.draw(st.sampled_from([ledger.GENESIS, *(entry.hash for entry in chain)]))
    proof = ledger.verify(chain[after:], after=after, previous=previous)
    assert (proof.fault is None) == (previous == chain[after].previous)
