"""`mergegate legacy`, as an operator gives it."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.app.legacy import exports
from tests.app.legacy.exports import row, sound


@pytest.fixture
def old(tmp_path: Path) -> Path:
    tables = sound()
    tables["workflows"][1]["status"] = "\x1b[31modd"
    return exports.database(tmp_path / "old.db", tables)


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> "Command":
    monkeypatch.setenv("DATABASE_URL", database_url)
    return Command()


class Command:
    """`mergegate legacy`, in this process."""

    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(main, ["legacy", *map(str, arguments)])

    def document(self, *arguments: object) -> Any:
        """What it says as JSON."""
        return json.loads(self(*arguments, "--json").stdout)


def test_it_asks_how_far_to_go(run: Command, old: Path) -> None:
    result = run("import", old)
    assert (result.exit_code, "Say how far to go: --dry-run or --apply." in result.output) == (2, True)


def test_it_imports_and_says_what_came_of_it(run: Command, old: Path) -> None:
    result = run("import", old, "--apply", "--as", "alice")
    assert result.exit_code == 3
    assert "old.db: applied" in result.output
    assert "UNKNOWN_STATUS           1\nWORKFLOW_QUARANTINED     2\n" in result.output.replace("\r", "")


def test_it_says_the_same_as_json(run: Command, old: Path) -> None:
    said = run.document("import", old, "--dry-run")
    assert (said["status"], said["counts"]["workflows"]) == ("checked", {"quarantined": 1, "ready": 2})
    assert said["quarantine"] == {"UNKNOWN_STATUS": 1, "WORKFLOW_QUARANTINED": 2}
    assert run.document("status", said["id"][:8]) == said
    assert run.document("status")[0]["id"] == said["id"]
    assert said["id"] in run("status").output


def test_the_list_of_batches_is_shown_whole_where_nobody_looks_at_a_terminal(run: Command, old: Path) -> None:
    said = run.document("import", old, "--apply", "--source", "the-gate-that-we-had-for-all-of-these-years")
    names, line = run("status").output.splitlines()
    assert names.split("  ")[0] == "Batch"
    begun = datetime.fromisoformat(said["createdAt"]).strftime("%Y-%m-%d %H:%M")
    counted = ("10", "3", begun, "old.db of the-gate-that-we-had-for-all-of-these-years")
    assert tuple(re.split(r" {2,}", line)) == (said["id"], "applied", *counted)


def test_a_row_is_looked_at_mended_and_brought_in(run: Command, old: Path) -> None:
    batch = run.document("import", old, "--apply")["id"]
    lines = run("quarantine", batch).output.splitlines()
    assert lines[0].split()[:3] == ["workflows:2", "w2", "UNKNOWN_STATUS"]
    assert "\x1b" not in run("quarantine", batch).output
    assert json.loads(run("quarantine", batch, "--json", "--limit", 1).output)["raw"]["status"] == "\x1b[31modd"
    mended = run("mend", batch, "workflows:2", "--set", "status=completed", "--unset", "error", "--as", "bob")
    assert mended.output == f"Mended workflows:2; run: mergegate legacy retry {batch} --apply\n"
    result = run("retry", batch, "--apply", "--json")
    assert (result.exit_code, json.loads(result.output)["quarantine"]) == (0, {})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("mend", "abcd", "workflows:1"), "Say what to mend"),
        (("mend", "abcd", "workflows:1", "--set", "x"), "COLUMN=VALUE"),
        (("status", "ab"), "by its first 4 characters or more"),
        (("status", "zzzz"), "by its first 4 characters or more"),
        (("retry", "abcd"), "Say how far to go"),
    ],
)
def test_it_says_how_it_is_used(run: Command, arguments: tuple[str, ...], sentence: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, sentence in result.output) == (2, True)


@pytest.mark.parametrize("arguments", [("status", "abcd"), ("rollback", "abcd"), ("export", "abcd")])
def test_it_knows_no_other_batch(run: Command, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.output) == (1, "Error: There is no such batch.\n")


def test_trouble_with_a_file_is_one_sentence(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "old.sql"
    path.write_text("BEGIN;\nCREATE TABLE workflows (id);\n")
    result = run("import", path, "--apply")
    said = "Error: The dump is torn: it begins a transaction in line 1 and never ends it."
    assert (result.exit_code, result.output.startswith(said)) == (1, True)
    path.write_text("CREATE TABLE workflows (id);\n")
    assert "The table workflows has no column for type: type, kind" in run("import", path, "--apply").output


def test_it_rolls_back_and_imports_anew(run: Command, old: Path) -> None:
    first = run.document("import", old, "--apply")
    assert run("rollback", first["id"]).output.startswith(f"The batch {first['id']} is rolled back")
    assert run("rollback", first["id"]).output == "Error: It was rolled back before.\n"
    assert run("retry", first["id"], "--apply").exit_code == 1
    second = run.document("import", old, "--apply")
    assert [second[name] == first[name] for name in ("id", "counts", "quarantine", "checksum")] == [
        *(False, True, True, True)
    ]
    assert run.document("rollback", second["id"])["status"] == "rolled_back"


def test_it_exports_what_it_has_imported(run: Command, old: Path, tmp_path: Path) -> None:
    batch = run.document("import", old, "--apply")
    lines = [json.loads(line) for line in run("export", batch["id"]).output.splitlines()]
    assert (lines[0]["checksum"], len(lines)) == (batch["checksum"], 11)
    assert lines[1] == {"table": "workflows", "row": row("workflows")}
    path = tmp_path / "exported.sql"
    path.write_text(run("export", batch["id"], "--format", "sql").output)
    again = run("import", path, "--apply", "--json")
    assert (again.exit_code, json.loads(again.output)["counts"]["workflows"]) == (0, {"unchanged": 2})


def test_old_events_are_shown(run: Command, old: Path) -> None:
    run("import", old, "--apply")
    (line,) = run("events", "--subject", "w2").output.splitlines()
    assert line.split()[1:4] == ["created", "bob", "w2"]
    assert json.loads(run("events", "--kind", "created", "--limit", 1, "--json").output)["body"] == {"a": 1}


def test_what_is_unknown_in_a_file_is_said(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "old.sql"
    path.write_text(
        "CREATE TABLE Settings (key, value, colour);\nCREATE TABLE users (id);\nCREATE TABLE _cf_KV (key);\n"
        "INSERT INTO settings VALUES ('dryRun', 1, 'red');\n"
    )
    result = run("import", path, "--apply")
    assert result.exit_code == 0
    assert "Columns of settings that mean nothing here, kept with their rows: colour" in result.output
    assert "Tables left out: users\n" in result.output
