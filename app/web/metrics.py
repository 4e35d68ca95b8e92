"""The counters of the web process, and `/metrics` for who has the token."""

import hmac
import os

from flask import Flask, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from pydantic import SecretStr

from app.github.kinds import KINDS

DELIVERIES = Counter("mergegate_deliveries", "Authenticated deliveries by event and answer.", ["event", "answer"])
SIGNATURES = Counter("mergegate_signatures_matched", "Deliveries by index of the secret that signed.", ["secret"])
REFUSALS = Counter("mergegate_authentication_failures", "Requests without a valid signature.")
PUBLISH_SECONDS = Histogram("mergegate_publish_seconds", "Time that a publish to the broker took.")


def label_of(event_name: str) -> str:
    """The event's name if it is a known one; no new labels are opened from outside."""
    return event_name if event_name in KINDS or event_name == "ping" else "other"


def install(flask: Flask, token: SecretStr | None, *looked_up: Collector) -> None:
    """Serve `/metrics` on `flask` to who has the `token`; without one there is no such page.

    `looked_up`: what is not counted here, but known elsewhere at the moment of the scrape.
    """
    elsewhere = CollectorRegistry()
    for collector in looked_up:
        elsewhere.register(collector)

    def show() -> Response:
        if token is None:
            abort(404)
        wanted = b"Bearer " + token.get_secret_value().encode()
        if not hmac.compare_digest(wanted, request.headers.get("Authorization", "").encode("latin-1", "replace")):
            abort(401)
        shown = generate_latest(_registry()) + generate_latest(elsewhere)
        return Response(shown, content_type=CONTENT_TYPE_LATEST)

    flask.add_url_rule("/metrics", view_func=show, endpoint="metrics", provide_automatic_options=False)


def _registry() -> CollectorRegistry:
    """Of all worker processes where they write to a common directory, else of this process."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
