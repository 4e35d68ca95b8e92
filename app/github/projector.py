"""The projector binding: makes the one request that a permit allows, and reads what became of an unknown one.

It has no method that merges, deletes a branch, forces a ref, closes an issue or moves a project item to Done.
"""

from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import Protocol

from app.github import egress
from app.github.answers import (
    SERVER_ERROR,
    UNAUTHORIZED,
    Unavailable,
    message,
    utc_now,
)
from app.github.client import Answer, App, NoAnswer, NotAuthenticated, NotYet
from app.github.endings import AUTH_FAILED, RATE_LIMITED, Again, Ending, Refused, Unknown, Written
from app.github.reader import LiveReader
from app.github.turns import TURNS
from app.github.writes import write
from app.github.writes.git_object import Bytes
from app.github.writes.write import Guarded
from app.permits import Permit, Request
from policies.intents import Intent

REDIRECTS = range(300, 400)
SUCCESSES = range(200, 300)
AGAIN_SECONDS = 30


def no_bytes(digest: str) -> bytes:
    """Of a projector that has no artifacts."""
    raise Unavailable("ARTIFACT_STORE_UNAVAILABLE", f"There is no store to take the bytes {digest} from.")


def request(intent: Intent, stored: Bytes = no_bytes) -> Request:
    """The one request that writes what an intent wishes for; a permit is spent for it. Raises `Unavailable`."""
    return write.of(intent, stored).request()


class Projector(Protocol):
    """What both bindings can do; no more than one write at a time."""

    def request(self, intent: Intent) -> Request:
        """What is sent. Raises `Unavailable`."""

    def simulated(self, intent: Intent) -> Request | None:
        """What a live projector would send, where this one is local; None otherwise, and where it can't be told."""

    def write(self, permit: Permit, intent: Intent, wanted: Request) -> Ending:
        """Make the request that the permit is for."""

    def find(self, intent: Intent, known: Container[str]) -> Written | Refused | None:
        """What became of a write whose end is not known. Raises `Unavailable`."""


class LocalProjector:
    """The default binding: it opens no socket, so whatever it is asked for stays unwritten."""

    def request(self, intent: Intent) -> Request:
        """What would be sent. Raises `Unavailable`."""
        return request(intent)

    def simulated(self, intent: Intent) -> Request | None:
        """The same, for the record; None where a stored artifact belongs into it."""
        try:
            return request(intent)
        except Unavailable:
            return None

    def write(self, permit: Permit, intent: Intent, wanted: Request) -> Ending:
        """Refuse."""
        return Refused(None, "TRANSPORT_DISABLED", "The projector is local; nothing is written.")

    def find(self, intent: Intent, known: Container[str]) -> Written | Refused | None:
        """Nothing was written from here; another binding's write can't be read from this one."""
        raise Unavailable("TRANSPORT_DISABLED", "The projector is local, so GitHub is not asked what became of it.")


class LiveProjector:
    """Writes with an installation's token, one request a permit; `stored` has the bytes of blobs."""

    def __init__(self, app: App, clock: Callable[[], datetime] = utc_now, stored: Bytes = no_bytes) -> None:
        self._app = app
        self._clock = clock
        self._stored = stored
        self._reader = LiveReader(app, clock)

    def request(self, intent: Intent) -> Request:
        """What is sent. Raises `Unavailable`."""
        return request(intent, self._stored)

    def simulated(self, intent: Intent) -> Request | None:
        """Nothing is simulated here."""
        return None

    def write(self, permit: Permit, intent: Intent, wanted: Request) -> Ending:
        """Make the request. An `EgressRefused` is a broken promise of ours and is not caught."""
        if (obstacle := self._obstacle(intent)) is not None:
            return obstacle
        try:
            with egress.holding(permit):
                client = self._app.client(intent.installation_id)
                answer = client.request(
                    wanted.method, wanted.path, body=dict(wanted.body) or None, pace=TURNS[intent.kind].pace
                )
        except NotYet as early:
            return Again(None, RATE_LIMITED, f"{early}", early.not_before)
        except NoAnswer as trouble:
            return Unknown(f"GitHub gave no answer: {trouble}.")
        except NotAuthenticated as refused:
            return self._not_authenticated(intent, refused)
        return self._ending(intent, answer)

    def find(self, intent: Intent, known: Container[str]) -> Written | Refused | None:
        """The write as GitHub shows it now, ours and not one of the `known` ids; None: not there (yet).

        Raises `Unavailable`.
        """
        return write.of(intent, self._stored).find(self._reader, write.place(intent), known)

    def _obstacle(self, intent: Intent) -> Refused | Again | None:
        """What stands in the way at GitHub, or that this can't be told now."""
        wanted = write.of(intent, self._stored)
        if not isinstance(wanted, Guarded):
            return None
        try:
            return wanted.obstacle(self._reader, write.place(intent))
        except Unavailable as trouble:
            later = trouble.not_before or self._clock() + timedelta(seconds=AGAIN_SECONDS)
            return Again(None, trouble.code, trouble.sentence, later)

    def _ending(self, intent: Intent, answer: Answer) -> Ending:
        if (own := write.of(intent, self._stored).ending(answer)) is not None:
            return own
        if (until := answer.limited_until) is not None:
            return Again(answer.status, RATE_LIMITED, f"GitHub's rate limit holds until {until.isoformat()}.", until)
        if answer.status >= SERVER_ERROR or answer.status in SUCCESSES:
            return Unknown(f"GitHub answered {answer.status}, which says neither yes nor no.")
        if answer.status in REDIRECTS:
            return Refused(answer.status, "GITHUB_API_ERROR", f"GitHub answered {answer.status}: nothing was written.")
        return self._refusal(intent, answer)

    def _refusal(self, intent: Intent, answer: Answer) -> Ending:
        if answer.status == UNAUTHORIZED:
            self._app.forget(intent.installation_id)
            later = self._clock() + timedelta(seconds=AGAIN_SECONDS)
            return Again(answer.status, AUTH_FAILED, "GitHub did not accept our token.", later)
        return Refused(answer.status, "GITHUB_API_ERROR", f"GitHub refused ({answer.status}): {message(answer)}")

    def _not_authenticated(self, intent: Intent, refused: NotAuthenticated) -> Again:
        """A limit says nothing against our token."""
        self._app.forget(intent.installation_id)
        code, until = refused.answer.status or None, refused.answer.limited_until
        if until is not None:
            return Again(code, RATE_LIMITED, f"GitHub's rate limit holds until {until.isoformat()}.", until)
        return Again(code, AUTH_FAILED, f"{refused}.", self._clock() + timedelta(seconds=AGAIN_SECONDS))
