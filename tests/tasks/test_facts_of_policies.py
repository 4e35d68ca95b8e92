"""Each fact that a policy can ask for is fetched, and when it turns over, so does the status."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app.rosters import Rosters
from app.simulator.objects import Seal
from tests.tasks.house import REPOSITORY, House

CONDITION = """
policy: {approval: [it holds]}
approval_rules:
  - name: it holds
    requires:
      conditions: {%s}
"""
TALK = """
policy: {approval: [somebody approves]}
approval_rules:
  - name: somebody approves
    requires: {count: 1, %s}
    options: {%s}
"""
Change = Callable[[House], object]


def _head(house: House) -> str:
    return house.github.state.pull(REPOSITORY, 1).head_sha


def _judge(house: House) -> str:
    """The state of the newest evaluation."""
    house.clock.forward(61)
    house.deliver_pull(action="edited")
    house.work()
    newest: str = house.rows("SELECT state FROM evaluations ORDER BY seq")[-1]["state"]
    return newest


def _use(house: House, policy: str) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": policy}, by="acme")


def _push(house: House, seal: Seal | None) -> object:
    """The pull request is this one commit now."""
    base = house.github.state.repository(REPOSITORY).branches["main"]
    return house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob", onto=(base,), seal=seal)


def _run(house: House, conclusion: str, *, event: str = "push") -> object:
    return house.github.workflow_run(REPOSITORY, _head(house), event=event, conclusion=conclusion)


def _drop_rosters(house: House) -> None:
    """As the webhook of the change does."""
    Rosters(house.context.settings.redis_url).drop(house.installation_id, "acme")


def _join_team(house: House) -> None:
    house.github.add_to_team("acme", "core", "bob")
    _drop_rosters(house)


def _leave_team(house: House) -> None:
    house.github.remove_from_team("acme", "core", "bob")
    _drop_rosters(house)


def _join(house: House) -> None:
    house.github.add_member("acme", "bob")
    _drop_rosters(house)


def _leave(house: House) -> None:
    house.github.remove_member("acme", "bob")
    _drop_rosters(house)


@dataclass(frozen=True)
class Fact:
    """A condition, what makes it hold, and what ends that."""

    condition: str
    come_true: Change
    cease: Change


FACTS = {
    "a label": Fact(
        "has_labels: [ready]",
        lambda house: house.github.label(REPOSITORY, 1, "Ready"),
        lambda house: house.github.unlabel(REPOSITORY, 1, "Ready"),
    ),
    "a custom property": Fact(
        "custom_property_matches_any_of: {tier: [^gold$]}",
        lambda house: house.github.set_property(REPOSITORY, "tier", "gold"),
        lambda house: house.github.set_property(REPOSITORY, "tier", ("gold",)),
    ),
    "a custom property at all": Fact(
        "custom_property_is_not_null: [tier]",
        lambda house: house.github.set_property(REPOSITORY, "tier", ("gold", "silver")),
        lambda house: house.github.set_property(REPOSITORY, "tier", None),
    ),
    "a workflow": Fact(
        "has_workflow_result: {workflows: [.github/workflows/ci.yml]}",
        lambda house: _run(house, "success"),
        lambda house: _run(house, "failure"),
    ),
    "a workflow for another event": Fact(
        "has_workflow_result: {workflows: [.github/workflows/ci.yml]}",
        lambda house: _run(house, "success"),
        lambda house: _run(house, "cancelled", event="pull_request"),
    ),
    "a signature": Fact(
        "has_valid_signatures: true",
        lambda house: _push(house, Seal(kind="ssh", signer="bob")),
        lambda house: _push(house, Seal(kind="ssh", signer="bob", state="UNVERIFIED_EMAIL")),
    ),
    "any signature": Fact(
        "has_valid_signatures: true",
        lambda house: _push(house, Seal(kind="smime")),
        lambda house: _push(house, None),
    ),
    "somebody's signature": Fact(
        "has_valid_signatures_by: {users: [bob]}",
        lambda house: _push(house, Seal(kind="gpg", signer="bob")),
        lambda house: _push(house, Seal(kind="gpg", signer="carol")),
    ),
    "a key's signature": Fact(
        "has_valid_signatures_by_keys: {key_ids: [3AA5C34371567BD2]}",
        lambda house: _push(house, Seal(kind="gpg", signer="bob", key="3AA5C34371567BD2")),
        lambda house: _push(house, Seal(kind="ssh", signer="bob", key="3AA5C34371567BD2")),
    ),
    "a team": Fact("has_author_in: {teams: [acme/core]}", _join_team, _leave_team),
    "an organization": Fact("has_author_in: {organizations: [acme]}", _join, _leave),
    "a permission": Fact(
        "has_author_in: {permissions: [maintain]}",
        lambda house: house.github.grant(REPOSITORY, "bob", "maintain"),
        lambda house: house.github.grant(REPOSITORY, "bob", "triage"),
    ),
}


@pytest.mark.parametrize("name", FACTS)
def test_the_status_follows_the_fact(house: House, name: str) -> None:
    house.github.add_organization("acme", teams={"core": {}})
    fact = FACTS[name]
    _use(house, CONDITION % fact.condition)
    assert _judge(house) == "pending"
    fact.come_true(house)
    assert _judge(house) == "success"
    fact.cease(house)
    assert _judge(house) == "pending"


def test_a_workflow_that_still_runs_changes_nothing(house: House) -> None:
    _use(house, CONDITION % FACTS["a workflow"].condition)
    _run(house, "success")
    house.clock.forward(1)
    house.github.workflow_run(REPOSITORY, _head(house), event="push", status="in_progress")
    assert _judge(house) == "success"


def test_an_edited_comment_counts_no_more_where_the_policy_says_so(house: House) -> None:
    _use(house, TALK % ("permissions: [write]", "ignore_edited_comments: true"))
    said = house.github.comment(REPOSITORY, 1, by="alice", body=":+1:")
    assert _judge(house) == "success"
    house.github.edit_comment(REPOSITORY, 1, said.id, ":+1: really")
    assert _judge(house) == "pending"


def test_an_edited_description_counts_no_more_where_the_policy_says_so(house: House) -> None:
    options = "ignore_edited_comments: true, allow_author: true, methods: {body_patterns: [^Safe]}"
    _use(house, TALK % ("permissions: [write]", options))
    house.github.change_pull(REPOSITORY, 1, body="Safe: only words")
    assert _judge(house) == "success"
    house.github.edit_body(REPOSITORY, 1, "Safe: only words, and code")
    assert _judge(house) == "pending"


def test_an_update_from_the_base_leaves_the_approval_and_a_push_ends_it(house: House) -> None:
    _use(house, TALK % ("permissions: [write]", "invalidate_on_push: true, ignore_update_merges: true"))
    assert _judge(house) == "pending"
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    assert _judge(house) == "success"
    house.github.push(REPOSITORY, "main", {"b.py": "1"}, by="alice")
    house.github.update_branch(REPOSITORY, 1, by="bob")
    assert _judge(house) == "success"
    house.github.push(REPOSITORY, "feature", {"a.py": "3"}, by="bob")
    assert _judge(house) == "pending"


def test_the_author_of_a_merged_in_commit_of_the_base_may_approve(house: House) -> None:
    _use(house, TALK % ("permissions: [write]", "ignore_update_merges: true"))
    house.github.push(REPOSITORY, "main", {"b.py": "1"}, by="alice")
    house.github.update_branch(REPOSITORY, 1, by="alice")
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    assert _judge(house) == "success"


def test_a_bot_is_named_as_everywhere_else_at_github(house: House) -> None:
    _use(house, TALK % ('users: ["helper[bot]"]', ""))
    house.github.comment(REPOSITORY, 1, by="helper[bot]", body=":+1:")
    assert _judge(house) == "success"


def test_who_edited_and_who_signed_is_known_without_another_request(house: House) -> None:
    _use(house, TALK % ("permissions: [write]", ""))
    said = house.github.comment(REPOSITORY, 1, by="alice", body=":+1:")
    house.github.edit_comment(REPOSITORY, 1, said.id, ":+1:!", by="mallory")
    _judge(house)
    facts = house.rows("SELECT facts FROM snapshots ORDER BY facts ->> 'taken_at'")[-1]["facts"]
    assert facts["comments"][0]["edited_by"] == "mallory"
    assert facts["comments"][0]["id"] == str(said.id)
    assert facts["commits"][0]["signature"] is None
    assert sum(asked.path == "/graphql" for asked in house.github.requests) == 1
