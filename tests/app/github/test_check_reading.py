"""The checks of a commit: all of them, of that commit and no other, and by which App."""

from typing import Any

import pytest

from app.github.answers import Unavailable
from app.github.client import Answer
from app.github.reader import LiveReader
from app.simulator.faults import Fault
from tests.app.github.ground import REPOSITORY, Ground

ACTIONS = 15368


def _reader(ground: Ground) -> LiveReader:
    return LiveReader(ground.app).afresh()


def _answer(ground: Ground, pattern: str, body: Any) -> None:
    ground.github.faults.add(Fault("GET", pattern, "before", 200, times=1, skip=0, message="", body=body))


def _code(trouble: pytest.ExceptionInfo[Unavailable]) -> str:
    return trouble.value.code


class Losing(LiveReader):
    """Reads through something that drops the `Link` to the next page."""

    def _following(self, installation_id: int | None, first: Answer, what: str) -> list[Any]:
        return [first.document]


def _app(ground: Ground, slug: str = "actions") -> int:
    return ground.github.add_app(slug, app_id=ACTIONS).id


def test_all_check_runs_are_read_with_their_apps(ground: Ground) -> None:
    app_id = _app(ground)
    for number in range(101):
        ground.github.check_run(REPOSITORY, ground.head, app_id=app_id, name=f"c{number}")
    found = _reader(ground).latest_check_runs(ground.place, ground.head)
    assert (len(found), {run.app.id for run in found if run.app}) == (101, {ACTIONS})


def test_of_the_runs_of_one_name_in_a_suite_the_newest_counts(ground: Ground) -> None:
    app_id = _app(ground)
    ground.github.check_run(REPOSITORY, ground.head, app_id=app_id, conclusion="failure")
    newest = ground.github.check_run(REPOSITORY, ground.head, app_id=app_id)
    assert [run.id for run in _reader(ground).latest_check_runs(ground.place, ground.head)] == [newest.id]


def test_fewer_check_runs_than_github_counts_are_no_evidence(ground: Ground) -> None:
    app_id = _app(ground)
    for number in range(101):
        ground.github.check_run(REPOSITORY, ground.head, app_id=app_id, name=f"c{number}")
    with pytest.raises(Unavailable, match="counts 101 of the check runs and lists 100") as trouble:
        Losing(ground.app).latest_check_runs(ground.place, ground.head)
    assert _code(trouble) == "EVIDENCE_INCOMPLETE"


def test_more_suites_than_github_looks_at_are_no_evidence(ground: Ground) -> None:
    _answer(ground, "/check-suites", {"total_count": 1001, "check_suites": []})
    with pytest.raises(Unavailable, match="has 1001 check suites") as trouble:
        _reader(ground).latest_check_runs(ground.place, ground.head)
    assert _code(trouble) == "EVIDENCE_INCOMPLETE"


def test_as_many_suites_as_github_looks_at_are_fine(ground: Ground) -> None:
    _answer(ground, "/check-suites", {"total_count": 1000, "check_suites": []})
    assert _reader(ground).latest_check_runs(ground.place, ground.head) == ()


def test_check_runs_of_another_commit_are_no_evidence(ground: Ground) -> None:
    _app(ground)
    row = {"id": 1, "name": "ci", "head_sha": "f" * 40, "status": "completed", "conclusion": "success", "app": None}
    _answer(ground, "/check-runs", {"total_count": 1, "check_runs": [row]})
    with pytest.raises(Unavailable, match="the check runs of another commit"):
        _reader(ground).latest_check_runs(ground.place, ground.head)


@pytest.mark.parametrize("body", ["<html>a proxy</html>", [], {}, {"total_count": 0}, None])
def test_what_is_not_understood_is_no_evidence(ground: Ground, body: Any) -> None:
    _answer(ground, "/check-runs", body)
    with pytest.raises(Unavailable):
        _reader(ground).latest_check_runs(ground.place, ground.head)


def test_the_newest_status_of_each_context_is_read_with_its_creator(ground: Ground) -> None:
    ground.github.set_status(REPOSITORY, ground.head, by="bob", context="ci", state="failure")
    ground.github.set_status(REPOSITORY, ground.head, by="alice", context="ci")
    ground.github.set_status(REPOSITORY, ground.head, by="bob", context="lint", state="pending")
    found = _reader(ground).latest_statuses(ground.place, ground.head)
    assert [(row.context, row.state, row.creator and row.creator.login) for row in found] == [
        ("ci", "success", "alice"),
        ("lint", "pending", "bob"),
    ]


def test_a_commit_without_a_status_has_none(ground: Ground) -> None:
    assert _reader(ground).latest_statuses(ground.place, ground.head) == ()


def test_a_status_under_a_hundred_newer_ones_is_found(ground: Ground) -> None:
    ground.github.set_status(REPOSITORY, ground.head, by="bob", context="old", state="failure")
    for _ in range(101):
        ground.github.set_status(REPOSITORY, ground.head, by="bob", context="busy")
    found = _reader(ground).latest_statuses(ground.place, ground.head)
    assert [(row.context, row.state) for row in found] == [("busy", "success"), ("old", "failure")]


def test_a_status_that_the_list_lacks_is_no_evidence(ground: Ground) -> None:
    ground.github.set_status(REPOSITORY, ground.head, by="bob", context="ci", state="failure")
    _answer(ground, "/statuses$", [])
    with pytest.raises(Unavailable, match="counts 1 of the statuses and lists 0") as trouble:
        _reader(ground).latest_statuses(ground.place, ground.head)
    assert _code(trouble) == "EVIDENCE_INCOMPLETE"


def test_fewer_statuses_than_github_counts_are_no_evidence(ground: Ground) -> None:
    for number in range(101):
        ground.github.set_status(REPOSITORY, ground.head, by="bob", context=f"c{number}")
    with pytest.raises(Unavailable, match="counts 101 of the statuses and lists 100") as trouble:
        Losing(ground.app).latest_statuses(ground.place, ground.head)
    assert _code(trouble) == "EVIDENCE_INCOMPLETE"


def test_the_combined_status_of_another_commit_is_no_evidence(ground: Ground) -> None:
    _answer(ground, "/status$", {"sha": "f" * 40, "total_count": 0, "statuses": []})
    with pytest.raises(Unavailable, match="the statuses of another commit"):
        _reader(ground).latest_statuses(ground.place, ground.head)


def test_listed_statuses_of_another_commit_are_no_evidence(ground: Ground) -> None:
    ground.github.set_status(REPOSITORY, ground.head, by="bob", context="ci")
    (row,) = _reader(ground).latest_statuses(ground.place, ground.head)
    _answer(ground, "/statuses$", [{**row.model_dump(mode="json"), "url": f"https://x/{'f' * 40}"}])
    with pytest.raises(Unavailable, match="the statuses of another commit"):
        _reader(ground).latest_statuses(ground.place, ground.head)


def test_the_app_of_a_bot_is_found_by_its_slug_and_our_own_without_asking(ground: Ground) -> None:
    _app(ground)
    ours = next(iter(ground.github.state.apps.values()))
    for login in ("actions[bot]", f"{ours.slug}[bot]", "bob"):
        ground.github.set_status(REPOSITORY, ground.head, by=login, context=login)
    reader = _reader(ground)
    statuses = reader.latest_statuses(ground.place, ground.head)
    assert reader.apps_of(ground.place, statuses) == {"actions[bot]": ACTIONS, f"{ours.slug}[bot]": ours.id}


def test_an_app_that_github_does_not_show_us_is_left_out(ground: Ground) -> None:
    _app(ground)
    ground.github.set_status(REPOSITORY, ground.head, by="actions[bot]", context="ci")
    ground.github.fault("GET", "/apps/actions", 404, message="Not Found")
    reader = _reader(ground)
    assert "actions[bot]" not in reader.apps_of(ground.place, reader.latest_statuses(ground.place, ground.head))


def test_an_app_of_another_name_than_the_bot_s_is_not_the_one_behind_it(ground: Ground) -> None:
    _app(ground)
    ground.github.set_status(REPOSITORY, ground.head, by="actions[bot]", context="ci")
    _answer(ground, "/apps/actions", {"id": ACTIONS, "slug": "actions-of-old"})
    reader = _reader(ground)
    assert "actions[bot]" not in reader.apps_of(ground.place, reader.latest_statuses(ground.place, ground.head))


def test_where_no_bot_made_a_status_no_app_is_asked_for(ground: Ground) -> None:
    ground.github.set_status(REPOSITORY, ground.head, by="bob", context="ci")
    reader = _reader(ground)
    statuses = reader.latest_statuses(ground.place, ground.head)
    ground.github.fault("GET", "/app", 500, times=9)
    assert reader.apps_of(ground.place, statuses) == {}
