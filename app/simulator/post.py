"""Sending one webhook: signed, with all delivery headers, recorded in the deliveries log."""

import dataclasses
import hashlib
import hmac
import http.client
import json
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.simulator.records import App, Sent
from app.simulator.shapes.view import Json
from app.simulator.world import World

ANSWER_SECONDS = 10
_RESPONSE_BYTES = 65536


@dataclass(frozen=True)
class Notice:
    """A webhook not sent yet."""

    guid: str
    app: App
    event: str
    action: str | None
    installation_id: int | None
    repository_id: int | None
    body: bytes


def notice(
    app: App, event: str, body: Json, *, installation_id: int | None = None, repository_id: int | None = None
) -> Notice:
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Notice(str(uuid.uuid4()), app, event, body.get("action"), installation_id, repository_id, raw)


def send(world: World, item: Notice) -> Sent:
    """POST it now; when the receiver doesn't answer in time that is recorded, too."""
    return _record(world, _post(_unsent(world, item, "first")))


def send_again(world: World, sent: Sent) -> Sent:
    """The same GUID, body and signature under a new delivery id."""
    fresh = dataclasses.replace(sent, id=world.next_id(), delivered_at=world.now(), redelivery=True)
    return _record(world, _post(fresh))


def lose(world: World, item: Notice) -> Sent:
    """As if nobody had listened: recorded as failed, never sent."""
    return _record(world, _unsent(world, item, "first"))


def headers(app: App, event: str, guid: str, body: bytes) -> dict[str, str]:
    signed = {
        "X-Hub-Signature": f"sha1={hmac.new(app.hook_secret.encode(), body, hashlib.sha1).hexdigest()}",
        "X-Hub-Signature-256": f"sha256={hmac.new(app.hook_secret.encode(), body, hashlib.sha256).hexdigest()}",
    }
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        **(signed if app.hook_secret else {}),
    }


def _unsent(world: World, item: Notice, attempt: str) -> Sent:
    return Sent(
        id=world.next_id(),
        guid=item.guid,
        app_id=item.app.id,
        event=item.event,
        action=item.action,
        installation_id=item.installation_id,
        repository_id=item.repository_id,
        url=item.app.hook_url or "",
        headers=headers(item.app, item.event, item.guid, item.body),
        body=item.body,
        delivered_at=world.now(),
        seconds=0.0,
        status_code=0,
        response="",
        redelivery=attempt != "first",
    )


def _post(sent: Sent) -> Sent:
    began = time.monotonic()
    address = urlsplit(sent.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=ANSWER_SECONDS)
    code, text = 0, ""
    try:
        connection.request("POST", address.path or "/", sent.body, dict(sent.headers))
        answer = connection.getresponse()
        code, text = answer.status, answer.read(_RESPONSE_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException) as trouble:
        text = str(trouble)
    finally:
        connection.close()
    return dataclasses.replace(sent, status_code=code, response=text, seconds=round(time.monotonic() - began, 3))


def _record(world: World, sent: Sent) -> Sent:
    with world.lock:
        world.state.sent.append(sent)
    return sent
