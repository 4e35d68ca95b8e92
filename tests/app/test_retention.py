"""What is old and counts no more goes; whatever something open refers to stays, however old it is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app import chain_text, explain, ledger
from app.artifacts import store
from app.artifacts.store import Store
from app.records import pruning
from tests.app.kept import NEW, NOW, OLD, Attic, a_round


def test_an_old_verdict_on_a_closed_pull_request_goes_with_all_that_led_to_it(attic: Attic, shelf: Store) -> None:
    attic.pull(7)
    workflow = attic.workflow(OLD, number=7)
    attic.step(workflow, "done")
    attic.evaluation(workflow, 7, OLD)
    attic.delivery(OLD, led_to=workflow)
    assert a_round(attic, shelf) == {"workflows": 1, "deliveries": 1, "snapshots": 1}
    assert [attic.ids(table) for table in ("workflows", "steps", "evaluations", "deliveries")] == [[], [], [], []]
    assert attic.ids("pulls", "pruned_at") == [NOW]


def test_an_explanation_says_when_something_was_let_go_of(attic: Attic, shelf: Store) -> None:
    attic.pull(7)
    attic.evaluation(attic.workflow(OLD, number=7), 7, OLD)
    a_round(attic, shelf)
    chain = explain.pull_request(attic.tx, "octo/repo", 7)
    assert chain is not None
    assert chain_text.render(chain) == (
        "pruned    some of what led to its verdicts, 2027-06-01T12:00:00+00:00: it was older than such rows are kept;"
        " the audit below stays"
    )


def test_what_is_not_old_stays(attic: Attic, shelf: Store) -> None:
    attic.pull(7)
    workflow = attic.workflow(NEW, number=7)
    attic.evaluation(workflow, 7, NEW)
    attic.delivery(NEW, led_to=workflow)
    attic.delivery(NEW)
    attic.request(NEW)
    assert a_round(attic, shelf) == {}
    assert attic.ids("pulls", "pruned_at") == [None]


def _of_open_pull(attic: Attic, workflow: UUID) -> None:
    attic.pull(8, is_open="yes")
    attic.binding(workflow, number=8)


def _wish_of_open_pull(attic: Attic, workflow: UUID) -> None:
    attic.pull(8, is_open="yes")
    attic.step_run(workflow, request=attic.request(OLD, number=8))


KEEPERS: dict[str, Callable[[Attic, Any, Any], object]] = {
    "work under way": lambda attic, workflow, _: attic.step(workflow, "running"),
    "work that is due": lambda attic, workflow, _: attic.step(workflow, "pending"),
    "work that waits": lambda attic, workflow, _: attic.step(workflow, "waiting"),
    "an open run": lambda attic, workflow, _: attic.binding(workflow, is_open="yes"),
    "a run of an open pull request": lambda attic, workflow, _: _of_open_pull(attic, workflow),
    "a remark that somebody altered": lambda attic, _workflow, _evaluation: attic.alteration(7, attic.delivery(OLD)),
    "a merge": lambda attic, workflow, _: attic.attempt(7, run=workflow),
    "the verdict of a merge": lambda attic, _, evaluation: attic.attempt(7, evaluation=evaluation),
    "a step under way": lambda attic, workflow, _: attic.step_run(workflow, ending=None),
    "an issue": lambda attic, workflow, _: attic.step_run(workflow, issue=attic.issue()),
    "a wish of an issue": lambda attic, workflow, _: attic.step_run(
        workflow, request=attic.request(OLD, issue=attic.issue())
    ),
    "an open wish": lambda attic, workflow, _: attic.step_run(workflow, request=attic.request(OLD, status="open")),
    "a wish of an open pull request": lambda attic, workflow, _: _wish_of_open_pull(attic, workflow),
    "a retry under way": lambda attic, workflow, _: attic.tx.execute(
        "UPDATE workflows SET retry_of = %(id)s WHERE id = %(other)s",
        {"id": workflow, "other": attic.workflow(NEW, status="pending")},
    ),
    "an open pull request": lambda attic, _workflow, _evaluation: attic.tx.execute("UPDATE pulls SET is_open = true"),
}


@pytest.mark.parametrize("keeper", KEEPERS)
def test_a_workflow_stays_with_what_refers_to_it(attic: Attic, shelf: Store, keeper: str) -> None:
    attic.pull(7)
    workflow = attic.workflow(OLD, number=7)
    KEEPERS[keeper](attic, workflow, attic.evaluation(workflow, 7, OLD))
    gone = a_round(attic, shelf)
    assert workflow in attic.ids("workflows")
    assert "workflows" not in gone


@pytest.mark.parametrize("status", ["pending", "running", "waiting", "blocked"])
def test_what_is_not_over_stays(attic: Attic, shelf: Store, status: str) -> None:
    attic.pull(7)
    attic.evaluation(attic.workflow(OLD, number=7, status=status), 7, OLD)
    assert a_round(attic, shelf) == {}


def test_the_facts_of_a_closed_pull_request_go_before_its_verdicts(attic: Attic, shelf: Store) -> None:
    attic.pull(7)
    attic.evaluation(attic.workflow(200, number=7), 7, 200)
    assert a_round(attic, shelf) == {"facts": 1, "snapshots": 1}
    assert attic.ids("evaluations", "snapshot_digest") == [None]
    assert attic.ids("pulls", "pruned_at") == [NOW]


def test_facts_stay_with_the_pull_request_or_the_merge(attic: Attic, shelf: Store) -> None:
    attic.pull(7)
    attic.pull(8, is_open="yes")
    merged = attic.evaluation(attic.workflow(200, number=7), 7, 200)
    attic.attempt(7, evaluation=merged)
    attic.evaluation(attic.workflow(200, number=8), 8, 200)
    attic.pull(9)
    attic.evaluation(attic.workflow(200, number=9), 9, 200)
    attic.alteration(9, attic.delivery(20))
    assert a_round(attic, shelf) == {}


def test_a_delivery_stays_with_the_workflow_it_led_to(attic: Attic, shelf: Store) -> None:
    attic.pull(7)
    kept = attic.delivery(OLD, led_to=attic.workflow(NEW, number=7))
    attic.delivery(OLD)
    altered = attic.delivery(OLD)
    attic.alteration(7, altered)
    assert a_round(attic, shelf) == {"deliveries": 1}
    assert sorted(attic.ids("deliveries")) == [kept, altered]


def test_an_artifact_goes_with_its_bytes_once_no_run_wishes_for_it(attic: Attic, shelf: Store) -> None:
    kept, let_go = shelf.put(b"kept"), shelf.put(b"let go")
    for digest in (kept, let_go):
        attic.insert(
            "artifacts",
            digest=digest,
            kind="patch",
            size=4,
            paths=Jsonb([]),
            stored_by="agent",
            stored_at=attic.at(OLD),
        )
    workflow = attic.workflow(NEW, kind="work")
    attic.binding(workflow)
    attic.insert(
        "wishes",
        id=workflow,
        run_id=workflow,
        epoch=1,
        kind="pull_request",
        content=Jsonb({"artifact": kept}),
        wished_by="agent",
        wished_at=NOW,
    )
    assert a_round(attic, shelf) == {"artifacts": 1}
    assert attic.ids("artifacts", "digest") == [kept]
    assert shelf.get(kept) == b"kept"
    with pytest.raises(Exception, match="not in the store"):
        shelf.get(let_go)


def test_an_artifact_stays_where_its_store_is_away(attic: Attic) -> None:
    attic.insert(
        "artifacts", digest="0" * 64, kind="patch", size=4, paths=Jsonb([]), stored_by="agent", stored_at=attic.at(OLD)
    )
    assert a_round(attic, store.opened(None)) == {}
    assert attic.ids("artifacts", "digest") == ["0" * 64]


def test_the_audit_is_told_of_each_round_and_stays_whole(attic: Attic, shelf: Store) -> None:
    ledger.append(attic.tx, kind="evaluated", subject="pull:1#7", actor="mergegate", body={}, at=attic.at(OLD))
    attic.delivery(OLD)
    attic.delivery(OLD)
    a_round(attic, shelf)
    told = ledger.tail(attic.tx, 1)[0]
    assert (told.kind, told.subject, told.actor) == ("pruned", "retention:deliveries", "mergegate")
    assert told.body == {"rows": 2, "until": attic.at(90).isoformat()}
    assert ledger.verify(ledger.read(attic.tx)).entries == 2
    assert a_round(attic, shelf) == {}
    assert ledger.tail(attic.tx, 1)[0] == told


def test_what_a_killed_round_let_go_of_is_told_by_the_next(attic: Attic, shelf: Store) -> None:
    attic.delivery(OLD)
    batch = pruning.choose(attic.tx, "deliveries", NOW)
    assert batch is not None
    pruning.let_go(attic.tx, "deliveries", batch.chosen, NOW)
    assert a_round(attic, shelf) == {}
    assert ledger.tail(attic.tx, 1)[0].body["rows"] == 1


def test_a_run_that_somebody_does_something_with_keeps_no_other(attic: Attic, shelf: Store, database_url: str) -> None:
    held, free = attic.workflow(OLD, kind="work"), attic.workflow(OLD, kind="work")
    attic.binding(held)
    attic.binding(free)
    attic.tx.commit()
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM bindings WHERE run_id = %(id)s FOR UPDATE", {"id": held})
        assert a_round(attic, shelf) == {"workflows": 1}
    assert attic.ids("workflows") == [held]
