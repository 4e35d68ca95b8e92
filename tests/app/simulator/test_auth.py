"""Only a good JWT speaks for the App, only a good token for an installation."""

from typing import Any

import jwt
import pytest

W = "/repos/acme/widget"


def test_it_knows_the_app_by_its_jwt(town: Any) -> None:
    reply = town.get("/app")
    assert (reply.status, reply.body["slug"], reply.body["installations_count"]) == (200, "mergegate", 1)


@pytest.mark.parametrize(
    "claims",
    [
        {"lifetime_seconds": 0},
        {"lifetime_seconds": -1},
        {"lifetime_seconds": 601},
        {"key": "another"},
        {"iss": "999999"},
        {"iss": "mergegate"},
        {"iat": 4_000_000_000},
        {"iat": "soon"},
        {"exp": None},
    ],
    ids=str,
)
def test_it_refuses_a_jwt_that_is_not_good_now(town: Any, claims: dict[str, Any]) -> None:
    assert town.get("/app", auth=f"Bearer {town.jwt(**claims)}").status == 401


def test_it_takes_a_jwt_up_to_its_last_second(town: Any) -> None:
    assert town.get("/app", auth=f"Bearer {town.jwt(lifetime_seconds=1)}").status == 200
    assert town.get("/app", auth=f"Bearer {town.jwt(lifetime_seconds=600)}").status == 200


def test_it_refuses_a_jwt_signed_with_a_secret(town: Any) -> None:
    now = int(town.clock.now.timestamp())
    claims = {"iss": str(town.app.id), "iat": now, "exp": now + 60}
    assert town.get("/app", auth=f"Bearer {jwt.encode(claims, 'x' * 32, algorithm='HS256')}").status == 401


def test_it_refuses_the_wrong_kind_of_credentials(town: Any) -> None:
    assert town.get("/app", auth=f"token {town.token()}").status == 401
    assert town.get("/app", auth="").status == 401
    assert town.get(W, auth=f"Bearer {town.jwt()}").body["message"] == "Bad credentials"
    assert town.get(W, auth="").body["message"] == "Requires authentication"
    assert town.get(W, auth="token ghs_unknown").status == 401


def test_it_gives_tokens_that_last_an_hour(town: Any) -> None:
    reply = town.ask("POST", f"/app/installations/{town.installation.id}/access_tokens")
    assert reply.body["expires_at"] == "2026-03-01T13:00:00Z"
    auth = f"token {reply.body['token']}"
    town.clock.advance(3599)
    assert town.get(W, auth=auth).status == 200
    town.clock.advance(1)
    assert town.get(W, auth=auth).body["message"] == "Bad credentials"


def test_it_gives_no_token_for_the_installation_of_another_app(town: Any) -> None:
    other = town.github.install(town.github.add_app("other"), "acme")
    assert town.ask("POST", f"/app/installations/{other.id}/access_tokens").status == 404


def test_it_finds_the_installation_of_a_repository(town: Any) -> None:
    assert town.get(f"{W}/installation").body["id"] == town.installation.id
    town.github.add_repository("zoe/open")
    assert town.get("/repos/zoe/open/installation").status == 404
    assert town.get("/repos/zoe/none/installation").status == 404
    assert town.get(f"{W}/installation", auth=f"token {town.token()}").status == 401
    other = town.github.add_app("other")
    assert town.get(f"{W}/installation", auth=f"Bearer {town.jwt(iss=str(other.id))}").status == 404
    town.github.rename("acme/widget", "acme/gadget")
    assert town.get(f"{W}/installation").status == 301
    town.github.suspend(town.installation)
    assert town.get("/repos/acme/gadget/installation").body["suspended_at"] is not None


def test_it_narrows_a_token_and_never_widens_it(town: Any) -> None:
    path = f"/app/installations/{town.installation.id}/access_tokens"
    narrow = town.ask("POST", path, {"permissions": {"contents": "read"}}).body["token"]
    assert town.get(f"{W}/branches", auth=f"token {narrow}").status == 200
    assert town.get(f"{W}/pulls/1", auth=f"token {narrow}").status == 403
    assert town.ask("POST", path, {"permissions": {"administration": "write"}}).status == 422


def test_it_hides_private_repositories_of_other_installations(town: Any) -> None:
    github = town.github
    github.add_repository("zoe/secret", visibility="private")
    github.add_repository("zoe/open")
    assert town.get("/repos/zoe/secret").status == 404
    assert town.get("/repos/zoe/open").status == 200
    sha = github.state.repository("zoe/open").branches["main"]
    reply = town.ask("POST", f"/repos/zoe/open/statuses/{sha}", {"state": "success"})
    assert (reply.status, reply.body["message"]) == (403, "Resource not accessible by integration")


def test_it_hides_what_a_selected_installation_was_not_given(town: Any) -> None:
    github = town.github
    github.add_repository("acme/other", visibility="private")
    selected = github.install(town.app, "acme", only=("acme/other",))
    auth = f"token {town.token(selected)}"
    assert town.get(W, auth=auth).status == 404
    names = [r["name"] for r in town.get("/installation/repositories", auth=auth).body["repositories"]]
    assert names == ["other"]


def test_it_lets_nobody_write_statuses_without_the_permission(town: Any) -> None:
    reader = town.github.add_app("reader", permissions={"statuses": "read", "metadata": "read"})
    auth = f"token {town.token(town.github.install(reader, 'acme'))}"
    reply = town.ask("POST", f"{W}/statuses/{town.head}", {"state": "success"}, auth=auth)
    assert reply.status == 403
    assert town.get(f"{W}/commits/{town.head}/statuses").body == []


def test_it_shuts_out_an_installation_that_is_suspended_or_gone(town: Any) -> None:
    auth = f"token {town.token()}"
    town.github.suspend(town.installation)
    assert town.get(W, auth=auth).status == 403
    assert town.ask("POST", f"/app/installations/{town.installation.id}/access_tokens").status == 403
    town.github.uninstall(town.installation)
    assert town.get(W, auth=auth).status == 401
    assert town.ask("POST", f"/app/installations/{town.installation.id}/access_tokens").status == 404


def test_it_refuses_tokens_that_were_revoked(town: Any) -> None:
    auth = f"token {town.token()}"
    town.github.tokens.revoke_all()
    assert town.get(W, auth=auth).status == 401
    assert town.get(W).status == 200


def test_it_tells_the_app_where_its_webhooks_go(town: Any) -> None:
    assert town.get("/app/hook/config").body == {"content_type": "json", "insecure_ssl": "0", "secret": "********"}
    town.github.set_hook(town.app, "https://gate.test/hook", secret="")
    assert town.get("/app/hook/config").body["url"] == "https://gate.test/hook"


def test_it_tells_everybody_what_an_app_is(town: Any) -> None:
    actions = town.github.add_app("github-actions", app_id=15368)
    auth = f"token {town.token()}"
    assert town.get("/apps/github-actions", auth=auth).body["id"] == actions.id == 15368
    assert town.get("/apps/nobody", auth=auth).status == 404
    assert town.get("/apps/github-actions", auth="").status == 401


def test_an_app_may_hold_more_or_less_later(town: Any) -> None:
    town.github.permit(town.app, administration="none", workflows="write")
    town.github.subscribe(town.app, "push")
    app, installation = town.get("/app").body, town.get(f"{W}/installation").body
    assert ("administration" in app["permissions"], installation["permissions"]["workflows"]) == (False, "write")
    assert app["events"] == installation["events"] == ["push"]
    token = town.ask("POST", f"/app/installations/{town.installation.id}/access_tokens").body["token"]
    assert town.get(f"{W}/branches/main/protection", auth=f"token {token}").status == 403
