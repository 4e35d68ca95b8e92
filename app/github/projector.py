"""The projector binding: makes the one request that a permit allows, and reads what became of an unknown one.

It has no method that merges, deletes a branch, forces a ref, closes an issue or moves a project item.
"""

from collections.abc import Callable, Container
from datetime import datetime, timedelta

from app.github import egress
from app.github.answers import SERVER_ERROR, UNAUTHORIZED, Unavailable, limited_until, message, utc_now
from app.github.client import Answer, App, NoAnswer, NotAuthenticated
from app.github.endings import AUTH_FAILED, Again, Ending, Refused, Unknown, Written
from app.github.reader import LiveReader
from app.github.writes import write
from app.permits import Permit, Request
from policies.intents import Intent

REDIRECTS = range(300, 400)
SUCCESSES = range(200, 300)
AGAIN_SECONDS = 30


def request(intent: Intent) -> Request:
    """The one request that writes what an intent wishes for; a permit is spent for it."""
    return write.of(intent).request()


class LocalProjector:
    """The default binding: it opens no socket, so whatever it is asked for stays unwritten."""

    def write(self, permit: Permit, intent: Intent) -> Ending:
        """Refuse."""
        return Refused(None, "TRANSPORT_DISABLED", "The projector is local; nothing is written.")

    def find(self, intent: Intent, known: Container[str]) -> Written | None:
        """Nothing was written from here; another binding's write can't be read from this one."""
        raise Unavailable("TRANSPORT_DISABLED", "The projector is local, so GitHub is not asked what became of it.")


class LiveProjector:
    """Writes with an installation's token, one request a permit."""

    def __init__(self, app: App, clock: Callable[[], datetime] = utc_now) -> None:
        self._app = app
        self._clock = clock
        self._reader = LiveReader(app, clock)

    def write(self, permit: Permit, intent: Intent) -> Ending:
        """Make the request. An `EgressRefused` is a broken promise of ours and is not caught."""
        wanted = request(intent)
        try:
            with egress.holding(permit):
                client = self._app.client(intent.installation_id)
                answer = client.request(wanted.method, wanted.path, body=dict(wanted.body))
        except NoAnswer as trouble:
            return Unknown(f"GitHub gave no answer: {trouble}.")
        except NotAuthenticated as refused:
            return self._not_authenticated(intent, refused)
        return self._ending(intent, answer)

    def find(self, intent: Intent, known: Container[str]) -> Written | None:
        """The write as GitHub shows it now, ours and not one of the `known` ids; None: not there (yet).

        Raises `Unavailable`.
        """
        return write.of(intent).find(self._reader, write.place(intent), known)

    def _ending(self, intent: Intent, answer: Answer) -> Ending:
        if (own := write.of(intent).ending(answer)) is not None:
            return own
        if answer.status >= SERVER_ERROR or answer.status in SUCCESSES:
            return Unknown(f"GitHub answered {answer.status}, which says neither yes nor no.")
        if answer.status in REDIRECTS:
            return Refused(answer.status, "GITHUB_API_ERROR", f"GitHub answered {answer.status}: nothing was written.")
        return self._refusal(intent, answer)

    def _refusal(self, intent: Intent, answer: Answer) -> Ending:
        now = self._clock()
        if (until := limited_until(answer, now)) is not None:
            return Again(answer.status, "RATE_LIMITED", f"GitHub's rate limit holds until {until.isoformat()}.", until)
        if answer.status == UNAUTHORIZED:
            self._app.forget(intent.installation_id)
            later = now + timedelta(seconds=AGAIN_SECONDS)
            return Again(answer.status, AUTH_FAILED, "GitHub did not accept our token.", later)
        return Refused(answer.status, "GITHUB_API_ERROR", f"GitHub refused ({answer.status}): {message(answer)}")

    def _not_authenticated(self, intent: Intent, refused: NotAuthenticated) -> Again:
        now = self._clock()
        self._app.forget(intent.installation_id)
        later = limited_until(refused.answer, now) or now + timedelta(seconds=AGAIN_SECONDS)
        return Again(refused.answer.status or None, AUTH_FAILED, f"{refused}.", later)


Projector = LiveProjector | LocalProjector
