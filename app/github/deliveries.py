"""The deliveries binding: what GitHub says it sent to our App's webhook, listed and read; nothing is sent again.

https://docs.github.com/en/rest/apps/webhooks. GitHub keeps deliveries for three days, an Enterprise Server for seven.
"""

import json
import re
from typing import Annotated, Any, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.github.answers import NOT_FOUND, Unavailable, unavailable
from app.github.asking import OK, Asking
from app.github.client import PER_PAGE, Answer
from app.github.fields import HIGHEST_ID
from app.github.paging import next_page

PATH = "/app/hook/deliveries"
LONGEST_CURSOR_CHARACTERS = 200
HOOK_ID = re.compile(r"[0-9]{1,19}")
REFUSALS_OF_CURSORS = (400, NOT_FOUND, 422)

Guid = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}\z")]
Id = Annotated[int, Field(gt=0, le=HIGHEST_ID)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Listed(_Document):
    """One attempt to deliver, as GitHub lists it. `id` is the attempt's; `guid` the event's, the same if sent again."""

    id: Id
    guid: Guid
    delivered_at: AwareDatetime
    event: str
    action: str | None = None
    installation_id: Id | None = None


class _Asked(_Document):
    headers: dict[str, Any]
    payload: dict[str, Any]


class _Whole(_Document):
    request: _Asked


class Page(NamedTuple):
    """Some deliveries, newest first; `cursor` leads to the older ones, None where these are the oldest."""

    listed: tuple[Listed, ...]
    cursor: str | None


class Sent(NamedTuple):
    """What was sent: by which hook, and the body. Its bytes are ours, since GitHub shows what it says, not how."""

    hook_id: int
    body: bytes


class CursorLost(Exception):
    """GitHub does not know the place in its list any more; the list has to be read from its beginning."""


class NotShown(Exception):
    """The delivery will never be read, and why."""


class Deliveries(Protocol):
    """What GitHub says it sent. Both methods raise `Unavailable`."""

    def page(self, cursor: str | None) -> Page:
        """The newest deliveries, or those that follow a cursor. Raises `CursorLost`."""

    def sent(self, listed: Listed) -> Sent:
        """What was sent with one of them. Raises `NotShown`."""


class LocalDeliveries:
    """The default binding: it opens no socket, so GitHub sent nothing."""

    def page(self, cursor: str | None) -> Page:
        """None."""
        return Page((), None)

    def sent(self, listed: Listed) -> Sent:
        """Nothing was listed, so nothing is asked for."""
        raise NotShown("the list is local")


class LiveDeliveries(Asking):
    """Reads as the App itself."""

    def page(self, cursor: str | None) -> Page:
        """The newest deliveries, or those that follow a cursor. Raises `CursorLost` and `Unavailable`."""
        what, wanted = "the deliveries", {"per_page": PER_PAGE, **({"cursor": cursor} if cursor else {})}
        answer = self._send(None, what, lambda client: client.request("GET", PATH, parameters=wanted))
        if cursor is not None and answer.status in REFUSALS_OF_CURSORS:
            raise CursorLost
        if answer.status != OK:
            raise unavailable(what, answer)
        return Page(self._rows(Listed, [answer.document], what), _cursor(answer))

    def sent(self, listed: Listed) -> Sent:
        """What was sent with one of them. Raises `NotShown` and `Unavailable`."""
        what = "a delivery"
        answer = self._send(None, what, lambda client: client.request("GET", f"{PATH}/{listed.id}"))
        if answer.status == NOT_FOUND:
            raise NotShown("GitHub does not show it any more")
        if answer.status != OK:
            raise unavailable(what, answer)
        return _sent(listed, self._parsed(_Whole, answer.document, what).request)


def _cursor(answer: Answer) -> str | None:
    """Only this part of the link is used, so that it leads nowhere else."""
    following = next_page(answer)
    found = parse_qs(urlsplit(following).query).get("cursor", [""])[0] if following else ""
    return found if 0 < len(found) <= LONGEST_CURSOR_CHARACTERS and found.isascii() and found.isprintable() else None


def _sent(listed: Listed, asked: _Asked) -> Sent:
    headers = {name.lower(): str(value) for name, value in asked.headers.items()}
    hook = headers.get("x-github-hook-id", "")
    same = (headers.get("x-github-delivery"), headers.get("x-github-event")) == (listed.guid, listed.event)
    if not (same and HOOK_ID.fullmatch(hook) and int(hook) <= HIGHEST_ID):
        raise Unavailable("GITHUB_API_ERROR", "GitHub shows a delivery that is not the listed one, or not of a hook.")
    try:
        text = json.dumps(asked.payload, sort_keys=True, separators=(",", ":"))
    except RecursionError:
        raise NotShown("its payload is nested too deeply") from None
    return Sent(int(hook), text.encode("ascii"))
