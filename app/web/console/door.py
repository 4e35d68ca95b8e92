"""What stands before every page of the console: a place, and somebody signed in with a token that may read."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import psycopg
from flask import Request, Response, request
from pydantic import ValidationError

from app import tokens
from app.database import Pool, Transaction
from app.settings import Settings
from app.tokens import Caller
from app.web.api.bodies import Query
from app.web.console import pages, session
from policies.text import plain, short

MOST_AT_ONCE = 2
"""The console shares the threads of the receiver, which a slow Postgres must not use up."""
SCOPE = "read"
HOME = "/console/workflows"
MOST_NAME_CHARACTERS = 40

Q = TypeVar("Q", bound=Query)
_HERE = re.compile(r"/console(?:/[A-Za-z0-9-]{1,64}){1,3}")
_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@dataclass(frozen=True)
class Visit:
    """Who looks, when, and at what: the parameters of the query, but for those that a form left empty."""

    tx: Transaction
    caller: Caller
    at: datetime
    settings: Settings
    asked: Mapping[str, str]

    def read(self, query: type[Q]) -> Q | Response:
        """What is asked for, or a page that says what is wrong with it."""
        try:
            return query.model_validate(self.asked)
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
            name = short(".".join(map(str, first["loc"])), MOST_NAME_CHARACTERS)
            return pages.trouble(422, f"{name}: {plain(first['msg'].removeprefix('Value error, '))}.")

    def page(self, template: str, **shown: object) -> Response:
        """A page for who is signed in, with the way to the others."""
        return pages.page(template, 200, who=self.caller.principal, asked=self.asked, **shown)


class Door:
    """Lets those in who may, `MOST_AT_ONCE` at a time; `now` is the clock."""

    def __init__(self, settings: Settings, secret: bytes, pool: Pool, now: Callable[[], datetime]) -> None:
        self.secret, self.now = secret, now
        self._settings, self._pool = settings, pool
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def over(self, look: Callable[..., Response]) -> Callable[..., Response]:
        """A view that shows what `look` makes of a `Visit` and of parts of the path."""

        def shown(tx: Transaction, **path: object) -> Response:
            now = self.now()
            token_id = session.token_id(self.secret, request.cookies.get(session.COOKIE, ""), now)
            caller = tokens.of_id(tx, token_id, now) if token_id else None
            if caller is None:
                return pages.sign_in(401, here(request.path))
            if SCOPE not in caller.scopes:
                return pages.trouble(403, f"The token of {caller.principal} lacks the scope {SCOPE}.")
            asked = {name: value for name, value in request.args.items() if value}
            return look(Visit(tx, caller, now, self._settings, asked), **path)

        return self.within(shown)

    def within(self, work: Callable[..., Response]) -> Callable[..., Response]:
        """A view with a place and a transaction that only reads, or a page that says why there is none."""

        def view(**path: object) -> Response:
            if not self._places.acquire(blocking=False):
                return pages.trouble(503, "Too many people look at pages now; try again in a minute.")
            try:
                with self._pool.connection() as tx:
                    tx.execute(_ONE_MOMENT)
                    return work(tx, **path)
            except psycopg.DataError:
                return pages.trouble(422, "What was asked for holds characters that stand in no database.")
            except psycopg.OperationalError:
                return pages.trouble(503, "The database does not answer; try again in a minute.")
            finally:
                self._places.release()

        return view


def here(path: str) -> str:
    """The path, if it may be led on to after signing in; else where the console begins."""
    return path if _HERE.fullmatch(path) else HOME


def is_from_here(incoming: Request) -> bool:
    """Whether a form was sent from a page of ours, as browsers tell by themselves; who does not say is not believed."""
    site = incoming.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return incoming.headers.get("Origin", "").partition("://")[2] == incoming.host
