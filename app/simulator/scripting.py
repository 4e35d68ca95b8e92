"""The port for a script that watches every request and may change the world or the answer between its steps.

    github.script = script

Each request comes by three points, in the thread that serves it and without the simulator's lock, so that a point may
change GitHub, ask it something itself, or wait for another client:

    before        it has arrived and nothing is applied; what comes back is the answer, None leaves that to the model
    after_effect  its effect is applied and its answer made, and nothing is sent
    after_reply   the answer (or the silence) is settled, the client has not acted on it: it is called right before the
                  last byte leaves, since nobody could order it against what the client does afterwards
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.simulator.resources import Place
from app.simulator.shapes.view import Json

BODY_KINDS = ("json", "html", "cut", "empty")
EFFECTS = ("none", "full", "partial", "wrong_tree")
SILENCES = ("hang", "drop")


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str  # by the name of the repository
    query: Mapping[str, str]
    body: Json
    headers: Mapping[str, str]  # names in small letters
    place: Place
    perform: Callable[[str], None]  # apply one of `EFFECTS` of this request now, for an effect later than its answer

    @property
    def resource(self) -> str:
        return self.place.resource

    @property
    def number(self) -> int | None:
        return self.place.number

    @property
    def user(self) -> str | None:
        return self.place.user

    @property
    def sha(self) -> str | None:
        return self.place.sha


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The body is `body`, else the message as GitHub words its errors, else what the model would say.

    effect   none: nothing happens; full: what the request asks for happens; partial: the base branch gets the change
             and the pull request stays open; wrong_tree: merged, and the tree is not the merge of base and head.
             Of a read the effect is that it is answered from the model: `full`, or there is no natural body
    edit     changes the body that the model gave, and is given it: old fields, missing rows
    path     what is asked for instead, such as the check runs of another SHA
    silence  hang: nothing is sent and the connection is closed once the script was told; drop: the same at once
    """

    status: int | None = None  # None: what the model says
    message: str | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body_kind: str = "json"  # or html (a proxy's page), cut (half the natural body), empty
    effect: str = "none"
    edit: Callable[[Any], Any] | None = None
    path: str | None = None
    silence: str | None = None

    def __post_init__(self) -> None:
        if self.body_kind not in BODY_KINDS or self.effect not in EFFECTS:
            raise ValueError(f"no such answer: {self.body_kind} with effect {self.effect}")
        if self.silence is not None and self.silence not in SILENCES:
            raise ValueError(f"no such silence: {self.silence}")


class Script(Protocol):
    def before(self, request: Request) -> Reply | None: ...

    def after_effect(self, request: Request) -> None: ...

    def after_reply(self, request: Request) -> None: ...
