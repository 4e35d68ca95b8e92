"""What became of a pull request's merge, in the explanation and on its page."""

import json
import re

from click.testing import CliRunner
from flask import Flask

from app import chain_text, explain
from app.cli import main
from app.events import Merged
from app.records import postures
from app.records.operator_settings import Where
from app.records.postures import Switch
from app.web import pages, replies
from tests.app.test_explain import house
from tests.tasks import merging
from tests.tasks.house import REPOSITORY, House

__all__ = ["house"]


def _text(house: House) -> list[str]:
    with house.context.pool.connection() as tx:
        chain = explain.pull_request(tx, REPOSITORY, 1)
    assert chain is not None
    return chain_text.render(chain).splitlines()


def _page(house: House) -> str:
    flask = Flask("mergegate", static_folder=None)
    replies.install(flask)
    pages.install(flask, house.context.settings.database_url)
    (row,) = house.rows("SELECT page_key FROM pulls")
    return flask.test_client().get(f"/pulls/{row['page_key']}").text


def _merged(house: House) -> None:
    merging.ready(house)
    merging.ask(house, merging.issue(house))
    house.work()


def _merged_by_hand(house: House) -> None:
    house.deliver_pull()
    house.work()
    pull = house.github.merge(REPOSITORY, 1, by="alice")
    said = Merged(by="alice", sha=pull.merge_sha)
    house.deliver(house.event("pull_request", "closed", pulls=(1,), head_sha=pull.head_sha, branch="main", merged=said))
    house.work()


def test_without_a_merge_nothing_is_said_of_it(house: House) -> None:
    house.deliver_pull()
    house.work()
    assert not {line.split()[0] for line in _text(house)} & {"merge", "attempt", "past", "alert"}
    assert "<h2>Merging</h2>" not in _page(house)


def test_a_merge_is_told_with_the_states_of_its_request(house: House) -> None:
    _merged(house)
    lines = _text(house)
    (attempt,) = [line for line in lines if line.startswith("attempt")]
    head = house.github.state.pull(REPOSITORY, 1).head_sha[:10]
    assert attempt == f"attempt   merge of {head} into main: SUCCEEDED"
    states = [line.split()[1] for line in lines if line.startswith("  state")]
    assert states == ["INTENT", "SENT", "SUCCEEDED"]
    assert any(line.startswith("merge     merged: execute asked for by agent (api)") for line in lines)


def test_its_page_tells_it_too(house: House) -> None:
    _merged(house)
    page = _page(house)
    assert "<h2>Merging</h2>" in page
    assert "SUCCEEDED" in page


def test_a_blocked_merge_is_told_with_every_blocker(house: House) -> None:
    merging.ready(house)
    merging.check(house, "ci", "failure")
    merging.ask(house, merging.issue(house))
    house.work()
    failed = "These checks failed: ci; each has to pass."
    assert f"  blocker   CHECKS_FAILED: {failed}" in _text(house)
    page = _page(house)
    assert "<code>CHECKS_FAILED" in page
    assert page.count(failed) == 1


def test_what_the_audit_says_of_a_merge_is_among_its_entries(house: House) -> None:
    _merged(house)
    kinds = [line.split()[2] for line in _text(house) if line.startswith("audit")]
    assert {"merge_decided", "MERGED"} <= set(kinds)
    assert "<td>MERGED</td>" in _page(house)


def test_its_page_says_when_it_is_looked_at_again(house: House) -> None:
    merging.ready(house)
    with house.context.pool.connection() as tx:
        switch = Switch(name="frozen", on=True)
        postures.set_posture(tx, Where(), switch, by="olga", reason="release", now=house.clock())
    merging.ask(house, merging.issue(house))
    house.work()
    (run,) = house.rows("SELECT answer FROM step_runs WHERE step = 'S5_MERGE'")
    assert f"looked at again by itself after {run['answer']['retry_at']}" in _page(house)


def test_names_from_outside_are_no_part_of_the_page(house: House) -> None:
    merging.ready(house)
    merging.check(house, "<script>alert(1)</script>\u202e", "failure")
    merging.ask(house, merging.issue(house))
    house.work()
    page = _page(house)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_merge_by_hand_is_told_as_one(house: House) -> None:
    house.with_settings(merge_repositories=(REPOSITORY,))
    _merged_by_hand(house)
    lines = _text(house)
    assert any("by alice (hand), not by this gate" in line for line in lines)
    assert any(line.startswith("alert     BYPASS_UNAPPROVED_HEAD") for line in lines)
    page = _page(house)
    assert "by hand, not by this gate" in page
    assert "<code>BYPASS_UNAPPROVED_HEAD</code>; nobody has acknowledged it yet" in page
    assert {"<td>EXTERNAL_MERGE</td>", "<td>alert</td>"} <= set(re.findall("<td>[^<]*</td>", page))
    assert "alice" not in page.partition("<h2>Merging</h2>")[2].partition("</table>")[0]


def test_all_of_it_is_there_as_json(house: House) -> None:
    _merged(house)
    with_database = {"DATABASE_URL": house.context.settings.database_url}
    result = CliRunner().invoke(main, ["explain", f"{REPOSITORY}#1", "--json"], env=with_database)
    merges = json.loads(result.output)["merges"]
    assert [run["outcome"] for run in merges["runs"]] == ["merged"]
    assert [attempt["state"] for attempt in merges["attempts"]] == ["SUCCEEDED"]
