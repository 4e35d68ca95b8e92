"""Sign in to the console by showing a token of the API once, and out again; nothing else here changes anything."""

import logging
from collections.abc import Callable
from urllib.parse import parse_qs

from flask import Response, redirect, request

from app import tokens
from app.database import Transaction
from app.web import request_body
from app.web.console import pages, session
from app.web.console.door import HOME, Door, here, is_from_here
from app.web.replies import Reply

MOST_BYTES = 2_000
MOST_FIELDS = 4
PATH = "/console"
SEE_OTHER = 303

_log = logging.getLogger("mergegate.web")


def sign_in(door: Door, public_url: str) -> Callable[..., Response]:
    """The view that takes the form of a token, and gives a cookie for it."""

    def signed_in(tx: Transaction) -> Response:
        fields = _fields() if is_from_here(request) else None
        if fields is None:
            return pages.trouble(
                403, "Sign in with the form of the console, in a browser that says where a form comes from."
            )
        to, now = here(fields.get("to", "")), door.now()
        caller = tokens.find(tx, fields.get("token", "").strip(), now)
        if caller is None:
            _log.warning("action=console_refused")
            return pages.sign_in(401, to, "There is no such token, or it counts no more.")
        _log.info("action=console_signed_in token=%s principal=%s", caller.token_id, caller.principal)
        return _with_cookie(led_to(to), session.cookie(door.secret, caller.token_id, now), public_url)

    return door.within(signed_in)


def sign_out(public_url: str) -> Callable[..., Response]:
    """The view that takes the cookie away."""

    def signed_out() -> Response:
        if not is_from_here(request):
            return pages.trouble(403, "Sign out with the button of the console.")
        return _with_cookie(led_to(HOME), "", public_url)

    return signed_out


def _fields() -> dict[str, str] | None:
    """The fields of the form, those that stand there once; None for anything that is no form of ours."""
    if request_body.read_type(request) != request_body.FORM:
        return None
    body = request_body.read(request, MOST_BYTES)
    if isinstance(body, Reply):
        return None
    try:
        given = parse_qs(body.decode("ascii"), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return None
    return {name: values[0] for name, values in given.items() if len(values) == 1}


def led_to(path: str) -> Response:
    """An answer that has the browser go there."""
    response = redirect(path, SEE_OTHER, Response)
    assert isinstance(response, Response)  # noqa: S101 -- of the class that was given
    return response


def _with_cookie(response: Response, value: str, public_url: str) -> Response:
    """An empty one ends it."""
    response.set_cookie(
        session.COOKIE,
        value,
        max_age=session.HOURS * 3600 if value else 0,
        path=PATH,
        secure=public_url.startswith("https://"),
        httponly=True,
        samesite="Strict",
    )
    return response
