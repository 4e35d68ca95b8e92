"""The final read of a merge: all of one head, afresh, within the time allowed, or one sentence why not."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from app.github.answers import Unavailable
from app.github.reader import Place
from app.simulator.faults import Fault
from policies import default_policy
from policies.merging.rules import DEFAULT
from tasks import merge_facts
from tasks.merge_facts import Loaded
from tests.tasks.house import POLICY, REPOSITORY, House

ACTIONS = 15368


def _place(house: House) -> Place:
    return Place(house.installation_id, house.repository_id)


def _load(house: House) -> Loaded:
    return merge_facts.load(house.context, _place(house), 1)


def _trouble(house: House) -> Unavailable:
    with pytest.raises(Unavailable) as trouble:
        _load(house)
    return trouble.value


def _head(house: House) -> str:
    return str(house.github.state.pull(REPOSITORY, 1).head_sha)


def _tip(house: House) -> str:
    return str(house.github.state.repository(REPOSITORY).branches["main"])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _rules(house: House, text: str | None) -> None:
    house.github.push(REPOSITORY, "main", {".mergegate.yml": text}, by="acme")


def test_it_loads_all_of_one_head(house: House) -> None:
    house.github.add_app("actions", app_id=ACTIONS)
    house.github.check_run(REPOSITORY, _head(house), app_id=ACTIONS, name="ci")
    house.github.set_status(REPOSITORY, _head(house), by="bob", context="lint", state="pending")
    house.github.review(REPOSITORY, 1, by="alice")
    house.github.protect(REPOSITORY, checks=[("ci", ACTIONS)], approvals=1)
    found = _load(house)
    facts = found.facts
    assert (facts.pull.number, facts.pull.head_sha, facts.pull.base_ref) == (1, _head(house), "main")
    assert (facts.pull.review_decision, facts.pull.mergeable) == ("APPROVED", True)
    assert (facts.repository.id, facts.repository.full_name) == (house.repository_id, REPOSITORY)
    assert [(one.name, one.app_id, one.status) for one in facts.checks] == [
        ("ci", ACTIONS, "completed"),
        ("lint", None, "pending"),
    ]
    assert [(one.login, one.state, one.permission) for one in facts.reviews] == [("alice", "APPROVED", "write")]
    assert [(one.context, one.app_id) for one in facts.protection.required] == [("ci", ACTIONS)]
    assert (facts.gate_app_id, facts.gate_context) == (house.context.settings.github_app_id, "mergegate: main")
    assert (found.base_tip, found.rules, found.rules_digest) == (_tip(house), DEFAULT, _sha256(""))
    assert (found.policy_digest, found.policy_trouble) == (_sha256(POLICY), None)
    assert (found.evaluation, found.hooked_head, found.read_at) == (None, None, house.clock())


def test_the_rules_of_the_base_branch_are_loaded_with_their_digest(house: House) -> None:
    text = "merge: {method: rebase, required_approvals: 2}\n"
    _rules(house, text)
    found = _load(house)
    assert (found.rules.method, found.rules.required_approvals, found.rules_digest) == ("rebase", 2, _sha256(text))


@pytest.mark.parametrize("text", ["merge: [", "merge: {metod: squash}", "{"])
def test_rules_that_are_not_valid_leave_no_policy_in_force(house: House, text: str) -> None:
    _rules(house, text)
    found = _load(house)
    assert (found.rules, found.policy_digest) == (DEFAULT, None)
    assert (found.policy_trouble or "").startswith(".mergegate.yml on the base branch is not valid in line ")


def test_a_folder_in_place_of_the_rules_leaves_no_policy_in_force(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".mergegate.yml/x": "1"}, by="acme")
    found = _load(house)
    assert (found.policy_digest, found.policy_trouble) == (None, ".mergegate.yml is no file but a directory.")


def test_a_policy_that_is_not_valid_is_told(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": "policy: ["}, by="acme")
    found = _load(house)
    assert found.policy_digest is None
    assert (found.policy_trouble or "").startswith(".policy.yml on the base branch is not valid")


def test_a_policy_that_leads_nowhere_is_told(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": "remote: acme/nowhere\n"}, by="acme")
    found = _load(house)
    assert found.policy_digest is None
    assert "points to a repository that is not there" in (found.policy_trouble or "")


def test_without_a_policy_the_built_in_one_is_in_force(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": None}, by="acme")
    assert _load(house).policy_digest == _sha256(default_policy.TEXT)


def test_an_evaluation_binds_the_policy_that_is_in_force(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.approve()
    found = _load(house)
    assert found.evaluation is not None
    assert found.evaluation.is_sound
    assert (found.evaluation.decision, found.evaluation.invalidated_by) == ("allow", None)
    assert (found.evaluation.policy_digest, found.evaluation.head_sha) == (found.policy_digest, _head(house))


def test_what_an_evaluation_was_bound_to_is_not_in_force_where_nothing_valid_is(house: House) -> None:
    house.deliver_pull()
    house.work()
    _rules(house, "merge: {method: sqash}\n")
    found = _load(house)
    assert found.evaluation is not None
    assert found.policy_digest is None


def test_the_checks_of_the_test_merge_are_loaded_where_the_rules_ask_for_them(house: House) -> None:
    _rules(house, "merge: {evaluate_test_merge_commit: true}\n")
    tested = house.github.test_merge(REPOSITORY, 1)
    assert tested is not None
    house.github.add_app("actions", app_id=ACTIONS)
    for sha in (_head(house), tested.sha):
        house.github.check_run(REPOSITORY, sha, app_id=ACTIONS, name="ci")
    assert [one.sha for one in _load(house).facts.checks] == [_head(house), tested.sha]
    _rules(house, None)
    assert [one.sha for one in _load(house).facts.checks] == [_head(house)]


def test_mergeability_is_that_of_the_last_reading(house: House) -> None:
    house.github.stay_unsure(REPOSITORY, 1, reads=1)
    assert _load(house).facts.pull.mergeable is True
    house.github.stay_unsure(REPOSITORY, 1, reads=9)
    assert _load(house).facts.pull.mergeable is None


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
    _rules(house, "merge: {evaluate_test_merge_commit: true}\n")
    house.github.stay_unsure(REPOSITORY, 1, reads=1)
    assert _load(house).facts.pull.mergeable is None
    assert _load(house).facts.pull.mergeable is True


def test_a_test_merge_made_anew_while_the_checks_were_read_is_not_known_yet(house: House) -> None:
    _rules(house, "merge: {evaluate_test_merge_commit: true}\n")

    def move_base() -> None:
        house.github.push(REPOSITORY, "main", {"b.py": "1"}, by="acme")

    assert _load(_meanwhile(house, move_base)).facts.pull.mergeable is None
    _rules(house, None)
    assert _load(_meanwhile(house, move_base)).facts.pull.mergeable is True


def test_where_the_head_moves_all_is_read_once_more(house: House) -> None:
    found = _load(_meanwhile(house, lambda: _push(house, "2")))
    assert found.facts.pull.head_sha == _head(house)


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
    assert _load(_meanwhile(house, lambda: house.clock.forward(seconds))).read_at < house.clock()
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
    assert _load(house).facts.reviews == ()
    house.github.fault("GET", "/reviews", 401, message="Bad credentials", times=2)
    assert _trouble(house).code == "GITHUB_TOKEN_REFUSED"


def test_a_suspended_installation_may_read_nothing(house: House) -> None:
    house.context.reader.bot_login()
    house.github.fault("POST", "/access_tokens", 403, message="This installation has been suspended", times=9)
    assert _trouble(house).code == "EVIDENCE_FORBIDDEN"


def test_a_pull_request_that_is_not_there_is_told(house: House) -> None:
    with pytest.raises(Unavailable) as trouble:
        merge_facts.load(house.context, _place(house), 99)
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


def test_a_pull_request_of_our_own_app_is_known(house: House) -> None:
    ours = house.context.reader.bot_login()
    house.github.change_pull(REPOSITORY, 1, author=ours)
    assert _load(house).facts.pull.author_is_gate
