"""Blobs, trees and commits: addressed by their content, so storing one twice stores it once."""

import base64
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC

from app.github.client import Answer
from app.github.endings import Refused, Written
from app.github.reader import LiveReader, Place
from app.github.writes import confirmation
from app.permits import Request
from policies.contents import BlobContent, CommitContent, GitObject, TreeContent

Bytes = Callable[[str], bytes]
"""The bytes with this SHA-256 digest. Raises `Unavailable`."""


@dataclass(frozen=True)
class _GitObjectWrite:
    """https://docs.github.com/en/rest/git"""

    repository_id: int
    content: GitObject

    def ending(self, answer: Answer) -> Written | Refused | None:
        """Confirmed by the SHA that was computed before."""
        return confirmation.stored(answer, self.content.sha)

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """By its SHA, whoever stored it."""
        there = reader.has_git_object(place, self.content.object, self.content.sha)
        return Written(None, self.content.sha) if there else None

    def _request(self, body: dict[str, object]) -> Request:
        return Request("POST", f"/repositories/{self.repository_id}/git/{self.content.object}s", body)


@dataclass(frozen=True)
class BlobWrite(_GitObjectWrite):
    """A file's bytes, which are not in the content itself."""

    content: BlobContent
    stored: Bytes

    def request(self) -> Request:
        """In base64, so that any bytes survive. Raises `Unavailable`."""
        text = base64.b64encode(self.stored(self.content.digest)).decode("ascii")
        return self._request({"content": text, "encoding": "base64"})


@dataclass(frozen=True)
class TreeWrite(_GitObjectWrite):
    """A tree, as the changes to another one."""

    content: TreeContent

    def request(self) -> Request:
        """A null SHA removes the path."""
        entries = [
            {"path": entry.path, "mode": entry.mode, "type": "blob", "sha": entry.sha} for entry in self.content.entries
        ]
        return self._request({"base_tree": self.content.base_tree, "tree": entries})


@dataclass(frozen=True)
class CommitWrite(_GitObjectWrite):
    """A commit whose every part is given, so that its SHA is known."""

    content: CommitContent

    def request(self) -> Request:
        """Author and committer are the same; without them GitHub would take the time of the request."""
        wanted = self.content
        at = wanted.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        person = {"name": wanted.author, "email": wanted.email, "date": at}
        body = {"message": wanted.message, "tree": wanted.tree, "parents": list(wanted.parents)}
        return self._request({**body, "author": person, "committer": person})
