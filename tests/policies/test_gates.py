"""The transport policy: each blocker code is earned and cleared, and nothing configured allows nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import gates
from policies.contents import KINDS, Content, StatusContent
from policies.decision import Blocker, Decision
from policies.gates import Posture
from policies.intents import VERDICTS, Intent
from tests.policies.contents import ALL, STATUS

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OPEN: dict[str, Any] = {"live": True, "repositories": ("acme/widget",), "kinds": ("status",), "pinned_id": 1}
OWN = tuple(next(content for content in ALL if content.kind == kind) for kind in VERDICTS)
EVERY: dict[str, Any] = OPEN | {"kinds": KINDS}


def _intent(**changes: Any) -> Intent:
    facts = {
        "run_id": "r",
        "repository": "acme/widget",
        "repository_id": 1,
        "installation_id": 5,
        "number": 7,
        "sequence": 1,
    }
    return Intent(**{**facts, "content": STATUS, **changes})


def _decide(intent: Intent, posture: Posture) -> Decision:
    """The decision on an intent that was recorded as it is."""
    return gates.decide(intent, posture.model_copy(update={"recorded_key": intent.key}), NOW)


def _codes(posture: Posture, content: Content = STATUS) -> list[str]:
    return [blocker.code for blocker in _decide(_intent(content=content), posture).blockers]


def test_it_allows_what_everything_speaks_for_and_says_what_that_was() -> None:
    decision = _decide(_intent(), Posture(**OPEN))
    assert decision.allowed
    assert decision.grounds == (
        "live transport is switched on",
        "writes of the kind status are allowed",
        "acme/widget is on the allow list as repository 1",
        "it was recorded before",
        "no newer intent for the same target exists",
        "it is still wished for",
        "budget is left",
    )


def test_nothing_configured_allows_nothing() -> None:
    assert _codes(Posture()) == ["TRANSPORT_DISABLED", "MUTATION_NOT_ALLOWED", "REPO_NOT_ALLOWED"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"live": False}, "TRANSPORT_DISABLED"),
        ({"kinds": ("label add",)}, "MUTATION_NOT_ALLOWED"),
        ({"repositories": ("acme/widgets", "Acme/widget")}, "REPO_NOT_ALLOWED"),
        ({"pinned_id": 2}, "REPO_NOT_ALLOWED"),
        ({"superseded_by": 2}, "INTENT_SUPERSEDED"),
        ({"withdrawn": True}, "INTENT_SUPERSEDED"),
        ({"not_before": NOW + timedelta(seconds=1)}, "RATE_LIMITED"),
    ],
)
@pytest.mark.parametrize("content", OWN, ids=VERDICTS)
def test_each_condition_has_its_blocker_for_every_kind(content: Content, change: dict[str, Any], code: str) -> None:
    assert _codes(Posture(**(EVERY | change)), content) == [code]
    assert _codes(Posture(**EVERY), content) == []


@pytest.mark.parametrize("content", OWN, ids=VERDICTS)
def test_a_kind_is_allowed_by_its_own_word_alone(content: Content) -> None:
    others = tuple(kind for kind in KINDS if kind != content.kind)
    assert _codes(Posture(**(EVERY | {"kinds": others})), content) == ["MUTATION_NOT_ALLOWED"]
    assert _codes(Posture(**(EVERY | {"kinds": (content.kind,)})), content) == []


def test_a_repository_that_was_never_used_is_not_pinned_yet() -> None:
    assert _codes(Posture(**(OPEN | {"pinned_id": None}))) == []


def test_a_budget_that_opens_now_is_open() -> None:
    assert _codes(Posture(**(OPEN | {"not_before": NOW}))) == []


def test_every_blocker_is_named_and_not_just_the_first() -> None:
    closed = Posture(live=False, superseded_by=3, not_before=NOW + timedelta(hours=1))
    assert _codes(closed) == [
        "TRANSPORT_DISABLED",
        "MUTATION_NOT_ALLOWED",
        "REPO_NOT_ALLOWED",
        "INTENT_SUPERSEDED",
        "RATE_LIMITED",
    ]


def test_another_write_than_the_recorded_one_is_refused() -> None:
    other = _intent(sequence=2).key
    for key in (None, other):
        decision = gates.decide(_intent(), Posture(**OPEN, recorded_key=key), NOW)
        assert [blocker.code for blocker in decision.blockers] == ["INTENT_NOT_RECORDED"]


@given(
    live=st.booleans(),
    listed=st.booleans(),
    allowed=st.booleans(),
    pinned_id=st.sampled_from([None, 1, 2]),
    superseded_by=st.sampled_from([None, 2]),
    wait=st.sampled_from([None, -1, 0, 1]),
)
def test_it_allows_exactly_when_no_condition_fails(
    *, live: bool, listed: bool, allowed: bool, pinned_id: int | None, superseded_by: int | None, wait: int | None
) -> None:
    posture = Posture(
        live=live,
        repositories=("acme/widget",) if listed else (),
        kinds=("status",) if allowed else (),
        pinned_id=pinned_id,
        superseded_by=superseded_by,
        not_before=None if wait is None else NOW + timedelta(seconds=wait),
    )
    decision = _decide(_intent(), posture)
    expected = live and listed and allowed and pinned_id != 2 and superseded_by is None and wait in (None, -1, 0)
    assert decision.allowed == expected
    assert decision.allowed == (not decision.blockers) == bool(decision.grounds)
    assert decision == _decide(_intent(), posture)


def test_an_empty_decision_is_a_denial() -> None:
    assert not Decision(gate="transport", facts_digest="0").allowed


def test_grounds_do_not_outweigh_a_blocker() -> None:
    blocker = Blocker(code="C", sentence="Because.", subject="s")
    assert not Decision(gate="transport", facts_digest="0", grounds=("a ground",), blockers=(blocker,)).allowed


def test_other_facts_give_another_digest() -> None:
    digests = {
        _decide(_intent(), Posture(**OPEN)).facts_digest,
        _decide(_intent(sequence=2), Posture(**OPEN)).facts_digest,
        _decide(_intent(), Posture()).facts_digest,
    }
    assert len(digests) == 3


def test_the_same_wish_twice_has_two_keys_and_one_content_digest() -> None:
    first, second = _intent(), _intent(sequence=2)
    assert first.key != second.key
    assert first.content_digest == second.content_digest
    assert first.target == second.target


@pytest.mark.parametrize(
    "change", [{"sha": "main"}, {"description": "x" * 141}, {"context": ""}, {"context": "c" * 256}, {"state": "ok"}]
)
def test_a_status_that_github_would_refuse_cannot_be_wished_for(change: dict[str, str]) -> None:
    good = {"sha": "a" * 40, "context": "c", "state": "success", "description": "d", "target_url": "u"}
    with pytest.raises(ValueError, match=next(iter(change))):
        StatusContent(**(good | change))  # type: ignore[arg-type]
