"""Contents of the largest size, and of characters that mean something to a database, a terminal or Markdown."""

from typing import Any

import pytest

from app import chain_text, explain
from policies.contents import MOST_ANNOTATIONS, Annotation
from policies.contents.fields import MOST_BODY_CHARACTERS
from policies.contents.statuses import MOST_SUMMARY_CHARACTERS
from tests.tasks.house import REPOSITORY, House
from tests.tasks.outcomes import intents
from tests.tasks.wishes import prepare, wish

HOSTILE = "\x00\ud800\u202e\x1b[2J\n@acme/core \U0001f600"
LARGE = "\U0001f600" * MOST_BODY_CHARACTERS
WIDEST: dict[str, dict[str, Any]] = {
    "review_request": {"users": ("carol", HOSTILE)},
    "review_dismiss": {"message": HOSTILE},
    "check_run": {
        "title": HOSTILE,
        "summary": "\U0001f600" * MOST_SUMMARY_CHARACTERS,
        "annotations": (Annotation(path=HOSTILE, line=3, level="failure", message=HOSTILE),) * MOST_ANNOTATIONS,
    },
    "review_approve": {"body": LARGE},
    "pull_request_create": {"title": HOSTILE, "body": LARGE},
    "pull_request_update": {"title": HOSTILE, "body": HOSTILE},
    "comment_create": {"body": LARGE},
    "comment_update": {"body": HOSTILE},
    "label_add": {"labels": (HOSTILE, "a/../b?c=d#e%2F")},
    "label_remove": {"label": "a..?b=c#d%2e%2e/\x00\u202e\x1b"},
    "project_field": {"option": HOSTILE},
}
ENDS = {"review_request": "refused", "project_field": "refused", "label_remove": "sent"}
"""Where it is not written at once: nobody is called so, no option is, and whether a label is gone is read."""


@pytest.mark.matrix
@pytest.mark.parametrize("name", WIDEST)
def test_hostile_and_large_contents_end_like_any_other(house: House, name: str) -> None:
    prepare(house, name)
    house.sent.clear()
    house.put_writes(f"kind = '{name}'", "superseded")
    wish(house, name, **WIDEST[name])
    house.work()
    assert intents(house, name) == ["superseded", ENDS.get(name, "written")]
    with house.context.pool.connection() as tx:
        chain = explain.pull_request(tx, REPOSITORY, 1)
    assert chain is not None
    assert "\x1b" not in chain_text.render(chain)
