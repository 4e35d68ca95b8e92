"""What operators set, in the way of real writes and merges: each blocker earned by a setting, and cleared by one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import operator_settings
from app.operator_settings import Change, Shown
from app.records import operator_settings as recorded
from app.records.operator_settings import Where
from app.work import By
from tasks import names
from tests.app.records.locks import until_anybody_waits
from tests.tasks import merging, steering
from tests.tasks.agency import agency, codes
from tests.tasks.house import REPOSITORY, House


def put(house: House, *, everywhere: bool = False, **values: Any) -> Shown:
    """Olga sets it for the repository, or for all."""
    with house.context.pool.connection() as tx:
        where = Where() if everywhere else Where(repository_id=house.repository_id, full_name=REPOSITORY)
        done = operator_settings.change(
            tx, house.context.settings, where, By("olga", house.clock()), Change(values=values, reason="a test")
        )
    assert isinstance(done, Shown), done
    return done


def blocked(house: House) -> list[tuple[str, str]]:
    """Code and sentence of all that stands against the write that was decided on last."""
    (row,) = house.rows("SELECT blockers FROM decisions ORDER BY audit_seq DESC LIMIT 1")
    return [(each["code"], each["sentence"]) for each in row["blockers"]]


@pytest.mark.parametrize(
    ("closed", "opened", "blocker"),
    [
        (
            {"writes": False},
            {"writes": True},
            ("TRANSPORT_DISABLED", "Writing is switched off in this repository: a test (olga)."),
        ),
        (
            {"writes": False, "everywhere": True},
            {"writes": None, "everywhere": True},
            ("TRANSPORT_DISABLED", "Writing is switched off in all repositories: a test (olga)."),
        ),
        (
            {"kinds": []},
            {"kinds": None},
            (
                "MUTATION_NOT_ALLOWED",
                "Writes of the kind status are not allowed in acme/widget; allow it in the setting `kinds`.",
            ),
        ),
        (
            {"repositories": ["acme/other"], "everywhere": True},
            {"repositories": ["acme/other", REPOSITORY], "everywhere": True},
            (
                "REPO_NOT_ALLOWED",
                "acme/widget is not on the list of repositories that may be written to;"
                " add it to the setting `repositories`.",
            ),
        ),
    ],
    ids=["writes", "writes everywhere", "kinds", "repositories"],
)
def test_a_setting_stops_the_status_and_another_lets_it_be_written(
    house: House, closed: dict[str, Any], opened: dict[str, Any], blocker: tuple[str, str]
) -> None:
    put(house, **closed)
    house.deliver_pull()
    house.work()
    assert (house.states(), blocked(house)) == ([], [blocker])
    house.clock.forward(60)
    put(house, **opened)
    house.sweep()
    house.clock.forward(60)
    house.sweep()
    assert house.states() == ["pending"]


def test_what_was_decided_on_before_a_setting_stops_it_is_not_sent(house: House) -> None:
    def switch_off(point: str) -> None:
        if point == "write.decided":
            put(house, writes=False)

    house.context = replace(house.context, checkpoint=switch_off)
    house.deliver_pull()
    house.work()
    house.sweep()
    assert (house.states(), [code for code, _ in blocked(house)]) == ([], ["TRANSPORT_DISABLED"])
    assert house.rows("SELECT outcome, spent_at FROM permits") == [{"outcome": "unspent", "spent_at": None}]


def test_what_is_decided_on_while_a_setting_is_changed_is_decided_by_it(house: House, database_url: str) -> None:
    house.deliver_pull()
    house.run(*house.sent.pop(0))
    (_, write_id), change = house.sent.pop(0), Change(values={"writes": False}, reason="a test")
    where, by = Where(repository_id=house.repository_id, full_name=REPOSITORY), By("olga", house.clock())
    with ThreadPoolExecutor(1) as worker, house.context.pool.connection() as tx:
        operator_settings.change(tx, house.context.settings, where, by, change)
        writing = worker.submit(house.run, names.WRITE, write_id)
        until_anybody_waits(database_url)
        tx.commit()
        writing.result()
    assert (house.states(), [code for code, _ in blocked(house)]) == ([], ["TRANSPORT_DISABLED"])


def test_the_environment_is_the_ceiling(house: House) -> None:
    house.with_settings(allowed_repositories=(), allowed_writes=())
    put(house, everywhere=True, repositories=[REPOSITORY], kinds=["status"], writes=True)
    put(house, writes=True, kinds=["status"])
    house.deliver_pull()
    house.work()
    assert (house.states(), [code for code, _ in blocked(house)]) == ([], ["MUTATION_NOT_ALLOWED", "REPO_NOT_ALLOWED"])


def test_what_the_environment_hands_over_is_closed_until_an_operator_opens_it(house: House) -> None:
    house.with_settings(allowed_repositories=(), allowed_writes=(), settings_decide=("repositories", "kinds"))
    house.deliver_pull()
    house.work()
    assert [sentence for _, sentence in blocked(house)] == [
        "Writes of the kind status are not allowed in acme/widget; allow it in the setting `kinds`.",
        "acme/widget is not on the list of repositories that may be written to; add it to the setting `repositories`.",
    ]
    put(house, everywhere=True, repositories=[REPOSITORY], kinds=["status"])
    house.clock.forward(60)
    house.sweep()
    assert house.states() == ["pending"]


def test_a_run_waits_for_the_approval_that_a_setting_demands_and_not_for_one_that_none_does(
    house: House, tmp_path: Path
) -> None:
    at = agency(house, tmp_path, approvals_required="none")
    put(house, approvals="run")
    run_id = at.ask()["runId"]
    for kind in ("verification", "internal_review"):
        assert at.give(run_id, kind).status_code == 201
    at.settle()
    assert codes(at.run(run_id)) == ["APPROVAL_MISSING"]
    put(house, approvals=None)
    at.settle()
    assert (at.run(run_id)["status"], len(house.written("pull_request_create"))) == ("succeeded", 1)


def test_an_approval_counts_no_longer_than_a_setting_lets_it(house: House, tmp_path: Path) -> None:
    at = agency(house, tmp_path, approvals_required="run")
    put(house, approval_seconds=60)
    run_id = at.ask()["runId"]
    assert at.approve(run_id).status_code == 200
    assert house.rows("SELECT expires_at - given_at = interval '60 seconds' AS short FROM approvals") == [
        {"short": True}
    ]
    house.clock.forward(60)
    for kind in ("verification", "internal_review"):
        assert at.give(run_id, kind).status_code == 201
    at.settle()
    assert codes(at.run(run_id)) == ["APPROVAL_EXPIRED"]
    put(house, approval_seconds=None)
    assert at.approve(run_id).status_code == 200
    at.settle()
    assert at.run(run_id)["status"] == "succeeded"


def test_a_row_that_is_not_understood_stops_everything_until_it_is_taken_away(house: House) -> None:
    row = f"({house.repository_id}, 'later', '{REPOSITORY}', '1', 1, '', 'newer', now())"
    house.rows(f"INSERT INTO settings VALUES {row} RETURNING 1")
    house.deliver_pull()
    house.work()
    trouble = (
        'The setting "later" of acme/widget is not understood, so that nothing is allowed;'
        " set it anew, or take it away."
    )
    assert house.states() == []
    assert blocked(house)[0] == ("TRANSPORT_DISABLED", trouble)
    put(house, later=None, writes=True)
    house.clock.forward(60)
    house.sweep()
    assert house.states() == ["pending"]


def test_evaluations_wait_where_a_setting_lets_there_be_fewer(house: House) -> None:
    put(house, everywhere=True, evaluations_per_minute=1)
    house.deliver_pull()
    house.work()
    house.deliver_pull(action="edited")
    house.work()
    assert house.rows("SELECT status FROM runs ORDER BY status") == [{"status": "pending"}, {"status": "succeeded"}]
    put(house, everywhere=True, evaluations_per_minute=None)
    house.clock.forward(60)
    house.sweep()
    assert house.rows("SELECT status FROM runs") == [{"status": "succeeded"}] * 2


@pytest.mark.parametrize(
    ("closed", "opened", "detail"),
    [
        ({"safe_mode": True}, {"safe_mode": False}, "SAFE_MODE"),
        ({"freeze": {"reason": "release"}}, {"freeze": None}, "FROZEN"),
    ],
)
def test_a_setting_stops_a_merge_and_another_lets_it_be_made(
    house: House, closed: dict[str, Any], opened: dict[str, Any], detail: str
) -> None:
    at = merging.ready(house)
    put(at, **closed)
    assert merging.merge(at)[1:] == ("MERGE_FAILED", detail)
    put(at, **opened)
    assert merging.merge(at)[0] == "merged"


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("point", "closed"),
    [
        ("merge.claimed", {"freeze": {"reason": "release"}}),
        ("merge.read", {"dry_run": True}),
        ("merge.final_read", {"freeze": {"reason": "release"}}),
        ("merge.intent", {"safe_mode": True}),
        ("merge.intent", {"dry_run": True}),
    ],
)
def test_a_merge_that_was_not_sent_is_not_where_a_setting_stops_it_meanwhile(
    house: House, point: str, closed: dict[str, Any]
) -> None:
    ready = merging.ready(house)
    with steering.in_the_middle(ready, point, lambda: put(ready, **closed)):
        merging.merge(ready)
    assert (merging.puts(ready), ready.rows("SELECT run_id FROM merge_leases")) == ([], [])
    put(ready, everywhere=False, **dict.fromkeys(closed))
    assert (merging.merge(ready)[0], len(merging.puts(ready))) == ("merged", 1)


def test_a_merge_that_waits_for_the_end_of_a_freeze_is_looked_at_once_that_is_taken_away(house: House) -> None:
    ready = merging.ready(house)
    put(ready, freeze={"reason": "release"})
    assert merging.merge(ready, waits=True)[2] == "FROZEN"
    put(ready, freeze=None)
    ready.sweep()
    assert len(merging.puts(ready)) == 1


def test_a_merge_is_only_said_where_a_setting_leaves_the_repository_out(house: House) -> None:
    at = merging.ready(house)
    put(at, everywhere=True, merge_repositories=[])
    merging.merge(at)
    assert merging.puts(at) == []
    put(at, everywhere=True, merge_repositories=[REPOSITORY])
    assert merging.merge(at)[0] == "merged"


def test_merges_that_are_handed_over_are_made_where_a_setting_says_so(house: House) -> None:
    at = merging.ready(house)
    at.with_settings(merge_repositories=(), settings_decide=("merge_repositories",))
    merging.merge(at)
    assert merging.puts(at) == []
    put(at, everywhere=True, merge_repositories=[REPOSITORY])
    assert merging.merge(at)[0] == "merged"


def test_nothing_is_merged_while_a_row_is_not_understood(house: House) -> None:
    at = merging.ready(house)
    at.rows("INSERT INTO settings VALUES (0, 'safe_mode', 'all', '\"off\"', 1, '', 'newer', now()) RETURNING 1")
    assert merging.merge(at)[1:] == ("MERGE_FAILED", "SAFE_MODE")
    put(at, everywhere=True, safe_mode=False)
    assert merging.merge(at)[0] == "merged"


def test_a_change_that_is_undone_is_none(house: House) -> None:
    with house.context.pool.connection() as tx:
        refused = operator_settings.change(
            tx,
            house.context.settings,
            Where(),
            By("olga", house.clock()),
            Change(values={"writes": False, "kinds": ["merge"]}),
        )
        assert not isinstance(refused, Shown)
        assert refused.sentence.startswith("kinds.0: should be 'pull_request_create', ")
        assert recorded.listed(tx) == []
    assert house.rows("SELECT 1 FROM audit_events WHERE kind = 'setting_changed'") == []
