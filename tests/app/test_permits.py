"""A permit is spent once, in time, for one request, and can't be had in any other way."""

import copy
import pickle
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import permits
from app.permits import Permit, Request
from app.settings import Settings
from tests.app.test_explain import house
from tests.tasks.house import House

__all__ = ["house"]

BODY = {"state": "success"}
ASKED = Request("POST", "/p", BODY)


def _unspent(house: House) -> tuple[UUID, datetime]:
    """A permit as a worker leaves it that dies right after the decision."""
    house.deliver_pull()
    with house.dying_at("write.decided"):
        house.work()
    row = house.rows("SELECT id, issued_at FROM permits")[0]
    return row["id"], row["issued_at"]


def _spend(house: House, permit_id: UUID, now: datetime) -> Permit | None:
    with house.context.pool.connection() as tx:
        return permits.spend(tx, permit_id, ASKED, now)


def test_it_is_spent_once(house: House) -> None:
    permit_id, issued_at = _unspent(house)
    assert _spend(house, permit_id, issued_at) is not None
    assert _spend(house, permit_id, issued_at) is None


def test_it_is_not_spent_too_late(house: House) -> None:
    permit_id, issued_at = _unspent(house)
    assert _spend(house, permit_id, issued_at + timedelta(seconds=permits.PERMIT_SECONDS)) is None


def test_it_is_not_spent_after_it_was_closed(house: House) -> None:
    permit_id, issued_at = _unspent(house)
    with house.context.pool.connection() as tx:
        permits.close(tx, permit_id, "unspent", issued_at)
    assert _spend(house, permit_id, issued_at) is None


def test_a_denied_decision_leaves_none(house: House) -> None:
    house.with_settings(github_projector="local")
    house.deliver_pull()
    house.work()
    decision = house.rows("SELECT id, intent_id, decided_at FROM decisions")[0]
    with house.context.pool.connection() as tx:
        permits.issue(tx, decision["intent_id"], decision["id"], decision["decided_at"])
    assert house.rows("SELECT id FROM permits") == []


@pytest.mark.parametrize(
    "other",
    [
        Request("PUT", "/p", BODY),
        Request("POST", "/other", BODY),
        Request("POST", "/p", {"state": "error"}),
        Request("POST", "/p", {}),
        Request("POST", "/p", {"state": "success", "more": 1}),
    ],
)
def test_it_is_of_no_use_for_another_request(house: House, other: Request) -> None:
    permit_id, issued_at = _unspent(house)
    permit = _spend(house, permit_id, issued_at)
    assert permit is not None
    assert not permit.use(other)
    assert permit.use(ASKED)
    assert not permit.use(ASKED)


def test_it_is_of_no_use_long_after_it_was_spent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    permit_id, issued_at = _unspent(house)
    monkeypatch.setattr(permits, "USE_SECONDS", -1)
    permit = _spend(house, permit_id, issued_at)
    assert permit is not None
    assert not permit.use(ASKED)


def test_it_lasts_while_a_slow_token_is_fetched() -> None:
    longest = next(each for each in Settings.model_fields["github_timeout_seconds"].metadata if hasattr(each, "le")).le
    assert longest < permits.USE_SECONDS < permits.PERMIT_SECONDS


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_cannot_be_copied(house: House, duplicate: Any) -> None:
    permit_id, issued_at = _unspent(house)
    permit = _spend(house, permit_id, issued_at)
    with pytest.raises(TypeError):
        duplicate(permit)
