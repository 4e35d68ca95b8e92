"""The answers of the console: a page and what all are made with, the form to sign in, trouble in a sentence."""

from urllib.parse import urlencode

from flask import Response

from app import titles
from app.web import rendering
from app.web.console import session
from policies.text import plain


def page(template: str, status: int, **shown: object) -> Response:
    """Forms go to ourselves alone, and tell us so: without a referrer browsers hide where they come from."""
    tools = {"plain": plain, "link": link, "document": titles.document}
    return rendering.page(f"console/{template}", status, forms="'self'", referrer="same-origin", **tools, **shown)


def sign_in(status: int, to: str, sentence: str | None = None) -> Response:
    """The form that asks for a token; `to`: where it leads on to."""
    return page("sign_in.html", status, to=to, sentence=sentence, hours=session.HOURS)


def trouble(status: int, sentence: str) -> Response:
    """Why there is no other page."""
    return page("trouble.html", status, sentence=sentence)


def link(path: str, **asked: object) -> str:
    """An address with these parameters, whatever stands in them; those that are None are left out."""
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{path}?{query}" if query else path
