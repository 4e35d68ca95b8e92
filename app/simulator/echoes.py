"""A write through the API that came to pass, as webhooks need to know it."""

import re
from dataclasses import dataclass
from typing import Any

from app.simulator.shapes.view import Json
from app.simulator.state import State

_WHAT = "statuses|check-runs|dismissals|requested_reviewers|reviews|comments|labels|merge|update-branch"
_PATH = re.compile(rf"/repos/([^/]+/[^/]+)/(?:(?:pulls|issues)/(?:(\d+)/)?)?(?:reviews/\d+/)?({_WHAT})\b")
_OWN_PATH = re.compile(r"/repos/([^/]+/[^/]+)/(?:git/)?(pulls|refs)(?:/\d+|/(?:heads|tags)/.+)?")


_GRAPHQL, _TOLD = "/graphql", "enqueuePullRequest"


@dataclass(frozen=True, kw_only=True)
class Done:
    what: str  # one of _WHAT, pulls or refs; or the name of a mutation that webhooks tell of
    method: str
    path: str
    full_name: str
    number: int  # of the pull request; 0: of none, or as the answer says
    body: Json
    answer: Any
    by: str  # login of the App's bot
    before: State  # what was when it came


def read(method: str, path: str, *, body: Json, answer: Any, by: str, before: State) -> Done | None:
    """None for a write of which GitHub tells nobody."""
    told = {"method": method, "path": path, "body": body, "answer": answer, "by": by, "before": before}
    found, own = _PATH.match(path), _OWN_PATH.fullmatch(path)
    if found is not None:
        return Done(what=found[3], full_name=found[1], number=int(found[2] or 0), **told)
    if path == _GRAPHQL:
        return _mutation(told)
    return None if own is None else Done(what=own[2], full_name=own[1], number=0, **told)


def _mutation(told: dict[str, Any]) -> Done | None:
    """The pull request is the one that a variable names."""
    if _TOLD not in (told["answer"].get("data") or {}):
        return None
    named = [text for text in (told["body"].get("variables") or {}).values() if isinstance(text, str)]
    found = next(filter(None, (told["before"].pull_of(text) for text in named)), None)
    return None if found is None else Done(what=_TOLD, full_name=found[0].full_name, number=found[1].number, **told)
