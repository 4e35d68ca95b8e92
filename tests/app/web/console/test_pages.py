"""What the pages of the console show, by key and in parts; nothing in it is markup, and anybody can read it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from uuid import UUID, uuid4

import hypothesis
import psycopg
import pytest
from flask.testing import FlaskClient
from hypothesis import strategies as st
from markupsafe import escape
from psycopg.rows import dict_row

from app import ledger, operator_settings
from app.handed import AskedPulls
from app.operator_settings import Change
from app.records import runs
from app.records.operator_settings import Where
from app.web.console import audit, workflows
from app.web.console import settings as settings_page
from app.work import By
from app.workflows import pausing
from app.workflows.pausing import Scope
from policies.text import plain
from tests.app.web.console.conftest import Console

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'\u202e\x1b[2J"
Make = Callable[..., UUID]


@pytest.fixture
def tx(database_url: str) -> Iterator[psycopg.Connection[dict[str, object]]]:
    """A connection of the test, which commits each statement."""
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as connection:
        yield connection


@pytest.fixture
def make(visited: Console, tx: psycopg.Connection[dict[str, object]]) -> Make:
    """A workflow with a status; each is a minute older than the one before."""
    made: list[UUID] = []

    def one(status: str = "pending", *, name: str = "acme/widget", error: str | None = None) -> UUID:
        run_id, at = uuid4(), visited.clock() - timedelta(minutes=len(made))
        subject, asked = f"evaluate:{name}{len(made)}", AskedPulls(repository=name)
        runs.add(tx, "evaluate", run_id=run_id, subject=subject, due_at=at, full_name=name, input=asked)
        tx.execute("UPDATE workflows SET status = %s, number = 7 WHERE id = %s", (status, run_id))
        tx.execute("UPDATE steps SET error = %s WHERE workflow_id = %s", (error, run_id))
        made.append(run_id)
        return run_id

    return one


@pytest.fixture
def client(visited: Console) -> FlaskClient:
    """Somebody who has signed in."""
    return visited.operator()


class Outline(HTMLParser):
    """What a page is made of, as far as those need it who don't see it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in tags]


def test_the_list_shows_what_would_unblock_a_workflow(visited: Console, make: Make) -> None:
    blocked = make("blocked", error="The policy could not be read.")
    page = visited.operator().get("/console/workflows").text
    assert f'<a href="/console/workflows/{blocked}">policy evaluation of acme/widget#7</a>' in page
    assert "The policy could not be read. Retry it once that is mended." in page


def test_a_paused_one_says_by_whom(visited: Console, make: Make, database_url: str) -> None:
    make()
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        pausing.pause(tx, Scope("type", "policy_evaluation"), By("olga", visited.clock()), "Release day.")
    page = visited.operator().get("/console/workflows").text
    assert "olga has paused all of the type policy_evaluation: Release day." in page
    assert "type:policy_evaluation, by olga since " in page


def test_it_counts_all_of_them_by_status(visited: Console, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    make("failed"), make("failed"), make("blocked")
    page = visited.operator().get("/console/workflows?status=running").text
    assert '<a href="/console/workflows?status=failed">failed</a> 2</li>' in page
    monkeypatch.setattr(workflows, "MOST_COUNTED", 2)
    assert ">failed</a> 2+</li>" in visited.operator().get("/console/workflows").text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("type=policy_evaluation&status=&repository=&subject=", 3),
        ("type=merge", 0),
        ("status=blocked", 1),
        ("repository=ACME/gadget", 1),
        ("subject=evaluate:acme/widget0", 1),
        ("status=blocked&repository=acme/widget", 0),
    ],
)
def test_the_list_has_what_fits_all_filters(visited: Console, make: Make, query: str, count: int) -> None:
    make(), make(), make("blocked", name="acme/gadget")
    page = visited.operator().get(f"/console/workflows?{query}").text
    assert page.count('<a href="/console/workflows/') == count
    assert ("No workflow fits." in page) == (count == 0)


def test_the_list_goes_on_by_key(visited: Console, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflows, "SHOWN", 2)
    made = [str(make()) for _ in range(5)]
    client, path, seen = visited.operator(), "/console/workflows?repository=acme/widget", list[str]()
    while path:
        links = [each["href"] or "" for each in Outline(client.get(path).text).all("a")]
        seen += [each.rpartition("/")[2] for each in links if each.startswith("/console/workflows/")]
        path = next((each for each in links if "after=" in each), "")
        assert "repository=acme%2Fwidget" in path or not path
    assert seen == made


@pytest.mark.parametrize(
    "path",
    [
        "/console/workflows?type=nothing",
        "/console/workflows?after=x",
        "/console/workflows?x=1",
        "/console/workflows?repository=" + "a" * 400,
        "/console/workflows?subject=%00",
        "/console/audit?since=yesterday",
        "/console/audit?before=0",
        "/console/audit?before=99999999999999999999",
        "/console/settings?before=x",
        "/console/settings?repository=%00",
        "/console/audit?%3Cscript%3E=1",
    ],
)
def test_what_cannot_be_asked_for_is_said(visited: Console, path: str) -> None:
    answer = visited.operator().get(path)
    assert (answer.status_code, "<h1>mergegate</h1>" in answer.text) == (422, True)
    assert "<script" not in answer.text


@hypothesis.settings(max_examples=50, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(
    path=st.sampled_from(["/console/workflows", "/console/audit", "/console/settings"]),
    asked=st.dictionaries(
        st.sampled_from(["type", "status", "repository", "subject", "after", "before", "since", "kind", "x"]),
        st.one_of(st.text(max_size=40), st.from_regex(r"[A-Za-z0-9_-]{32}", fullmatch=True), st.integers().map(str)),
        max_size=4,
    ),
)
def test_whatever_is_asked_for_gets_a_page(client: FlaskClient, path: str, asked: dict[str, str]) -> None:
    answer = client.get(path, query_string=asked)
    assert answer.status_code in (200, 404, 422)
    assert answer.text.count("<h1>") == 1


def test_one_workflow_shows_its_steps_and_all_that_happened(visited: Console, make: Make) -> None:
    made = make("failed", error="GitHub did not answer.")
    page = visited.operator().get(f"/console/workflows/{made}").text
    for shown in ("1. judge", "workflow: <b>created</b>", f"subject=run%3A{made}", "Retry it once that is mended."):
        assert shown in page


@pytest.mark.parametrize("error", ["It broke.", HOSTILE])
def test_an_attempt_that_went_wrong_says_how_without_being_opened(
    visited: Console, make: Make, tx: psycopg.Connection[dict[str, object]], error: str
) -> None:
    made = make()
    tx.execute(
        "INSERT INTO step_troubles (step_id, at, attempt, outcome, error) SELECT id, now(), 1, 'retry', %s FROM steps",
        (error,),
    )
    page = visited.operator().get(f"/console/workflows/{made}").text
    assert f'step: <b>retry</b> <span class="quiet">by mergegate</span><br>{escape(plain(error))}<details>' in page


@pytest.mark.parametrize("path", ["/console/workflows/x", "/console/workflows/", "/console/x"])
def test_what_is_not_there_is_not_found(visited: Console, path: str) -> None:
    assert visited.operator().get(path).status_code == 404


def test_hostile_text_stays_text_wherever_it_stands(
    visited: Console, make: Make, tx: psycopg.Connection[dict[str, object]]
) -> None:
    made = make("blocked", name=f"acme/{HOSTILE}", error=HOSTILE)
    tx.execute("UPDATE workflows SET subject = %s, asked_by = %s WHERE id = %s", (HOSTILE, HOSTILE, made))
    with tx.transaction():
        at = visited.clock()
        ledger.append(tx, kind=HOSTILE, subject=f"run:{made}", actor=HOSTILE, body={"said": HOSTILE}, at=at)
        change = Change(values={"safe_mode": True}, reason=HOSTILE)
        operator_settings.change(tx, visited.settings, Where(), By(HOSTILE, at), change)
    client = visited.operator()
    for path in ("/console/workflows", f"/console/workflows/{made}", "/console/audit", "/console/settings"):
        page = client.get(path).text
        assert "alert(1)" in page
        assert [mark for mark in ("<script", "<img", "\u202e", "\x1b") if mark in page] == []
        assert {
            tag for tag, attributes in Outline(page).tags if any(name.startswith("on") for name in attributes)
        } == set()


def test_hostile_filters_stay_text(visited: Console) -> None:
    for path in ("/console/workflows", "/console/audit"):
        answer = visited.operator().get(path, query_string={"subject": '"><script>alert(1)</script>'})
        assert (answer.status_code, "<script" in answer.text) == (200, False)


def test_the_audit_is_shown_by_subject_and_goes_on(
    visited: Console, tx: psycopg.Connection[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "ENTRIES", 2)
    with tx.transaction():
        for number in range(6):
            told = {"subject": f"run:{number % 2}", "actor": "olga", "body": {"number": number}}
            ledger.append(tx, kind="tried", at=visited.clock(), **told)  # type: ignore[arg-type]
    client, path, seen = visited.operator(), "/console/audit?subject=run:1&actor=olga", list[str]()
    while path:
        page = client.get(path).text
        seen += [number for number in "012345" if f"{{&#34;number&#34;: {number}}}" in page]
        path = next((each["href"] or "" for each in Outline(page).all("a") if each.get("rel") == "next"), "")
    assert sorted(seen) == ["1", "3", "5"]


def test_settings_show_what_counts_who_decides_it_and_what_was_before(
    visited: Console, tx: psycopg.Connection[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_page, "CHANGES", 1)
    tx.execute("INSERT INTO pinned_repositories (full_name, repository_id) VALUES ('acme/widget', 7)")
    one = Where(repository_id=7, full_name="acme/widget")
    with tx.transaction():
        for where, value in ((Where(), True), (one, True), (one, False)):
            change = Change(values={"safe_mode": value}, reason="Being moved.")
            operator_settings.change(tx, visited.settings, where, By("olga", visited.clock()), change)
    client = visited.operator()
    general = client.get("/console/settings").text
    assert '<code>true</code> <span class="quiet">as is said of all repositories</span>' in general
    assert '<a href="/console/settings?repository=acme%2Fwidget">acme/widget</a>' in general
    page = client.get("/console/settings?repository=ACME/widget").text
    assert "<h1>Settings of acme/widget</h1>" in page
    assert "<b>safe_mode</b> by olga: <code>true</code> → <code>false</code><br>Being moved." in page
    older = next(each["href"] for each in Outline(page).all("a") if each.get("rel") == "next")
    assert "<code>null</code> → <code>true</code>" in client.get(older or "").text
    assert client.get("/console/settings?repository=acme/nowhere").status_code == 404


def test_whoever_cannot_see_a_page_can_read_it(visited: Console, make: Make) -> None:
    made, client = make("blocked", error="It stopped."), visited.operator()
    paths = ("/console/workflows", f"/console/workflows/{made}", "/console/audit", "/console/settings")
    for page in (*(client.get(path).text for path in paths), visited.stranger.get("/console/workflows").text):
        outline = Outline(page)
        assert [each["lang"] for each in outline.all("html")] == ["en"]
        assert (len(outline.all("title")), len(outline.all("h1")), len(outline.all("main"))) == (1, 1, 1)
        assert [each for each in outline.all("meta") if each.get("name") == "viewport"] != []
        labelled = {each["for"] for each in outline.all("label")}
        fields = [each for each in outline.all("input", "select") if each.get("type") != "hidden"]
        assert {each.get("id") for each in fields} == labelled
        ids = [each["id"] for each in (attributes for _, attributes in outline.tags) if "id" in each]
        assert len(ids) == len(set(ids))
        assert [each for each in outline.all("th") if "scope" not in each] == []
        assert all(each.get("href") for each in outline.all("a"))
        assert outline.all("script", "img", "iframe", "link", "object") == []
