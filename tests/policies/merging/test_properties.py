"""What holds for any reviews and checks under any rules: nothing more against it ever lets a merge pass."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.merging import gate, judging
from policies.merging.facts import MergeFacts, Protection, Required, Review
from policies.merging.rules import MergeRules, RequiredCheck
from policies.merging.situation import Posture, Situation
from tests.policies.merging.building import (
    ACTIONS,
    HEAD,
    NOW,
    OLD,
    OTHER_APP,
    TEST_MERGE,
    check,
    evaluation,
    facts,
    review,
    situation,
)
from tests.policies.merging.building import posture as open_posture

few = settings(max_examples=60)
"""Each builds a whole situation, which takes its time."""
STATES = ("APPROVED", "APPROVED", "APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING", "NEW")
PEOPLE = ("alice", "bob", "carol", "rita", "renovate[bot]", None)
PERMISSIONS = ("read", "write", "write", "admin")
NAMES = ("ci", "lint", "policy-gate")
APPS = (ACTIONS, OTHER_APP, 4242, None)
CONCLUSIONS = ("success", "success", "success", "neutral", "skipped", "failure", "new", None)


@st.composite
def _reviews(draw: Any) -> tuple[Review, ...]:
    count = draw(st.integers(0, 5))
    return tuple(
        review(
            draw(st.sampled_from(PEOPLE)),
            draw(st.sampled_from(STATES)),
            id=id_,
            permission=draw(st.sampled_from(PERMISSIONS)),
            commit_sha=draw(st.sampled_from([HEAD, HEAD, HEAD, OLD])),
        )
        for id_ in range(1, count + 1)
    )


CHECKS = st.builds(
    check,
    st.sampled_from(NAMES),
    st.sampled_from(CONCLUSIONS),
    kind=st.sampled_from(["check_run", "status"]),
    app_id=st.sampled_from(APPS),
    id=st.integers(1, 1_000),
    sha=st.sampled_from([HEAD, HEAD, HEAD, TEST_MERGE, OLD]),
)
REQUIRED = st.lists(
    st.builds(
        Required,
        context=st.sampled_from(NAMES),
        app_id=st.sampled_from([ACTIONS, None]),
        source=st.sampled_from(["classic", "ruleset"]),
    ),
    max_size=2,
).map(tuple)
FACTS = st.builds(
    facts,
    reviews=_reviews(),
    checks=st.lists(CHECKS, max_size=4).map(tuple),
    protection=st.builds(Protection, required=REQUIRED, required_approvals=st.integers(0, 2)),
    review_decision=st.sampled_from([None, None, "APPROVED", "REVIEW_REQUIRED", "CHANGES_REQUESTED"]),
    requested_reviewers=st.sampled_from([(), (), ("bob",)]),
    hooked_reviews=st.sampled_from([(), (), ((99, "CHANGES_REQUESTED"),), ((1, "DISMISSED"),)]),
)
RULES = st.builds(
    MergeRules,
    required_approvals=st.integers(0, 2),
    approval_must_match_head=st.booleans(),
    approver_min_permission=st.sampled_from(["read", "write"]),
    allowed_bot_approvers=st.sampled_from([(), ("renovate",)]),
    rerequest_withdraws_approval=st.booleans(),
    checks_mode=st.sampled_from(["all", "required"]),
    required_checks=st.sampled_from([(), (RequiredCheck(context="lint"),)]),
    strict_conclusions=st.booleans(),
    skipped_alone_is_evidence=st.booleans(),
    evaluate_test_merge_commit=st.booleans(),
)


def _with(known: MergeFacts, **changes: Any) -> MergeFacts:
    return known.model_copy(update=changes)


@few
@given(FACTS, RULES)
def test_the_same_facts_have_the_same_verdict(known: MergeFacts, rules: MergeRules) -> None:
    again = MergeFacts.model_validate_json(known.model_dump_json())
    assert gate.decide(known, rules) == gate.decide(again, rules)


@few
@given(FACTS, RULES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_says_nothing(known: MergeFacts, rules: MergeRules, chance: random.Random) -> None:
    shuffled = _with(
        known,
        reviews=tuple(chance.sample(known.reviews, len(known.reviews))),
        checks=tuple(chance.sample(known.checks, len(known.checks))),
    )
    assert gate.decide(shuffled, rules) == gate.decide(known, rules)


@few
@given(FACTS, RULES)
def test_only_approved_and_passed_is_a_pass(known: MergeFacts, rules: MergeRules) -> None:
    decision = gate.decide(known, rules)
    both = decision.review_status == "APPROVED" and decision.checks_status == "PASS"
    assert (decision.verdict == "PASS") == both == (not decision.against)


@few
@given(FACTS, RULES, st.sampled_from(PEOPLE), st.sampled_from(["write", "read"]))
def test_a_veto_more_never_lets_it_pass(known: MergeFacts, rules: MergeRules, who: str | None, may: Any) -> None:
    veto = review(who, "CHANGES_REQUESTED", id=50, permission=may)
    theirs = {one.id for one in known.reviews if one.login == who}
    said = [one.model_copy(update={"permission": may}) if one.id in theirs else one for one in known.reviews]
    known = _with(known, reviews=tuple(said))
    before, after = gate.decide(known, rules), gate.decide(_with(known, reviews=(*known.reviews, veto)), rules)
    assert before.verdict == "PASS" or after.verdict == "FAIL"
    assert may == "read" or after.review_status == "CHANGES_REQUESTED"


@few
@given(FACTS, RULES, st.sampled_from(["failure", "cancelled", "new", None]), st.sampled_from([HEAD, TEST_MERGE, OLD]))
def test_a_failed_check_more_never_lets_it_pass(
    known: MergeFacts, rules: MergeRules, conclusion: str | None, sha: str
) -> None:
    worse = check("ci", conclusion, id=5_000, sha=sha)
    before, after = gate.decide(known, rules), gate.decide(_with(known, checks=(*known.checks, worse)), rules)
    assert before.verdict == "PASS" or after.verdict == "FAIL"
    is_judged = rules.checks_mode == "all" and sha == HEAD
    assert not is_judged or after.checks_status == "FAIL"


@few
@given(FACTS, RULES)
def test_a_stricter_branch_never_lets_it_pass(known: MergeFacts, rules: MergeRules) -> None:
    demanded = (*known.protection.required, Required(context="lint", app_id=ACTIONS, source="classic"))
    stricter = known.protection.model_copy(update={"required": demanded, "required_approvals": 2})
    before, after = gate.decide(known, rules), gate.decide(_with(known, protection=stricter), rules)
    if rules.checks_mode == "all":  # where only what is required is judged, more of it may be evidence
        assert before.verdict == "PASS" or after.verdict == "FAIL"
    assert after.verdict == "FAIL" or any(row.name == "lint" for row in known.checks)


SITUATIONS = st.builds(
    situation,
    facts=FACTS,
    rules=RULES,
    evaluation=st.sampled_from([None, evaluation(), evaluation(head_sha=OLD), evaluation(is_sound=False)]),
    posture=st.builds(
        Posture,
        live=st.booleans(),
        safe_mode=st.booleans(),
        dry_run=st.booleans(),
        frozen=st.sampled_from([None, "x"]),
        gate_required=st.booleans(),
        overridden=st.booleans(),
    )
    | st.just(open_posture()),
    policy_digest=st.sampled_from([None, "p1", "p1", "p2"]),
)


@few
@given(SITUATIONS)
def test_nothing_is_allowed_without_a_pass_and_a_sound_allow(known: Situation) -> None:
    decision = judging.decide(known, NOW)
    if decision.allowed:
        assert decision.gate.verdict == "PASS"
        assert known.evaluation == evaluation()
        assert known.policy_digest == "p1"
        assert not known.posture.safe_mode
        assert known.posture.frozen is None
        assert known.posture.dry_run or (
            known.posture.live and (known.posture.gate_required or known.posture.overridden)
        )
    assert decision.allowed == (not decision.against)


@few
@given(SITUATIONS)
def test_each_reason_has_one_sentence_of_one_line(known: Situation) -> None:
    for against in judging.decide(known, NOW).against:
        assert against.sentence[0].isupper()
        assert against.sentence.isprintable()
        assert against.blocker().code == against.code
