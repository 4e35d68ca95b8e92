"""`POST /webhooks/github`: every check in its order, then claim and publish, then one answer."""

import hashlib
import logging
import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request

from app.events import Delivery, Event
from app.github import payloads
from app.github.fields import Malformed
from app.github.payloads import Ignored
from app.settings import Settings
from app.web import metrics, origin, request_body, signature
from app.web.intake import Intake, Taken
from app.web.replies import Reply, respond

PATH = "/webhooks/github"
HIGHEST_HOOK_ID = 2**63 - 1

_EVENT_NAME = re.compile(r"(?:[a-z_]|(?<=_v)[0-9]){1,64}")
"""Letters and underscores, and the digit of GitHub's own `projects_v2_item`."""
_GUID = re.compile(r"[A-Za-z0-9-]{1,64}")
_HOOK_ID = re.compile(r"[0-9]{1,19}")

_REPLIES = {
    Taken.ENQUEUED: Reply(202, "enqueued", "The delivery is on the queue."),
    Taken.DUPLICATE: Reply(200, "duplicate", "The delivery was enqueued before."),
    Taken.IN_FLIGHT: Reply(503, "in_flight", "Another request is enqueueing this delivery; redeliver it later."),
    Taken.UNAVAILABLE: Reply(503, "not_enqueued", "The delivery could not be enqueued now; redeliver it later."),
}

_log = logging.getLogger("mergegate.web")


class Delivered(NamedTuple):
    """What GitHub's headers say of a delivery; they are not signed."""

    hook_id: int
    guid: str
    event_name: str


class Receiver:
    """The door for webhooks; `now` is the clock."""

    def __init__(self, settings: Settings, intake: Intake, now: Callable[[], datetime]) -> None:
        self._settings, self._intake, self._now = settings, intake, now
        self._keys = signature.read_keys(settings)
        self._types = (request_body.JSON, request_body.FORM) if settings.accept_form else (request_body.JSON,)

    def receive(self, incoming: Request) -> Response:
        """Answer one request."""
        body = self._read_authentic(incoming)
        if isinstance(body, Reply):
            return respond(body)
        label = metrics.label_of(incoming.headers.get("X-GitHub-Event", ""))
        said = self._receive_authentic(incoming, body)
        metrics.DELIVERIES.labels(label, said.code).inc()
        return respond(said)

    def _read_authentic(self, incoming: Request) -> bytes | Reply:
        """The bytes of the body, if they are signed with one of our secrets."""
        settings = self._settings
        if not origin.is_allowed(incoming, settings.allowed_networks, trusted_proxies=settings.trusted_proxies):
            return Reply(403, "address_not_allowed", "The address is not on the allow list.")
        body = request_body.check_headers(incoming, types=self._types) or request_body.read(incoming)
        if isinstance(body, Reply):
            return body
        matched = signature.match(body, incoming.headers.get("X-Hub-Signature-256"), self._keys, self._now())
        if matched is None:
            metrics.REFUSALS.inc()
            return Reply(401, "bad_signature", "The signature is missing or wrong.")
        metrics.SIGNATURES.labels(str(matched)).inc()
        return body

    def _receive_authentic(self, incoming: Request, body: bytes) -> Reply:
        delivered = read_delivered(incoming)
        if delivered is None:
            return Reply(400, "malformed_header", "A header of GitHub's is missing or malformed.")
        text = request_body.read_form(body) if request_body.read_type(incoming) == request_body.FORM else body
        if isinstance(text, Reply):
            return text
        try:
            event = payloads.normalize(delivered.event_name, payloads.parse(text))
        except Malformed as wrong:
            return self._log(delivered, Reply(400, wrong.code, wrong.sentence))
        if isinstance(event, Ignored):
            return self._log(delivered, Reply(200, event.reason, "The delivery leads to nothing here."))
        return self._log(delivered, self._enqueue(delivered, event, hashlib.sha256(body).hexdigest()))

    def _enqueue(self, delivered: Delivered, event: Event, body_digest: str) -> Reply:
        delivery = Delivery(
            hook_id=delivered.hook_id,
            guid=delivered.guid,
            body_digest=body_digest,
            received_at=self._now(),
            event=event,
        )
        return _REPLIES[self._intake.take(delivery)]

    def _log(self, delivered: Delivered, said: Reply) -> Reply:
        _log.info("action=delivery hook=%d guid=%s event=%s status=%d answer=%s", *delivered, said.status, said.code)
        return said


def install(flask: Flask, receiver: Receiver) -> None:
    """Serve the receiver on `flask`, at the exact path only."""

    def receive() -> Response:
        if not _is_exact(request.environ.get("RAW_URI", PATH)):
            abort(404)
        return receiver.receive(request)

    flask.add_url_rule(PATH, view_func=receive, endpoint="webhooks", methods=["POST"], provide_automatic_options=False)


def read_delivered(incoming: Request) -> Delivered | None:
    """The three headers that name a delivery, or `None` where one is missing or malformed."""
    hook_id = incoming.headers.get("X-GitHub-Hook-ID", "")
    guid = incoming.headers.get("X-GitHub-Delivery", "")
    event_name = incoming.headers.get("X-GitHub-Event", "")
    if not (_HOOK_ID.fullmatch(hook_id) and _GUID.fullmatch(guid) and _EVENT_NAME.fullmatch(event_name)):
        return None
    return Delivered(int(hook_id), guid, event_name) if int(hook_id) <= HIGHEST_HOOK_ID else None


def _is_exact(uri: str) -> bool:
    """Whether the path is written exactly so: no escapes, no doubled slashes that a server would smooth over."""
    path = uri.partition("?")[0]
    return (path if path.startswith("/") else urlsplit(path).path) == PATH
