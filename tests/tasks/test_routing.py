"""What work follows from an event: a table, and nothing for what it does not name."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events import Event, Repository
from app.github.kinds import KINDS
from app.records.runs import Wanted
from tasks import names
from tasks.intake import route

WIDGET = Repository(id=7, full_name="acme/widget")
HEAD = "a" * 40
ALL_OF_THEM = Wanted("find_by_installation", 0, "acme", 5)
ALL_HERE = Wanted("find_by_repository", 7, "acme/widget", 5)
ONE = Wanted("evaluate", 7, "acme/widget", 5, number=3)
OF_HEAD = Wanted("find_by_head", 7, "acme/widget", 5, sha=HEAD)


def _event(name: str, action: str | None = None, **facts: Any) -> Event:
    return Event(name=name, action=action, **{"installation_id": 5, **facts})


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        (_event("pull_request", "edited", repository=WIDGET, pulls=(3,), head_sha=HEAD, branch="release"), ONE),
        (_event("pull_request", "converted_to_draft", repository=WIDGET, pulls=(3,)), ONE),
        (_event("pull_request_review", "dismissed", repository=WIDGET, pulls=(3,)), ONE),
        (_event("issue_comment", "deleted", repository=WIDGET, pulls=(3,)), ONE),
        (_event("check_run", "completed", repository=WIDGET, pulls=(3,), head_sha=HEAD), ONE),
        (_event("check_run", "completed", repository=WIDGET, head_sha=HEAD), OF_HEAD),
        (_event("check_suite", "completed", repository=WIDGET, head_sha=HEAD), OF_HEAD),
        (_event("workflow_run", "completed", repository=WIDGET, head_sha=HEAD), OF_HEAD),
        (_event("status", repository=WIDGET, head_sha=HEAD), OF_HEAD),
        (_event("deployment_status", "created", repository=WIDGET, head_sha=HEAD), OF_HEAD),
        (
            _event("push", repository=WIDGET, branch="main", head_sha=HEAD),
            Wanted("find_by_branch", 7, "acme/widget", 5, branch="main"),
        ),
        (_event("member", "removed", repository=WIDGET), ALL_HERE),
        (_event("team", "removed_from_repository", repository=WIDGET, owner="acme", team="acme/core"), ALL_HERE),
        (_event("team", "edited", repository=WIDGET, owner="acme", team="acme/core"), ALL_HERE),
        (_event("label", "deleted", repository=WIDGET), ALL_HERE),
        (_event("custom_property_values", "updated", repository=WIDGET), ALL_HERE),
        (_event("membership", "removed", owner="acme", team="acme/core"), ALL_OF_THEM),
        (_event("team", "deleted", owner="acme", team="acme/core"), ALL_OF_THEM),
        (_event("team", "deleted", repository=WIDGET, owner="acme", team="acme/core"), ALL_OF_THEM),
        (_event("team", "edited", owner="acme", team="acme/core"), ALL_OF_THEM),
        (_event("organization", "member_removed", owner="acme"), ALL_OF_THEM),
        (_event("installation", "unsuspend", owner="acme"), ALL_OF_THEM),
        (_event("installation", "new_permissions_accepted", owner="acme", repositories=(WIDGET,)), ALL_OF_THEM),
        (_event("installation", "created", owner="acme", repositories=(WIDGET,)), ALL_HERE),
        (_event("installation_repositories", "added", owner="acme", repositories=(WIDGET,)), ALL_HERE),
        (
            _event("merge_group", "checks_requested", repository=WIDGET, head_sha=HEAD, branch="main"),
            Wanted("merge_group", 7, "acme/widget", 5, sha=HEAD, branch="main"),
        ),
    ],
)
def test_an_event_leads_to_the_work_it_is_about(event: Event, wanted: Wanted) -> None:
    assert route(event) == (wanted,)


@pytest.mark.parametrize(
    "event",
    [
        _event("merge_group", "destroyed", repository=WIDGET, head_sha=HEAD, branch="main"),
        _event("merge_group", "checks_requested", repository=WIDGET, head_sha=HEAD),
        _event("push", repository=WIDGET, head_sha=HEAD),
        _event("label", "created", repository=WIDGET),
        _event("team", "created", owner="acme", team="acme/core"),
        _event("organization", "deleted", owner="acme"),
        _event("installation", "deleted", owner="acme", repositories=(WIDGET,)),
        _event("installation_repositories", "removed", owner="acme", repositories=(WIDGET,)),
        _event("branch_protection_rule", "edited", repository=WIDGET),
        _event("membership", "removed", owner="acme", installation_id=None),
        _event("pull_request", "edited", repository=WIDGET, pulls=(3,), installation_id=None),
    ],
)
def test_other_events_lead_to_none(event: Event) -> None:
    assert route(event) == ()


def test_a_push_that_deletes_a_branch_still_concerns_those_who_aim_at_it() -> None:
    event = _event("push", repository=WIDGET, branch="main", head_sha=None)
    assert route(event) == (Wanted("find_by_branch", 7, "acme/widget", 5, branch="main"),)


def test_new_repositories_are_looked_through_in_one_order() -> None:
    other = Repository(id=6, full_name="acme/gadget")
    wanted = route(_event("installation_repositories", "added", repositories=(WIDGET, other)))
    assert wanted == (replace(ALL_HERE, repository_id=6, full_name="acme/gadget"), ALL_HERE)


def test_work_about_different_things_never_shares_a_run() -> None:
    place = (7, "acme/widget", 5)
    subjects = [
        Wanted("evaluate", *place, number=3).subject,
        *(Wanted("find_by_branch", *place, branch=branch).subject for branch in ("main", "", "x" * 300, "y" * 300)),
        *(Wanted("merge_group", *place, sha=sha, branch="main").subject for sha in (HEAD, "b" * 40)),
        Wanted("find_by_head", *place, sha=HEAD).subject,
        *(Wanted("find_by_repository", number, "acme/widget", 5).subject for number in (7, 8)),
        *(Wanted("find_by_installation", 0, "acme", number).subject for number in (5, 6)),
    ]
    assert len(set(subjects)) == len(subjects)


def test_each_kind_of_work_has_its_task() -> None:
    assert {kind: names.of(kind) for kind in ("evaluate", "work", "merge")} == {
        "evaluate": names.EVALUATE,
        "work": names.WORK,
        "merge": names.MERGE,
    }


_REPOSITORIES = st.builds(Repository, id=st.integers(1, 9), full_name=st.just("acme/widget"))


@given(
    st.builds(
        Event,
        name=st.sampled_from(sorted(KINDS)),
        action=st.none() | st.sampled_from(sorted({action for kind in KINDS.values() for action in kind.actions})),
        repository=st.none() | _REPOSITORIES,
        installation_id=st.none() | st.just(5),
        pulls=st.lists(st.integers(1, 9), max_size=3, unique=True).map(tuple),
        head_sha=st.none() | st.just(HEAD),
        branch=st.none() | st.just("main"),
        owner=st.none() | st.just("acme"),
        repositories=st.lists(_REPOSITORIES, max_size=3).map(tuple),
    )
)
def test_whatever_is_missing_in_an_event_its_work_is_whole(event: Event) -> None:
    for wanted in route(event):
        assert wanted.installation_id == event.installation_id
        assert {
            "evaluate": wanted.number,
            "find_by_head": wanted.sha,
            "find_by_branch": wanted.branch,
            "merge_group": wanted.sha and wanted.branch,
        }.get(wanted.kind, "nothing more") is not None
