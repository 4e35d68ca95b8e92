"""A GitHub client per thread and installation: PyGithub's connection and App authentication, nothing retried.

PyGithub's defaults re-send writes up to eleven times and take 307 for success, so every request goes through
`Client.request`, which makes exactly one and returns its status. Its objects are not safe to share between threads.
"""

import json
import threading
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

import requests
from github import Auth, BadAttributeException, Github, GithubException
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from app.github import egress, paging, signing, told
from app.github.queries import GRAPHQL, Query
from app.governor import DOWN_SECONDS, Governor, LimitsUnavailable, Pace, Resource, Slot, Told

API_VERSION = "2022-11-28"
PER_PAGE = 100
CLIENTS_PER_THREAD = 64
USER_AGENT = "mergegate"

_here = threading.local()


@dataclass(frozen=True)
class Answer:
    """What GitHub answered. Header names are lower case; `document` is `text` read, None where that is not JSON.

    `limited_until`: how long to ask nothing more, where the answer is that we asked too much.
    """

    status: int
    headers: Mapping[str, str]
    document: Any
    text: str = field(default="", repr=False)
    limited_until: datetime | None = None


class NotYet(Exception):
    """GitHub's limits allow no request now, and nothing was sent. The message is one sentence."""

    def __init__(self, sentence: str, not_before: datetime) -> None:
        super().__init__(sentence)
        self.not_before = not_before


class NoAnswer(Exception):
    """No usable answer came: the connection failed, timed out or was cut. A write may have happened or not."""


class NotSent(NoAnswer):
    """No connection could be opened, so nothing of the request has left."""


class NotAuthenticated(Exception):
    """GitHub gave the App no installation token; nothing of the request itself was sent. `answer`: what it said."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


class _Kept:
    """What both kinds of connection share: the egress check, and this thread's open connections to a server.

    PyGithub gives up its connection after each request where the classes are not its own.
    """

    protocol: str
    host: str
    port: int
    session: requests.Session

    def keep(self) -> None:
        """Use this thread's session with the server instead of a new one."""
        sessions: dict[tuple[str, str, int], requests.Session] = _here.__dict__.setdefault("sessions", {})
        self.session = sessions.setdefault((self.protocol, self.host, self.port), self.session)

    def close(self) -> None:
        """Leave the session open for the next request."""


class _Plain(_Kept, HTTPRequestsConnectionClass):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.keep()

    def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:  # noqa: A002
        egress.check(verb, paging.below_prefix(url), input)
        super().request(verb, url, input, headers, stream)


class _Secure(_Kept, HTTPSRequestsConnectionClass):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.keep()

    def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:  # noqa: A002
        egress.check(verb, paging.below_prefix(url), input)
        super().request(verb, url, input, headers, stream)


def guard() -> None:
    """Put the egress list under every PyGithub client of this process."""
    Requester.injectConnectionClasses(_Plain, _Secure)


guard()


class Client:
    """One installation's GitHub, or the App's own where `installation_id` is None."""

    def __init__(self, app: "App", installation_id: int | None) -> None:
        self._app = app
        self._installation_id = installation_id
        self._needs_limits = True
        auth = Auth.AppAuth(app.app_id, sign_func=signing.with_key(app.private_key))
        self._github = Github(
            auth=auth if installation_id is None else auth.get_installation_auth(installation_id),
            base_url=app.api_url,
            timeout=app.timeout_seconds,
            user_agent=USER_AGENT,
            per_page=PER_PAGE,
            lazy=True,
            api_version=API_VERSION,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        etag: str | None = None,
        pace: Pace | None = None,
    ) -> Answer:
        """Exactly one request. Raises `NoAnswer`, `NotAuthenticated`; before a socket opens `EgressRefused`, `NotYet`.

        `etag`: of the answer that is known already; where that still holds, the status is 304 and there is no body.
        `pace`: that of a write.
        """
        resource: Resource = "graphql" if path == GRAPHQL else "core"
        slot = self._begin(resource, pace)
        try:
            answer = self._exchange(method, path, parameters=parameters, body=body, etag=etag)
        except NotAuthenticated as refused:
            said = refused.answer
            told_of = told.refused_token(said.status, said.headers, said.document, self._app.clock())
            refused.answer = replace(said, limited_until=self._end(slot, told_of))
            raise
        except BaseException:
            self._end(slot, Told())
            raise
        told_of = told.read(answer.status, answer.headers, answer.document, resource, self._app.clock())
        return replace(answer, limited_until=self._end(slot, told_of))

    def unbounded(self) -> Self:
        """The same client, whose readings leave also where Redis does not answer."""
        client = copy(self)
        client._needs_limits = False
        return client

    def _begin(self, resource: Resource, pace: Pace | None) -> Slot:
        now = self._app.clock()
        try:
            slot = self._app.governor.begin(self._installation_id, resource, pace, now)
        except LimitsUnavailable:
            if pace is None and not self._needs_limits:
                return Slot(self._installation_id, resource, "", now)
            later = now + timedelta(seconds=DOWN_SECONDS)
            raise NotYet("Redis does not answer, so GitHub's limits are not known.", later) from None
        if isinstance(slot, datetime):
            raise NotYet(f"GitHub's limits allow no request before {slot.isoformat()}.", slot)
        return slot

    def _end(self, slot: Slot, told_of: Told) -> datetime | None:
        """Until when GitHub limits us. Where Redis is gone meanwhile, nothing is asked before it is back anyway."""
        now = self._app.clock()
        try:
            return self._app.governor.end(slot, told_of, now)
        except LimitsUnavailable:
            seconds = told_of.wait_seconds or told.SECONDARY_LIMIT_SECONDS
            return now + timedelta(seconds=seconds) if told_of.limited else None

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, Any] | None,
        body: dict[str, Any] | None,
        etag: str | None,
    ) -> Answer:
        self._authenticate()
        target = self._github.requester.graphql_url if path == GRAPHQL else path
        headers = {} if etag is None else {"If-None-Match": etag}
        try:
            status, received, text = self._github.requester.requestJson(
                method, target, parameters=parameters, headers=headers, input=body
            )
        except (requests.RequestException, OSError) as trouble:
            kind = NotSent if _never_connected(trouble) else NoAnswer
            raise kind(f"{method} {path}: {type(trouble).__name__}") from trouble
        except _NOT_UNDERSTOOD as trouble:
            raise NoAnswer(f"{method} {path}: {type(trouble).__name__}") from trouble
        return Answer(status, received, _document(text), text)

    def query(self, query: Query, variables: dict[str, Any]) -> Answer:
        """Exactly one request for what a fixed GraphQL document asks; raises like `request`."""
        return self.request("POST", GRAPHQL, body={"query": query.text, "variables": variables})

    def _authenticate(self) -> None:
        """Have the token before the request, so that trouble with the one is never taken for trouble with the other.

        PyGithub fetches it when it is first asked for, and looks at its time from the second time on. The App's own is
        made here, anew for each request, and can't be refused.
        """
        if self._installation_id is None:
            return
        auth = self._github.requester.auth
        try:
            if auth is not None and not (isinstance(auth.token, str) and isinstance(auth.token, str)):
                raise TypeError("the token is no text")
        except GithubException as refused:
            headers = {name.lower(): value for name, value in (refused.headers or {}).items()}
            answer = Answer(refused.status, headers, refused.data)
            raise NotAuthenticated(f"GitHub gave no installation token ({refused.status})", answer) from refused
        except (requests.RequestException, OSError, *_NOT_UNDERSTOOD) as trouble:
            answer = Answer(0, {}, None)
            raise NotAuthenticated(
                f"no usable answer to the request for a token: {type(trouble).__name__}", answer
            ) from trouble


def _never_connected(trouble: BaseException) -> bool:
    """Whether no connection was opened: refused, no route, no such name, or no answer to that within the time."""
    reason = getattr(trouble.args[0] if trouble.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


_NOT_UNDERSTOOD = (AssertionError, AttributeError, BadAttributeException, RuntimeError, TypeError, ValueError)
"""What PyGithub raises over answers it can't digest: redirects elsewhere, headers and tokens of the wrong shape."""


def _document(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True)
class App:
    """How to be our GitHub App: where the API is, the App's id, its private key (PEM), and within which limits."""

    api_url: str
    app_id: int
    private_key: str = field(repr=False)
    governor: Governor = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    timeout_seconds: int = 12

    def client(self, installation_id: int | None) -> Client:
        """This thread's client for an installation; the oldest is dropped beyond `CLIENTS_PER_THREAD`."""
        clients: dict[tuple[App, int | None], Client] = _here.__dict__.setdefault("clients", {})
        key = (self, installation_id)
        if key not in clients:
            while len(clients) >= CLIENTS_PER_THREAD:
                clients.pop(next(iter(clients)))
            clients[key] = Client(self, installation_id)
        return clients[key]

    def forget(self, installation_id: int | None) -> None:
        """Drop this thread's client, and its token with it: the next request authenticates anew."""
        _here.__dict__.get("clients", {}).pop((self, installation_id), None)
