"""The address of a pull request or an issue at our GitHub, as people copy it from there; nothing else is one."""

import re
from typing import Protocol
from urllib.parse import urlsplit

from app.setting_values import is_loopback

LONGEST_URL_CHARACTERS = 300
HIGHEST_NUMBER = 2**63 - 1
GITHUB = "github.com"

_OWNER = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?"
_NAME = r"[A-Za-z0-9._-]{1,100}"
_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.:\[\]-]+)/(?P<owner>{_OWNER})/(?P<name>{_NAME})"
    r"/(?P<kind>pull|issues)/(?P<number>[1-9][0-9]{0,18})"
)


class Hosted(Protocol):
    """What says which GitHub is ours: the settings, or as much of them as a command reads."""

    @property
    def github_api_url(self) -> str:
        """Where its API is."""


def parse(url: str | None, settings: Hosted) -> tuple[str, int] | None:
    """Owner/name and number of a pull request; None for whatever is not the address of one."""
    return _parsed(url, settings, "pull")


def parse_issue(url: str | None, settings: Hosted) -> tuple[str, int] | None:
    """The same of an issue."""
    return _parsed(url, settings, "issues")


def repository(url: str) -> str:
    """Owner/name as the address of a pull request or an issue says it, of whichever GitHub; "" where it says none."""
    match = _URL.fullmatch(url[:LONGEST_URL_CHARACTERS])
    return "" if match is None else f"{match['owner']}/{match['name']}"


def addresses(full_name: str, number: int, settings: Hosted) -> tuple[str, ...]:
    """All addresses of a pull request that `parse` takes for it, but for their case."""
    known = hosts(settings)
    schemes = ("https", "http") if len(known) > 1 else ("https",)
    return tuple(f"{scheme}://{host}/{full_name}/pull/{number}" for scheme in schemes for host in known)


def hosts(settings: Hosted) -> tuple[str, ...]:
    """Where the pages of our GitHub are: beside the API, at an Enterprise Server on the same host.

    A GitHub on loopback is a simulated one, whose pages are nowhere: addresses of the real one stand for them.
    """
    parts = urlsplit(settings.github_api_url)
    here = parts.netloc.lower().removeprefix("api.")
    return (here, GITHUB) if is_loopback(parts.hostname or "") else (here,)


def _parsed(url: str | None, settings: Hosted, kind: str) -> tuple[str, int] | None:
    match = _URL.fullmatch(url) if url is not None and len(url) <= LONGEST_URL_CHARACTERS else None
    if match is None or match["kind"] != kind or match["name"] in (".", ".."):
        return None
    known = hosts(settings)
    is_ours = match["host"].lower() in known and (match["scheme"] == "https" or len(known) > 1)
    number = int(match["number"])
    return (f"{match['owner']}/{match['name']}", number) if is_ours and number <= HIGHEST_NUMBER else None
