"""The address of a pull request: of our GitHub, and written as GitHub writes it."""

import pytest

from app import pull_urls
from app.settings import Settings

GITHUB = "https://api.github.com"
GIVEN = {
    "database_url": "postgresql://localhost/x",
    "redis_url": "redis://localhost",
    "broker_url": "redis://localhost",
    "webhook_secret": "a-secret-for-the-tests",
}


def settings(api_url: str = GITHUB) -> Settings:
    return Settings.model_validate({**GIVEN, "github_api_url": api_url})


@pytest.mark.parametrize(
    ("api_url", "url", "found"),
    [
        (GITHUB, "https://github.com/acme/widget/pull/7", ("acme/widget", 7)),
        (GITHUB, "https://GitHub.com/Acme/wid.get_-/pull/7", ("Acme/wid.get_-", 7)),
        ("https://git.example.org/api/v3", "https://git.example.org/o/r/pull/1", ("o/r", 1)),
        ("https://api.octo.ghe.com", "https://octo.ghe.com/o/r/pull/1", ("o/r", 1)),
        ("http://127.0.0.1:5000", "https://github.com/o/r/pull/42", ("o/r", 42)),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000/o/r/pull/42", ("o/r", 42)),
    ],
)
def test_it_reads_the_address_of_a_pull_request(api_url: str, url: str, found: tuple[str, int]) -> None:
    assert pull_urls.parse(url, settings(api_url)) == found


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "acme/widget#7",
        "http://github.com/acme/widget/pull/7",
        "https://github.com.example.org/acme/widget/pull/7",
        "https://example.org/acme/widget/pull/7",
        "https://api.github.com/repos/acme/widget/pull/7",
        "https://user@github.com/acme/widget/pull/7",
        "https://github.com/acme/widget/issues/7",
        "https://github.com/acme/widget/pull/0",
        "https://github.com/acme/widget/pull/07",
        "https://github.com/acme/widget/pull/9223372036854775808",
        "https://github.com/acme/widget/pull/7/files",
        "https://github.com/acme/widget/pull/7?x=1",
        "https://github.com/acme/widget/pull/7#x",
        "https://github.com/acme/widget/pull/7\n",
        "https://github.com/acme/../pull/7",
        "https://github.com/acme/../../pull/7",
        "https://github.com/-acme/widget/pull/7",
        "https://github.com/acme/wid%67et/pull/7",
        "https://github.com/acme/widget/pull/\u0667",
        "https://github.com/acme/" + "a" * 300 + "/pull/7",
    ],
)
def test_whatever_else_is_none(url: str | None) -> None:
    assert pull_urls.parse(url, settings()) is None


def test_an_enterprise_server_takes_no_address_of_the_public_github() -> None:
    assert pull_urls.parse("https://github.com/o/r/pull/1", settings("https://git.example.org/api/v3")) is None


def test_an_issue_is_another_thing() -> None:
    assert pull_urls.parse_issue("https://github.com/acme/widget/issues/7", settings()) == ("acme/widget", 7)
    assert pull_urls.parse_issue("https://github.com/acme/widget/pull/7", settings()) is None
