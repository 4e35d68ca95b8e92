"""A GitHub client per thread and installation: PyGithub's connection and App authentication, nothing retried.

PyGithub's defaults re-send writes up to eleven times and take 307 for success, so every request goes through
`Client.request`, which makes exactly one and returns its status. Its objects are not safe to share between threads.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from github import Auth, Github, GithubException
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

from app.github import egress

API_VERSION = "2022-11-28"
TIMEOUT_SECONDS = 12
PER_PAGE = 100
CLIENTS_PER_THREAD = 64
USER_AGENT = "mergegate"

_here = threading.local()


@dataclass(frozen=True)
class Answer:
    """What GitHub answered. Header names are lower case; `document` is None where the body is not JSON."""

    status: int
    headers: Mapping[str, str]
    document: Any


class NoAnswer(Exception):
    """No usable answer came: the connection failed, timed out or was cut. A write may have happened or not."""


class NotAuthenticated(Exception):
    """GitHub gave the App no installation token; nothing of the request itself was sent. `answer`: what it said."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


class _Plain(HTTPRequestsConnectionClass):
    def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:  # noqa: A002
        egress.check(verb, _below_prefix(url), input)
        super().request(verb, url, input, headers, stream)


class _Secure(HTTPSRequestsConnectionClass):
    def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:  # noqa: A002
        egress.check(verb, _below_prefix(url), input)
        super().request(verb, url, input, headers, stream)


def _below_prefix(url: str) -> str:
    return url.removeprefix("/api/v3")


Requester.injectConnectionClasses(_Plain, _Secure)


class Client:
    """One installation's GitHub, or the App's own where `installation_id` is None."""

    def __init__(self, api_url: str, app_id: int, private_key: str, installation_id: int | None) -> None:
        app = Auth.AppAuth(app_id, private_key)
        auth = app if installation_id is None else app.get_installation_auth(installation_id)
        self._github = Github(
            auth=auth,
            base_url=api_url,
            timeout=TIMEOUT_SECONDS,
            user_agent=USER_AGENT,
            per_page=PER_PAGE,
            lazy=True,
            api_version=API_VERSION,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )

    def request(
        self, method: str, path: str, *, parameters: dict[str, Any] | None = None, body: dict[str, Any] | None = None
    ) -> Answer:
        """Exactly one request. Raises `NoAnswer`, `NotAuthenticated`, or `EgressRefused` before a socket opens."""
        self._authenticate()
        try:
            status, headers, text = self._github.requester.requestJson(method, path, parameters=parameters, input=body)
        except (requests.RequestException, OSError) as trouble:
            raise NoAnswer(f"{method} {path}: {type(trouble).__name__}") from trouble
        except RuntimeError as trouble:  # a redirect that PyGithub will not follow
            raise NoAnswer(f"{method} {path}: {trouble}") from trouble
        return Answer(status, headers, _document(text))

    def _authenticate(self) -> None:
        """Have the token before the request, so that trouble with the one is never taken for trouble with the other."""
        auth = self._github.requester.auth
        try:
            _ = auth.token if auth is not None else None
        except GithubException as refused:
            headers = {name.lower(): value for name, value in (refused.headers or {}).items()}
            answer = Answer(refused.status, headers, refused.data)
            raise NotAuthenticated(f"GitHub gave no installation token ({refused.status})", answer) from refused
        except (requests.RequestException, OSError) as trouble:
            answer = Answer(0, {}, None)
            raise NotAuthenticated(
                f"no answer to the request for a token: {type(trouble).__name__}", answer
            ) from trouble


def _document(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


@dataclass(frozen=True)
class App:
    """How to be our GitHub App: where the API is, the App's id and its private key (PEM)."""

    api_url: str
    app_id: int
    private_key: str

    def client(self, installation_id: int | None) -> Client:
        """This thread's client for an installation; the oldest is dropped beyond `CLIENTS_PER_THREAD`."""
        clients: dict[tuple[App, int | None], Client] = _here.__dict__.setdefault("clients", {})
        key = (self, installation_id)
        if key not in clients:
            while len(clients) >= CLIENTS_PER_THREAD:
                clients.pop(next(iter(clients)))
            clients[key] = Client(self.api_url, self.app_id, self.private_key, installation_id)
        return clients[key]

    def forget(self, installation_id: int | None) -> None:
        """Drop this thread's client, and its token with it: the next request authenticates anew."""
        _here.__dict__.get("clients", {}).pop((self, installation_id), None)


def next_page(answer: Answer) -> str | None:
    """Path and query of the next page, from the `Link` header; None on the last one."""
    for part in answer.headers.get("link", "").split(","):
        url, _, relation = part.partition(";")
        if 'rel="next"' in relation:
            parts = urlsplit(url.strip().strip("<>"))
            return _below_prefix(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return None
