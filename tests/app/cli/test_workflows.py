"""`mergegate workflows`: what it shows of rows, what it changes, and what it refuses in a sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.rows import dict_row
from rich.console import Console

from app import ledger
from app.cli import main, workflow_watch
from app.definitions import Kind
from app.handed import Asked, AskedHandoff, AskedPulls, AskedStep
from app.records import runs
from app.records.workflows import Which

NOW = datetime.now(UTC).replace(microsecond=0)
Make = Callable[..., UUID]
STEP = AskedStep(step="S5_MERGE", mode="execute", request_id="r")
HANDOFF = AskedHandoff(remote="acme/widget", base="main", head="agent/x")
ASKED: dict[Kind, Asked] = {"merge": STEP, "step": STEP, "work": HANDOFF}


@pytest.fixture(autouse=True)
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)


@pytest.fixture
def make(database_url: str) -> Make:
    """A workflow with a status; each is a minute older than the one before."""
    made: list[UUID] = []

    def one(kind: Kind = "evaluate", status: str = "pending", *, name: str = "acme/widget", error: str = "") -> UUID:
        run_id = uuid4()
        at = NOW - timedelta(minutes=len(made))
        with psycopg.connect(database_url, row_factory=dict_row) as tx:
            subject, asked = f"{kind}:{len(made)}", ASKED.get(kind, AskedPulls(repository=name))
            runs.add(tx, kind, run_id=run_id, subject=subject, due_at=at, full_name=name, input=asked)
            tx.execute("UPDATE workflows SET status = %s, number = 7 WHERE id = %s", (status, run_id))
            tx.execute("UPDATE steps SET error = %s WHERE workflow_id = %s", (error or None, run_id))
        made.append(run_id)
        return run_id

    return one


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["workflows", *arguments])


def _json(*arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_run(*arguments, "--json").output)
    return document


def test_the_list_has_the_newest_first_with_what_would_unblock_them(make: Make) -> None:
    pending, blocked = make(), make("merge", "blocked", error="The head has changed.")
    first, second, third, last = _run("list").output.splitlines()
    assert first.split()[:4] == ["ID", "Status", "Made", "Type"]
    assert second.split()[:2] == [str(pending), "pending"]
    assert third.split()[:2] == [str(blocked), "blocked"]
    assert third.endswith("The head has changed. Retry it once that is so.")
    assert last == "2 workflows."


@pytest.mark.parametrize(
    "options",
    [
        ("--type", "merge"),
        ("--status", "blocked"),
        ("--repository", "ACME/gadget"),
        ("--subject", "merge:1"),
        ("--type", "merge", "--status", "blocked"),
    ],
)
def test_it_lists_what_fits_all_filters(make: Make, options: tuple[str, ...]) -> None:
    make()
    wanted = make("merge", "blocked", name="acme/gadget")
    assert [each["id"] for each in _json("list", *options)["items"]] == [str(wanted)]
    assert _json("list", "--type", "loop_step", *options[2:])["items"] == []


def test_a_list_goes_on_where_it_ended(make: Make) -> None:
    made = [str(make()) for _ in range(5)]
    seen, after = list[str](), list[str]()
    for _ in range(3):
        part = _json("list", "--limit", "2", *after)
        seen += [each["id"] for each in part["items"]]
        after = ["--after", part["next"]]
    assert (seen, part["next"]) == (made, None)
    assert "; more: --after " in _run("list", "--limit", "2").output


def test_nothing_that_is_shown_can_look_like_something_else(make: Make) -> None:
    make(name="acme/x\n0 workflows.\x1b[2J[red]", error="\x1b]0;title\x07\u202eabc")
    output = _run("list").output
    assert len(output.splitlines()) == 3
    assert all(mark not in output for mark in ("\x1b", "\x07", "\u202e"))


def test_it_shows_what_would_unblock_a_workflow_before_anything_else(make: Make) -> None:
    made = make("merge", "blocked", error="The head has changed.")
    shown = _run("show", str(made)).output.splitlines()
    assert shown[0].split() == ["Workflow", str(made)]
    assert shown[1].split(maxsplit=1) == ["unblock", "The head has changed. Retry it once that is so."]
    assert not any(line.startswith("due ") for line in shown)
    assert any(line.startswith("due ") for line in _run("show", str(make())).output.splitlines())
    tables = [line.split()[0] for line in shown if line.startswith(("Place", "When"))]
    assert tables == ["Place", "When"]
    assert _json("show", str(made))["steps"][0]["name"] == "merge"


def test_the_beginning_of_an_id_is_enough(make: Make) -> None:
    made = str(make())
    assert {_json("show", made[:length])["id"] for length in (8, 9, 20, 36)} == {made}
    assert _json("show", made[:8].upper())["id"] == made


def test_a_beginning_that_several_have_names_none(database_url: str, make: Make) -> None:
    with psycopg.connect(database_url) as tx:
        for run_id, end in ((make(), "1"), (make(), "2")):
            ours = UUID(f"aaaaaaaa-0000-4000-8000-00000000000{end}")
            tx.execute("DELETE FROM steps WHERE workflow_id = %s", (run_id,))
            tx.execute("UPDATE workflows SET id = %s WHERE id = %s", (ours, run_id))
    assert "AMBIGUOUS: " in _run("show", "aaaaaaaa").output
    assert _run("show", "aaaaaaaa-0000-4000-8000-000000000001").exit_code == 0


@pytest.mark.parametrize(
    "given", ["x", "1234567", "12345678\n", "g" * 36, "0" * 37, "12345678-----------------------x"]
)
def test_what_is_no_id_is_misuse(given: str) -> None:
    assert _run("show", given).exit_code == 2


@pytest.mark.parametrize("command", ["show", "cancel", "retry"])
def test_what_is_not_there_is_said(command: str) -> None:
    result = _run(command, str(uuid4()))
    assert (result.exit_code, "WORKFLOW_NOT_FOUND: There is no such workflow." in result.output) == (1, True)


def test_it_cancels_and_retries_and_the_audit_knows_who_did(database_url: str, make: Make) -> None:
    made = str(make())
    assert _json("cancel", made, "--as", "olga")["status"] == "cancelled"
    again = _run("cancel", made)
    assert (again.exit_code, "WORKFLOW_OVER: " in again.output) == (1, True)
    assert _json("retry", made[:8], "--as", "oscar")["status"] == "pending"
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        told = [(entry.kind, entry.actor) for entry in ledger.tail(tx, 2)]
    assert told == [("workflow_cancelled", "olga"), ("workflow_retried", "oscar")]


def test_it_retries_from_a_step_that_was_begun(make: Make) -> None:
    made = str(make(status="failed"))
    refused = _run("retry", made, "--step", "write")
    assert (refused.exit_code, "STEP_NOT_BEGUN: " in refused.output) == (1, True)
    assert _json("retry", made, "--step", "judge")["status"] == "pending"


def test_it_pauses_and_resumes(make: Make) -> None:
    make("merge")
    assert _run("pauses").output == "Nothing is paused.\n"
    paused = _run("pause", "type", "merge", "--reason", "Release\nday.", "--as", "olga")
    assert paused.output == "Paused type:merge, by olga: Release day.\n"
    assert _run("pauses").output.splitlines()[1].startswith("type:merge  olga")
    assert [each["scope"] for each in _json("pauses")["items"]] == ["type:merge"]
    assert "olga has paused all of the type merge: Release day." in _run("list").output
    assert _run("resume", "type", "merge").output == "Resumed type:merge.\n"
    again = _run("resume", "type", "merge")
    assert (again.exit_code, again.output) == (1, "Error: NOT_PAUSED: type:merge is not paused.\n")


def test_a_repository_is_paused_in_whichever_case() -> None:
    assert _json("pause", "repository", "Acme/Widget", "--reason", "x")["scope"] == "repository:acme/widget"
    assert _run("resume", "repository", "ACME/widget").exit_code == 0


@pytest.mark.parametrize(
    ("of", "name", "said"),
    [
        ("type", "merges", "TYPE_UNKNOWN: "),
        ("repository", "acme", "INVALID: "),
        ("repository", "a/b/c", "INVALID: "),
        ("repository", "a/\x1b[2J", "INVALID: "),
    ],
)
def test_what_cannot_be_paused_is_said(of: str, name: str, said: str) -> None:
    for command in (("pause", of, name, "--reason", "x"), ("resume", of, name)):
        result = _run(*command)
        assert (result.exit_code, said in result.output, "\x1b" in result.output) == (1, True, False)


def test_a_pause_needs_a_reason() -> None:
    assert _run("pause", "type", "merge", "--reason", " ").exit_code == 1
    assert _run("pause", "type", "merge").exit_code == 2


def test_watching_is_printed_once_where_nobody_looks(make: Make) -> None:
    make(), make("merge", "failed"), make("merge", "blocked")
    shown = _run("watch").output.splitlines()
    assert shown[0].split() == ["Type", "Pending", "Running", "Waiting", "Blocked", "Failed", "Succeeded", "Cancelled"]
    assert [line.split() for line in shown[1:3]] == [
        ["policy_evaluation", "1", "0", "0", "0", "0", "0", "0"],
        ["merge", "0", "0", "0", "1", "1", "0", "0"],
    ]
    assert [line for line in shown if line in ("Stopped:", "Newest:", "Nothing has stopped.")] == [
        "Stopped:",
        "Newest:",
    ]
    watched = _json("watch", "--type", "merge")
    assert watched["counts"] == {"merge": {"blocked": 1, "failed": 1}}
    assert (len(watched["stopped"]), len(watched["newest"])) == (2, 2)


def test_with_nothing_to_watch_it_says_so() -> None:
    assert _json("watch")["counts"] == {}
    assert "Stopped:\nNothing has stopped.\n" in _run("watch").output


@pytest.mark.parametrize("rows", [24, 30, 50])
def test_a_look_fits_its_terminal(database_url: str, make: Make, rows: int) -> None:
    for number in range(30):
        make(("merge", "work", "step", "find_changed", "evaluate")[number % 5], ("blocked", "running")[number % 2])
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        glance = workflow_watch.look(tx, Which(), NOW)
    console = Console(width=80, height=rows, file=StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(workflow_watch.frame(glance, rows))
    shown = captured.get().splitlines()
    assert len(shown) <= rows
    assert len(shown) >= min(rows, 40)
    assert max(map(len, shown)) <= 80
    quiet = replace(glance, stopped=[])
    with console.capture() as captured:
        console.print(workflow_watch.frame(quiet, rows))
    assert "Nothing has stopped." in captured.get()


def test_who_watches_ends_with_ctrl_c(database_url: str, make: Make) -> None:
    make()
    looked = list[float]()

    def interrupted(seconds: float) -> None:
        looked.append(seconds)
        if len(looked) == 2:
            raise KeyboardInterrupt

    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        glance = workflow_watch.look(tx, Which(), NOW)
    terminal = Console(width=80, height=24, file=StringIO(), force_terminal=True)
    workflow_watch.follow(terminal, iter([glance] * 5), interrupted)
    assert looked == [2.0, 2.0]


@pytest.mark.parametrize("option", ["--repository", "--subject"])
@pytest.mark.parametrize("given", ["\0", "\udcff", "'; DROP TABLE workflows; --", "%s"])
def test_hostile_filters_are_text_or_refused_in_a_sentence(option: str, given: str) -> None:
    for command in ("list", "watch"):
        result = _run(command, option, given)
        assert isinstance(result.exception, SystemExit | None)
        assert "Traceback" not in result.output
