"""Freeze windows: whether nothing may be merged at a moment, why, and until when. Pure; the moment is given."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from policies import facts
from policies.facts import Moment, Text
from policies.merging import zones
from policies.merging.rules import Day, Freeze

WEEKDAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
MOST_ADJOINING = 100
"""More windows that follow one another have no end that anybody would wait for."""
NEIGHBOURING_DAYS = range(-2, 2)
"""On which day a window may have begun, counted from today: it ends on the next one, and clocks are turned."""


class Frozen(facts.Frozen):
    """Why nothing is merged. `until`: when it may be again, None where nobody knows."""

    reason: Text
    until: Moment | None


class Window(NamedTuple):
    """From `begin` on and before `end`; `end` None: there is none."""

    begin: datetime
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.begin <= at and (self.end is None or at < self.end)


def frozen(freezes: tuple[Freeze, ...], labels: Iterable[str], number: int, now: datetime) -> Frozen | None:
    """None where no window holds now. Windows that adjoin are one; the first in the file gives the reason."""
    marks = frozenset((*(label.lower() for label in labels), f"#{number}"))
    concerned = [freeze for freeze in freezes if _concerns(freeze, marks)]
    for freeze in concerned:
        if window := _window(freeze, now):
            return Frozen(reason=freeze.reason, until=_until(concerned, window.end))
    return None


def minutes(text: str) -> int | None:
    """A time of day as `18:30`, up to `24:00`, in minutes since midnight; None where it is no such time."""
    hour, colon, minute = text.partition(":")
    if not (colon and len(hour) == len(minute) == 2 and f"{hour}{minute}".isascii() and f"{hour}{minute}".isdigit()):
        return None
    found = int(hour) * 60 + int(minute)
    return found if int(minute) < 60 and found <= DAY_MINUTES else None


def local(text: str) -> datetime | None:
    """A date with a time of day, such as `2026-12-24T18:00`, still without a zone; None where it is no such thing."""
    day, _, time = text.replace(" ", "T", 1).partition("T")
    passed = minutes(time)
    if passed is None or len(day) != len("2026-12-24"):
        return None
    try:
        return _at(date.fromisoformat(day), passed)
    except (ValueError, OverflowError):
        return None


def _concerns(freeze: Freeze, marks: frozenset[str]) -> bool:
    if any(mark.lower() in marks for mark in freeze.exceptions):
        return False
    return not freeze.labels or any(label.lower() in marks for label in freeze.labels)


def _until(freezes: list[Freeze], end: datetime | None) -> datetime | None:
    for _ in range(MOST_ADJOINING):
        if end is None:
            return None
        following = [window.end for freeze in freezes if (window := _window(freeze, end))]
        if not following:
            return end
        end = None if None in following else max(each for each in following if each is not None)
    return None


def _window(freeze: Freeze, at: datetime) -> Window | None:
    """The window of it that holds at a moment. A zone that is not known freezes all the time."""
    zone = zones.find(freeze.zone)
    if zone is None:
        return Window(at, None)
    if freeze.days:
        return next((window for window in _weekly(freeze, zone, at) if window.holds(at)), None)
    once = _once(freeze, zone, at)
    return once if once.holds(at) else None


def _once(freeze: Freeze, zone: ZoneInfo, at: datetime) -> Window:
    """A moment that can't be read is one that does not end the window."""
    start, end = local(freeze.start or ""), local(freeze.end or "")
    return Window(at if start is None else _first(start, zone), None if end is None else _last(end, zone))


def _weekly(freeze: Freeze, zone: ZoneInfo, at: datetime) -> Iterable[Window]:
    """Those around a moment. One that ends no later than it begins goes on into the next day."""
    begin, end = minutes(freeze.from_time) or 0, minutes(freeze.to_time) or DAY_MINUTES
    end = end if begin < end else end + DAY_MINUTES
    today = at.astimezone(zone).date()
    for day in (today + timedelta(days=offset) for offset in NEIGHBOURING_DAYS):
        if WEEKDAYS[day.weekday()] in freeze.days:
            yield Window(_first(_at(day, begin), zone), _last(_at(day, end), zone))


def _at(day: date, passed_minutes: int) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 -- a wall clock's, of a zone that comes later
    return midnight + timedelta(minutes=passed_minutes)


def _first(wall: datetime, zone: ZoneInfo) -> datetime:
    """Where the clock shows it twice or not at all: the earlier of what it may mean, so that windows get longer."""
    return min(_readings(wall, zone))


def _last(wall: datetime, zone: ZoneInfo) -> datetime:
    """The same, the later."""
    return max(_readings(wall, zone))


def _readings(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second
