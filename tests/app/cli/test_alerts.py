"""`mergegate alerts`: shown until somebody has seen them, and the audit says who."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.rows import dict_row

from app import ledger
from app.cli import main
from app.cli.alerts import MEANINGS
from app.records import alerts

ROOT = Path(__file__).parents[3]
NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["alerts", *arguments])


def _raise(database_url: str, key: str = "a", login: str = "mallory") -> None:
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        fields = {"number": 7, "by": login}
        alerts.raise_alert(tx, "AUTO_MERGE_ENABLED", subject="pull:1#7", fields=fields, key=key, at=NOW)


def test_without_any_it_says_so() -> None:
    result = _run("list")
    assert (result.output, result.exit_code) == ("0 open alerts.\n", 0)


def test_it_shows_the_open_ones_and_has_an_exit_code(database_url: str) -> None:
    _raise(database_url)
    result = _run("list")
    shown, meaning, count = result.output.splitlines()
    assert shown[38:] == (
        '2027-01-01 00:00  alert    AUTO_MERGE_ENABLED        pull:1#7  {"by": "mallory", "number": 7}'
    )
    assert meaning.strip() == "GitHub merges it by itself as soon as its own rules are met: switch that off."
    assert (count, result.exit_code) == ("1 open alerts.", 1)


def test_what_is_shown_can_look_like_nothing_else(database_url: str) -> None:
    _raise(database_url, login="a\n0 of 0 open alerts.\x1b[2J")
    assert len(_run("list").output.splitlines()) == 3


def test_it_shows_them_as_json_too(database_url: str) -> None:
    _raise(database_url)
    document = json.loads(_run("list", "--json").output)
    (shown,) = document["alerts"]
    assert (document["next"], shown["code"], shown["raised_at"]) == (None, "AUTO_MERGE_ENABLED", NOW.isoformat())
    assert shown["meaning"] == MEANINGS["AUTO_MERGE_ENABLED"]


def test_every_alert_of_the_manual_has_a_meaning() -> None:
    manual = (ROOT / "docs/merging.md").read_text(encoding="utf-8").partition("| alert | |")[2].partition("\n\n")[0]
    codes = set(re.findall("`([A-Z_]+)`", manual)) - {"MERGE_REPOSITORIES"}
    assert codes
    assert codes <= set(MEANINGS)


def test_an_acknowledged_one_is_gone_and_the_audit_says_who_saw_it(database_url: str) -> None:
    _raise(database_url)
    alert_id = _run("list").output.split()[0]
    assert _run("acknowledge", alert_id, "--as", "olga").output == f"Acknowledged {alert_id}.\n"
    assert _run("list").exit_code == 0
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        entry = ledger.tail(tx, 1)[0]
    assert (entry.kind, entry.actor) == ("alert_acknowledged", "olga")


def test_it_is_acknowledged_once(database_url: str) -> None:
    _raise(database_url)
    alert_id = _run("list").output.split()[0]
    _run("acknowledge", alert_id)
    assert _run("acknowledge", alert_id).exit_code == 1
    assert _run("acknowledge", str(uuid4())).exit_code == 1
