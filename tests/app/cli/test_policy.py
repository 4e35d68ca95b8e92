"""`mergegate policy`: explain, modes, simulate and backtest on what a real gate has recorded."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app import schema
from app.cli import main
from tests.app.test_explain import house
from tests.databases import Lent
from tests.tasks.house import POLICY, House, built

__all__ = ["house"]

PULL = "acme/widget#1"
TWO = POLICY.replace("count: 1", "count: 2")
FILES = "policy: {approval: [r]}\napproval_rules: [{name: r, if: {changed_files: {paths: [a]}}}]\n"


class Command:
    """`mergegate policy`, in this process, with policies in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, ("policy", *arguments), input=stdin)

    def file(self, text: str, name: str = "new.yml") -> str:
        (self._folder / name).write_text(text)
        return str(self._folder / name)


@pytest.fixture(scope="module")
def judged(lent: Lent, redis_url: str) -> Iterator[House]:
    """One whose pull request 1 is approved by alice, for all tests that only read."""
    with lent.one() as url, built(url, redis_url) as made:
        _approved(made)
        yield made


@pytest.fixture
def run(judged: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """The command there."""
    monkeypatch.setenv("DATABASE_URL", judged.context.settings.database_url)
    return Command(tmp_path)


@pytest.fixture
def own(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """The command on such a house of the test's own."""
    monkeypatch.setenv("DATABASE_URL", house.context.settings.database_url)
    _approved(house)
    return Command(tmp_path)


def _approved(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.approve()


def last_json(result: Result) -> Any:
    return json.loads(result.stdout)


def test_it_explains_a_verdict_as_a_tree(run: Command) -> None:
    result = run("explain", PULL)
    assert result.exit_code == 0
    assert "verdict  success: All rules are approved: a writer approves" in result.output
    assert '✓ rule "a writer approves": Approved by alice' in result.output


def test_it_explains_as_json_too(run: Command) -> None:
    said = last_json(run("explain", "ACME/widget#1", "--json"))
    assert (said["schemaVersion"], said["repository"], said["state"]) == (
        "mergegate.evaluation.v1",
        "acme/widget",
        "success",
    )
    rule = said["result"]["children"][0]["children"][0]
    assert [approver["login"] for approver in rule["approvers"]] == ["alice"]
    assert said["policy"]["source"].endswith(": .policy.yml")


@pytest.mark.parametrize("command", ["explain", "simulate"])
def test_of_what_is_not_known_it_says_so(run: Command, command: str) -> None:
    result = run(command, "acme/widget#2")
    assert result.exit_code == 2
    assert "Nothing is known of acme/widget#2" in result.output
    assert run(command, "acme\x1b[0m").exit_code == 2


def test_before_the_first_verdict_it_says_so(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", house.context.settings.database_url)
    house.deliver_pull()
    command = Command(tmp_path)
    assert "has no verdict yet" in command("explain", PULL).output
    assert "No facts of acme/widget#1 are recorded" in command("simulate", PULL).output


def test_nothing_differs_between_the_modes(run: Command) -> None:
    assert run("modes").output == "No open pull request would get another verdict in the other mode.\n"
    assert last_json(run("modes", "--json")) == {"schemaVersion": "mergegate.modes.v1", "pulls": [], "unknown": []}


def test_of_what_was_not_judged_in_both_modes_it_is_not_said_that_nothing_differs(own: Command, house: House) -> None:
    house.rows("UPDATE evaluations SET mode = NULL, other_state = NULL, other_result = NULL RETURNING 1")
    assert own("modes").output.splitlines() == [
        "No open pull request would get another verdict in the other mode.",
        "Of 1 it cannot be told, since nothing was evaluated: acme/widget#1.",
    ]
    assert last_json(own("modes", "--json"))["unknown"] == [{"repository": "acme/widget", "number": 1}]


def test_a_repository_that_nobody_knows_is_no_repository_without_differences(run: Command) -> None:
    result = run("modes", "--repo", "acme/typo")
    assert (result.exit_code, "Nothing is known of acme/typo" in result.output) == (2, True)


def test_what_the_other_mode_would_change_is_listed(own: Command, house: House) -> None:
    house.rows(
        "UPDATE evaluations SET mode = 'compat', other_state = 'pending', other_description = 'waits',"
        """ other_result = result, differences = '["the rule is pending"]' WHERE state = 'success' RETURNING 1"""
    )
    assert own("modes", "--repo", "acme/widget").output.splitlines() == [
        "acme/widget#1: success in compat, pending in strict",
        "  - the rule is pending",
        "",
        "1 open pull request would get another verdict in the other mode.",
    ]
    assert last_json(own("modes", "--json"))["pulls"][0]["other"]["mode"] == "strict"
    explained = own("explain", PULL).output
    assert "strict would say pending: waits\n  - the rule is pending\n" in explained
    assert "What strict mode says, which was not posted:" in own("explain", PULL, "--mode", "strict").output


def test_a_mode_that_was_not_computed_has_no_tree(own: Command, house: House) -> None:
    house.rows("UPDATE evaluations SET other_state = NULL, other_result = NULL RETURNING 1")
    assert "There is no tree of strict mode" in own("explain", PULL, "--mode", "strict").output


def test_it_simulates_that_a_review_was_not_given(run: Command) -> None:
    result = run("simulate", PULL, "--ignore-reviews-of", "alice", "--policy", run.file(POLICY))
    assert result.exit_code == 0
    assert "then     success: All rules are approved" in result.output
    assert "now      pending: 0/1 rules approved" in result.output


def test_it_simulates_a_review_by_somebody_whose_rights_are_told(run: Command) -> None:
    arguments = ("simulate", PULL, "--policy", run.file(TWO), "--add-review", "zoe:approved")
    unknown = run(*arguments)
    assert "now      cannot be told" in unknown.output
    assert "- permission:zoe; tell it, for example with --permission zoe=write" in unknown.output
    assert last_json(run(*arguments, "--json"))["missingFacts"] == ["permission:zoe"]
    known = last_json(run(*arguments, "--permission", "zoe=write", "--json"))
    assert known["verdict"]["state"] == "success"


def test_it_takes_a_body_of_policy_bots_and_adds_to_it(run: Command) -> None:
    body = run.file(json.dumps({"ignore_reviews": {"users": ["alice"]}, "teams": {"acme/core": ["zoe"]}}), "body.json")
    team = POLICY.replace("permissions: [write]", "teams: [acme/core]")
    arguments = ("simulate", PULL, "--policy", run.file(team), "--body", body, "--json")
    said = last_json(run(*arguments, "--add-comment", "zoe::+1:", "--ignore-reviews-of", "bob"))
    assert said["verdict"]["state"] == "success"
    both = last_json(run(*arguments, "--add-comment", "yan::+1:", "--team", "acme/core=yan", "--base", "stable"))
    assert (both["verdict"]["state"], both["baseRef"]) == ("success", "main")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--add-review", "bob"), "should be written as LOGIN:STATE"),
        (("--add-review", "bob:maybe"), "add_reviews.0.state"),
        (("--policy", "/nowhere/x.yml"), "/nowhere/x.yml cannot be read: No such file or directory."),
        (("--policy", "-"), "line 1, column 1: the key 'no' is not known here."),
        (("--body", "-"), "The body should be a JSON object"),
        (("--mode", "lax"), "is not one of"),
        (("--body", "BODY", "--permission", "bob=read"), "Input should be"),
        (("--body", "BODY", "--team", "acme/core=bob"), "Input should be"),
        (("--body", "BODY", "--add-comment", "bob:hi"), "Input should be"),
        (("--body", "BODY", "--ignore-reviews-of", "bob"), "ignore_reviews: Input should be an object."),
    ],
)
def test_a_simulation_that_cannot_be_run_says_why(run: Command, arguments: tuple[str, ...], sentence: str) -> None:
    body = run.file('{"permissions": 1, "teams": [], "add_comments": "x", "ignore_reviews": "x"}', "body.json")
    arguments = tuple(body if argument == "BODY" else argument for argument in arguments)
    result = run("simulate", PULL, *arguments, stdin="no: policy")
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_a_policy_that_is_no_text_is_refused(run: Command, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"policy: {} # \xe9")
    (tmp_path / "large").write_bytes(b"#" * (256 * 1024 + 1))
    assert "is not UTF-8: see byte 13." in run("backtest", "--policy", str(tmp_path / "latin")).output
    assert "has more than 262144 bytes." in run("backtest", "--policy", str(tmp_path / "large")).output


def test_a_backtest_says_what_would_change_and_why(run: Command) -> None:
    result = run("backtest", "--policy", run.file(TWO))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].endswith(": stricter, success -> pending")
    assert lines[1] == ('  rule "a writer approves": approved (Approved by alice) -> pending (1/2 required approvals)')
    assert lines[-1] == "1 judged: 0 unchanged, 1 stricter, 0 laxer, 0 cannot be told."


@pytest.mark.parametrize(
    ("policy", "fail_on", "code"),
    [
        (POLICY, "change", 0),
        (TWO, "change", 1),
        (TWO, "stricter", 1),
        (TWO, "laxer", 0),
        (TWO, "never", 0),
        (FILES, "change", 3),
        (FILES, "laxer", 3),
        (FILES, "never", 0),
    ],
)
def test_the_exit_code_is_for_machines(run: Command, policy: str, fail_on: str, code: int) -> None:
    assert run("backtest", "--policy", run.file(policy), "--fail-on", fail_on).exit_code == code


def test_a_backtest_names_the_facts_it_lacks(run: Command) -> None:
    output = run("backtest", "--policy", run.file(FILES)).stdout
    assert "cannot be told for lack of files" in output
    assert "Not recorded: files (of 1)." in output


def test_a_backtest_as_json(own: Command, house: House) -> None:
    house.rows("UPDATE evaluations SET snapshot_digest = NULL WHERE state = 'success' RETURNING 1")
    file, old = own.file("policy: {}"), own.file(TWO, "old.yml")
    said = last_json(own("backtest", "--policy", file, "--against", old, "--repo", "ACME/widget", "--json"))
    assert said["schemaVersion"] == "mergegate.backtest.v1"
    assert (said["policy"]["file"], said["against"]["file"], said["truncated"]) == (file, old, False)
    assert said["summary"] == {
        **{"judged": 1, "unchanged": 0, "stricter": 0, "laxer": 1, "unknown": 0},
        **{"withoutFacts": 0, "missingFacts": []},
    }
    [change] = said["changes"]
    assert (change["outcome"], change["now"]["state"], change["rules"][-1]["now"]) == ("laxer", "success", None)


def test_a_backtest_of_nothing_is_no_good_news(own: Command, house: House) -> None:
    file = own.file(POLICY)
    assert own("backtest", "--policy", file, "--repo", "acme/typo").exit_code == 2
    house.rows("UPDATE evaluations SET snapshot_digest = NULL RETURNING 1")
    result = own("backtest", "--policy", file, "--since", "2w")
    assert result.exit_code == 2
    assert "No facts have been recorded since" in result.output


@pytest.mark.parametrize(("base", "code"), [("main", 0), ("stable", 2)])
def test_it_can_keep_to_one_branch(run: Command, base: str, code: int) -> None:
    assert run("backtest", "--policy", run.file(POLICY), "--base", base).exit_code == code


@pytest.mark.parametrize(("since", "code"), [("1d", 0), ("2020-01-01", 0), ("2099-01-01T00:00:00+02:00", 2)])
def test_it_looks_back_as_far_as_asked(run: Command, since: str, code: int) -> None:
    assert run("backtest", "--policy", run.file(POLICY), "--since", since).exit_code == code


@pytest.mark.parametrize("since", ["soon", "0d", "30", "9999999d", "30d\n"])
def test_a_time_that_is_none_is_refused(run: Command, since: str) -> None:
    result = run("backtest", "--policy", "x", "--since", since)
    assert result.exit_code == 2
    assert "is neither a time such as 30d" in result.output


def test_without_a_database_a_backtest_is_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nothing?connect_timeout=1")
    command = Command(tmp_path)
    result = command("backtest", "--policy", command.file(POLICY))
    assert result.exit_code == 2
    assert "The database cannot be read" in result.output


@pytest.mark.parametrize("kept", [0, 3])
def test_on_an_older_schema_it_says_what_to_do(own: Command, house: House, kept: int) -> None:
    url = house.context.settings.database_url
    schema.down(url, steps=len(schema.status(url)) - kept)
    result = own("modes")
    assert (result.exit_code, "an old one; run: mergegate migrate up" in result.output) == (2, True)


@pytest.mark.parametrize("command", [("modes",), ("backtest", "--policy", "FILE")])
def test_what_no_database_can_hold_is_refused(run: Command, command: tuple[str, ...]) -> None:
    file = run.file(POLICY)
    result = run(*(file if argument == "FILE" else argument for argument in command), "--repo", "acme/\udcff")
    assert (result.exit_code, "stand in no database" in result.output) == (2, True)
