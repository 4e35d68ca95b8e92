"""Watches each request on the gate's side: before it leaves, and once its answer is here and nobody has acted on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import requests
from github.Requester import Requester, RequestsResponse

from app.github import client
from tests.conformance.merge_workers import Worker

NOBODY = 9
"""A port at which nobody listens."""
RUN_HEADER, ID_HEADER = "x-scenario-run", "x-scenario-request"


class Refused(Exception):
    """The scenario lets nobody listen for this request."""


class Tap(Protocol):
    """Who watches."""

    def leaving(self, worker: Worker, method: str, url: str, body: str | None) -> int:
        """The number of the request. Raises `Refused` where it never leaves."""

    def came_back(self, worker: Worker, request_id: int, status: int | None, text: str) -> None:
        """Its answer is here; None: there was none."""


_tap: list[Tap] = []


class _Tapped(client._Plain):
    def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:  # noqa: A002
        if (worker := Worker.here()) is not None:
            worker.check()
        super().request(verb, url, input, headers, stream)

    def getresponse(self) -> RequestsResponse:
        worker = Worker.here()
        if worker is None or not _tap:
            return super().getresponse()
        try:
            number = _tap[-1].leaving(worker, self.verb, self.url, self.input)
        except Refused:
            self.port = NOBODY
            return super().getresponse()
        worker.check()
        self.headers = {**self.headers, RUN_HEADER: worker.name, ID_HEADER: str(number)}
        try:
            response = super().getresponse()
        except requests.RequestException:
            _came_back(worker, number, None, "")
            raise
        _came_back(worker, number, int(response.status), str(response.read()))
        return response


def _came_back(worker: Worker, number: int, status: int | None, text: str) -> None:
    _tap[-1].came_back(worker, number, status, text)
    worker.check()


@contextmanager
def tapped(tap: Tap) -> Iterator[None]:
    """Let all of the gate's requests be watched, for as long as the block lasts."""
    Requester.injectConnectionClasses(_Tapped, client._Secure)
    _tap.append(tap)
    try:
        yield
    finally:
        _tap.pop()
        client.guard()
