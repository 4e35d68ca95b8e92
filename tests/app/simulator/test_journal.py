"""The end of a test finds every write too many, every one too few, and every unknown request."""

from typing import Any

import pytest

W = "/repos/acme/widget"


def _write(town: Any, state: str = "success") -> None:
    town.ask("POST", f"{W}/statuses/{town.head}", {"state": state})


def test_it_is_content_when_exactly_the_expected_was_written(town: Any) -> None:
    town.github.expect("POST", "/statuses/", state="success")
    town.github.expect("POST", f"/statuses/{town.head}$", times=2, state="failure")
    town.ask("POST", f"/app/installations/{town.installation.id}/access_tokens")
    for state in ("failure", "success", "failure"):
        _write(town, state)
    town.github.finish()


def test_it_fails_on_a_write_that_nobody_expected(town: Any) -> None:
    town.github.expect("POST", "/statuses/", state="success")
    _write(town)
    _write(town)
    with pytest.raises(AssertionError, match=r"unexpected write: .*statuses"):
        town.github.finish()


def test_it_fails_on_a_write_without_effect_that_nobody_expected(town: Any) -> None:
    town.github.fault("POST", "/statuses/", 500)
    _write(town)
    with pytest.raises(AssertionError, match=r"effect='no'"):
        town.github.finish()


def test_it_fails_on_an_expected_write_that_never_came(town: Any) -> None:
    town.github.expect("POST", "/statuses/", times=2)
    _write(town)
    with pytest.raises(AssertionError, match=r"expected 2 of .* saw 1"):
        town.github.finish()


def test_it_fails_on_a_write_with_another_body(town: Any) -> None:
    town.github.expect("POST", "/statuses/", state="failure")
    _write(town)
    with pytest.raises(AssertionError, match=r"saw 0"):
        town.github.finish()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{W}/nothing"),
        ("PUT", f"{W}/pulls/1/merge-async"),
        ("DELETE", f"{W}/branches/main"),
        ("POST", "/graphql/v2"),
    ],
)
def test_it_remembers_a_request_that_it_does_not_serve(town: Any, method: str, path: str) -> None:
    assert town.ask(method, path).status == 404
    assert town.github.unknown_requests == [f"{method} {path}"]
    with pytest.raises(AssertionError, match=r"unknown request"):
        town.github.finish()


def test_it_writes_down_the_repository_by_name_also_where_it_was_asked_by_id(town: Any) -> None:
    number = town.github.state.repository("acme/widget").id
    town.ask("POST", f"/repositories/{number}/statuses/{town.head}", {"state": "error"})
    write = town.github.writes()[-1]
    assert (write.path, write.auth, write.at) == (
        f"{W}/statuses/{town.head}",
        f"installation {town.installation.id}",
        town.clock.now,
    )


def test_it_fails_where_the_simulator_itself_broke(town: Any) -> None:
    town.github.state.repository("acme/widget").branches["main"] = "lost"
    assert town.ask("GET", f"{W}/branches/main").status == 500
    with pytest.raises(AssertionError, match="the simulator broke at: GET"):
        town.github.finish()
