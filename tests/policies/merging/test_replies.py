"""GitHub's reply to a merge: each status that it is known to send, before anything is read again."""

from typing import Any

import pytest

from policies.merging import replies
from policies.merging.answer import Against
from policies.merging.replies import Reply
from tests.policies.merging.building import NOW, said


def _reply(status: int | None, message: str = "", **changes: Any) -> Reply:
    return Reply(status=status, message=message, **changes)


@pytest.mark.parametrize("status", [200, 201, 299])
def test_a_merge_that_github_reports_is_verified(status: int) -> None:
    assert replies.first(_reply(status, merged=True, sha="m1")) == "verify"


@pytest.mark.parametrize("body", [{}, {"merged": True}, {"sha": "m1"}, {"merged": True, "sha": ""}])
def test_a_yes_without_a_merge_is_read_again(body: dict[str, Any]) -> None:
    assert replies.first(_reply(200, **body)) == "reread"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 407, 409, 410, 422, 451, 498])
def test_a_refusal_is_read_again_before_it_is_believed(status: int) -> None:
    assert replies.first(_reply(status, "No")) == "reread"


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 307, 399, 408, 499, 500, 502, 503, 504, 599])
def test_whatever_else_leaves_the_outcome_unknown(status: int | None) -> None:
    assert replies.first(_reply(status)) == "unknown"


def test_a_refused_token_is_replaced() -> None:
    assert replies.first(_reply(401, "Bad credentials")) == "reauthenticate"


def test_a_limit_is_waited_for() -> None:
    assert replies.first(_reply(429)) == "limited"
    assert replies.first(_reply(403, limited_until=NOW)) == "limited"
    for text in ("You have exceeded a secondary rate limit.", "API Rate Limit exceeded", "abuse detection mechanism"):
        assert replies.first(_reply(403, text)) == "limited"


def test_no_other_status_tells_of_a_limit() -> None:
    assert replies.first(_reply(405, "rate limit")) == "reread"
    assert replies.first(_reply(500, "rate limit", limited_until=NOW)) == "unknown"


def test_what_was_never_sent_is_known_to_be_nothing() -> None:
    assert replies.first(_reply(None, is_sent=False)) == "not_sent"
    assert replies.first(_reply(200, is_sent=False, merged=True, sha="m1")) == "not_sent"


def test_what_was_not_sent_is_sent_later() -> None:
    assert replies.against(_reply(None, is_sent=False)) == Against(
        code="MERGE_FAILED",
        detail="TRANSPORT",
        sentence="GitHub could not be reached, so that nothing was sent; it is judged anew and merged later.",
        outcome="retry_scheduled",
    )


def test_a_limit_says_until_when() -> None:
    told = replies.against(_reply(403, limited_until=NOW))
    assert (said((told,)), told.outcome) == (["MERGE_FAILED/RATE_LIMITED"], "retry_scheduled")
    assert told.sentence == (
        "GitHub's rate limit holds until 2026-01-01T12:00:00+00:00; "
        "after it, the pull request is judged anew and merged."
    )
    assert replies.against(_reply(429)).sentence == (
        "GitHub's rate limit holds; after it, the pull request is judged anew and merged."
    )


def test_a_token_that_is_refused_for_good_is_a_matter_of_permission() -> None:
    assert replies.against(_reply(401)) == Against(
        code="MERGE_FAILED",
        detail="NOT_PERMITTED",
        sentence="GitHub refuses the App's token; see that the App is installed and that its key is valid.",
    )
