"""Which installation may show who is in a team or an organization."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from app.github import asking
from app.github.answers import Unavailable
from app.github.installations import INSTALLATIONS_SECONDS
from app.github.reader import LiveReader
from app.simulator.records import Installation
from tests.app.github.ground import Ground


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(ground: Ground, clock: Clock) -> LiveReader:
    return LiveReader(ground.app, clock)


@pytest.fixture
def other(ground: Ground) -> Installation:
    return _install(ground, "Other")


def _install(ground: Ground, account: str) -> Installation:
    (app,) = ground.github.state.apps.values()
    return ground.github.install(app, account)


def _listed(ground: Ground) -> int:
    """How often the installations were asked for."""
    return sum(one.path == "/app/installations" for one in ground.github.requests)


@pytest.mark.parametrize("group", ["acme", "ACME/core"])
def test_the_owner_is_asked_with_the_installation_at_hand(ground: Ground, reader: LiveReader, group: str) -> None:
    assert reader.installation_for(ground.place, "Acme", group) == ground.installation.id
    assert _listed(ground) == 0


@pytest.mark.parametrize("group", ["other", "OTHER", "oTHER/core"])
def test_another_owner_is_asked_with_the_installation_there(
    ground: Ground, reader: LiveReader, other: Installation, group: str
) -> None:
    assert reader.installation_for(ground.place, "acme", group) == other.id


@pytest.mark.parametrize("group", ["nobody", "nobody/core", "", "/core", "other2/core"])
def test_where_there_is_none_nothing_can_be_known(
    ground: Ground, reader: LiveReader, other: Installation, group: str
) -> None:
    with pytest.raises(Unavailable) as trouble:
        reader.installation_for(ground.place, "acme", group)
    assert (trouble.value.code, "not installed" in trouble.value.sentence) == ("GITHUB_AUTH_FAILED", True)


def test_a_suspended_one_is_none(ground: Ground, reader: LiveReader, other: Installation) -> None:
    ground.github.suspend(other)
    with pytest.raises(Unavailable):
        reader.installation_for(ground.place, "acme", "other")


def test_an_installation_of_another_app_is_none(ground: Ground, reader: LiveReader) -> None:
    ground.github.install(ground.github.add_app("stranger"), "elsewhere")
    with pytest.raises(Unavailable):
        reader.installation_for(ground.place, "acme", "elsewhere")


def test_the_list_is_kept_for_a_while(ground: Ground, reader: LiveReader, other: Installation, clock: Clock) -> None:
    for _ in range(3):
        reader.installation_for(ground.place, "acme", "other/core")
    assert _listed(ground) == 1
    ground.github.suspend(other)
    clock.now += timedelta(seconds=INSTALLATIONS_SECONDS - 1)
    assert reader.installation_for(ground.place, "acme", "other") == other.id
    clock.now += timedelta(seconds=1)
    with pytest.raises(Unavailable):
        reader.installation_for(ground.place, "acme", "other")


def test_one_that_was_not_there_is_looked_for_anew(ground: Ground, reader: LiveReader, other: Installation) -> None:
    reader.installation_for(ground.place, "acme", "other")
    later = _install(ground, "later")
    assert reader.installation_for(ground.place, "acme", "later") == later.id
    assert reader.installation_for(ground.place, "acme", "other") == other.id
    assert _listed(ground) == 2


def test_all_pages_are_read_and_no_more_than_allowed(
    ground: Ground, reader: LiveReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = [_install(ground, f"org-{number}") for number in range(120)]
    assert reader.installation_for(ground.place, "acme", "org-119") == installed[-1].id
    assert _listed(ground) == 2
    monkeypatch.setattr(asking, "PAGES", 1)
    with pytest.raises(Unavailable) as trouble:
        reader.installation_for(ground.place, "acme", "org-120")
    assert trouble.value.code == "EVIDENCE_INCOMPLETE"


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_where_the_list_is_refused_nothing_can_be_known(ground: Ground, reader: LiveReader, status: int) -> None:
    ground.github.fault("GET", "/app/installations", status)
    with pytest.raises(Unavailable):
        reader.installation_for(ground.place, "acme", "other")
