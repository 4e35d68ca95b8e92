"""The newest entry noted outside the database; what does not fit any more is an alert, and so is lasting trouble."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app import anchoring, anchors, database, ledger, schema
from app.anchoring import FAILED, FAILING, Anchored
from app.anchors import Anchor, Anchors, AnchorsUnavailable
from app.database import Pool, Transaction
from app.proofs import ANCHOR_GONE, ANOTHER, CUT, REWRITTEN
from app.records import alerts, anchorings
from app.records.anchorings import Anchoring
from tests.app.chains import NOW, chain, change, fill, rewrite

CHAIN = chain(10)


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    fill(database_url, CHAIN)
    made = database.pool(database_url)
    made.open()
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> str:
    return (tmp_path / "anchors").as_uri()


def _anchor(pool: Pool, place: str, days: int = 0) -> Anchored:
    return anchoring.anchor(pool.connection, anchors.opened(place), place, now=NOW + timedelta(days=days))


def _noted(place: str) -> list[int]:
    return [each.seq for each in anchors.opened(place).read()]


def _alerts(pool: Pool) -> list[str]:
    with pool.connection() as tx:
        return [row["code"] for row in alerts.about(tx, "audit")]


def _standing(pool: Pool, place: str) -> Anchoring:
    with pool.connection() as tx:
        return anchorings.of(tx, place)


def test_it_notes_the_newest_entry(pool: Pool, place: str) -> None:
    assert _anchor(pool, place) == Anchored(Anchor(10, CHAIN[9].hash, NOW), True, None)
    assert _noted(place) == [10]
    assert _standing(pool, place) == Anchoring(Anchor(10, CHAIN[9].hash, NOW))


def test_it_notes_nothing_twice_and_makes_no_entry_of_its_own(pool: Pool, place: str) -> None:
    _anchor(pool, place)
    assert _anchor(pool, place, days=1) == Anchored(Anchor(10, CHAIN[9].hash, NOW), False, None)
    with pool.connection() as tx:
        assert (ledger.head(tx), _noted(place)) == (CHAIN[9], [10])


def test_it_goes_on_with_the_chain(pool: Pool, place: str) -> None:
    _anchor(pool, place)
    with pool.connection() as tx:
        ledger.append(tx, kind="more", subject="s", actor="a", body={}, at=NOW)
    assert _anchor(pool, place).fault is None
    assert (_noted(place), _alerts(pool)) == ([10, 11], [])


def test_an_empty_chain_has_nothing_to_note(pool: Pool, database_url: str, place: str) -> None:
    change(database_url, "DELETE FROM audit_events")
    assert _anchor(pool, place) == Anchored(None, False, None)
    assert _noted(place) == []


def test_a_chain_that_was_cut_is_an_alert_and_noted_again(pool: Pool, database_url: str, place: str) -> None:
    _anchor(pool, place)
    change(database_url, "DELETE FROM audit_events WHERE seq > 7")
    done = _anchor(pool, place)
    assert (done.fault.code if done.fault else None, _alerts(pool)) == (CUT, [CUT])
    assert _noted(place) == [10, 7]


def test_a_chain_that_was_emptied_is_an_alert(pool: Pool, database_url: str, place: str) -> None:
    _anchor(pool, place)
    change(database_url, "DELETE FROM audit_events")
    _anchor(pool, place)
    assert _alerts(pool) == [CUT]


def test_a_chain_that_was_written_anew_is_an_alert(pool: Pool, database_url: str, place: str) -> None:
    rewrite(database_url, CHAIN[:5])
    _anchor(pool, place)
    rewrite(database_url, CHAIN)
    _anchor(pool, place)
    change(database_url, "DELETE FROM audit_anchors")  # so that all anchors are looked at
    rewrite(database_url, [*CHAIN[:6], *chain(9, after=CHAIN[:6], actor="mallory")])
    _anchor(pool, place)
    assert _alerts(pool) == [REWRITTEN]


def test_the_place_of_another_database_is_an_alert(pool: Pool, place: str) -> None:
    for other in (chain(3, actor="other"), chain(8, actor="other")):
        anchors.opened(place).write(Anchor(len(other), other[-1].hash, NOW))
    _anchor(pool, place)
    assert _alerts(pool) == [ANOTHER]


def test_an_anchor_that_was_taken_away_is_an_alert_and_is_noted_again(pool: Pool, place: str, tmp_path: Path) -> None:
    _anchor(pool, place)
    (tmp_path / "anchors").unlink()
    done = _anchor(pool, place)
    assert (done.fault.code if done.fault else None, _alerts(pool)) == (ANCHOR_GONE, [ANCHOR_GONE])
    assert _anchor(pool, place).fault is None
    assert _noted(place) == [10, 11]  # 11 is the alert


def test_it_tells_once_in_a_week_of_what_does_not_fit(pool: Pool, database_url: str, place: str) -> None:
    anchors.opened(place).write(Anchor(99, bytes(32), NOW))
    for days in (0, 0, 7):
        change(database_url, "DELETE FROM audit_anchors")
        _anchor(pool, place, days=days)
    assert _alerts(pool) == [CUT, CUT]


def test_trouble_with_the_place_is_an_alert_once_it_lasts(pool: Pool, tmp_path: Path) -> None:
    place, hours = (tmp_path / "mount" / "anchors").as_uri(), FAILING / timedelta(hours=1)
    for since in (0, hours / 2, hours, 2 * hours):
        with pytest.raises(AnchorsUnavailable):
            anchoring.anchor(pool.connection, anchors.opened(place), place, now=NOW + timedelta(hours=since))
        assert _alerts(pool) == ([] if since < hours else [FAILED])
    assert _standing(pool, place) == Anchoring(None, NOW)


def test_trouble_that_ends_is_forgotten_and_later_trouble_is_another_alert(pool: Pool, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    place = (mount / "anchors").as_uri()
    for days in (0, 1, 2, 3):
        if days == 2:
            mount.mkdir()
            _anchor(pool, place, days=days)
            assert _standing(pool, place).failing_since is None
            (mount / "anchors").unlink()
            mount.rmdir()
        else:
            with pytest.raises(AnchorsUnavailable):
                _anchor(pool, place, days=days)
    with pytest.raises(AnchorsUnavailable):
        _anchor(pool, place, days=4)
    assert _alerts(pool).count(FAILED) == 2


def test_after_steps_down_and_up_it_finds_what_it_noted(pool: Pool, database_url: str, place: str) -> None:
    _anchor(pool, place)
    newer = [each.name for each in schema.status(database_url) if each.name >= "0014"]
    schema.down(database_url, steps=len(newer))
    with pool.connection() as tx:
        assert list(ledger.read(tx)) == CHAIN
    schema.up(database_url)
    assert _anchor(pool, place, days=1) == Anchored(Anchor(10, CHAIN[9].hash, NOW), False, None)
    assert _standing(pool, place).anchor == Anchor(10, CHAIN[9].hash, NOW)


def test_no_writer_waits_while_the_place_is_asked(pool: Pool, place: str) -> None:
    def append(tx: Transaction) -> None:
        tx.execute("SET LOCAL lock_timeout = '2s'")
        ledger.append(tx, kind="meanwhile", subject="s", actor="a", body={}, at=NOW)

    done = _anchor_with(pool, place, _Slow(anchors.opened(place), pool, append))
    assert (done.anchor.seq if done.anchor else None, _noted(place)) == (11, [11])
    with pool.connection() as tx:
        assert [each.kind for each in ledger.tail(tx, 2)] == ["meanwhile", "meanwhile"]


def _anchor_with(pool: Pool, place: str, opened: Anchors) -> Anchored:
    return anchoring.anchor(pool.connection, opened, place, now=NOW)


class _Slow:
    """A place that takes so long that something is written meanwhile."""

    def __init__(self, place: Anchors, pool: Pool, meanwhile: Callable[[Transaction], None]) -> None:
        self._place, self._pool, self._meanwhile = place, pool, meanwhile

    def write(self, anchor: Anchor) -> None:
        self._do()
        self._place.write(anchor)

    def read(self, *, since: int = 1) -> Iterator[Anchor]:
        self._do()
        return self._place.read(since=since)

    def _do(self) -> None:
        with self._pool.connection() as tx:
            self._meanwhile(tx)


def test_two_at_once_hide_nothing(pool: Pool, place: str) -> None:
    barrier, done = threading.Barrier(2), list[Anchored]()

    class Together(_Slow):
        def read(self, *, since: int = 1) -> Iterator[Anchor]:
            barrier.wait(10)
            return super().read(since=since)

    opened = Together(anchors.opened(place), pool, lambda tx: None)
    threads = [threading.Thread(target=lambda: done.append(_anchor_with(pool, place, opened))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [each.fault for each in done] == [None, None]
    assert set(_noted(place)) == {10}
    assert _anchor(pool, place).is_new is False
