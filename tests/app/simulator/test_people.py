"""Organizations, teams and collaborators show in what GitHub answers, with what each may do."""

from typing import Any

R = "/repos/acme/widget"
W = "acme/widget"


def _logins(town: Any, path: str) -> list[str]:
    return [u["login"] for u in town.get(path).body]


def _level(town: Any, login: str) -> str:
    level: str = town.get(f"{R}/collaborators/{login}/permission").body["role_name"]
    return level


def test_it_lists_members_of_organizations_and_teams_by_role(town: Any) -> None:
    town.github.add_to_team("acme", "core", "mia")
    assert _logins(town, "/orgs/acme/members") == ["alice", "root"]
    assert _logins(town, "/orgs/acme/members?role=admin") == ["root"]
    assert _logins(town, "/orgs/acme/teams/core/members") == ["alice", "mia"]
    assert _logins(town, "/orgs/acme/teams/core/members?role=maintainer") == ["alice"]
    assert town.get("/orgs/acme/teams/nobody/members").status == 404
    assert town.get("/orgs/other/members").status == 404


def test_it_gives_each_the_highest_of_what_they_hold(town: Any) -> None:
    github = town.github
    github.create_team("acme", "leads")
    github.add_to_team("acme", "leads", "bob")
    github.add_team_to_repository(W, "leads", "maintain")
    assert (_level(town, "bob"), _level(town, "alice"), _level(town, "root")) == ("maintain", "write", "admin")
    github.remove_team_from_repository(W, "leads")
    assert _level(town, "bob") == "read"


def test_it_takes_away_with_the_team_what_came_through_it(town: Any) -> None:
    github = town.github
    github.add_team_to_repository(W, "core", "admin")
    assert _level(town, "alice") == "admin"
    github.remove_from_team("acme", "core", "alice")
    assert _level(town, "alice") == "write"
    github.add_to_team("acme", "core", "alice")
    github.remove_member("acme", "alice")
    assert town.get("/orgs/acme/teams/core/memberships/alice").status == 404
    github.delete_team("acme", "core")
    assert (town.get("/orgs/acme/teams/core").status, town.get(f"{R}/teams").body) == (404, [])


def test_it_tells_collaborators_by_affiliation_and_permission(town: Any) -> None:
    github = town.github
    github.add_to_team("acme", "core", "zoe")
    github.add_team_to_repository(W, "core", "write")
    github.add_member("acme", "idle")
    found = {
        query: _logins(town, f"{R}/collaborators?{query}")
        for query in ("", "affiliation=direct", "affiliation=outside", "permission=maintain", "permission=push")
    }
    assert found == {
        "": ["alice", "bob", "mia", "root", "zoe"],
        "affiliation=direct": ["alice", "bob", "mia", "zoe"],
        "affiliation=outside": ["bob", "mia", "zoe"],
        "permission=maintain": ["mia", "root"],
        "permission=push": ["alice", "mia", "root", "zoe"],
    }


def test_it_gives_every_member_what_the_organization_gives(town: Any) -> None:
    town.github.add_organization("big", members={"ann": "member", "boss": "admin"}, base="write")
    town.github.add_repository("big/thing", visibility="private")
    state = town.github.state
    levels = {n: state.role(state.repository("big/thing"), n) for n in ("ann", "boss", "zoe")}
    assert levels == {"ann": "write", "boss": "admin", "zoe": "none"}
    town.github.install(town.app, "big")
    auth = f"token {town.token(next(i for i in state.installations.values() if i.account == 'big'))}"
    found = {
        query: [u["login"] for u in town.get(f"/repos/big/thing/collaborators?{query}", auth=auth).body]
        for query in ("", "affiliation=direct")
    }
    assert found == {"": ["ann", "boss"], "affiliation=direct": []}


def test_it_keeps_what_was_written_by_an_account_that_is_gone(town: Any) -> None:
    town.github.comment(W, 1, by="alice", body=":+1:")
    town.github.review(W, 1, by="alice")
    town.github.delete_account("alice")
    assert [(c["user"], c["body"]) for c in town.get(f"{R}/issues/1/comments").body] == [(None, ":+1:")]
    assert [(r["user"], r["state"]) for r in town.get(f"{R}/pulls/1/reviews").body] == [(None, "APPROVED")]
    assert town.get("/orgs/acme/members/alice").status == 404
    assert _level(town, "alice") == "none"


def test_it_lists_the_teams_of_a_repository_with_what_they_may(town: Any) -> None:
    town.github.add_team_to_repository(W, "core", "write")
    team = town.get(f"{R}/teams").body[0]
    assert (team["slug"], team["permission"], team["permissions"]["push"], team["permissions"]["admin"]) == (
        "core",
        "push",
        True,
        False,
    )


def test_it_tells_custom_properties(town: Any) -> None:
    town.github.set_property(W, "tier", "gold")
    town.github.set_property(W, "langs", ("go", "python"))
    town.github.set_property(W, "old", None)
    assert town.get(f"{R}/properties/values").body == [
        {"property_name": "langs", "value": ["go", "python"]},
        {"property_name": "old", "value": None},
        {"property_name": "tier", "value": "gold"},
    ]


def test_it_hides_workflow_runs_from_who_may_not_see_them(town: Any) -> None:
    reader = town.github.add_app("reader", permissions={"metadata": "read"})
    auth = f"token {town.token(town.github.install(reader, 'acme'))}"
    assert town.get(f"{R}/actions/runs", auth=auth).status == 403
    assert town.get(f"{R}/properties/values", auth=auth).status == 200
