"""Bodies of webhooks: an opened pull request, and what is made of any body."""

from typing import Any

from app.events import Event
from app.github import payloads
from app.github.fields import Malformed
from app.github.payloads import Ignored

REPOSITORY = {"id": 1, "full_name": "octocat/hello", "owner": {"login": "octocat"}}
PULL = {
    "number": 7,
    "head": {"sha": "a" * 40, "ref": "f", "repo": None},
    "base": {"sha": "b" * 40, "ref": "main"},
    "updated_at": "2026-01-31T10:00:00Z",
}
OPENED = {"action": "opened", "number": 7, "pull_request": PULL, "repository": REPOSITORY}


def judge(name: str, payload: dict[str, Any]) -> Event | Ignored | Malformed:
    """What `normalize` says, a refusal as a value."""
    try:
        return payloads.normalize(name, payload)
    except Malformed as refused:
        return refused
