"""An attempt is a permit of the merger: spent once, in time, for its own request and for no other kind of write."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from app import ledger, permits
from app.github import merging
from app.github.merger import LiveMerger, WrongPermit
from app.github.merging import Message
from app.permits import Permit, Request
from app.records import attempts, merge_leases
from app.records.attempts import Intended, Kind
from app.records.merge_leases import MergeLease
from tasks.context import github_app
from tests.app.test_explain import house
from tests.tasks.house import House

__all__ = ["house"]

HEAD = "a" * 40


def _wanted(house: House, head: str = HEAD) -> Request:
    return merging.merge(house.repository_id, 1, head_sha=head, method="squash", said=Message())


def _intended(house: House, kind: Kind = "merge") -> UUID:
    now = house.clock()
    with house.context.pool.connection() as tx:
        entry = ledger.append(tx, kind="merge_decided", subject="s", actor="mergegate", body={}, at=now)
        intended = Intended(
            kind=kind,
            repository_id=house.repository_id,
            full_name="acme/widget",
            installation_id=house.installation_id,
            number=1,
            base_ref="main",
            head_sha=HEAD,
            run_id=None,
            request_id="R1",
            method="squash",
            request=_wanted(house).document,
            evidence={},
            audit_seq=entry.seq,
        )
        attempt_id = attempts.intend(tx, intended, now, "worker")
    assert attempt_id is not None
    return attempt_id


def _spent(house: House, attempt_id: UUID, wanted: Request | None = None, after: int = 0) -> Permit | None:
    now = house.clock() + timedelta(seconds=after)
    with house.context.pool.connection() as tx:
        return permits.spend_attempt(tx, attempt_id, wanted or _wanted(house), by="worker", now=now)


def _lease(house: House, repository_id: int) -> MergeLease:
    with house.context.pool.connection() as tx:
        run_id = cast("UUID", tx.execute("SELECT gen_random_uuid() AS id").fetchone()["id"])  # type: ignore[index]
        found = merge_leases.acquire(tx, run_id, repository_id, "main", now=house.clock(), seconds=60)
    assert isinstance(found, MergeLease)
    return found


def _merger(house: House) -> LiveMerger:
    return LiveMerger(github_app(house.context.settings, house.context.governor, house.clock))


def test_it_is_spent_once(house: House) -> None:
    attempt_id = _intended(house)
    assert (_spent(house, attempt_id) is None, _spent(house, attempt_id)) == (False, None)


def test_it_is_not_spent_too_late(house: House) -> None:
    assert _spent(house, _intended(house), after=attempts.PERMIT_SECONDS) is None


def test_it_is_not_spent_for_another_head(house: House) -> None:
    assert _spent(house, _intended(house), _wanted(house, "b" * 40)) is None


def test_it_is_used_once(house: House) -> None:
    permit = _spent(house, _intended(house))
    assert permit is not None
    assert [permit.use(_wanted(house)) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("kind", ["update_branch", "enqueue", "branch_delete"])
def test_that_of_another_kind_merges_nothing(house: House, kind: Any) -> None:
    permit = _spent(house, _intended(house, kind))
    assert permit is not None
    with pytest.raises(WrongPermit):
        _merger(house).merge(permit, _lease(house, house.repository_id), house.installation_id, _wanted(house))


def test_the_lease_of_another_repository_merges_nothing(house: House) -> None:
    permit = _spent(house, _intended(house))
    assert permit is not None
    with pytest.raises(WrongPermit):
        _merger(house).merge(permit, _lease(house, 1), house.installation_id, _wanted(house))
