"""Protection and rulesets are shown to who may see them, and say what they say at GitHub."""

from typing import Any

W = "acme/widget"
P = f"/repos/{W}/branches/main/protection"


def _auth(town: Any, **permissions: str) -> str:
    held = {"metadata": "read", **permissions}
    return f"token {town.github.tokens.issue(town.installation.id, held, town.github.now()).text}"


def test_it_shows_classic_protection(town: Any, conforms: Any) -> None:
    town.github.protect(W, checks=["ci", ("gate", town.app.id)], strict=True, approvals=2, enforce_admins=True)
    shape = town.get(P).body
    conforms("GET", "/repos/{owner}/{repo}/branches/{branch}/protection", 200, shape)
    assert shape["required_status_checks"]["checks"] == [
        {"context": "ci", "app_id": None},
        {"context": "gate", "app_id": town.app.id},
    ]
    assert (shape["required_status_checks"]["strict"], shape["enforce_admins"]["enabled"]) == (True, True)
    assert shape["required_pull_request_reviews"]["required_approving_review_count"] == 2


def test_it_leaves_out_what_is_not_set_up(town: Any) -> None:
    town.github.protect(W)
    shape = town.get(P).body
    assert ("required_status_checks" in shape, "required_pull_request_reviews" in shape) == (False, False)
    town.github.unprotect(W)
    assert (town.get(P).status, town.get(P).body["message"]) == (404, "Branch not protected")


def test_it_knows_an_unprotected_branch_from_none(town: Any) -> None:
    found = [town.get(f"/repos/{W}/branches/{name}/protection").body["message"] for name in ("main", "none")]
    assert found == ["Branch not protected", "Branch not found"]


def test_it_shows_protection_to_administrators_alone_even_in_public(town: Any) -> None:
    town.github.protect(W)
    town.github.add_repository("acme/open")
    for path in (P, "/repos/acme/open/branches/main/protection"):
        refused = town.get(path, auth=_auth(town, contents="write"))
        assert (refused.status, refused.body["message"]) == (403, "Resource not accessible by integration")


def test_it_lists_the_rules_in_force_with_their_source(town: Any, conforms: Any) -> None:
    own = town.github.add_ruleset(W, checks=["ci", ("gate", 7)], strict=True, branches=("main",))
    town.github.add_ruleset(W, approvals=1, queue="squash", source="acme")
    town.github.add_ruleset(W, approvals=5, enforcement="evaluate")
    town.github.add_ruleset(W, approvals=5, branches=("release/*",))
    rules = town.get(f"/repos/{W}/rules/branches/main", auth=_auth(town)).body
    conforms("GET", "/repos/{owner}/{repo}/rules/branches/{branch}", 200, rules)
    assert [(r["type"], r["ruleset_source_type"], r["ruleset_source"]) for r in rules] == [
        ("required_status_checks", "Repository", W),
        ("pull_request", "Organization", "acme"),
        ("merge_queue", "Organization", "acme"),
    ]
    assert rules[0]["ruleset_id"] == own.id
    assert rules[0]["parameters"]["required_status_checks"] == [
        {"context": "ci"},
        {"context": "gate", "integration_id": 7},
    ]
    town.github.remove_ruleset(W, own.id)
    assert [r["type"] for r in town.get(f"/repos/{W}/rules/branches/main").body] == ["pull_request", "merge_queue"]


def test_it_tells_each_whether_they_may_pass_and_writers_who_may(town: Any) -> None:
    made = town.github.add_ruleset(W, checks=["ci"])
    path = f"/repos/{W}/rulesets/{made.id}"
    assert [one["id"] for one in town.get(f"/repos/{W}/rulesets").body] == [made.id]
    assert (town.get(path).body["current_user_can_bypass"], "bypass_actors" in town.get(path).body) == ("never", False)
    town.github.let_pass(W, town.app.id)
    assert town.get(path).body["current_user_can_bypass"] == "always"
    shown = town.get(path, auth=_auth(town, administration="write")).body["bypass_actors"]
    assert shown == [{"actor_id": town.app.id, "actor_type": "Integration", "bypass_mode": "always"}]
    assert town.get(f"/repos/{W}/rulesets/{made.id + 1}").status == 404


def test_it_names_in_protection_the_apps_that_need_no_review(town: Any) -> None:
    town.github.protect(W, approvals=1)
    town.github.let_pass(W, town.app.id)
    passing = town.get(P).body["required_pull_request_reviews"]["bypass_pull_request_allowances"]["apps"]
    assert [app["id"] for app in passing] == [town.app.id]


def test_a_branch_says_whether_it_is_guarded(town: Any) -> None:
    path = f"/repos/{W}/branches/main"
    assert town.get(path).body["protected"] is False
    ruleset = town.github.add_ruleset(W, checks=["ci"])
    assert town.get(path).body["protected"] is True
    town.github.change_ruleset(W, ruleset.id, enforcement="disabled")
    assert town.get(path).body["protected"] is False
    town.github.protect(W, checks=["ci"])
    assert town.get(path).body["protection"]["required_status_checks"]["contexts"] == ["ci"]


def test_the_repository_says_how_it_merges(town: Any) -> None:
    town.github.set_up(W, merge_methods=("squash",), delete_branch_on_merge=True, archived=True)
    shape = town.get(f"/repos/{W}").body
    names = ("allow_merge_commit", "allow_squash_merge", "allow_rebase_merge", "delete_branch_on_merge", "archived")
    assert [shape[name] for name in names] == [False, True, False, True, True]


def test_a_repository_that_is_hidden_is_not_there(town: Any) -> None:
    town.github.set_up(W, visible=False)
    assert [town.get(f"/repos/{W}{path}").status for path in ("", "/pulls/1", "/branches/main")] == [404, 404, 404]
    assert town.get("/installation/repositories").body["repositories"] == []


def test_another_repository_may_stand_under_the_same_name(town: Any) -> None:
    town.github.replace_id(W, 777)
    assert (town.get(f"/repos/{W}").body["id"], town.get("/repositories/777/pulls/1").status) == (777, 200)
    assert town.get(f"/repos/{W}/pulls/1").body["head"]["repo"]["id"] == 777
