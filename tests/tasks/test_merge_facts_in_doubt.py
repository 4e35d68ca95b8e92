"""The final read of a merge where something moves, is missing or hidden, or takes too long: no evidence."""

from dataclasses import replace
from typing import Any

import pytest

from app.github.answers import Unavailable
from app.github.reader import Place
from app.simulator.faults import Fault
from tasks import merge_facts
from tests.tasks.final_reads import head, load, place, rules
from tests.tasks.house import REPOSITORY, House


def _trouble(house: House) -> Unavailable:
    with pytest.raises(Unavailable) as trouble:
        load(house)
    return trouble.value


class _Meanwhile:
    """Does something when the reviews are read, so many times."""

    def __init__(self, house: House, act: Any, times: int = 1) -> None:
        self._reader, self._act, self._times = house.context.reader, act, times

    def afresh(self) -> "_Meanwhile":
        return self

    def merge_reviews(self, place: Place, number: int) -> Any:
        if self._times > 0:
            self._times -= 1
            self._act()
        return self._reader.afresh().merge_reviews(place, number)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader.afresh(), name)


def _meanwhile(house: House, act: Any, times: int = 1) -> House:
    reader: Any = _Meanwhile(house, act, times)
    return replace(house, context=replace(house.context, reader=reader))


def _push(house: House, text: str) -> str:
    return str(house.github.push(REPOSITORY, "feature", {"a.py": text}, by="bob").sha)


def test_a_test_merge_made_while_the_checks_were_read_is_not_known_yet(house: House) -> None:
    rules(house, "merge: {evaluate_test_merge_commit: true}\n")
    house.github.stay_unsure(REPOSITORY, 1, reads=1)
    assert load(house).facts.pull.mergeable is None
    assert load(house).facts.pull.mergeable is True


def test_a_test_merge_made_anew_while_the_checks_were_read_is_not_known_yet(house: House) -> None:
    rules(house, "merge: {evaluate_test_merge_commit: true}\n")

    def move_base() -> None:
        house.github.push(REPOSITORY, "main", {"b.py": "1"}, by="acme")

    assert load(_meanwhile(house, move_base)).facts.pull.mergeable is None
    rules(house, None)
    assert load(_meanwhile(house, move_base)).facts.pull.mergeable is True


def test_where_the_head_moves_all_is_read_once_more(house: House) -> None:
    found = load(_meanwhile(house, lambda: _push(house, "2")))
    assert found.facts.pull.head_sha == head(house)


def test_where_the_head_moves_again_it_is_no_reading_of_one_head(house: House) -> None:
    texts = iter(("2", "3"))
    assert _trouble(_meanwhile(house, lambda: _push(house, next(texts)), times=2)).code == "HEAD_MOVED"


def test_a_new_base_in_between_is_noticed(house: House) -> None:
    house.github.create_branch(REPOSITORY, "stable")
    bases = iter(("stable", "main"))
    house.github.change_pull(REPOSITORY, 1, base_ref="main")
    moving = _meanwhile(house, lambda: house.github.change_pull(REPOSITORY, 1, base_ref=next(bases)), times=2)
    assert _trouble(moving).code == "HEAD_MOVED"


def test_reading_that_takes_too_long_is_no_evidence(house: House) -> None:
    seconds = house.context.settings.merge_max_read_seconds
    assert load(_meanwhile(house, lambda: house.clock.forward(seconds))).read_at < house.clock()
    assert _trouble(_meanwhile(house, lambda: house.clock.forward(seconds + 1))).code == "EVIDENCE_EXPIRED"


@pytest.mark.parametrize(
    "path",
    [
        "/repositories/[0-9]+$|/repos/acme/widget$",
        "/protection",
        "/rules/branches/",
        "/reviews",
        "/permission",
        "/check-suites",
        "/check-runs",
        "/status$",
        "/contents/.policy.yml",
        "/contents/.mergegate.yml",
        "/git/ref/heads/main",
        "/branches/main$",
        "/pulls/1$",
    ],
)
@pytest.mark.parametrize(("status", "code"), [(502, "GITHUB_API_ERROR"), (403, "EVIDENCE_FORBIDDEN")])
def test_no_part_may_be_missing(house: House, path: str, status: int, code: str) -> None:
    house.github.review(REPOSITORY, 1, by="alice")
    house.github.fault("GET", path, status, message="Resource not accessible by integration", times=3)
    assert _trouble(house).code == code


def test_reviews_that_graphql_does_not_decide_on_are_no_evidence(house: House) -> None:
    house.github.fail_query("FORBIDDEN", "Resource not accessible by integration")
    assert _trouble(house).code == "EVIDENCE_FORBIDDEN"


def test_a_limit_says_until_when(house: House) -> None:
    house.github.limit_secondary("GET", "/reviews", retry_after=60)
    trouble = _trouble(house)
    assert (trouble.code, trouble.not_before is not None) == ("RATE_LIMITED", True)


def test_a_page_of_a_proxy_is_no_evidence(house: House) -> None:
    page: Any = "<html></html>"
    house.github.faults.add(Fault("GET", "/check-runs", "before", 200, times=1, skip=0, message="", body=page))
    assert _trouble(house).code == "GITHUB_API_ERROR"


def test_a_token_that_ran_out_is_replaced_at_once(house: House) -> None:
    house.github.fault("GET", "/reviews", 401, message="Bad credentials")
    assert load(house).facts.reviews == ()
    house.github.fault("GET", "/reviews", 401, message="Bad credentials", times=2)
    assert _trouble(house).code == "GITHUB_TOKEN_REFUSED"


def test_a_suspended_installation_may_read_nothing(house: House) -> None:
    house.context.reader.bot_login()
    house.github.fault("POST", "/access_tokens", 403, message="This installation has been suspended", times=9)
    assert _trouble(house).code == "EVIDENCE_FORBIDDEN"


def test_a_pull_request_that_is_not_there_is_told(house: House) -> None:
    with pytest.raises(Unavailable) as trouble:
        merge_facts.load(house.context, place(house), 99)
    assert trouble.value.code == "PR_NOT_FOUND"


def test_a_repository_that_is_hidden_by_now_is_told(house: House) -> None:
    hide = _meanwhile(house, lambda: house.github.set_up(REPOSITORY, visible=False))
    assert _trouble(hide).code in ("PR_NOT_FOUND", "EVIDENCE_FORBIDDEN", "GITHUB_API_ERROR")


def test_more_reviewers_than_are_looked_up_are_no_evidence(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_facts, "MOST_REVIEWERS", 1)
    for login in ("alice", "carol"):
        house.github.review(REPOSITORY, 1, by=login)
    assert _trouble(house).code == "EVIDENCE_INCOMPLETE"


def test_the_local_reader_knows_nothing(house: House) -> None:
    house.with_settings(github_reader="local")
    assert _trouble(house).code == "READER_LOCAL"
