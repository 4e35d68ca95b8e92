"""Contents of the largest size, and of characters that mean something to a database, a terminal or Markdown."""

from typing import Any

import pytest

from app import chain_text, explain
from policies.contents import MOST_ANNOTATIONS, Annotation
from policies.contents.statuses import MOST_SUMMARY_CHARACTERS
from tests.tasks.house import REPOSITORY, House
from tests.tasks.wishes import OTHER_KINDS, prepare, wish

HOSTILE = "\x00\ud800\u202e\x1b[2J\n@acme/core \U0001f600"
WIDEST: dict[str, dict[str, Any]] = {
    "review_request": {"users": ("carol", HOSTILE)},
    "review_dismiss": {"message": HOSTILE, "login": HOSTILE},
    "check_run": {
        "title": HOSTILE,
        "summary": "\U0001f600" * MOST_SUMMARY_CHARACTERS,
        "annotations": (Annotation(path=HOSTILE, line=3, level="failure", message=HOSTILE),) * MOST_ANNOTATIONS,
    },
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_hostile_and_large_contents_end_like_any_other(house: House, kind: str) -> None:
    prepare(house, kind)
    house.work()
    house.rows(f"UPDATE intents SET status = 'superseded' WHERE kind = '{kind}' RETURNING id")
    wish(house, kind, **WIDEST[kind])
    house.work()
    ends = {"review_request": "refused", "review_dismiss": "sent", "check_run": "written"}
    rows = house.rows(f"SELECT status FROM intents WHERE kind = '{kind}' ORDER BY sequence")
    assert [row["status"] for row in rows] == ["superseded", ends[kind]]
    with house.context.pool.connection() as tx:
        chain = explain.pull_request(tx, REPOSITORY, 1)
    assert chain is not None
    assert "\x1b" not in chain_text.render(chain)
