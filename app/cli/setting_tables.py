"""What `mergegate settings` shows, as tables: pure functions of what was read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app import titles
from app.cli.tables import Table
from app.operator_settings import Setting, Shown
from app.records.operator_settings import Changed

NOTHING = "-"


def counting(found: Shown) -> Table:
    """Every setting of a scope with what counts, and who decides that."""
    rows = [(each.name, decided_by(each), _value(each.counts)) for each in found.settings]
    return Table(("Setting", "Decided by", "What counts"), rows)


def one(setting: Setting) -> Table:
    """One setting with all that is known of it."""
    told = {
        "meaning": setting.meaning,
        "counts": _value(setting.counts),
        "decided by": decided_by(setting),
        "said here": _value(setting.value),
        "changed": f"{_second(setting.changed_at)} by {setting.changed_by}" if setting.changed_at else None,
        "reason": setting.reason,
        "changes": str(setting.version) if setting.version else None,
    }
    return Table(("Setting", setting.name), [(name, value) for name, value in told.items() if value])


def history(found: Sequence[Changed]) -> Table:
    """Changes, newest first."""
    rows = [(str(each.seq), _second(each.at), each.by, each.name, _change(each)) for each in found]
    return Table(("Entry", "When", "Who", "Setting", "Before, after and why"), rows)


def decided_by(setting: Setting) -> str:
    """Who decides what counts, and who has said so last, where that is said here."""
    is_here = setting.changed_by and setting.origin != "environment" and setting.value is not None
    return f"{setting.origin} ({setting.changed_by})" if is_here else setting.origin


def _change(each: Changed) -> str:
    why = f": {each.reason}" if each.reason else ""
    return f"{_value(each.before)} -> {_value(each.after)}{why}"


def _value(value: Any) -> str:
    return NOTHING if value is None else titles.document(value)


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
