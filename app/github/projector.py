"""The projector binding: makes the one request that a permit allows, and reads what became of an unknown one.

It has no method that merges, deletes a branch, forces a ref, closes an issue or moves a project item.
"""

from collections.abc import Callable, Container
from datetime import datetime, timedelta

from app.github import egress
from app.github.answers import SERVER_ERROR, UNAUTHORIZED, Unavailable, limited_until, message, utc_now
from app.github.client import Answer, App, NoAnswer, NotAuthenticated
from app.github.endings import AUTH_FAILED, Again, Ending, Refused, Unknown, Written
from app.github.reader import LiveReader, Place
from app.permits import Permit
from policies.intents import Intent

CREATED = 201
REDIRECTS = range(300, 400)
SUCCESSES = range(200, 300)
AGAIN_SECONDS = 30


def status_path(intent: Intent) -> str:
    """Where a status is written; by id, since a renamed repository answers 307, which is no success."""
    return f"/repositories/{intent.repository_id}/statuses/{intent.content.sha}"


def status_body(intent: Intent) -> dict[str, object]:
    """What is sent there."""
    content = intent.content
    return {
        "state": content.state,
        "target_url": content.target_url,
        "description": content.description,
        "context": content.context,
    }


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
        self._login: str | None = None

    def write(self, permit: Permit, intent: Intent) -> Ending:
        """Make the request. An `EgressRefused` is a broken promise of ours and is not caught."""
        try:
            with egress.holding(permit):
                client = self._app.client(intent.installation_id)
                answer = client.request("POST", status_path(intent), body=status_body(intent))
        except NoAnswer as trouble:
            return Unknown(f"GitHub gave no answer: {trouble}.")
        except NotAuthenticated as refused:
            return self._not_authenticated(intent, refused)
        return self._ending(intent, answer)

    def find(self, intent: Intent, known: Container[str]) -> Written | None:
        """The write as GitHub shows it now, ours and not one of the `known` ids; None: not there (yet).

        Raises `Unavailable`.
        """
        login = self._login = self._login or self._reader.bot_login()
        place = Place(intent.installation_id, intent.repository_id)
        wanted = intent.content
        for status in self._reader.statuses(place, wanted.sha):
            ours = status.creator is not None and status.creator.login == login
            shown = (status.context, status.state, status.description, status.target_url)
            same = shown == (wanted.context, wanted.state, wanted.description, wanted.target_url)
            if ours and same and str(status.id) not in known:
                return Written(None, str(status.id))
        return None

    def _ending(self, intent: Intent, answer: Answer) -> Ending:
        if (
            answer.status == CREATED
            and isinstance(answer.document, dict)
            and isinstance(answer.document.get("id"), int)
        ):
            return Written(answer.status, str(answer.document["id"]))
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


def _written_id(answer: Answer) -> str | None:
    found = answer.document.get("id") if isinstance(answer.document, dict) else None
    return str(found) if type(found) is int else None


Projector = LiveProjector | LocalProjector
