"""A write through the API that came to pass, as webhooks need to know it."""

import re
from dataclasses import dataclass
from typing import Any

from app.simulator.shapes.view import Json
from app.simulator.state import State

_WHAT = "statuses|check-runs|dismissals|requested_reviewers|reviews|comments|labels"
_PATH = re.compile(rf"/repos/([^/]+/[^/]+)/(?:(?:pulls|issues)/(?:(\d+)/)?)?(?:reviews/\d+/)?({_WHAT})\b")


@dataclass(frozen=True, kw_only=True)
class Done:
    what: str  # statuses, check-runs, dismissals, requested_reviewers, reviews, comments or labels
    method: str
    full_name: str
    number: int  # of the pull request; 0: of none
    body: Json
    answer: Any
    by: str  # login of the App's bot
    before: State  # what was when it came


def read(method: str, path: str, *, body: Json, answer: Any, by: str, before: State) -> Done | None:
    """None for a write of which GitHub tells nobody."""
    found = _PATH.match(path)
    if found is None:
        return None
    name, number, what = found[1], int(found[2] or 0), found[3]
    return Done(what=what, method=method, full_name=name, number=number, body=body, answer=answer, by=by, before=before)
