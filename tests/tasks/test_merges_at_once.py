"""Two merges of one issue that meet: whoever comes second answers what the first has done."""

from threading import Thread

import psycopg
import pytest

from app.demo.stage import eventually
from tests.tasks.desk import ISSUES, MERGED_SHA, Desk, desk
from tests.tasks.house import House
from tests.tasks.merging import puts, ready
from tests.tasks.test_merges_of_issues import reviewed

WAITING = """
SELECT 1 AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
def at(house: House) -> Desk:
    """Pull request 1 is ready to be merged."""
    return desk(ready(house))


def test_a_run_that_looks_at_an_issue_while_it_is_ended_as_done_answers_its_success(at: Desk) -> None:
    issue = reviewed(at)
    run = at.agent.post(f"{ISSUES}/{issue}/merge", json={}).get_json()["runId"]
    late = Thread(target=at.house.sweep)
    with psycopg.connect(at.house.context.settings.database_url) as first:
        first.execute(
            "UPDATE issues SET status = 'DONE', merge_sha = %(sha)s WHERE id = %(id)s", {"sha": MERGED_SHA, "id": issue}
        )
        late.start()
        eventually(lambda: bool(at.house.rows(WAITING)), "a run that waits for the issue")
    late.join()
    ended = at.ended(run)
    assert (ended["success"], ended["code"], ended["stateAfter"]) == (True, "PR_ALREADY_MERGED", "DONE")
    assert ended["mergeEvidence"]["mergeSha"] == MERGED_SHA
    assert puts(at.house) == []
