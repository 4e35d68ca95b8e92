"""What a run of the API asks for: every row of the contract's table absent, wrong and right, and all at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import gates
from policies.contents import SWITCHES, Content
from policies.decision import Decision
from policies.gates import Posture
from policies.intents import VERDICTS, Intent
from policies.standing import NOTHING, Approval, Evidence, Place, Standing, run_digest
from tests.policies.contents import ALL, COMMENT, OPEN, SHA, STATUS

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(seconds=1)
OTHER = "b" * 40
PASS = Evidence(verdict="PASS", epoch=2, head_sha=SHA)
BOUND = Place(remote="acme/widget", base="main", head="agent/x", head_sha=SHA)
YES = Approval(digest="d", is_approved=True, given_by="olga", expires_at=LATER)
POSTURE: dict[str, Any] = {"live": True, "repositories": ("acme/widget",), "kinds": SWITCHES, "pinned_id": 1}
STANDING: dict[str, Any] = {
    "bound": BOUND,
    "place": BOUND,
    "epoch": 2,
    "verification": PASS,
    "internal_review": PASS,
    "required": "both",
    "write_digest": "d",
    "run_digest": "d",
    "write_approval": YES,
    "run_approval": YES,
    "proposers": ("agent",),
}


def _intent(content: Content = OPEN, **changes: Any) -> Intent:
    facts = {"run_id": "r", "repository": "acme/widget", "repository_id": 1, "installation_id": 5, "number": 0}
    return Intent(**{**facts, "sequence": 1, "content": content, "epoch": 2, **changes})


def _decide(posture: dict[str, Any], standing: dict[str, Any], content: Content = OPEN) -> Decision:
    intent = _intent(content)
    return gates.decide(intent, Posture(**{"recorded_key": intent.key, **posture}), NOW, Standing(**standing))


def _codes(posture: dict[str, Any], standing: dict[str, Any], content: Content = OPEN) -> list[str]:
    return [blocker.code for blocker in _decide(posture, standing, content).blockers]


def _place(**changes: Any) -> Place:
    return BOUND.model_copy(update=changes)


def _passed(**changes: Any) -> Evidence:
    return PASS.model_copy(update=changes)


def _yes(**changes: Any) -> Approval:
    return YES.model_copy(update=changes)


NO_APPROVALS = {"write_approval": None, "run_approval": None}
NO_HEAD = ["BRANCH_MISMATCH", "VERIFICATION_STALE", "INTERNAL_REVIEW_STALE"]
OF_POSTURE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "transport absent": ({"live": False}, ["TRANSPORT_DISABLED"]),
    "kind absent": ({"kinds": ()}, ["MUTATION_NOT_ALLOWED"] * 3),
    "kind wrong": ({"kinds": ("status", "label_add", "review_request")}, ["MUTATION_NOT_ALLOWED"]),
    "repository absent": ({"repositories": ()}, ["REPO_NOT_ALLOWED"]),
    "repository wrong": ({"repositories": ("acme/gadget", "Acme/Widget")}, ["REPO_NOT_ALLOWED"]),
    "repository made anew": ({"pinned_id": 2}, ["REPO_NOT_ALLOWED"]),
    "intent absent": ({"recorded_key": None}, ["INTENT_NOT_RECORDED"]),
    "intent wrong": ({"recorded_key": "0" * 64}, ["INTENT_NOT_RECORDED"]),
    "replaced": ({"superseded_by": 2}, ["INTENT_SUPERSEDED"]),
    "withdrawn": ({"withdrawn": True}, ["INTENT_SUPERSEDED"]),
    "not its turn": ({"is_early": True}, ["PREDECESSOR_PENDING"]),
    "no budget": ({"not_before": LATER}, ["RATE_LIMITED"]),
}
OF_RUN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "remote absent": ({"bound": _place(remote=None)}, ["REMOTE_MISMATCH"]),
    "remote wrong": ({"bound": _place(remote="acme/gadget")}, ["REMOTE_MISMATCH"]),
    "remote of the write absent": ({"place": _place(remote=None)}, ["REMOTE_MISMATCH"]),
    "base wrong": ({"place": _place(base="release")}, ["BRANCH_MISMATCH"]),
    "head wrong": ({"place": _place(head="agent/y")}, ["BRANCH_MISMATCH"]),
    "head of a fork": ({"place": _place(head="eve:agent/x")}, ["BRANCH_MISMATCH"]),
    "commit wrong": ({"place": _place(head_sha=OTHER)}, ["BRANCH_MISMATCH"]),
    "head that is the base": (
        {"bound": _place(base="agent/x"), "place": _place(base=None)},
        ["BRANCH_MISMATCH"],
    ),
    "branch absent": ({"place": Place(remote="acme/widget")}, ["BRANCH_MISMATCH"]),
    "commit of the run absent": ({"bound": _place(head_sha=None)}, NO_HEAD),
    "verification absent": ({"verification": None}, ["VERIFICATION_MISSING"]),
    "verification of an older epoch": ({"verification": _passed(epoch=1)}, ["VERIFICATION_STALE"]),
    "verification of another head": ({"verification": _passed(head_sha=OTHER)}, ["VERIFICATION_STALE"]),
    "verification failed": ({"verification": _passed(verdict="FAIL")}, ["VERIFICATION_FAILED"]),
    "review absent": ({"internal_review": None}, ["INTERNAL_REVIEW_MISSING"]),
    "review of a later epoch": ({"internal_review": _passed(epoch=3)}, ["INTERNAL_REVIEW_STALE"]),
    "review of another head": ({"internal_review": _passed(head_sha=OTHER)}, ["INTERNAL_REVIEW_STALE"]),
    "review failed": ({"internal_review": _passed(verdict="FAIL")}, ["INTERNAL_REVIEW_FAILED"]),
    "approvals absent": (NO_APPROVALS, ["APPROVAL_MISSING"] * 2),
    "approval of the write absent": ({"write_approval": None}, ["APPROVAL_MISSING"]),
    "approval of the run absent": ({"run_approval": None}, ["APPROVAL_MISSING"]),
    "approval expires now": ({"write_approval": _yes(expires_at=NOW)}, ["APPROVAL_EXPIRED"]),
    "approval expired": ({"run_approval": _yes(expires_at=EARLIER)}, ["APPROVAL_EXPIRED"]),
    "content changed": ({"write_digest": "e"}, ["APPROVAL_CONTENT_CHANGED"]),
    "another wish of the run": ({"run_digest": "e"}, ["APPROVAL_CONTENT_CHANGED"]),
    "nothing to approve": ({"write_digest": ""}, ["APPROVAL_MISSING"]),
    "denied": ({"write_approval": _yes(is_approved=False)}, ["APPROVAL_MISSING"]),
    "own proposal": ({"run_approval": _yes(given_by="agent")}, ["APPROVAL_MISSING"]),
}


@pytest.mark.parametrize(("posture", "codes"), OF_POSTURE.values(), ids=OF_POSTURE)
def test_each_condition_of_the_operators_is_a_blocker_and_nothing_else_is(
    posture: dict[str, Any], codes: list[str]
) -> None:
    assert _codes({**POSTURE, **posture}, STANDING) == codes
    assert _codes(POSTURE, STANDING) == []


@pytest.mark.parametrize(("standing", "codes"), OF_RUN.values(), ids=OF_RUN)
def test_each_condition_of_the_run_is_a_blocker_and_nothing_else_is(standing: dict[str, Any], codes: list[str]) -> None:
    assert _codes(POSTURE, {**STANDING, **standing}) == codes
    assert _codes(POSTURE, STANDING) == []


def test_with_nothing_met_everything_is_named_at_once() -> None:
    decision = gates.decide(_intent(COMMENT), Posture(not_before=LATER), NOW, NOTHING)
    assert [blocker.code for blocker in decision.blockers] == [
        "TRANSPORT_DISABLED",
        "MUTATION_NOT_ALLOWED",
        "REPO_NOT_ALLOWED",
        "REMOTE_MISMATCH",
        "BRANCH_MISMATCH",
        "VERIFICATION_MISSING",
        "INTERNAL_REVIEW_MISSING",
        "INTENT_NOT_RECORDED",
        "APPROVAL_MISSING",
        "APPROVAL_MISSING",
        "INTENT_SUPERSEDED",
        "RATE_LIMITED",
    ]


@pytest.mark.parametrize("content", ALL, ids=lambda content: type(content).__name__)
def test_every_kind_needs_all_of_it_where_a_run_asks(content: Content) -> None:
    assert _codes(POSTURE, STANDING, content) == []
    bare = gates.decide(_intent(content), Posture(**POSTURE, recorded_key=_intent(content).key), NOW)
    assert {"REMOTE_MISMATCH", "VERIFICATION_MISSING", "APPROVAL_MISSING"} <= {each.code for each in bare.blockers}


@pytest.mark.parametrize("content", ALL, ids=lambda content: type(content).__name__)
def test_without_a_run_only_the_gates_own_verdicts_leave(content: Content) -> None:
    intent = _intent(content, epoch=None)
    decision = gates.decide(intent, Posture(**POSTURE, recorded_key=intent.key), NOW)
    assert decision.allowed == (content.kind in VERDICTS)


@pytest.mark.parametrize(("required", "missing"), [("none", 0), ("run", 1), ("write", 1), ("both", 2)])
def test_the_approvals_that_are_configured_are_asked_for(required: str, missing: int) -> None:
    assert _codes(POSTURE, {**STANDING, **NO_APPROVALS, "required": required}) == ["APPROVAL_MISSING"] * missing
    assert _codes(POSTURE, {**STANDING, "required": required}) == []


@pytest.mark.parametrize("required", ["none", "run", "write", "both"])
@pytest.mark.parametrize("which", ["write_approval", "run_approval"])
def test_a_denial_counts_whatever_is_required(required: str, which: str) -> None:
    denied = {which: _yes(is_approved=False, digest="of another content", expires_at=EARLIER)}
    assert _codes(POSTURE, {**STANDING, **denied, "required": required}) == ["APPROVAL_MISSING"]


def test_what_an_earlier_epoch_wished_for_is_not_written() -> None:
    intent = _intent(epoch=1)
    decision = gates.decide(intent, Posture(**POSTURE, recorded_key=intent.key), NOW, Standing(**STANDING))
    assert [blocker.code for blocker in decision.blockers] == ["INTENT_SUPERSEDED"]


def test_a_run_and_the_gates_own_verdict_do_not_take_each_others_place() -> None:
    assert _intent(STATUS).target == f"run:{_intent(STATUS, epoch=None).target}"
    assert _intent(COMMENT).target == _intent(COMMENT, epoch=None).target


def test_it_says_what_spoke_for_it() -> None:
    assert _decide(POSTURE, STANDING).grounds == (
        "live transport is switched on",
        "writes of the kind pull_request_create and label_add and review_request are allowed",
        "acme/widget is on the allow list as repository 1",
        f"it goes where the run is bound to, acme/widget at {SHA}",
        "verification is PASS in epoch 2",
        "internal review is PASS in epoch 2",
        "olga approved this write",
        "olga approved what the run wishes for",
        "it was recorded before",
        "no newer intent for the same target exists",
        "it is still wished for",
        "budget is left",
    )
    assert "no approval is required" in _decide(POSTURE, {**STANDING, "required": "none"}).grounds


CHOOSABLE = ("remote", "base", "head", "verification", "review", "approval", "denied", "own")
INDEPENDENT = tuple(name for name, (facts, _) in OF_RUN.items() if len(facts) == 1 and name.split()[0] in CHOOSABLE)


@given(st.sets(st.sampled_from(sorted(OF_POSTURE))), st.sets(st.sampled_from(INDEPENDENT)))
def test_no_condition_hides_another(of_posture: set[str], of_run: set[str]) -> None:
    """Of several conditions about one fact the last counts; each blocker is there, whatever else is wrong."""
    posture, standing, codes = dict(POSTURE), dict(STANDING), dict[str, list[str]]()
    for name in sorted(of_posture):
        change, found = OF_POSTURE[name]
        posture, codes[next(iter(change))] = {**posture, **change}, found
    for name in sorted(of_run):
        change, found = OF_RUN[name]
        standing, codes[next(iter(change))] = {**standing, **change}, found
    assert set(_codes(posture, standing)) == {code for found in codes.values() for code in found}


def test_the_digest_of_a_run_is_that_of_all_it_wishes_for_in_any_order() -> None:
    one, two = _intent(OPEN), _intent(STATUS)
    assert run_digest([one, two]) == run_digest([two, one])
    assert len({run_digest([one]), run_digest([two]), run_digest([one, two]), run_digest([])}) == 4
    changed = _intent(OPEN.model_copy(update={"title": "Add y"}))
    assert run_digest([changed, two]) != run_digest([one, two])
