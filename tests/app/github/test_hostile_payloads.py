"""Bodies of webhooks that GitHub never sends: each is refused, quickly, and never with another error."""

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events import Event
from app.github import payloads
from app.github.fields import Malformed
from app.github.kinds import KINDS
from app.github.payloads import Ignored
from tests.app.github.judged_bodies import OPENED, judge
from tests.app.github.test_payloads import JUNK

LARGE_BYTES = 24 * 1024 * 1024
LARGE_SECONDS = 2.0
"""Of the processor, whoever else is at work on the machine."""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("repository", "full_name"), ["a", "b"]),
        (("repository", "full_name"), "a/b/c"),
        (("repository", "full_name"), "octocat/.."),
        (("repository", "full_name"), "octocat/hello\n"),
        (("repository", "full_name"), "mallory/hello"),
        (("repository", "id"), True),
        (("repository", "id"), 2**63),
        (("repository",), None),
        (("pull_request", "number"), "1; DROP TABLE audit"),
        (("number",), 8),
        (("number",), 7.0),
        (("pull_request", "head", "sha"), "a" * 39),
        (("pull_request", "head", "sha"), "a" * 40 + "\n"),
        (("pull_request", "head"), None),
        (("pull_request", "base", "ref"), ""),
        (("pull_request", "updated_at"), "2026-01-31T10:00:00"),
        (("installation",), {"id": "5"}),
        (("sender",), {"login": "evil\r\nINFO audit: approved"}),
        (("action",), None),
    ],
)
def test_it_refuses_what_github_never_sends(path: tuple[str, ...], value: Any) -> None:
    payload: dict[str, Any] = copy.deepcopy(OPENED)
    parent = payload
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    assert isinstance(judge("pull_request", payload), Malformed)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b"{}{}",
        b"{} x",
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xff"}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"9" * 500 + b".0}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"\x01"}',
    ],
)
def test_it_refuses_what_is_not_one_sound_json_object(body: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        payloads.parse(body)
    assert refused.value.code == "malformed_json"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_body_fails_in_another_way(body: bytes) -> None:
    try:
        parsed: object = payloads.parse(body)
    except Malformed as refused:
        parsed = refused.code
    assert isinstance(parsed, dict) or parsed == "malformed_json"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), _JSON, max_size=5))
def test_every_json_object_is_parsed_as_it_is(value: dict[str, Any]) -> None:
    assert payloads.parse(json.dumps(value).encode()) == value


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(JUNK), st.data())
def test_junk_anywhere_is_an_answer(name: str, junk: Any, data: st.DataObject) -> None:
    payload = {key: data.draw(st.sampled_from(JUNK)) for key in KINDS[name].needs}
    assert isinstance(judge(name, {**payload, "action": junk}), Event | Ignored | Malformed)


@pytest.mark.parametrize(
    "unit", [b"[],", b"{},", b"1.5,", b'"",', b'{"a":[]},', b"[" * 900 + b"]" * 900 + b",", b"9" * 4000 + b","]
)
def test_a_large_hostile_body_is_judged_quickly(unit: bytes) -> None:
    body = b'{"a":[' + unit * (LARGE_BYTES // len(unit)) + b"1]}"
    started_at = time.thread_time()
    with pytest.raises(Malformed):
        payloads.parse(body)
    assert time.thread_time() - started_at < LARGE_SECONDS


@pytest.mark.parametrize("unit", [b"x", b"\\\\", b"\\u0000", b"\\ud800", "é".encode()])
def test_a_large_text_is_read_quickly(unit: bytes) -> None:
    body = b'{"a":"' + unit * (LARGE_BYTES // len(unit)) + b'"}'
    started_at = time.thread_time()
    assert len(payloads.parse(body)["a"]) > 0
    assert time.thread_time() - started_at < LARGE_SECONDS
