"""Who may see the console: whoever has shown a token that may read, as long as that token counts."""

import re
import threading
from datetime import timedelta

import pytest

from app.web.console import door
from tests.app.web.console.conftest import SAME_ORIGIN, Console, MakeConsole, sign_in

PAGES = ("/console/workflows", "/console/workflows/00000000-0000-4000-8000-000000000000", "/console/audit")


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_sees_the_form_and_nothing_else(visited: Console, path: str) -> None:
    answer = visited.stranger.get(path)
    assert answer.status_code == 401
    assert "Sign in to mergegate" in answer.text
    assert f'name="to" value="{path}"' in answer.text
    assert "/console/sign-out" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_who_has_shown_a_token_sees_the_page(visited: Console, path: str) -> None:
    answer = visited.operator().get(path)
    assert answer.status_code == (404 if path.endswith("0") else 200)
    assert "Sign in" not in answer.text


def test_the_console_begins_with_the_workflows(visited: Console) -> None:
    answers = [visited.stranger.get(path) for path in ("/console", "/console/sign-in")]
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, "/console/workflows")] * 2


def test_without_a_secret_there_is_no_console(make_console: MakeConsole) -> None:
    silent = make_console(console_secret=None).stranger
    assert [silent.get(path).status_code for path in (*PAGES, "/console")] == [404] * 4
    assert silent.post("/console/sign-in").status_code == 404


def test_signing_in_leads_to_the_page_that_was_asked_for(visited: Console) -> None:
    answer = sign_in(visited.stranger, visited.token("read"), to="/console/audit")
    assert (answer.status_code, answer.location) == (303, "/console/audit")


@pytest.mark.parametrize(
    "to", ["", "https://evil.example", "//evil.example/console/audit", "/console/../x", "/console", "/pulls/x", "\\\\x"]
)
def test_it_leads_nowhere_else(visited: Console, to: str) -> None:
    assert sign_in(visited.stranger, visited.token("read"), to=to).location == "/console/workflows"


def test_the_cookie_is_for_no_script_no_other_site_and_no_other_path(visited: Console) -> None:
    cookie = sign_in(visited.stranger, visited.token("read")).headers["Set-Cookie"]
    assert re.fullmatch(
        r"mergegate_console=[0-9a-f]{16}\.\d{10}\.[0-9a-f]{64}; Expires=[^;]+; Max-Age=43200; HttpOnly; Path=/console;"
        r" SameSite=Strict",
        cookie,
    )


def test_the_cookie_is_for_https_alone_where_we_are_reached_by_it(make_console: MakeConsole) -> None:
    visited = make_console(public_url="https://gate.example.org")
    assert "; Secure;" in sign_in(visited.stranger, visited.token("read")).headers["Set-Cookie"]


def test_the_cookie_does_not_hold_the_token(visited: Console) -> None:
    created = visited.token("read")
    secret = created.token.get_secret_value().rpartition(f"{created.token_id}_")[2]
    assert secret not in sign_in(visited.stranger, created).headers["Set-Cookie"]


@pytest.mark.parametrize("token", ["", "x", "mg_0123456789abcdef_" + "a" * 43, "ü", "\0", "a" * 1000])
def test_what_is_no_token_signs_nobody_in(visited: Console, token: str) -> None:
    answer = visited.stranger.post("/console/sign-in", data={"token": token}, headers=SAME_ORIGIN)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (401, False)
    assert "There is no such token, or it counts no more." in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_a_form_of_another_site_changes_nothing(visited: Console, headers: dict[str, str]) -> None:
    form = {"token": visited.token("read").token.get_secret_value()}
    client = visited.operator()
    refused = [client.post(f"/console/sign-{way}", data=form, headers=headers) for way in ("in", "out")]
    assert [(each.status_code, "Set-Cookie" in each.headers) for each in refused] == [(403, False)] * 2
    assert client.get("/console/workflows").status_code == 200


def test_a_browser_that_tells_its_origin_alone_is_believed(visited: Console) -> None:
    form = {"token": visited.token("read").token.get_secret_value()}
    answer = visited.stranger.post("/console/sign-in", data=form, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"token=a&token=b", "application/x-www-form-urlencoded"),
        (b"\xff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=b" for _ in range(100)), "application/x-www-form-urlencoded"),
        (b"token=" + b"a" * 100_000, "application/x-www-form-urlencoded"),
        (b'{"token": "a"}', "application/json"),
    ],
)
def test_what_is_no_form_of_ours_is_refused(visited: Console, body: bytes, content_type: str) -> None:
    headers = {**SAME_ORIGIN, "Content-Type": content_type}
    assert visited.stranger.post("/console/sign-in", data=body, headers=headers).status_code in (401, 403)


def test_a_revoked_token_shows_nothing_from_the_next_request_on(visited: Console) -> None:
    client, created = visited.stranger, visited.token("read")
    sign_in(client, created)
    assert client.get("/console/workflows").status_code == 200
    visited.revoke(created.token_id)
    assert client.get("/console/workflows").status_code == 401
    assert sign_in(client, created).status_code == 401


def test_an_expired_token_shows_nothing(visited: Console) -> None:
    client = visited.stranger
    sign_in(client, visited.token("read", expires_at=visited.clock() + timedelta(hours=1)))
    visited.clock.forward(3599)
    assert client.get("/console/workflows").status_code == 200
    visited.clock.forward(1)
    assert client.get("/console/workflows").status_code == 401


def test_nobody_stays_signed_in_for_ever(visited: Console) -> None:
    client = visited.operator()
    visited.clock.forward(12 * 3600)
    assert client.get("/console/workflows").status_code == 401


def test_a_token_that_may_not_read_shows_nothing(visited: Console) -> None:
    answer = visited.operator("propose").get("/console/workflows")
    assert answer.status_code == 403
    assert "The token of olga lacks the scope read." in answer.text


def test_who_signs_out_is_a_stranger(visited: Console) -> None:
    client = visited.operator()
    assert client.post("/console/sign-out", headers=SAME_ORIGIN).location == "/console/workflows"
    assert client.get("/console/workflows").status_code == 401


@pytest.mark.parametrize("path", [*PAGES, "/console"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed_there(visited: Console, path: str, method: str) -> None:
    assert visited.operator().open(path, method=method, headers=SAME_ORIGIN).status_code == 405


def test_no_page_may_load_or_run_anything_or_be_framed(visited: Console) -> None:
    for answer in (visited.stranger.get("/console/workflows"), visited.operator().get("/console/workflows")):
        policy = answer.headers["Content-Security-Policy"]
        assert re.fullmatch(
            r"default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self';"
            r" frame-ancestors 'none'",
            policy,
        )
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "<script" not in answer.text


def test_without_a_database_it_says_so(make_console: MakeConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.database.WAIT_SECONDS", 1)
    away = make_console(database_url="postgresql://127.0.0.1:1/nothing?connect_timeout=1").stranger
    answer = away.get("/console/workflows")
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text


def test_it_never_takes_all_the_threads_of_the_receiver(
    make_console: MakeConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def look_slowly(*_: object) -> None:
        entered.set()
        leave.wait(10)

    monkeypatch.setattr(door, "MOST_AT_ONCE", 1)
    visited = make_console()
    client = visited.operator()
    monkeypatch.setattr("app.records.audit_events.page", look_slowly)
    thread = threading.Thread(target=lambda: client.get("/console/audit"))
    thread.start()
    assert entered.wait(10)
    assert visited.stranger.get("/console/workflows").status_code == 503
    leave.set()
    thread.join(10)
