"""Settings that an import has put here, and operators who look at them meanwhile."""

import pytest

from app import operator_settings
from app.operator_settings import Change, Shown
from app.records import operator_settings as recorded
from app.records.operator_settings import Where
from app.settings import Settings
from app.work import By
from policies.decision import Blocker
from tests.app.legacy.exports import row
from tests.app.legacy.gate import Gate


@pytest.fixture
def environment(database_url: str) -> Settings:
    return Settings.model_validate(
        {
            "database_url": database_url,
            "redis_url": "redis://localhost",
            "broker_url": "redis://localhost",
            "webhook_secret": "a-secret-for-the-tests",
        }
    )


def say(gate: Gate, environment: Settings, version: int | None, **values: bool | None) -> Shown | Blocker:
    """Olga, who has looked at this version."""
    with gate.tx.transaction():
        wanted = Change(values=values, version=version)
        return operator_settings.change(gate.tx, environment, Where(), By("olga", gate.now), wanted)


def seen(gate: Gate, environment: Settings) -> int:
    """The version of what is said of all repositories."""
    return operator_settings.shown(gate.tx, environment, Where(), gate.now).version


def test_no_version_comes_again_after_a_rollback(gate: Gate, environment: Settings) -> None:
    versions = [seen(gate, environment)]
    for number in range(3):
        batch = gate.bring({"settings": [row("settings")]}, f"{number}.db")
        versions.append(seen(gate, environment))
        gate.roll_back(batch)
        versions.append(seen(gate, environment))
    assert versions == [0, 1, 2, 3, 4, 5, 6]


def test_it_refuses_a_change_by_somebody_who_looked_before_a_rollback(gate: Gate, environment: Settings) -> None:
    batch = gate.bring({"settings": [row("settings")]})
    looked_at = seen(gate, environment)
    gate.roll_back(batch)
    assert isinstance(say(gate, environment, seen(gate, environment), writes=False), Shown)
    refused = say(gate, environment, looked_at, writes=None)
    assert isinstance(refused, Blocker)
    assert (refused.code, refused.sentence) == (
        "VERSION_CONFLICT",
        "The settings have changed meanwhile: they are at version 3 and not 1; look again.",
    )
    assert isinstance(say(gate, environment, 3, writes=None), Shown)


def test_the_history_shows_what_was_brought_and_taken_out(gate: Gate) -> None:
    gate.roll_back(gate.bring({"settings": [row("settings")]}))
    found = recorded.history(gate.tx, Where(), limit=10)
    assert [(each.name, each.before, each.after, each.by) for each in found] == [
        ("safe_mode", True, None, "alice"),
        ("safe_mode", None, True, "alice"),
    ]
