"""Our own migrations on a database that is in use: what the older schema can hold is still there afterwards."""

from typing import Any

from app import ledger, schema
from tests.tasks.house import REPOSITORY, House

KEPT = ("deliveries", "pulls", "heads", "runs", "run_deliveries", "audit_entries")


def _kept(house: House) -> dict[str, list[dict[str, Any]]]:
    return {table: house.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in KEPT}


def test_a_step_down_and_up_loses_no_row_that_the_older_schema_holds(house: House) -> None:
    house.deliver_pull()
    house.work()
    before = _kept(house)
    url = house.context.settings.database_url
    assert schema.down(url) == ("0003_writes",)
    assert _kept(house) == before
    assert schema.up(url) == ("0003_writes",)
    assert _kept(house) == before
    with house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


def test_the_gate_goes_on_after_a_step_down_and_up(house: House) -> None:
    house.deliver_pull()
    house.work()
    url = house.context.settings.database_url
    schema.down(url)
    schema.up(url)
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    house.work()
    assert [state for state, _ in house.statuses()] == ["pending", "success"]


def test_all_the_way_down_and_up_is_a_gate_without_a_past(house: House) -> None:
    house.deliver_pull()
    house.work()
    url = house.context.settings.database_url
    assert len(schema.down(url, steps=None)) == 3
    assert len(schema.up(url)) == 3
    house.deliver_pull(action="edited")
    house.work()
    assert len(house.statuses()) == 2
    assert house.rows("SELECT sequence FROM intents") == [{"sequence": 1}]
