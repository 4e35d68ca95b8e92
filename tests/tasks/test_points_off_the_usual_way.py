"""A worker dies at a point that few workflows get to: its work ends as it would have, and each effect is there once."""

import re
from pathlib import Path

from app.records import rounds
from tasks import inspecting
from tests.tasks import merging
from tests.tasks.asking import asked
from tests.tasks.house import REPOSITORY, House
from tests.tasks.odds import attempts_of, later, rules

ROOT = Path(__file__).parents[2]
POINT = re.compile(r'checkpoint\("([a-z_.]+)"\)')
LEFT_OPEN = "SELECT kind, status FROM workflows WHERE status IN ('pending', 'running') AND type <> 'reconciliation'"


def _come_back(house: House) -> None:
    """Another worker takes over what the dead one had in hand."""
    later(house, house.context.settings.lease_seconds + 1, 60)
    assert house.rows(LEFT_OPEN) == []


def test_those_who_were_asked_for_a_review_are_asked_once(asking: House) -> None:
    asking.deliver_pull()
    with asking.dying_at("evaluate.asked"):
        asking.work()
    _come_back(asking)
    assert asked(asking) == [["alice"]]


def test_a_merge_group_is_judged_once(house: House) -> None:
    entry = house.github.enqueue(REPOSITORY, 1, by="alice")
    house.deliver(house.event("merge_group", "checks_requested", head_sha=entry.head_sha, branch="main"))
    with house.dying_at("merge_group.claimed"):
        house.work()
    _come_back(house)
    told = [write.body for write in house.github.writes(f"/statuses/{entry.head_sha}")]
    assert [(body["state"], body["description"]) for body in told] == [("pending", "#1: 0/1 rules approved")]


def test_a_merge_whose_end_nobody_knows_is_sent_once_and_shown(house: House) -> None:
    merging.ready(house)
    house.github.fault("PUT", "/merge$", 502)
    run_id = merging.ask(house)
    with house.dying_at("merge.in_doubt"):
        house.work()
    house.github.push(REPOSITORY, "main", {"other.py": "5"}, by="alice")
    later(house, house.context.settings.lease_seconds + 1, house.context.settings.merge_lease_seconds, 60, 60)
    assert merging.said(house, run_id) == ("needs_operator", "MERGE_FAILED", "MERGE_PARTIAL")
    assert [(put.path.rsplit("/", 1)[-1], put.effect) for put in merging.puts(house)] == [("merge", "no")]
    assert [state for _, state, _ in attempts_of(house)] == ["IN_DOUBT"]


def test_a_branch_that_was_not_deleted_yet_is_deleted_once(house: House) -> None:
    merging.ready(house)
    house.kinds = (*house.kinds, "branch_delete")
    rules(house, delete_branch=True)
    with house.dying_at("merge.branch_spent"):
        merging.merge(house)
    _come_back(house)
    assert len(house.written("branch_delete")) == 1
    deletions = [(state, detail) for kind, state, detail in attempts_of(house) if kind == "branch_delete"]
    assert deletions == [("FAILED", "OUTCOME_UNKNOWN"), ("SUCCEEDED", None)]


def test_a_round_that_looked_and_did_not_record_it_looks_again(house: House) -> None:
    house.with_settings(merge_repositories=(REPOSITORY,))
    with house.context.pool.connection() as tx:
        round_id = rounds.begin(tx, "gates", house.clock())
    assert round_id is not None
    with house.dying_at("inspect.looked"):
        inspecting.inspect(house.context, round_id)
    assert house.rows("SELECT repository_id FROM gate_findings") == []
    house.clock.forward(house.context.settings.lease_seconds + 1)
    house.sweep()
    house.clock.forward(60)
    inspecting.inspect(house.context, round_id)
    assert house.rows("SELECT count(*) AS n FROM gate_findings") == [{"n": 1}]
    assert house.rows(f"SELECT status FROM workflows WHERE id = '{round_id}'") == [{"status": "succeeded"}]


def test_every_point_has_a_test_that_names_it() -> None:
    points = {name for file in (ROOT / "tasks").rglob("*.py") for name in POINT.findall(file.read_text())}
    said = "\n".join(file.read_text() for file in (ROOT / "tests" / "tasks").rglob("*.py"))
    assert {name for name in points if f'"{name}"' not in said} == set()
