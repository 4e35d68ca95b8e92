"""A merge of unknown outcome: what its reads tell, and when nothing more is waited for."""

from typing import Any

import pytest

from policies.merging import settling
from policies.merging.answer import Against
from policies.merging.replies import Seen
from policies.merging.settling import Sent, Settled, Unreadable
from tests.policies.merging.building import BASE, HEAD, said

MOMENTS = [0, 1, 5, 20, 59, 60, 600]
IN_TIME, LATE = MOMENTS[:5], MOMENTS[5:]
SENT = Sent(head_sha=HEAD, base_ref="main", base_tip=BASE)
AWAY = Unreadable(sentence="GitHub answered\n403.")


def _settle(seconds: int, sent: Sent = SENT, **seen: Any) -> Settled:
    """Of a pull request that is open and whose base has not moved."""
    return settling.settle(sent, Seen(**{"found": True, "head_sha": HEAD, "base_tip": BASE, **seen}), seconds)


def _end(settled: Settled) -> tuple[str, str]:
    assert isinstance(settled, Against)
    return said((settled,))[0], settled.outcome


def _sentence(settled: Settled) -> str:
    assert isinstance(settled, Against)
    return settled.sentence


@pytest.mark.parametrize("seconds", MOMENTS)
def test_what_is_merged_at_the_judged_head_is_our_merge(seconds: int) -> None:
    assert _settle(seconds, merged=True, is_open=False, base_tip="m1") == "merged"
    assert _settle(seconds, merged=True, is_open=False, base_tip=None) == "merged"


@pytest.mark.parametrize("seconds", MOMENTS)
def test_what_is_merged_at_another_head_is_for_a_person(seconds: int) -> None:
    settled = _settle(seconds, merged=True, is_open=False, head_sha="a2")
    assert _end(settled) == ("MERGE_FAILED/MERGED_OTHER_HEAD", "needs_operator")


@pytest.mark.parametrize("seconds", IN_TIME)
def test_nothing_else_is_settled_before_the_time_is_over(seconds: int) -> None:
    assert settling.settle(SENT, AWAY, seconds) == "wait"
    assert settling.settle(SENT, Seen(found=False), seconds) == "wait"
    assert _settle(seconds) == "wait"
    assert _settle(seconds, base_tip="b2") == "wait"


def test_the_time_is_a_setting() -> None:
    assert _settle(60, SENT.model_copy(update={"settle_seconds": 61})) == "wait"
    assert _settle(61, SENT.model_copy(update={"settle_seconds": 61})) != "wait"


def test_what_is_unchanged_after_a_yes_without_a_merge_is_for_who_asked() -> None:
    yes = SENT.model_copy(update={"said_yes": True})
    assert _settle(59, yes) == "wait"
    assert _end(_settle(60, yes)) == ("MERGE_FAILED/INCONSISTENT_REPLY", "blocked")
    assert _end(_settle(60, yes, base_tip="b2")) == ("MERGE_FAILED/MERGE_PARTIAL", "needs_operator")
    assert _settle(1, yes, merged=True, is_open=False) == "merged"


@pytest.mark.parametrize("seconds", LATE)
def test_what_is_unchanged_was_not_performed(seconds: int) -> None:
    settled = _settle(seconds)
    assert _end(settled) == ("MERGE_FAILED/MERGE_NOT_PERFORMED", "retry_scheduled")
    assert _sentence(settled) == "GitHub failed and merged nothing; the pull request is judged anew and merged later."
    assert _end(_settle(seconds, is_open=False)) == ("MERGE_FAILED/MERGE_NOT_PERFORMED", "retry_scheduled")
    assert _end(_settle(seconds, head_sha="a2")) == ("MERGE_FAILED/MERGE_NOT_PERFORMED", "retry_scheduled")


@pytest.mark.parametrize("seconds", LATE)
def test_a_base_that_moved_while_the_pull_request_stayed_is_for_a_person(seconds: int) -> None:
    settled = _settle(seconds, base_tip="b2")
    assert _end(settled) == ("MERGE_FAILED/MERGE_PARTIAL", "needs_operator")
    assert _sentence(settled) == (
        "The branch main moved to b2 and the pull request is not merged: see whether its change is in the branch "
        "already, and close it by hand if so."
    )
    said_merged = SENT.model_copy(update={"said_merged": True})
    assert _end(_settle(seconds, said_merged, base_tip="b2")) == ("MERGE_FAILED/MERGE_PARTIAL", "needs_operator")


@pytest.mark.parametrize("seconds", LATE)
def test_what_cannot_be_read_is_never_known(seconds: int) -> None:
    unknown = ("MERGE_FAILED/OUTCOME_UNKNOWN", "needs_operator")
    beginning = "Nobody knows whether GitHub merged it, since "
    end = "; look at GitHub and settle it by hand."
    away = settling.settle(SENT, AWAY, seconds)
    gone = settling.settle(SENT, Seen(found=False, base_tip=BASE), seconds)
    no_tip = _settle(seconds, base_tip=None)
    no_tip_then = _settle(seconds, SENT.model_copy(update={"base_tip": None}))
    denied = _settle(seconds, SENT.model_copy(update={"said_merged": True}))
    assert [_end(settled) for settled in (away, gone, no_tip, no_tip_then, denied)] == [unknown] * 5
    assert _sentence(away) == f"{beginning}GitHub could not be read: GitHub answered 403{end}"
    assert _sentence(gone) == f"{beginning}GitHub does not show the pull request any more{end}"
    assert _sentence(no_tip) == f"{beginning}the branch main could not be read{end}"
    assert _sentence(no_tip_then) == f"{beginning}the branch main could not be read{end}"
    assert _sentence(denied) == f"{beginning}it said that it had, and does not show it{end}"
