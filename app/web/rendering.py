"""Answer with a page of HTML that may load and run nothing, and that nobody keeps or frames."""

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from flask import Response, render_template


def page(
    template: str, status: int, *, forms: str = "'none'", referrer: str = "no-referrer", **shown: object
) -> Response:
    """`forms`: where its forms may go; `referrer`: what those it leads to are told; both as the headers say it."""
    response = Response(render_template(template, style=_style(), at=at, **shown), status)
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = referrer
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response


def at(moment: datetime) -> str:
    """A moment as pages show it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@cache
def _style() -> str:
    return files("app.web").joinpath("templates/style.css").read_text(encoding="utf-8")
