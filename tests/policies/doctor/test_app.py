"""What doctor says of the App: its events, its webhooks, the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies.doctor import app
from policies.doctor.facts import Gate, Post, Purpose

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
GATE = Gate(app_id=7, slug="gate", events=(*app.EVENTS, *app.EVENTS_OF_PEOPLE), skew_seconds=0)
POST = Post(listed=100, failed=0, delivered_at=NOW, received_at=NOW)


def _codes(gate: Gate = GATE, post: Post = POST, purpose: Purpose = Purpose(merges=True)) -> dict[str, str]:  # noqa: B008
    return {finding.code: finding.severity for finding in app.judge(gate, post, purpose, NOW)}


def _post(**changes: Any) -> dict[str, str]:
    return _codes(post=POST.model_copy(update=changes))


def test_all_is_well() -> None:
    assert _codes() == {"EVENTS": "ok", "WEBHOOKS": "ok", "CLOCK": "ok", "MERGER": "ok"}


def test_an_app_that_github_does_not_show_is_an_error_beside_the_clock() -> None:
    gate = GATE.model_copy(update={"trouble": "GitHub did not accept our token.", "skew_seconds": 400})
    assert _codes(gate) == {"CLOCK_WRONG": "error", "APP_UNREADABLE": "error"}


def test_a_missing_event_is_named() -> None:
    events = tuple(event for event in GATE.events if event != "push")
    findings = app.judge(GATE.model_copy(update={"events": events}), POST, Purpose(), NOW)
    (found,) = [finding for finding in findings if finding.code == "EVENTS_MISSING"]
    assert found.severity == "error"
    assert "push" in found.sentence
    assert found.mend


def test_an_event_that_some_policies_need_is_named_too() -> None:
    findings = app.judge(GATE.model_copy(update={"events": app.EVENTS}), POST, Purpose(), NOW)
    (found,) = [finding for finding in findings if finding.code == "EVENTS_MISSING"]
    assert found.severity == "warning"
    assert "membership" in found.sentence
    assert found.mend


def test_webhooks_that_github_does_not_send_are_told() -> None:
    assert _post(listed=0, delivered_at=None)["WEBHOOKS_SILENT"] == "warning"
    assert _post(delivered_at=NOW - timedelta(hours=24, seconds=1))["WEBHOOKS_SILENT"] == "warning"
    assert _post(delivered_at=NOW - timedelta(hours=24), received_at=NOW)["WEBHOOKS"] == "ok"


def test_webhooks_that_nobody_answers_are_an_error() -> None:
    assert _post(failed=100)["WEBHOOKS_FAIL"] == "error"
    assert _post(failed=1)["WEBHOOKS_FAIL"] == "warning"


def test_webhooks_that_arrive_somewhere_else_are_an_error() -> None:
    assert _post(received_at=None)["WEBHOOKS_LOST"] == "error"
    assert _post(received_at=NOW - timedelta(hours=1, seconds=1))["WEBHOOKS_LOST"] == "error"
    assert _post(received_at=NOW - timedelta(hours=1))["WEBHOOKS"] == "ok"


def test_a_list_that_can_t_be_read_says_nothing() -> None:
    assert _post(trouble="GitHub gave no answer.")["WEBHOOKS_UNKNOWN"] == "warning"


@pytest.mark.parametrize(
    ("skew", "code", "severity"),
    [
        (30, "CLOCK", "ok"),
        (-30, "CLOCK", "ok"),
        (31, "CLOCK_WRONG", "error"),
        (-31, "CLOCK_WRONG", "error"),
        (None, "CLOCK_UNKNOWN", "warning"),
    ],
)
def test_the_clock_is_compared(skew: int | None, code: str, severity: str) -> None:
    assert _codes(GATE.model_copy(update={"skew_seconds": skew}))[code] == severity


def test_it_says_which_way_the_clock_is_wrong() -> None:
    said = [
        finding.sentence
        for skew in (60, -60)
        for finding in app.judge(GATE.model_copy(update={"skew_seconds": skew}), POST, Purpose(), NOW)
        if finding.code == "CLOCK_WRONG"
    ]
    assert ["ahead of" in said[0], "behind" in said[1]] == [True, True]


def test_a_local_merger_is_named_as_such() -> None:
    said = {finding.code: finding.sentence for finding in app.judge(GATE, POST, Purpose(), NOW)}
    assert "GITHUB_MERGER=live" in said["MERGER"]
