"""Freeze windows: when nothing is merged, until when, and that no turned clock opens one early."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.merging import windows, zones
from policies.merging.rules import Freeze
from policies.merging.windows import Frozen, frozen

WEEKEND = Freeze(reason="the weekend", zone="Europe/Berlin", days=("sat", "sun"))
EVENING = Freeze(reason="friday evening", zone="Europe/Berlin", days=("fri",), from_time="18:00")
NIGHTS = Freeze(reason="the night", zone="Europe/Berlin", days=("mon",), from_time="22:00", to_time="06:00")
YEARS_END = Freeze(reason="the year's end", start="2026-12-24T18:00", end="2027-01-02T08:00")
STOPPED = Freeze(reason="stopped", labels=("Stop",))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def until(freezes: tuple[Freeze, ...], now: str, labels: tuple[str, ...] = (), number: int = 7) -> datetime | None:
    found = frozen(freezes, labels, number, utc(now))
    return None if found is None else found.until


def holds(freeze: Freeze, now: str, labels: tuple[str, ...] = (), number: int = 7) -> bool:
    return frozen((freeze,), labels, number, utc(now)) is not None


def test_nothing_is_frozen_without_a_window() -> None:
    assert frozen((), ("hotfix",), 7, utc("2026-07-04T12:00")) is None


@pytest.mark.parametrize(
    ("now", "held"),
    [
        ("2026-07-03T21:59", False),  # friday, 23:59 in Berlin
        ("2026-07-03T22:00", True),
        ("2026-07-05T21:59", True),
        ("2026-07-05T22:00", False),  # monday, 00:00 in Berlin
    ],
)
def test_a_weekly_window_is_local_to_its_zone(now: str, held: bool) -> None:
    assert holds(WEEKEND, now) is held


def test_it_says_why_and_until_when() -> None:
    assert frozen((WEEKEND,), (), 7, utc("2026-07-04T12:00")) == Frozen(
        reason="the weekend", until=utc("2026-07-05T22:00")
    )


def test_windows_that_adjoin_are_one() -> None:
    assert until((EVENING, WEEKEND), "2026-07-03T17:00") == utc("2026-07-05T22:00")


def test_windows_that_overlap_are_one() -> None:
    early = Freeze(reason="a", start="2026-07-01T10:00", end="2026-07-01T12:00")
    late = Freeze(reason="b", start="2026-07-01T11:00", end="2026-07-01T13:00")
    assert until((late, early), "2026-07-01T10:30") == utc("2026-07-01T13:00")


def test_the_first_window_in_the_file_gives_the_reason() -> None:
    also = Freeze(reason="also", days=("sat",))
    assert [frozen(each, (), 7, utc("2026-07-04T12:00")) for each in ((also, WEEKEND), (WEEKEND, also))] == [
        Frozen(reason="also", until=utc("2026-07-05T22:00")),
        Frozen(reason="the weekend", until=utc("2026-07-05T22:00")),
    ]


def test_a_window_over_midnight_ends_on_the_next_day() -> None:
    assert until((NIGHTS,), "2026-07-06T21:00") == utc("2026-07-07T04:00")
    assert until((NIGHTS,), "2026-07-07T03:59") == utc("2026-07-07T04:00")
    assert not holds(NIGHTS, "2026-07-07T04:00")
    assert not holds(NIGHTS, "2026-07-07T21:00")  # tuesday


def test_a_window_of_once_has_its_end_and_no_other() -> None:
    assert until((YEARS_END,), "2026-12-31T00:00") == utc("2027-01-02T08:00")
    assert not holds(YEARS_END, "2026-12-24T17:59")
    assert not holds(YEARS_END, "2027-01-02T08:00")


def test_without_an_end_nobody_knows_until_when() -> None:
    since = Freeze(reason="the audit", start="2026-07-01T00:00")
    assert frozen((since,), (), 7, utc("2026-07-04T12:00")) == Frozen(reason="the audit", until=None)
    assert not holds(since, "2026-06-30T23:59")


def test_a_window_may_last_for_long() -> None:
    months = Freeze(reason="the audit", start="2026-07-01T00:00", end="2027-07-01T00:00")
    assert until((months,), "2026-07-04T12:00") == utc("2027-07-01T00:00")


def test_windows_that_follow_one_another_without_end_have_none() -> None:
    always = Freeze(reason="always", days=windows.WEEKDAYS)
    assert frozen((always,), (), 7, utc("2026-07-04T12:00")) == Frozen(reason="always", until=None)
    into = (WEEKEND, Freeze(reason="from then on", start="2026-07-05T22:00"))
    assert frozen(into, (), 7, utc("2026-07-04T12:00")) == Frozen(reason="the weekend", until=None)


def test_a_window_with_labels_is_about_those_alone() -> None:
    assert frozen((STOPPED,), ("stop",), 7, utc("2026-07-04T12:00")) == Frozen(reason="stopped", until=None)
    assert not holds(STOPPED, "2026-07-04T12:00", ("go",))


@pytest.mark.parametrize(
    ("labels", "number", "held"), [((), 7, True), (("HOTFIX",), 7, False), ((), 12, False), (("#12",), 7, False)]
)
def test_exceptions_are_labels_and_numbers(labels: tuple[str, ...], number: int, held: bool) -> None:
    open_to_some = WEEKEND.model_copy(update={"exceptions": ("Hotfix", "#12")})
    assert holds(open_to_some, "2026-07-04T12:00", labels, number) is held


def test_an_exception_to_one_window_is_none_to_another() -> None:
    open_to_some = WEEKEND.model_copy(update={"exceptions": ("hotfix",)})
    assert until((open_to_some, YEARS_END), "2026-12-26T12:00", ("hotfix",)) == utc("2027-01-02T08:00")


def test_an_hour_that_is_skipped_makes_the_window_longer() -> None:
    """On 2026-03-29 Berlin's clocks go from 02:00 to 03:00."""
    night = Freeze(reason="a", zone="Europe/Berlin", days=("sun",), from_time="02:30", to_time="04:00")
    assert holds(night, "2026-03-29T00:30")
    assert until((night,), "2026-03-29T01:00") == utc("2026-03-29T02:00")
    ends = Freeze(reason="a", zone="Europe/Berlin", days=("sun",), from_time="01:00", to_time="02:30")
    assert until((ends,), "2026-03-29T00:00") == utc("2026-03-29T01:30")


def test_an_hour_that_comes_twice_makes_the_window_longer() -> None:
    """On 2026-10-25 Berlin's clocks go from 03:00 back to 02:00."""
    night = Freeze(reason="a", zone="Europe/Berlin", days=("sun",), from_time="02:30", to_time="02:45")
    assert until((night,), "2026-10-25T00:30") == utc("2026-10-25T01:45")
    assert not holds(night, "2026-10-25T01:45")


def test_a_zone_that_is_not_known_freezes_all_the_time() -> None:
    assert frozen((Freeze(reason="a", zone="Europe/Bonn", days=("sat",)),), (), 7, utc("2026-07-01T00:00")) == Frozen(
        reason="a", until=None
    )


@pytest.mark.parametrize(
    "name", ["", "..", "../etc/passwd", "/UTC", "Europe", "Europe/", "europe/berlin", "Zulu\n", "A" * 99]
)
def test_it_knows_no_zone_of_that_name(name: str) -> None:
    assert zones.find(name) is None


def test_it_takes_no_other_file_of_the_package_for_a_zone() -> None:
    assert zones.find("UTC") is not None
    assert zones.find("Etc/GMT-14") is not None
    assert zones.find("America/Argentina/Buenos_Aires") is not None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("00:00", 0),
        ("18:30", 1110),
        ("24:00", 1440),
        ("24:01", None),
        ("12:60", None),
        ("1:00", None),
        ("12:0", None),
        ("12", None),
        ("ab:cd", None),
        ("١٢:00", None),
        ("", None),
    ],
)
def test_a_time_of_day_is_minutes(text: str, found: int | None) -> None:
    assert windows.minutes(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-12-24T18:00", "2026-12-24T18:00"),
        ("2026-12-24 18:00", "2026-12-24T18:00"),
        ("2026-12-24T24:00", "2026-12-25T00:00"),
        ("2026-12-24", None),
        ("2026-12-24T18", None),
        ("2026-13-24T18:00", None),
        ("20261224T18:00", None),
        ("9999-12-31T24:00", None),
        ("2026-12-24T18:00+01:00", None),
        ("", None),
    ],
)
def test_a_moment_is_a_date_with_a_time(text: str, found: str | None) -> None:
    assert windows.local(text) == (None if found is None else datetime.fromisoformat(found))


ZONES = st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"))
TIMES = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
MOMENTS = st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: utc("2026-01-01T00:00") + timedelta(minutes=minutes))


@st.composite
def weekly(draw: st.DrawFn) -> Freeze:
    days = draw(st.lists(st.sampled_from(windows.WEEKDAYS), min_size=1, unique=True))
    first, last = draw(TIMES), draw(TIMES)
    return Freeze(
        reason="a", zone=draw(ZONES), days=tuple(days), from_time=first, to_time="24:00" if first == last else last
    )


@given(freezes=st.lists(weekly(), max_size=3).map(tuple), now=MOMENTS, passed=st.floats(0, 0.999))
@settings(max_examples=150, deadline=None)
def test_it_is_frozen_until_then_and_not_at_that_moment(
    freezes: tuple[Freeze, ...], now: datetime, passed: float
) -> None:
    found = frozen(freezes, (), 7, now)
    if found is None or found.until is None:
        assert found is None or frozen(freezes, (), 7, now + timedelta(days=30 * passed)) is not None
        return
    assert found.until > now
    assert frozen(freezes, (), 7, now + (found.until - now) * passed) is not None
    assert frozen(freezes, (), 7, found.until) is None


@given(freeze=weekly(), now=MOMENTS)
@settings(max_examples=150, deadline=None)
def test_no_clock_that_is_turned_opens_a_window_that_its_own_clock_shows_closed(freeze: Freeze, now: datetime) -> None:
    zone = zones.find(freeze.zone)
    assert zone is not None
    wall = now.astimezone(zone)
    minute = wall.hour * 60 + wall.minute
    first, last = windows.minutes(freeze.from_time) or 0, windows.minutes(freeze.to_time) or 0
    if windows.WEEKDAYS[wall.weekday()] in freeze.days and first <= minute < max(last, first + 1):
        assert frozen((freeze,), (), 7, now) is not None


@given(freeze=weekly(), now=MOMENTS, number=st.integers(1, 99))
@settings(max_examples=50, deadline=None)
def test_an_exception_is_never_frozen(freeze: Freeze, now: datetime, number: int) -> None:
    assert frozen((freeze.model_copy(update={"exceptions": (f"#{number}",)}),), (), number, now) is None
