"""Signatures: GitHub's documented vector, and nothing that merely resembles one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.signature import Key, match
from tests.app.web.conftest import sign

NOW = datetime(2026, 3, 1, tzinfo=UTC)
VECTOR = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
DOCUMENTED = Key(b"It's a Secret to Everybody", None)


def test_it_knows_github_s_documented_vector() -> None:
    assert match(b"Hello, World!", VECTOR, (DOCUMENTED,), NOW) == 0


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        VECTOR + "\n",
        VECTOR[:-1],
        VECTOR + "0",
        VECTOR.upper(),
        VECTOR.removeprefix("sha256="),
        "sha1=" + VECTOR.removeprefix("sha256="),
        f" {VECTOR}",
        f"{VECTOR},{VECTOR}",
        "sha256=\u00e9" + "0" * 63,
        "sha256=" + "\u0660" * 64,
    ],
)
def test_it_refuses_another_shape(header: str | None) -> None:
    assert match(b"Hello, World!", header, (DOCUMENTED,), NOW) is None


@given(st.binary(), st.binary(), st.text("ab", min_size=1))
def test_a_signature_is_good_for_its_body_and_its_secret_only(body: bytes, other: bytes, secret: str) -> None:
    keys = (DOCUMENTED, Key(secret.encode(), None))
    assert match(body, sign(body, secret), keys, NOW) == 1
    assert match(body, sign(body, secret), (DOCUMENTED,), NOW) is None
    assert (match(other, sign(body, secret), keys, NOW) == 1) == (other == body)


def test_a_key_counts_until_its_end_and_not_at_it() -> None:
    header = sign(b"body", "previous")
    ends = [NOW + timedelta(seconds=1), NOW, NOW - timedelta(seconds=1)]
    assert [match(b"body", header, (Key(b"previous", end),), NOW) for end in ends] == [0, None, None]
