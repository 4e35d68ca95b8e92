"""What PyGithub asks for, what passes the egress list, and whether a socket is about to open, which none does."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from github import Auth, Github

from app.github import egress
from app.github.answers import utc_now
from app.github.client import App
from app.governor import Governor
from app.simulator.keys import key_pair
from tests.app.github.pygithub import Maker
from tests.app.github.pygithub_words import BASE

Asked = tuple[str, str, Any]


class Reached(BaseException):
    """A socket was about to open."""


@dataclass
class Watch:
    """What is asked for, what passes the egress list, and whether a socket is about to open."""

    is_on: bool = False
    asked: list[Asked] = field(default_factory=list)
    passed: list[Asked] = field(default_factory=list)
    reached: int = 0


WATCH = Watch()


def _hear(event: str, _: object) -> None:
    if event == "socket.connect" and WATCH.is_on:
        WATCH.reached += 1
        raise Reached


sys.addaudithook(_hear)


@contextmanager
def watched() -> Iterator[Watch]:
    """From here on no socket opens, and every request that gets as far as the egress list is noted."""
    really = egress.check

    def check(method: str, url: str, body: str | None) -> None:
        WATCH.asked.append((method, url, body))
        really(method, url, body)
        WATCH.passed.append((method, url, body))

    WATCH.asked, WATCH.passed, WATCH.reached = [], [], 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(egress, "check", check)
        WATCH.is_on = True
        try:
            yield WATCH
        finally:
            WATCH.is_on = False


def maker() -> Maker:
    """Objects of a client as the gate has it, but for its token, which nobody has to fetch."""
    governor = Governor(
        "redis://127.0.0.1:1",
        evaluations_per_minute=1,
        write_spacing_seconds=0,
        notifying_spacing_seconds=0,
        request_seconds=12,
    )
    everything: Github = App(BASE, 1, key_pair().private, governor, utc_now).client(5)._github
    requester = everything.requester.withAuth(Auth.Token("t"))
    everything._Github__requester = requester  # type: ignore[attr-defined]
    return Maker(requester, everything)
