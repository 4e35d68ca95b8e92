"""The page of the settings: what counts for all repositories or for one, who decides that, and the newest changes."""

from typing import Annotated

from flask import Response
from pydantic import Field

from app import operator_settings
from app.ledger import HIGHEST_SEQ
from app.records import operator_settings as recorded
from app.records.operator_settings import Row, Where
from app.web.api.bodies import Query
from app.web.console import pages
from app.web.console.door import Visit
from policies.decision import Blocker

PATH = "/console/settings"
CHANGES = 20
MOST_OTHERS = 50
MOST_CHARACTERS = 300


class SettingsAsked(Query):
    """Of which repository, all where none is named; `before`: the changes before the one with this number."""

    repository: Annotated[str, Field(max_length=MOST_CHARACTERS)] | None = None
    before: Annotated[int, Field(ge=1, le=HIGHEST_SEQ)] | None = None


def show(visit: Visit) -> Response:
    """The settings of a scope, and a part of what was changed in it."""
    asked = visit.read(SettingsAsked)
    if isinstance(asked, Response):
        return asked
    where = Where() if asked.repository is None else operator_settings.find(visit.tx, asked.repository)
    if isinstance(where, Blocker):
        return pages.trouble(404, where.sentence)
    changes = recorded.history(visit.tx, where, limit=CHANGES + 1, before=asked.before)
    further = {**visit.asked, "before": changes[CHANGES - 1].seq} if len(changes) > CHANGES else None
    return visit.page(
        "settings.html",
        shown=operator_settings.shown(visit.tx, visit.settings, where, visit.at),
        others=_others(recorded.listed(visit.tx)),
        changes=changes[:CHANGES],
        next=pages.link(PATH, **further) if further else None,
    )


def _others(rows: list[Row]) -> list[str]:
    """The repositories of which something is said, each once."""
    return list(dict.fromkeys(row.full_name for row in rows if row.repository_id))[:MOST_OTHERS]
