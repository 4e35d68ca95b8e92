"""The lifecycle: no way leads where the contract has none, and each reason against a step is earned and cleared."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import lifecycle
from policies.decision import Blocker
from policies.lifecycle import STATES, TERMINAL, WAYS, Evidence, Facts, State, Step

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SHA = "a" * 40
DAY_SECONDS = 86_400
LEGAL = {
    ("CREATED", "SPEC_READY"),
    ("SPEC_READY", "IMPLEMENTING_PREP"),
    ("IMPLEMENTING_PREP", "REVIEW_READY"),
    ("REVIEW_READY", "DONE"),
    ("DONE", "VERIFIED"),
    ("CREATED", "HOLD"),
    ("SPEC_READY", "HOLD"),
    ("IMPLEMENTING_PREP", "HOLD"),
    ("REVIEW_READY", "HOLD"),
    ("DONE", "HOLD"),
}


def evidence(**changes: Any) -> Evidence:
    return Evidence(**{"kind": "smoke", "verdict": "PASS", "sha": SHA, "at": NOW, **changes})


def facts(**changes: Any) -> Facts:
    """An issue that nothing stands against."""
    good: dict[str, Any] = {
        "github_link": True,
        "pull_link": True,
        "picked": True,
        "draft": "committed",
        "is_valid": True,
        "review_requested": True,
        "merge_sha": SHA,
        "deployments": 1,
        "evidence": (evidence(),),
    }
    return Facts(now=NOW, evidence_seconds=DAY_SECONDS, **{**good, **changes})


def code(step: Step, **changes: Any) -> str | None:
    """What stands first against a step in its own state."""
    found = lifecycle.refusal(step, WAYS[step].before, facts(**changes))
    return found.code if found else None


some_facts = st.builds(
    facts,
    github_link=st.booleans(),
    pull_link=st.booleans(),
    candidates=st.integers(0, 3),
    picked=st.booleans(),
    draft=st.sampled_from(["missing", "uncommitted", "committed"]),
    is_valid=st.sampled_from([None, True, False]),
    review_requested=st.booleans(),
    merge_sha=st.sampled_from([None, SHA]),
    deployments=st.integers(0, 2),
)


def test_the_transitions_are_those_of_the_contract_and_no_others() -> None:
    assert lifecycle.TRANSITIONS == LEGAL
    assert {(a, b) for a in STATES for b in STATES if lifecycle.is_legal(a, b)} == LEGAL
    assert set(STATES) == set(get_args(State))
    assert set(WAYS) == set(get_args(Step))


def test_nothing_leads_out_of_where_an_issue_ends() -> None:
    assert [(a, b) for a, b in lifecycle.TRANSITIONS if a in TERMINAL] == []


@given(st.lists(st.sampled_from(sorted(WAYS)), max_size=20), some_facts)
def test_whatever_steps_are_asked_for_only_legal_ways_are_gone(steps: list[Step], known: Facts) -> None:
    state: str = "CREATED"
    for step in steps:
        if lifecycle.refusal(step, state, known) is None:
            after = WAYS[step].after
            assert after == state or (state, after) in LEGAL
            state = after


@given(st.sampled_from(STATES), some_facts)
def test_the_next_step_is_one_that_nothing_stands_against(state: State, known: Facts) -> None:
    following = lifecycle.next_step(state, known)
    if isinstance(following, Blocker):
        step = lifecycle.step_of(state, known)
        assert isinstance(step, Blocker) or lifecycle.refusal(step, state, known) == following
    else:
        assert lifecycle.refusal(following, state, known) is None


@pytest.mark.parametrize(
    ("state", "changes", "step"),
    [
        ("CREATED", {"picked": False}, "S1_PICK_ISSUE"),
        ("CREATED", {}, "S2_SPEC_READY"),
        ("SPEC_READY", {}, "S3_IMPLEMENT_PREP"),
        ("IMPLEMENTING_PREP", {}, "S4_REVIEW"),
        ("REVIEW_READY", {}, "S5_MERGE"),
        ("DONE", {"deployments": 0}, "S6_DEPLOYMENT_OBSERVE"),
        ("DONE", {}, "S7_VERIFY_GATE"),
    ],
)
def test_each_state_has_its_next_step(state: State, changes: dict[str, Any], step: Step) -> None:
    assert lifecycle.next_step(state, facts(**changes)) == step


@pytest.mark.parametrize("state", TERMINAL)
def test_no_step_follows_where_an_issue_ends(state: State) -> None:
    following = lifecycle.next_step(state, facts())
    assert isinstance(following, Blocker)
    assert following.code == "INVARIANT_VIOLATION"


def test_a_state_that_nobody_knows_blocks_everything() -> None:
    following = lifecycle.next_step("PAUSED", facts())
    assert isinstance(following, Blocker)
    assert following.code == "UNKNOWN_STATE"
    assert {(lifecycle.refusal(step, "PAUSED", facts()) or following).code for step in WAYS} == {"UNKNOWN_STATE"}


@pytest.mark.parametrize("step", sorted(WAYS))
def test_a_step_in_another_state_violates_the_invariant_and_in_its_own_does_not(step: Step) -> None:
    wrong = [lifecycle.refusal(step, state, facts()) for state in STATES if state != WAYS[step].before]
    assert {each.code if each else None for each in wrong} == {"INVARIANT_VIOLATION"}
    assert lifecycle.refusal(step, WAYS[step].before, facts()) is None


@pytest.mark.parametrize(
    ("state", "expected"),
    [("CREATED", "CREATED, where S2_SPEC_READY comes next."), ("HOLD", "HOLD, where it ends.")],
)
def test_a_step_in_another_state_is_told_what_comes_there(state: State, expected: str) -> None:
    refused = lifecycle.refusal("S5_MERGE", state, facts())
    assert refused is not None
    assert refused.sentence == f"S5_MERGE needs an issue in REVIEW_READY, and this one is in {expected}"


@pytest.mark.parametrize(
    ("step", "changes", "expected"),
    [
        ("S1_PICK_ISSUE", {"github_link": False}, "NO_GITHUB_LINK"),
        ("S2_SPEC_READY", {"draft": "missing"}, "NO_DRAFT"),
        ("S2_SPEC_READY", {"draft": "uncommitted"}, "DRAFT_NOT_COMMITTED"),
        ("S2_SPEC_READY", {"is_valid": None}, "DRAFT_NOT_VALIDATED"),
        ("S2_SPEC_READY", {"is_valid": False}, "DRAFT_INVALID"),
        ("S4_REVIEW", {"github_link": False}, "NO_GITHUB_LINK"),
        ("S4_REVIEW", {"pull_link": False}, "NO_PR_LINKED"),
        ("S5_MERGE", {"review_requested": False}, "INVARIANT_VIOLATION"),
        ("S5_MERGE", {"pull_link": False}, "NO_PR_LINKED"),
        ("S6_DEPLOYMENT_OBSERVE", {"pull_link": False}, "NO_PR_LINKED"),
        ("S6_DEPLOYMENT_OBSERVE", {"merge_sha": None}, "PR_NOT_MERGED"),
        ("S7_VERIFY_GATE", {"deployments": 0}, "NO_DEPLOYMENT_OBSERVATIONS"),
        ("S7_VERIFY_GATE", {"evidence": ()}, "NO_EVIDENCE"),
        ("S7_VERIFY_GATE", {"evidence": (evidence(verdict="FAIL"),)}, "INVALID_EVIDENCE"),
        ("S7_VERIFY_GATE", {"evidence": (evidence(sha="b" * 40),)}, "INVALID_EVIDENCE"),
        ("S7_VERIFY_GATE", {"evidence": (evidence(sha=None),), "merge_sha": None}, "INVALID_EVIDENCE"),
        ("S7_VERIFY_GATE", {"evidence": (evidence(at=NOW + timedelta(seconds=301)),)}, "INVALID_EVIDENCE"),
        ("S7_VERIFY_GATE", {"evidence": (evidence(at=NOW - timedelta(days=1, seconds=1)),)}, "STALE_EVIDENCE"),
        ("S7_VERIFY_GATE", {"evidence": (evidence(), evidence(kind="load", verdict="FAIL"))}, "INVALID_EVIDENCE"),
    ],
)
def test_a_reason_against_a_step_is_earned_and_cleared(step: Step, changes: dict[str, Any], expected: str) -> None:
    assert code(step, **changes) == expected
    assert code(step) is None


@pytest.mark.parametrize("seconds", [DAY_SECONDS, 0, -300])
def test_evidence_counts_up_to_its_age_and_as_far_as_clocks_differ(seconds: int) -> None:
    assert code("S7_VERIFY_GATE", evidence=(evidence(at=NOW - timedelta(seconds=seconds)),)) is None


@pytest.mark.parametrize(("candidates", "subject"), [(0, "prUrl"), (1, "prUrl"), (2, "AMBIGUOUS_LINK")])
def test_several_pull_requests_that_may_be_meant_are_told_from_none(candidates: int, subject: str) -> None:
    found = lifecycle.refusal("S4_REVIEW", "IMPLEMENTING_PREP", facts(pull_link=False, candidates=candidates))
    assert found is not None
    assert (found.code, found.subject) == ("NO_PR_LINKED", subject)


def test_what_another_run_is_at_is_locked() -> None:
    assert lifecycle.locked("S4_REVIEW").code == "LOCKED"
