"""Reviews that a push or an edit has spoilt are dismissed, once, and those that count elsewhere are kept."""

import pytest

from policies.server_options import ServerOptions
from tests.tasks.asking import asked, open_pull, push
from tests.tasks.house import REPOSITORY, House


def test_after_a_push_the_review_is_dismissed_and_asked_for_again(asking: House) -> None:
    open_pull(asking)
    asking.approve()
    push(asking)
    head = asking.github.state.pull(REPOSITORY, 1).head_sha
    review = asking.github.state.repository(REPOSITORY).reviews[1][0]
    assert review.state == "DISMISSED"
    assert asking.written("review_dismiss") == [{"message": f"Invalidated by push of {head[:7]}", "event": "DISMISS"}]
    assert asked(asking) == [["alice"], ["alice"]]
    assert asking.states() == ["pending", "success", "pending"]


def test_a_dismissal_is_made_once_however_often_it_is_evaluated(asking: House) -> None:
    open_pull(asking)
    asking.approve()
    push(asking)
    for _ in range(2):
        asking.deliver_pull(action="edited")
        asking.work()
    assert len(asking.written("review_dismiss")) == 1


def test_a_review_that_only_comments_cannot_be_dismissed_and_is_left(asking: House) -> None:
    open_pull(asking)
    asking.clock.forward(60)
    asking.github.review(REPOSITORY, 1, by="alice", state="commented")
    push(asking)
    assert asking.written("review_dismiss") == []


TWO_RULES = """
policy: {approval: [fresh, {or: [any, never]}]}
approval_rules:
  - {name: fresh, requires: {count: 1, permissions: [write]}, options: {invalidate_on_push: true}}
  - {name: any, requires: {count: 1, permissions: [write]}}
  - {name: never, requires: {count: 1, users: [nobody]}}
"""


@pytest.mark.parametrize(("strict", "dismissed"), [(False, 0), (True, 1)])
def test_who_counts_in_another_rule_keeps_the_review_unless_the_server_is_strict(
    asking: House, strict: bool, dismissed: int
) -> None:
    asking.with_settings(policy_options=ServerOptions(strict_review_dismissal=strict))
    asking.github.push(REPOSITORY, "main", {".policy.yml": TWO_RULES}, by="acme")
    open_pull(asking)
    asking.approve()
    push(asking)
    assert len(asking.written("review_dismiss")) == dismissed


def test_a_dismissal_that_waits_is_put_aside_once_nothing_asks_for_it(asking: House) -> None:
    open_pull(asking)
    asking.approve()
    asking.github.limit_secondary("PUT", "/dismissals", status=429, retry_after=300)
    push(asking)
    asking.github.push(REPOSITORY, "main", {".policy.yml": TWO_RULES}, by="acme")
    asking.deliver_pull(action="edited")
    asking.work()
    asking.clock.forward(301)
    asking.sweep()
    assert asking.written("review_dismiss") == []
    rows = asking.rows("SELECT status FROM intents WHERE kind = 'review_dismiss'")
    assert rows == [{"status": "superseded"}]


def test_a_dismissal_whose_outcome_is_unknown_is_read_back_though_nothing_asks_for_it_any_more(asking: House) -> None:
    open_pull(asking)
    asking.approve()
    asking.github.fault("PUT", "/dismissals", 502, when="after")
    push(asking)
    asking.github.push(REPOSITORY, "main", {".policy.yml": TWO_RULES}, by="acme")
    asking.deliver_pull(action="edited")
    asking.work()
    asking.clock.forward(5)
    asking.sweep()
    assert asking.rows("SELECT status FROM intents WHERE kind = 'review_dismiss'") == [{"status": "written"}]
