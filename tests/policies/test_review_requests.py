"""Who should be asked for a review."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.document import parse
from policies.error import CannotJudge
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED, FactMissing
from policies.review_requests import (
    ReviewersNeeded,
    RuleRequest,
    choose,
    is_time,
    requests,
    reviewers_needed,
    waiting_rules,
)
from policies.reviewers import Collaborator, Requested, Reviewers
from tests.policies.conftest import build_pull

ASK = "options: {request_review: {enabled: true, mode: %s, count: %s}}"
PEOPLE = (
    Collaborator(login="ana", level="admin", direct=("admin",)),
    Collaborator(login="bob", level="write", direct=("write",)),
    Collaborator(login="cid", level="write"),
    Collaborator(login="dee", level="admin", direct=("admin", "read")),
    Collaborator(login="fay", level="read", direct=("read",)),
)
KNOWN = Reviewers(
    collaborators=PEOPLE,
    repository_teams=(("core", "write"), ("ops", "admin"), ("web", "read")),
    requested=(),
    teams=(("acme/core", ("fay", "gus", "bob")),),
    organizations=(("acme", ("cid", "ana")),),
)


def ask(requires: str, mode: str = "all-users", count: int = 0) -> RuleRequest:
    policy = parse(f"approval_rules: [{{name: r, {ASK % (mode, count)}, requires: {{{requires}}}}}]")
    (request,) = requests(policy.rules, build_pull(), KNOWN)
    return request


@pytest.mark.parametrize(
    ("requires", "people"),
    [
        ("count: 1, users: [cid, ana, nobody, bob]", ("bob", "cid")),
        ("count: 1, teams: [acme/core]", ("bob", "fay")),
        ("count: 1, organizations: [acme]", ("cid",)),
        ("count: 1, permissions: [write]", ("bob",)),
        ("count: 1, permissions: [read]", ("dee", "fay")),
        ("count: 1, admins: true, users: [cid, dee]", ("dee",)),
        ("count: 1, teams: [acme/core, acme/unlisted], users: [cid]", ("cid",)),
        ("count: 1, organizations: [acme, unlisted]", ()),
        ("count: 1", ()),
    ],
)
def test_it_asks_collaborators_who_may_approve(requires: str, people: tuple[str, ...]) -> None:
    assert ask(requires) == RuleRequest(rule="r", eligible=people, count=len(people))


@pytest.mark.parametrize(
    ("requires", "count", "wanted"),
    [("count: 2", 0, 2), ("count: 2", 1, 1), ("count: 9", 0, 3), ("count: 0", 0, 0), ("count: 1", -5, 0)],
)
def test_it_asks_as_many_as_are_required(requires: str, count: int, wanted: int) -> None:
    request = ask(f"{requires}, users: [bob, cid, dee]", "random-users", count)
    assert (len(request.eligible), request.count) == (3, wanted)


@pytest.mark.parametrize(
    ("requires", "teams"),
    [
        ("teams: [acme/web, other/core, acme/none]", ("web",)),
        ("permissions: [write], admins: true", ("core", "ops")),
        ("users: [bob]", ()),
    ],
)
def test_it_asks_teams_of_the_repository(requires: str, teams: tuple[str, ...]) -> None:
    assert ask(requires, "teams") == RuleRequest(rule="r", teams=teams)


def test_it_cannot_judge_an_unknown_mode() -> None:
    with pytest.raises(CannotJudge, match="'everyone' is not a mode of request_review"):
        ask("count: 1", "everyone")


@pytest.mark.parametrize("mode", ["all-users", "teams"])
def test_it_does_not_guess_who_could_be_asked(mode: str) -> None:
    rules = parse(f"approval_rules: [{{{ASK % (mode, 0)}}}]").rules
    with pytest.raises(FactMissing):
        requests(rules, build_pull(), Reviewers())


RULES = """
approval_rules:
- {name: done, options: {request_review: {enabled: true}}}
- {name: broken, if: {has_labels: [x]}}
- {name: skipped, if: {title: {}}}
- {name: silent, requires: {count: 1}}
"""
WAITING = "- {name: %s, options: {request_review: {enabled: true}}, requires: {count: 1}}\n"


def waiting(tree: str) -> list[str]:
    """The labels that `broken` asks for are not there."""
    policy = parse(f"policy: {{{tree}}}\n{RULES}" + "".join(WAITING % name for name in "abcd"))
    return [rule.name for rule in waiting_rules(policy, evaluate(policy, build_pull(labels=NOT_FETCHED)))]


@pytest.mark.parametrize(
    ("tree", "names"),
    [
        ("approval: [a, {and: [b, silent, done]}, done]", ["a", "b"]),
        ("approval: [{or: [done, a]}, b]", ["b"]),
        ("approval: [{or: [{and: [broken, a]}, b]}]", ["a", "b"]),
        ("approval: [{or: [{and: [broken, done]}, b]}]", ["b"]),
        ("approval: [{or: [{or: [broken, skipped]}, b]}]", ["b"]),
        ("approval: [a, broken]", []),
        ("approval: [done]", []),
        ("approval: [a], disapproval: {if: {no_changed_files: {}}}", []),
    ],
)
def test_it_asks_for_pending_rules_under_pending_parents(tree: str, names: list[str]) -> None:
    assert waiting(tree) == names


def test_it_needs_to_list_only_who_may_be_asked() -> None:
    requires = "requires: {teams: [acme/zoo, acme, acme/core], organizations: [acme]}"
    people, teams = (parse(f"approval_rules: [{{{ASK % (mode, 0)}, {requires}}}]").rules for mode in ("~", "teams"))
    by_user = ReviewersNeeded(
        collaborators=True, repository_teams=False, teams=("acme/core", "acme/zoo"), organizations=("acme",)
    )
    by_team = ReviewersNeeded(collaborators=False, repository_teams=True, teams=(), organizations=())
    assert (reviewers_needed(people), reviewers_needed(teams)) == (by_user, by_team)
    assert reviewers_needed((*people, *teams)) == by_user.model_copy(update={"repository_teams": True})


def test_it_waits_until_there_is_something_to_review() -> None:
    assert is_time(build_pull(), ("comment", "commit"))
    assert not is_time(build_pull(), ("comment", "review"))
    assert not is_time(build_pull(draft=True), ("commit",))


def test_it_asks_nobody_twice(approves: Any) -> None:
    reviews = (
        approves("bob", sha="c1", on_behalf_of=("core",)),
        approves("cid", sha="b0", on_behalf_of=("web",)),
    )
    asked = (Requested(kind="user", name="dee"), Requested(kind="team", name="ops", removed=True))
    known = KNOWN.model_copy(update={"requested": asked})
    wanted = (
        RuleRequest(rule="r", eligible=("bob", "cid", "dee"), count=3),
        RuleRequest(rule="s", eligible=("cid",), count=1, teams=("core", "ops", "web", "dee")),
    )
    chosen = choose(wanted, build_pull(reviews=reviews), known)
    assert (chosen.users, chosen.teams) == (("cid",), ("dee", "web"))


def test_it_does_not_guess_who_was_asked() -> None:
    with pytest.raises(FactMissing, match="requested"):
        choose((RuleRequest(rule="r", eligible=("bob",), count=1),), build_pull(), Reviewers())


@given(st.lists(st.text(), unique=True, max_size=5), st.integers(min_value=0, max_value=5))
def test_it_chooses_so_many_and_always_the_same(people: list[str], count: int) -> None:
    request = RuleRequest(rule="r", eligible=tuple(sorted(people)), count=min(count, len(people)))
    first = choose((request,), build_pull(), KNOWN).users
    assert (len(first), first) == (request.count, choose((request,), build_pull(), KNOWN).users)
    assert all(login in people for login in first)


def test_different_pull_requests_get_different_people() -> None:
    request = RuleRequest(rule="r", eligible=tuple("abcdefgh"), count=1)
    assert len({choose((request,), build_pull(number=number), KNOWN).users for number in range(20)}) > 1
