"""The cookie of the console: ours, in its time, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.console import session

SECRET = b"a-secret-of-the-console"
NOW = datetime(2027, 1, 1, tzinfo=UTC)
TOKEN_ID = "0123456789abcdef"


def test_it_names_the_token_until_its_time_is_over() -> None:
    value = session.cookie(SECRET, TOKEN_ID, NOW)
    last = NOW + timedelta(hours=session.HOURS)
    assert session.token_id(SECRET, value, NOW) == TOKEN_ID
    assert session.token_id(SECRET, value, last - timedelta(seconds=1)) == TOKEN_ID
    assert session.token_id(SECRET, value, last) is None


def test_another_secret_made_another_cookie() -> None:
    assert session.token_id(b"another", session.cookie(SECRET, TOKEN_ID, NOW), NOW) is None


@pytest.mark.parametrize("value", ["", "a", "..", "0123456789abcdef.1798761600.", "ü" * 200, "\0"])
def test_what_is_no_cookie_of_ours_names_nobody(value: str) -> None:
    assert session.token_id(SECRET, value, NOW) is None


@given(place=st.integers(0, 200), character=st.sampled_from("0123456789abcdef."))
def test_no_changed_cookie_counts(place: int, character: str) -> None:
    value = session.cookie(SECRET, TOKEN_ID, NOW)
    place %= len(value)
    changed = value[:place] + character + value[place + 1 :]
    found = session.token_id(SECRET, changed, NOW)
    assert (found is not None) == (changed == value)
