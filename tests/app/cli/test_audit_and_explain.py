"""The commands that read: what they print, and the sentence where they cannot."""

import json
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from click.testing import CliRunner, Result

from app import ledger
from app.cli import main
from tests.app.test_explain import house
from tests.tasks.house import House

__all__ = ["house"]


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> "Command":
    monkeypatch.setenv("DATABASE_URL", house.context.settings.database_url)
    house.deliver_pull()
    house.work()
    return Command()


class Command:
    """`mergegate`, in this process."""

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)


def test_it_verifies_a_chain_that_holds(run: Command) -> None:
    result = run("audit", "verify")
    assert result.exit_code == 0
    assert result.output.startswith("The audit chain holds: 4 entries, newest hash ")


def test_it_finds_a_chain_that_was_tampered_with_by_the_owner_of_the_database(run: Command, house: House) -> None:
    with psycopg.connect(house.context.settings.database_url) as owner:
        owner.execute("ALTER TABLE audit_events DISABLE TRIGGER ALL")
        owner.execute("UPDATE audit_events SET actor = 'nobody' WHERE seq = 2")
    result = run("audit", "verify")
    assert result.exit_code == 1
    assert "broken after 1 entries: entry 2 was changed after it was written" in result.output


def test_it_shows_the_newest_entries(run: Command) -> None:
    lines = run("audit", "tail", "-n", "2").output.splitlines()
    assert [line.split()[2] for line in lines] == ["write_decided", "write_receipted"]


def test_an_export_proves_itself(run: Command) -> None:
    documents = [json.loads(line) for line in run("audit", "export").output.splitlines()]
    entries = [ledger.parse(document) for document in documents]
    assert ledger.verify(entries).fault is None
    assert len(entries) == 4


def test_an_export_is_verified_without_the_database(run: Command, tmp_path: Path) -> None:
    exported = run("audit", "export").output
    (tmp_path / "good").write_text(exported)
    (tmp_path / "forged").write_text(exported.replace('"actor": "github"', '"actor": "nobody"'))
    (tmp_path / "rubbish").write_text("no export\n")
    assert run("audit", "verify", str(tmp_path / "good")).exit_code == 0
    assert "broken after 0 entries" in run("audit", "verify", str(tmp_path / "forged")).output
    assert "not an export" in run("audit", "verify", str(tmp_path / "rubbish")).output


def test_it_explains_a_pull_request(run: Command) -> None:
    assert "verdict   pending: 0/1 rules approved" in run("explain", "acme/widget#1").output
    assert json.loads(run("explain", "ACME/widget#1", "--json").output)["pull"]["number"] == 1


@pytest.mark.parametrize("subject", ["acme/widget#2", "no-such-delivery", "acme/widget#0", "../etc/passwd", "\x1b[0m"])
def test_it_says_in_a_sentence_that_nothing_is_known(run: Command, subject: str) -> None:
    result = run("explain", subject)
    assert result.exit_code == 1
    assert "Nothing is known of" in result.output
    assert "\x1b" not in result.output


def test_without_a_schema_it_says_what_to_run(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    result = Command()("audit", "verify")
    assert result.exit_code == 1
    assert "mergegate migrate up" in result.output


def test_without_a_database_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nothing?connect_timeout=1")
    result = Command()("audit", "verify")
    assert result.exit_code == 1
    assert "The database cannot be read" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("limits", ["-c default_transaction_read_only=on", "-c role=pg_monitor"])
@pytest.mark.parametrize("arguments", ["workflows pause type merge --reason x", "settings set dry_run on"])
def test_where_the_database_forbids_it_it_says_so(
    database_url: str, monkeypatch: pytest.MonkeyPatch, arguments: str, limits: str
) -> None:
    """A copy that only reads, or a user without rights."""
    monkeypatch.setenv("DATABASE_URL", f"{database_url}{'&' if '?' in database_url else '?'}options={quote(limits)}")
    result = Command()(*arguments.split())
    assert result.exit_code == 1
    assert result.output.startswith("Error: The database does not let this be done: ")
