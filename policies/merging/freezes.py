"""Reads the freeze windows of the gate file."""

from policies.keys import nearest
from policies.merging import windows, zones
from policies.merging.rules import Freeze
from policies.reading import Fields, Value
from policies.text import short

KEYS = ("reason", "zone", "days", "from_time", "to_time", "start", "end", "labels", "exceptions")
MOST_FREEZES = 50
MOMENT = "2026-12-24T18:00"


def read(value: Value) -> tuple[Freeze, ...]:
    items = value.items() or ()
    if len(items) > MOST_FREEZES:
        value.refuse(f"there are more than {MOST_FREEZES} freeze windows")
    return tuple(_freeze(item) for item in items[:MOST_FREEZES])


def names(value: Value) -> tuple[str, ...]:
    """A list of texts, none of them empty."""
    items = value.items() or ()
    for item in items:
        if not item.text().strip():
            item.refuse("a text that is not empty is expected here")
    return tuple(item.text() for item in items if item.text().strip())


def _freeze(value: Value) -> Freeze:
    fields = value.fields(KEYS)
    said: dict[str, object] = {
        "reason": _reason(fields["reason"], value),
        "zone": _zone(fields["zone"]),
        "days": _days(fields["days"]),
        "from_time": _time(fields["from_time"], "00:00"),
        "to_time": _time(fields["to_time"], "24:00"),
        "start": _moment(fields["start"]),
        "end": _moment(fields["end"]),
        "labels": names(fields["labels"]),
        "exceptions": names(fields["exceptions"]),
    }
    found = Freeze.model_validate(said)
    _check(value, fields, found)
    return found


def _reason(value: Value, freeze: Value) -> str:
    if not value.text().strip():
        (freeze if value.is_absent else value).refuse("a freeze window needs a reason, which whoever waits is told")
    return short(value.text())


def _zone(value: Value) -> str:
    name = value.text() or "UTC"
    if zones.find(name) is None:
        value.refuse(f"there is no time zone {short(name)!r}", hint="name one as IANA does, such as `Europe/Berlin`")
    return name


def _days(value: Value) -> tuple[str, ...]:
    found = list[str]()
    for item in value.items() or ():
        day = item.text().lower()
        if day in windows.WEEKDAYS:
            found.append(day)
        else:
            item.refuse(
                f"{short(item.text())!r} is no day", hint=_nearest(day) or f"one of {', '.join(windows.WEEKDAYS)}"
            )
    return tuple(dict.fromkeys(found))


def _nearest(day: str) -> str:
    """`monday` is `mon`."""
    meant = next((each for each in windows.WEEKDAYS if day.startswith(each)), None)
    return f"did you mean `{meant}`?" if meant else nearest(day, windows.WEEKDAYS)


def _time(value: Value, otherwise: str) -> str:
    if value.is_absent:
        return otherwise
    if windows.minutes(value.text()) is None:
        value.refuse(f"{short(value.text())!r} is no time of day", hint="write it as `18:30`, at most `24:00`")
        return otherwise
    return value.text()


def _moment(value: Value) -> str | None:
    if value.is_absent:
        return None
    if windows.local(value.text()) is None:
        value.refuse(f"{short(value.text())!r} is no date with a time", hint=f"write it as `{MOMENT}`, local to `zone`")
        return None
    return value.text()


def _check(value: Value, fields: Fields, freeze: Freeze) -> None:
    """What each field may say and all of them together may not."""
    weekly, timed = not fields["days"].is_absent, any(not fields[key].is_absent for key in ("from_time", "to_time"))
    once = any(not fields[key].is_absent for key in ("start", "end"))
    if weekly and once:
        value.refuse("a freeze window is weekly (`days`) or once (`start` and `end`), not both")
    elif timed and not weekly:
        value.refuse("`from_time` and `to_time` need `days`")
    elif not (freeze.days or once or freeze.labels or _has(fields["days"])):
        value.refuse("a freeze window needs `days`, or `start` and `end`, or `labels`")
    elif fields["start"].is_absent and not fields["end"].is_absent:
        fields["end"].refuse("an `end` needs a `start`")
    if weekly and freeze.from_time == freeze.to_time:
        value.refuse("`from_time` and `to_time` are the same", hint="leave both out for the whole day")
    if freeze.start and freeze.end and not _precedes(freeze.start, freeze.end):
        fields["end"].refuse("`end` should be after `start`")


def _has(days: Value) -> bool:
    """Whether some day is written, if only one that is refused already."""
    return bool(days.items())


def _precedes(start: str, end: str) -> bool:
    first, last = windows.local(start), windows.local(end)
    return first is not None and last is not None and first < last
