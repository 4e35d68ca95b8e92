"""What must be fetched for a policy, and nothing else."""

from typing import Any

import pytest

from policies.document import parse
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED, Signature
from policies.needs import FactsNeeded, facts_needed, push_times_to_look_up, users_to_look_up

TALK = {"commits", "reviews", "comments", "editors"}


def flags(needed: FactsNeeded) -> set[str]:
    return {name for name, value in needed if value is True}


def rule(keys: str) -> Any:
    return parse(f"policy: {{approval: [{{and: [r]}}]}}\napproval_rules: [{{name: r, {keys}}}, {{name: x, {OTHER}}}]")


OTHER = "requires: {count: 1, teams: [acme/unused]}, if: {has_labels: [x]}, options: {invalidate_on_push: true}"


@pytest.mark.parametrize(
    ("keys", "needed"),
    [
        ("requires: {}", set()),
        ("requires: {count: 0, permissions: [write]}, options: {invalidate_on_push: true}", set()),
        ("if: {changed_files: {paths: [a]}}", {"files"}),
        ("requires: {conditions: {has_labels: [a]}}", {"labels"}),
        ("if: {has_status: {}}", {"statuses"}),
        ("if: {has_successful_status: []}", {"statuses"}),
        ("if: {has_workflow_result: {}}", {"workflow_runs"}),
        ("if: {has_valid_signatures: true}", {"commits", "signatures"}),
        ("if: {has_valid_signatures_by: {admins: true}}", {"commits", "signatures", "permissions"}),
        ("if: {custom_property_is_null: []}", {"custom_properties"}),
        ("if: {custom_property_matches_none_of: {}}", {"custom_properties"}),
        ("if: {author_is_only_contributor: true}", {"commits"}),
        ("if: {has_author_in: {permissions: [write]}}", {"permissions"}),
        ("requires: {count: 1, users: [bob]}", TALK),
        ("requires: {count: 1, users: [bob]}, options: {invalidate_on_push: true}", {*TALK, "push_times"}),
        ("requires: {count: 1, admins: true}", {*TALK, "permissions"}),
        ("requires: {count: 1}, options: {methods: {body_patterns: [a]}}", {*TALK, "body"}),
        ("requires: {count: 1}, options: {ignore_commits_by: {permissions: [read]}}", {*TALK, "permissions"}),
    ],
)
def test_it_needs_what_the_rules_of_the_tree_read(keys: str, needed: set[str]) -> None:
    assert flags(facts_needed(rule(keys))) == needed


def test_it_needs_what_a_disapproval_reads() -> None:
    methods = "options: {methods: {revoke: {body_patterns: [a]}}}"
    text = f"policy: {{disapproval: {{requires: {{users: [bob], write_collaborators: on}}, {methods}}}}}"
    assert flags(facts_needed(parse(text))) == {*TALK, "permissions", "body"}
    assert flags(facts_needed(parse(f"policy: {{disapproval: {{{methods}}}}}"))) == set()
    assert flags(facts_needed(parse("policy: {disapproval: {if: {only_changed_files: {}}}}"))) == {"files"}


def test_it_lists_teams_and_organizations_once_and_sorted() -> None:
    needed = facts_needed(
        rule(
            "if: {has_author_in: {teams: [acme/core]}},"
            "requires: {count: 1, teams: [acme/zoo, acme/core], organizations: [acme]}"
        )
    )
    assert (needed.teams, needed.organizations) == (("acme/core", "acme/zoo"), ("acme",))


def test_it_does_not_ask_for_what_is_not_written_as_a_team() -> None:
    """Asked for by one name, the members of an organization would pass for those of a team."""
    assert facts_needed(rule("requires: {count: 1, teams: [acme, acme/core, acme/core/x]}")).teams == ("acme/core",)


def test_it_looks_up_only_whom_the_lists_do_not_name(pull: Any, says: Any, approves: Any) -> None:
    policy = rule("requires: {count: 1, users: [bob], permissions: [write]}")
    snapshot = pull(
        comments=(says("zoe"), says("eve", "no idea"), says("bob")),
        reviews=(approves("cid"), approves("dan", state="changes_requested")),
    )
    assert users_to_look_up(policy, snapshot) == ("cid", "zoe")


def test_it_looks_up_authors_contributors_and_ignored_committers(pull: Any, commit: Any) -> None:
    snapshot = pull(commits=(commit("c1", ("b0",), author="bob"),))
    author = rule("if: {has_author_in: {organizations: [acme]}}")
    contributors = rule("if: {has_contributor_in: {teams: [acme/core]}}")
    nobody = rule("if: {has_labels: [a]}")
    ignored = rule("requires: {count: 1, users: [cid]}, options: {ignore_commits_by: {permissions: [read]}}")
    assert users_to_look_up(nobody, snapshot) == ()
    assert users_to_look_up(author, snapshot) == ("ana",)
    assert users_to_look_up(contributors, snapshot) == ("ana", "bob")
    assert users_to_look_up(ignored, snapshot) == ("bob",)


def test_it_looks_up_who_signed(pull: Any, commit: Any) -> None:
    signed = Signature(kind="gpg", valid=True, state="VALID", signer="sam", key_id="K1")
    commits = (commit("c1", ("b0",), signature=signed), commit("b0", (), signature=signed))
    assert users_to_look_up(rule("if: {has_valid_signatures_by: {admins: true}}"), pull(commits=commits)) == ("sam",)


@pytest.mark.parametrize(("valid", "signer"), [(False, "sam"), (False, ""), (True, "")])
def test_it_looks_up_no_signer_who_is_unknown_or_does_not_matter(
    pull: Any, commit: Any, signer: str, *, valid: bool
) -> None:
    signed = Signature(kind="gpg", valid=valid, state="ANY", signer=signer, key_id="K1")
    snapshot = pull(commits=(commit("c1", (), signature=signed),))
    assert users_to_look_up(rule("if: {has_valid_signatures_by: {admins: true}}"), snapshot) == ()


def test_it_looks_up_who_turns_down_and_who_revokes(pull: Any, says: Any, approves: Any) -> None:
    policy = parse("policy: {disapproval: {requires: {organizations: [acme]}}}")
    snapshot = pull(comments=(says("dan", ":-1:"),), reviews=(approves("eve"), approves("bob", state="commented")))
    assert users_to_look_up(policy, snapshot) == ("dan", "eve")


@pytest.mark.parametrize("facts", [{"comments": NOT_FETCHED}, {"head_sha": "gone"}])
def test_it_looks_up_nobody_where_the_evaluation_cannot_get_that_far(pull: Any, facts: Any) -> None:
    policy = rule("requires: {count: 1, permissions: [write]}, if: {has_contributor_in: {organizations: [acme]}}")
    assert users_to_look_up(policy, pull(**facts)) in ((), ("ana",))
    assert evaluate(policy, pull(**facts)).status == "error"


MERGES = """
policy: {approval: [r]}
approval_rules:
  - name: r
    requires: {count: 1, permissions: [write]}
    options: {invalidate_on_push: %s, ignore_update_merges: true}
"""


def test_it_asks_for_the_push_of_the_newest_commit_that_counts(pull: Any, commit: Any) -> None:
    own = commit("c1", ("b0",), pushed_at=NOT_FETCHED)
    merge = commit("c2", ("c1", "b9"), pushed_at=NOT_FETCHED, committed_via_web=True)
    snapshot = pull(commits=(own, merge), head_sha="c2")
    assert push_times_to_look_up(parse(MERGES % "true"), snapshot) == ("c1",)
    assert push_times_to_look_up(parse(MERGES % "false"), snapshot) == ()
    known = pull(commits=(commit("c1", ("b0",)), merge), head_sha="c2")
    assert push_times_to_look_up(parse(MERGES % "true"), known) == ()


def test_strict_mode_asks_for_no_push_time_of_its_own(pull: Any, commit: Any) -> None:
    side = commit("s1", ("b0",), pushed_at=NOT_FETCHED)
    own = commit("c1", ("b0",), pushed_at=NOT_FETCHED)
    merge = commit("c2", ("c1", "s1"), pushed_at=NOT_FETCHED, committed_via_web=True)
    snapshot = pull(commits=(side, own, merge), head_sha="c2")
    assert push_times_to_look_up(parse(MERGES % "true"), snapshot) == ("c1",)


def test_no_push_time_is_asked_for_where_no_commit_counts(pull: Any, commit: Any) -> None:
    merge = commit("c2", ("b0", "b9"), pushed_at=NOT_FETCHED, committed_via_web=True)
    ignoring = MERGES.replace("invalidate", "ignore_commits_by: {users: [bob]}, invalidate") % "true"
    snapshot = pull(commits=(merge.model_copy(update={"author": "bob", "committer": None}),), head_sha="c2")
    assert push_times_to_look_up(parse(ignoring), snapshot) == ()
    assert push_times_to_look_up(parse(ignoring), pull(commits=NOT_FETCHED)) == ()
