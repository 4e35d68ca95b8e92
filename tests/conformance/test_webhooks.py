"""The runner itself: it passes what is right, and fails what is wrong or not understood."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.web.conftest import PAYLOAD
from tests.conformance import webhooks

HEADERS = {
    "content-type": "application/json",
    "x-github-event": "pull_request",
    "x-github-delivery": "{uuid}",
    "x-github-hook-id": "1",
    "x-hub-signature-256": "{sig}",
}
RIGHT: dict[str, Any] = {
    "id": "right",
    "description": "a control",
    "method": "POST",
    "path": "/webhooks/github",
    "headers": HEADERS,
    "body_recipe": {"kind": "json", "value": PAYLOAD},
    "sign": "current",
    "expect_status": 202,
    "expect_no_enqueue": False,
    "why": "",
}
DOWN_AND_UP = [
    {"set": {"broker": "down"}, "expect_status": 503},
    {"set": {"broker": "up"}, "expect_status": 202},
    {"expect_status": 200},
]
CASES: dict[str, dict[str, Any]] = {
    "right": RIGHT,
    "a delivery refused while the broker was down is not seen": {
        **RIGHT,
        "headers": {**HEADERS, "x-github-delivery": "{run1}"},
        "steps": DOWN_AND_UP,
        "expect_total_enqueues": 1,
    },
    "wrong status": {**RIGHT, "expect_status": [200, 400]},
    "wrong enqueue": {**RIGHT, "expect_no_enqueue": True},
    "wrong total": {**RIGHT, "expect_total_enqueues": 2},
    "unknown word": {**RIGHT, "surprise": 1},
    "unknown transport": {**RIGHT, "transport": {"pigeon": True}},
    "unknown recipe": {**RIGHT, "body_recipe": {"kind": "pigeon"}},
    "unknown key": {**RIGHT, "sign": "pigeon"},
    "unknown precondition": {**RIGHT, "precondition": "pigeon=true"},
    "unknown service": {**RIGHT, "steps": [{"set": {"pigeon": "down"}}]},
}
RIGHT_ONES = 2


@pytest.mark.timeout(100)
def test_it_passes_what_is_right_and_fails_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps({**case, "id": name}) + "\n" for name, case in CASES.items()))
    assert webhooks.main([str(file)]) == 1
    *failed, last = capsys.readouterr().out.splitlines()
    assert last == f"{RIGHT_ONES} passed, {len(CASES) - RIGHT_ONES} failed"
    assert [line.split(":")[0] for line in failed] == [f"FAILED {name}" for name in list(CASES)[RIGHT_ONES:]]


def test_a_file_without_cases_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    assert webhooks.main([str(tmp_path / "empty.jsonl")]) == 1
