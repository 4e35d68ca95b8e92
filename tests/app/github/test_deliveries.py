"""The deliveries binding: GitHub's list page by page, each delivery whole or not at all, nothing where it is local."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app import simulator
from app.github import deliveries, egress, payloads
from app.github.answers import Unavailable
from app.github.client import Answer, Client
from app.github.deliveries import CursorLost, Listed, LiveDeliveries, LocalDeliveries, NotShown
from app.simulator import Hooks
from app.simulator.faults import Fault
from tests.app.github.ground import REPOSITORY, Ground

NOBODY = "http://127.0.0.1:9/nobody"


@pytest.fixture
def hooks(ground: Ground) -> Hooks:
    """Every webhook is lost."""
    (app,) = ground.github.state.apps.values()
    ground.github.set_hook(app, NOBODY)
    return Hooks(ground.github)


def test_it_lists_the_newest_first_with_what_is_used_of_each(ground: Ground, hooks: Hooks) -> None:
    hooks.close(REPOSITORY, 1, by="bob")
    hooks.ping()
    page = LiveDeliveries(ground.app).page(None)
    assert [(each.event, each.action) for each in page.listed] == [("ping", None), ("pull_request", "closed")]
    closed = page.listed[1]
    assert (closed.guid, closed.installation_id) == (hooks.sent[0].guid, ground.installation.id)
    assert page.cursor is None


def test_it_pages_by_cursor(ground: Ground, hooks: Hooks) -> None:
    for _ in range(205):
        hooks.ping()
    bound, cursor, seen = LiveDeliveries(ground.app), None, list[int]()
    for more in (True, True, False):
        page = bound.page(cursor)
        seen, cursor = [*seen, *(each.id for each in page.listed)], page.cursor
        assert (cursor is not None) == more
    assert seen == [sent.id for sent in reversed(hooks.sent)]


def test_it_reads_what_was_sent_so_that_it_means_the_same(ground: Ground, hooks: Hooks) -> None:
    hooks.comment(REPOSITORY, 1, by="bob", body="👍 größer")
    bound = LiveDeliveries(ground.app)
    [listed] = bound.page(None).listed
    sent = bound.sent(listed)
    (app,) = ground.github.state.apps.values()
    assert sent.hook_id == app.hook_id
    raw = hooks.sent[0].body
    assert json.loads(sent.body) == json.loads(raw)
    assert payloads.normalize(listed.event, payloads.parse(sent.body)) == payloads.normalize(
        listed.event, payloads.parse(raw)
    )


def test_a_cursor_that_github_does_not_know_any_more_is_lost(ground: Ground, hooks: Hooks) -> None:
    ground.github.fault("GET", "/app/hook/deliveries$", 422)
    with pytest.raises(CursorLost):
        LiveDeliveries(ground.app).page("v1_7")


@pytest.mark.parametrize(
    ("link", "cursor"),
    [
        ('<https://evil.example/app?cursor=v1_7&per_page=100>; rel="next"', "v1_7"),
        ('<https://e/x?page=2>; rel="next"', None),
        (f'<https://e/x?cursor={"7" * 201}>; rel="next"', None),
        ('<https://e/x?cursor=%0a%0d>; rel="next"', None),
        ('<https://e/x?cursor=v1_7>; rel="prev"', None),
    ],
)
def test_of_a_link_only_the_cursor_counts(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, link: str, cursor: str | None
) -> None:
    monkeypatch.setattr(Client, "request", lambda *_, **__: Answer(200, {"link": link}, []))
    assert LiveDeliveries(ground.app).page(None).cursor == cursor


@pytest.mark.parametrize(("status", "code"), [(502, "GITHUB_API_ERROR"), (403, "GITHUB_AUTH_FAILED")])
@pytest.mark.parametrize("ask", [lambda bound, _: bound.page(None), lambda bound, listed: bound.sent(listed)])
def test_trouble_has_a_code(
    ground: Ground, hooks: Hooks, status: int, code: str, ask: Callable[[LiveDeliveries, Listed], object]
) -> None:
    hooks.ping()
    bound = LiveDeliveries(ground.app)
    [listed] = bound.page(None).listed
    ground.github.fault("GET", "/app/hook/deliveries", status)
    with pytest.raises(Unavailable) as trouble:
        ask(bound, listed)
    assert trouble.value.code == code


def test_a_delivery_that_is_gone_is_not_shown(ground: Ground, hooks: Hooks) -> None:
    hooks.ping()
    bound = LiveDeliveries(ground.app)
    [listed] = bound.page(None).listed
    with pytest.raises(NotShown):
        bound.sent(listed.model_copy(update={"id": listed.id + 1}))


GOOD: dict[str, Any] = {"X-GitHub-Delivery": "g-1", "X-GitHub-Event": "push", "X-GitHub-Hook-ID": "7"}


@pytest.mark.parametrize(
    "headers",
    [
        {**GOOD, "X-GitHub-Delivery": "g-2"},
        {**GOOD, "X-GitHub-Event": "pull_request"},
        {**GOOD, "X-GitHub-Hook-ID": ""},
        {**GOOD, "X-GitHub-Hook-ID": "9" * 19},
        {**GOOD, "X-GitHub-Hook-ID": "-7"},
        {**GOOD, "X-GitHub-Hook-ID": None},
        {},
    ],
)
def test_another_delivery_than_the_listed_one_is_not_taken(ground: Ground, headers: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        _read(ground, {"request": {"headers": headers, "payload": {}}})
    assert _read(ground, {"request": {"headers": GOOD, "payload": {"a": 1}}}) == b'{"a":1}'


def test_a_payload_without_a_bottom_is_not_taken(ground: Ground) -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(NotShown, match="nested too deeply"):
        deliveries._sent(_listed(ground.github), deliveries._Asked(headers=GOOD, payload={"a": nested}))


@pytest.mark.parametrize("body", [{}, {"request": None}, {"request": {"headers": GOOD, "payload": "text"}}])
def test_an_answer_that_is_no_delivery_is_not_understood(ground: Ground, body: dict[str, Any]) -> None:
    with pytest.raises(Unavailable) as trouble:
        _read(ground, body)
    assert trouble.value.code == "GITHUB_API_ERROR"


@pytest.mark.parametrize("path", ["/app/hook/deliveries?per_page=100&cursor=v1_7", "/app/hook/deliveries/7"])
def test_the_list_and_one_delivery_may_be_read(path: str) -> None:
    egress.check("GET", path, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/app/hook/config"),
        ("GET", "/app/hook/deliveries/7/attempts"),
        ("GET", "/app/hook/deliveries/x"),
        ("POST", "/app/hook/deliveries/7/attempts"),
        ("PATCH", "/app/hook/config"),
    ],
)
def test_nothing_is_sent_again_and_the_hook_stays_as_it_is(method: str, path: str) -> None:
    with pytest.raises(egress.EgressRefused):
        egress.check(method, path, None)


def test_github_sent_nothing_where_the_list_is_local(ground: Ground) -> None:
    assert LocalDeliveries().page(None) == ((), None)
    with pytest.raises(NotShown):
        LocalDeliveries().sent(_listed(ground.github))


def _listed(github: simulator.GitHub) -> Listed:
    return Listed(id=7, guid="g-1", delivered_at=github.now(), event="push")


def _read(ground: Ground, body: dict[str, Any]) -> bytes:
    """What is made of such an answer."""
    ground.github.faults.add(Fault("GET", "/app/hook/deliveries/7", "before", 200, 1, 0, "", body=body))
    return LiveDeliveries(ground.app).sent(_listed(ground.github)).body
