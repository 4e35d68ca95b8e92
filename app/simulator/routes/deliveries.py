"""Routes of the deliveries log: what an App's hook was sent."""

import json

from app.simulator import pages
from app.simulator.answers import Answer, Refusal
from app.simulator.call import Call
from app.simulator.records import Sent
from app.simulator.shapes.view import Json, time


def list_deliveries(call: Call) -> Answer:
    """Newest first; pages by `cursor`, which only the Link header tells."""
    size = pages.size(call.query)
    cursor = pages.number(call.query, "cursor", 0)
    wanted = [s for s in reversed(_mine(call)) if _asked_for(call, s)]
    rest = [s for s in wanted if cursor in (0, s.id) or s.id < cursor]
    more = {}
    if len(rest) > size:
        address = f"{call.view.url}/app/hook/deliveries?per_page={size}&cursor={rest[size].id}"
        more = {"link": f'<{address}>; rel="next"'}
    return Answer(200, [_item(sent) for sent in rest[:size]], more)


def read_delivery(call: Call, *, delivery: int) -> Answer:
    sent = _find(call, delivery)
    asked: Json = {"headers": dict(sent.headers), "payload": json.loads(sent.body)}
    return Answer(
        200,
        {**_item(sent), "url": sent.url, "request": asked, "response": {"headers": {}, "payload": sent.response}},
    )


def redeliver(call: Call, *, delivery: int) -> Answer:
    call.github.redeliver(_find(call, delivery).id)
    return Answer(202, {})


def _mine(call: Call) -> list[Sent]:
    if call.caller.app is None:
        raise Refusal(401, "A JSON web token could not be decoded")
    return [s for s in call.state.sent if s.app_id == call.caller.app.id]


def _find(call: Call, number: int) -> Sent:
    found = next((s for s in _mine(call) if s.id == number), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _asked_for(call: Call, sent: Sent) -> bool:
    """`status=failure` filters on codes from 400 to 599, so it misses those that nobody answered."""
    wanted = call.query.get("status")
    if wanted == "failure":
        return 400 <= sent.status_code <= 599
    return wanted != "success" or 200 <= sent.status_code <= 399


def _item(sent: Sent) -> Json:
    return {
        "id": sent.id,
        "guid": sent.guid,
        "delivered_at": time(sent.delivered_at),
        "redelivery": sent.redelivery,
        "duration": sent.seconds,
        "status": sent.status,
        "status_code": sent.status_code,
        "event": sent.event,
        "action": sent.action,
        "installation_id": sent.installation_id,
        "repository_id": sent.repository_id,
        "throttled_at": None,
    }
