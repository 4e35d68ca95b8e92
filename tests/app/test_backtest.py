"""A changed policy over the facts that were stored."""

from typing import Any

import pytest

from app.backtest import Plan, Tally, Trial, kind_of_fact, trials
from app.records.evaluations import Stored
from policies import document, server_options
from policies.facts import NOT_FETCHED
from policies.policy import MODES, Mode
from tests.app.recorded import stored
from tests.policies.conftest import approves, at, build_pull, says

__all__ = ["approves", "says"]

ONE = "policy: {approval: [ok]}\napproval_rules: [{name: ok, requires: {count: 1, users: [bob, cid]}}]"
TWO = ONE.replace("count: 1", "count: 2")
NONE = "policy: {}"
FILES = "policy: {approval: [ok]}\napproval_rules: [{name: ok, if: {changed_files: {paths: [a]}}}]"


def plan(now: str, then: str | None = None, mode: Mode | None = None) -> Plan:
    server = server_options.BUILT_IN
    return Plan(document.parse(now), server, None if then is None else document.parse(then), mode)


def tried(plan: Plan, *pulls: Stored) -> list[Trial]:
    return list(trials(plan, pulls))


@pytest.fixture
def approved(approves: Any) -> Stored:
    return stored(ONE, build_pull(reviews=(approves("bob"),)))


def test_it_says_that_nothing_changes(approved: Stored) -> None:
    [trial] = tried(plan(ONE), approved)
    assert (trial.outcome, trial.rules) == ("unchanged", ())


def test_it_says_what_becomes_stricter_rule_by_rule(approved: Stored) -> None:
    [trial] = tried(plan(TWO), approved)
    assert (trial.outcome, trial.then.state, trial.now.state) == ("stricter", "success", "pending")
    assert [str(rule) for rule in trial.rules] == [
        'rule "ok": approved (Approved by bob) -> pending (1/2 required approvals)'
    ]


def test_it_says_what_becomes_laxer() -> None:
    [trial] = tried(plan(NONE), stored(ONE, build_pull()))
    assert (trial.outcome, trial.now.state) == ("laxer", "success")


def test_it_never_guesses_a_fact_that_was_not_recorded(approves: Any) -> None:
    [trial] = tried(plan(FILES), stored(ONE, build_pull(reviews=(approves("bob"),), files=NOT_FETCHED)))
    assert (trial.outcome, trial.missing) == ("unknown", ("files",))


def test_it_tells_what_a_missing_fact_cannot_change(approves: Any) -> None:
    both = f"{ONE}\n".replace("[ok]", "[ok, doc]").replace("}}]", "}}, {name: doc, if: {changed_files: {paths: [a]}}}]")
    [trial] = tried(plan(both), stored(ONE, build_pull(files=NOT_FETCHED)))
    assert (trial.outcome, trial.now.state) == ("unchanged", "pending")
    assert "even without files" in trial.now.description


def test_what_was_posted_for_lack_of_a_fact_is_no_riddle() -> None:
    [trial] = tried(plan(NONE), stored(FILES, build_pull(files=NOT_FETCHED)))
    assert (trial.then.state, trial.now.state, trial.outcome) == ("error", "success", "laxer")


def test_against_another_policy_a_missing_fact_leaves_it_open() -> None:
    [trial] = tried(plan(NONE, then=FILES), stored(ONE, build_pull(files=NOT_FETCHED)))
    assert (trial.outcome, trial.missing) == ("unknown", ("files",))


def test_it_compares_two_policies_on_the_same_facts(approved: Stored) -> None:
    [trial] = tried(plan(TWO, then=NONE), approved)
    assert (trial.then.state, trial.now.state) == ("success", "pending")


def test_without_the_old_text_the_recorded_verdict_stands(approved: Stored) -> None:
    old = Stored(**{**approved.__dict__, "policy": None})
    [trial] = tried(plan(TWO), old)
    assert (trial.then.state, trial.then.result is None, len(trial.rules)) == ("success", False, 1)


def test_without_the_old_tree_every_rule_is_new(approved: Stored) -> None:
    old = Stored(**{**approved.__dict__, "policy": "no: policy", "result": None})
    [trial] = tried(plan(ONE), old)
    assert (trial.outcome, [rule.then for rule in trial.rules]) == ("unchanged", [None, None])


@pytest.mark.parametrize("mode", MODES)
def test_it_judges_in_the_mode_that_is_asked_for(approved: Stored, mode: Mode) -> None:
    [trial] = tried(plan(ONE, mode=mode), approved)
    assert trial.mode == mode


def test_what_the_old_policy_would_have_said_in_another_mode_is_not_guessed(approves: Any) -> None:
    pull = stored(FILES, build_pull(reviews=(approves("bob"),), files=NOT_FETCHED))
    assert tried(plan(ONE, mode="compat"), pull)[0].outcome == "laxer"
    [trial] = tried(plan(ONE, mode="strict"), pull)
    assert (trial.outcome, trial.missing) == ("unknown", ("files",))


def test_it_judges_one_row_at_a_time(approved: Stored) -> None:
    taken: list[int] = []

    def rows() -> Any:
        for number in range(3):
            taken.append(number)
            yield approved

    next(trials(plan(ONE), rows()))
    assert taken == [0]


def test_it_counts_how_the_trials_ended(approved: Stored, says: Any) -> None:
    unknown = stored(ONE, build_pull(files=NOT_FETCHED, comments=(says("bob", ":+1:", 30),), created_at=at(1)))
    tally = Tally()
    for trial in (*tried(plan(ONE), approved, approved), *tried(plan(FILES), unknown)):
        tally.add(trial)
    assert (tally.judged, dict(tally.outcomes), dict(tally.missing)) == (
        3,
        {"unchanged": 2, "unknown": 1},
        {"files": 1},
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("files", "files"),
        ("permission:bob", "permission"),
        ("team:acme/core:bob", "team:acme/core"),
        ("org:acme:bob", "org:acme"),
    ],
)
def test_it_counts_facts_without_naming_people(name: str, kind: str) -> None:
    assert kind_of_fact(name) == kind
