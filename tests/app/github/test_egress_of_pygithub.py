"""Whatever PyGithub can do to GitHub is refused before a socket opens: no permit in hand, or one of any kind."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app import permits
from app.github import egress
from app.github.allowed_writes import WRITES
from app.permits import Permit, Request
from tests.app.github.pygithub import Maker, Method, methods
from tests.app.github.test_egress_of_writes import WISHES
from tests.app.github.watch import Asked, Reached, maker, watched

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LEFT_OUT = {
    "Requester.injectConnectionClasses": "takes the egress list away; of ours client.py alone names it",
    "Requester.resetConnectionClasses": "takes the egress list away; nothing of ours names it",
    "Requester.setDebugFlag": "asks nobody, and changes PyGithub for the whole process",
    "Requester.setOnCheckMe": "asks nobody, and changes PyGithub for the whole process",
    "Requester.injectLogger": "asks nobody, and changes PyGithub for the whole process",
    "Requester.resetLogger": "asks nobody, and changes PyGithub for the whole process",
    "GithubObject.setCheckAfterInitFlag": "asks nobody, and changes PyGithub for the whole process",
}
ASKS_NOBODY = {
    "PaginatedList.reversed": "makes a list that is read from its other end",
    "Requester.get_graphql_prefix": "cuts a path",
    "Requester.graphql_url": "tells an address",
}
"""What names a request in its source and makes none."""

READS_FIRST = {f"{owner}.create_secret" for owner in ("Environment", "Organization", "Repository")} | {
    "OrganizationSecret.edit"
}
"""What would read a key first, and is refused that."""

MOST_FEARED = {
    *("PullRequest.merge", "PullRequest.enable_automerge", "PullRequest.update_branch", "PullRequest.edit"),
    *("Repository.merge", "Repository.merge_upstream", "Repository.delete", "Repository.edit"),
    *(
        "GitRef.delete",
        "GitRef.edit",
        "Branch.edit_protection",
        "Branch.remove_protection",
        "Branch.set_admin_enforcement",
    ),
    *("Issue.edit", "Issue.lock", "Repository.delete_file", "Repository.update_file", "Repository.create_file"),
    *("PullRequestReview.dismiss", "PullRequest.create_review", "Workflow.create_dispatch", "Repository.create_key"),
    *(
        "Repository.add_to_collaborators",
        "Organization.create_repo",
        "IssueComment.delete",
        "GitRelease.delete_release",
    ),
}

TOKEN = "GithubIntegration.get_access_token"
"""The one that needs no permit."""


@dataclass(frozen=True)
class Trial:
    """What came of calling one method: once with what it must have, once with all that it takes."""

    method: Method
    asked: tuple[Asked, ...]
    passed: tuple[Asked, ...]
    refusals: int
    reached: int


def _try(made: Maker, method: Method) -> Trial:
    refusals = 0
    with watched() as watch:
        for optional in (False, True):
            with suppress(Exception, Reached):  # whatever it takes amiss: what it has asked for by then counts
                try:
                    made.call(method, optional=optional)
                except egress.EgressRefused:
                    refusals += 1
    return Trial(method, tuple(watch.asked), tuple(watch.passed), refusals, watch.reached)


@pytest.fixture(scope="module")
def trials() -> dict[str, Trial]:
    """Every public method of PyGithub, called without a permit in hand."""
    made = maker()
    return {method.title: _try(made, method) for method in methods() if method.title not in LEFT_OUT}


def _changing(asked: tuple[Asked, ...]) -> list[Asked]:
    return [one for one in asked if one[0] != "GET"]


def test_without_a_permit_only_readings_and_the_request_for_a_token_pass(trials: dict[str, Trial]) -> None:
    passed = {title: _changing(trial.passed) for title, trial in trials.items() if _changing(trial.passed)}
    assert list(passed) == [TOKEN]
    assert {path for _, path, _ in passed[TOKEN]} == {"/app/installations/7/access_tokens"}


def test_no_socket_opens_for_what_did_not_pass(trials: dict[str, Trial]) -> None:
    assert [title for title, trial in trials.items() if trial.reached > len(trial.passed)] == []
    assert sum(trial.reached for trial in trials.values()) > 10  # readings would be sent


def test_every_method_that_changes_anything_is_tried_and_refused(trials: dict[str, Trial]) -> None:
    changing = {title for title, trial in trials.items() if trial.method.changes}
    refused = {title for title, trial in trials.items() if trial.refusals}
    assert len(changing) > 250
    assert changing - refused == {*ASKS_NOBODY, TOKEN}
    assert refused >= MOST_FEARED


def test_but_for_secrets_it_is_the_change_itself_that_is_refused(trials: dict[str, Trial]) -> None:
    refused = {title for title, trial in trials.items() if trial.method.changes and trial.refusals}
    assert {title for title in refused if not _changing(trials[title].asked)} == READS_FIRST


@pytest.mark.matrix
@pytest.mark.parametrize("name", WISHES)
def test_a_permit_in_hand_lets_none_of_them_pass(trials: dict[str, Trial], name: str) -> None:
    kind, method, path, document = WISHES[name]
    made = maker()
    for title, trial in trials.items():
        if _changing(trial.asked) and title != TOKEN:
            with egress.holding(Permit(permits._SEAL, uuid4(), kind, Request(method, path, document))):
                again = _try(made, trial.method)
            assert _changing(again.passed) == [], title


def test_not_even_a_permit_for_just_that_request_lets_it_pass_unless_it_is_on_the_list(
    trials: dict[str, Trial],
) -> None:
    passing = {
        (title, kind)
        for title, trial in trials.items()
        for asked in _changing(trial.asked)
        for kind in WRITES
        if title != TOKEN and _passes(kind, *asked)
    }
    assert passing == ON_THE_LIST


ON_THE_LIST = {
    ("GitRef.delete", "branch_delete"),
    ("Issue.remove_from_labels", "label_remove"),
    ("PullRequest.create_review_request", "review_request"),
    ("PullRequest.merge", "merge"),
    ("Repository.create_git_blob", "git_object"),
    ("Repository.create_git_ref", "branch_create"),
}
"""What PyGithub sends just as the list has it."""


def _passes(kind: str, method: str, path: str, body: Any) -> bool:
    try:
        document = json.loads(body or "{}")
    except (TypeError, ValueError):  # a file, or a form
        document = {}
    with egress.holding(Permit(permits._SEAL, uuid4(), kind, Request(method, path, document))):
        try:
            egress.check(method, path, body)
        except (egress.EgressRefused, TypeError, ValueError):
            return False
    return True


def test_nothing_of_ours_takes_the_list_away_or_goes_round_it() -> None:
    root = Path(__file__).parents[3]
    around = re.compile(
        r"ConnectionClass|\b(?:import|from) (?:requests|urllib3|httpx|aiohttp|http\.client|urllib\.request)\b"
    )
    files = [file for folder in ("app/github", "tasks", "policies") for file in (root / folder).rglob("*.py")]
    assert [file.name for file in files if around.search(file.read_text(encoding="utf-8"))] == ["client.py"]
