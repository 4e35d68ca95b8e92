"""Policy files as they stand at a commit, which never change: each is read once and kept."""

import base64
import binascii
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from urllib.parse import quote

from cachetools import LRUCache, TTLCache

from app.github import documents
from app.github.answers import NOT_FOUND, Unavailable, message, unavailable, utc_now
from app.github.asking import OK, Asking, Place
from app.github.client import App
from app.rosters import Rosters

MOST_BYTES = 4 * 2**20
LARGEST_POLICY_BYTES = 256 * 2**10
OVERHEAD_BYTES = 512
MOST_ABSENT = 10_000
ABSENT_SECONDS = 600
NO_SUCH_COMMIT = 422
COMMIT_NOT_FOUND = "No commit found"
"""How GitHub begins a 404 that says nothing of the file."""
SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class PolicyFile:
    """A policy as it stands at the commit `sha`. `text` None: no such file."""

    sha: str
    path: str
    text: str | None


class PolicyFileReader(Asking):
    """What is not there is asked for again each time: a 404 may have another reason tomorrow."""

    def __init__(self, app: App, clock: Callable[[], datetime] = utc_now, rosters: Rosters | None = None) -> None:
        super().__init__(app, clock, rosters)
        self._texts: LRUCache[tuple[Place, str, str], str] = LRUCache(MOST_BYTES, getsizeof=_bytes)
        self._absent: TTLCache[tuple[Place, str, str], bool] = TTLCache(MOST_ABSENT, ABSENT_SECONDS)
        self._lock = Lock()

    def policy_file(self, place: Place, branch: str, path: str) -> PolicyFile | None:
        """The policy at the tip of `branch`, bound to that commit; None when there is no such branch.

        The branch is resolved first, since `?ref=` would prefer a tag of the same name.
        """
        tip = self._one(place, documents.Tip, f"/branches/{quote(branch, safe='')}", f"the branch {branch}")
        return None if tip is None else self.policy_file_at(place, tip.commit.sha, path)

    def gate_file(self, place: Place, branch: str, path: str) -> PolicyFile | None:
        """The same for a file without which nothing happens: that it isn't there is remembered for a while."""
        tip = self._one(place, documents.Tip, f"/branches/{quote(branch, safe='')}", f"the branch {branch}")
        if tip is None:
            return None
        return self.gate_file_at(place, tip.commit.sha, path)

    def gate_file_at(self, place: Place, sha: str, path: str) -> PolicyFile:
        """The same at a commit."""
        asked = (place, sha, path)
        with self._lock:
            if asked in self._absent:
                return PolicyFile(sha, path, None)
        found = self.policy_file_at(*asked)
        if found.text is None:
            with self._lock:
                self._absent[asked] = True
        return found

    def policy_file_at_ref(self, place: Place, ref: str, path: str) -> PolicyFile | None:
        """The policy at the commit, the branch or else the tag of that name; None when there is nothing of it."""
        if SHA.fullmatch(ref):
            return self.policy_file_at(place, ref, path)
        return self.policy_file(place, ref, path) or self._at_tag(place, ref, path)

    def policy_file_at(self, place: Place, sha: str, path: str) -> PolicyFile:
        """The policy at a commit."""
        with self._lock:
            text = self._texts.get((place, sha, path))
        if text is None:
            text = self._text(place, sha, path)
        if text is not None:
            with self._lock:
                self._texts[place, sha, path] = text
        return PolicyFile(sha, path, text)

    def repository(self, installation_id: int, owner: str, name: str) -> documents.NamedRepo | None:
        """A repository by its name, with its id and default branch, as far as the installation may see it."""
        what = f"the repository {owner}/{name}"
        answer = self._get(installation_id, f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}", what, {})
        return None if answer.status == NOT_FOUND else self._parsed(documents.NamedRepo, answer.document, what)

    def _at_tag(self, place: Place, tag: str, path: str) -> PolicyFile | None:
        what, where = f"the tag {tag}", f"/repositories/{place.repository_id}/commits/tags/{quote(tag, safe='')}"
        answer = self._send(place.installation_id, what, lambda client: client.request("GET", where))
        if answer.status in (NOT_FOUND, NO_SUCH_COMMIT):
            return None
        if answer.status != OK:
            raise unavailable(what, answer)
        return self.policy_file_at(place, self._parsed(documents.CommitSha, answer.document, what).sha, path)

    def _text(self, place: Place, sha: str, path: str) -> str | None:
        answer = self._ask(place, f"/contents/{quote(path)}", f"the file {path}", {"ref": sha})
        if answer.status == NOT_FOUND and message(answer).startswith(COMMIT_NOT_FOUND):
            raise Unavailable("GITHUB_API_ERROR", f"GitHub does not know the commit {sha[:10]} yet, or any more.")
        if answer.status == NOT_FOUND:
            return None
        if isinstance(answer.document, list):
            raise Unavailable("POLICY_UNREADABLE", f"{path} is no file but a directory.")
        return _read(self._parsed(documents.Contents, answer.document, f"the file {path}"), path)


def _read(found: documents.Contents, path: str) -> str:
    if found.type != "file":
        raise Unavailable("POLICY_UNREADABLE", f"{path} is no file but a {found.type}.")
    if found.size > LARGEST_POLICY_BYTES or found.encoding != "base64":
        raise Unavailable("POLICY_UNREADABLE", f"{path} is larger than {LARGEST_POLICY_BYTES // 1024} KiB.")
    try:
        content = base64.b64decode(found.content)
        if len(content) != found.size:
            raise Unavailable("GITHUB_API_ERROR", f"GitHub did not give the whole of {path}.")
        return content.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise Unavailable("POLICY_UNREADABLE", f"{path} is not UTF-8 text.") from None


def _bytes(text: str) -> int:
    return sys.getsizeof(text) + OVERHEAD_BYTES
