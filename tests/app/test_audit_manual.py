"""The script of docs/audit.md verifies a real export with nothing of ours, and agrees with our own verification."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import proofs
from app.anchoring import FAILED
from app.cli import main
from app.cli.alerts import MEANINGS
from tests.app.chains import chain, text
from tests.app.test_explain import house
from tests.tasks.house import House

__all__ = ["house"]

MANUAL = (Path(__file__).parents[2] / "docs/audit.md").read_text(encoding="utf-8")
FORGED = [
    ('"actor": "github"', '"actor": "nobody"'),
    ('"seq": 2', '"seq": 3'),
    ('"body": {', '"body": {"more": 1, '),
]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (code,) = re.findall(r"```python\n(.*?)```", MANUAL, re.DOTALL)
    assert len(code.splitlines()) <= 20
    (tmp_path / "verify.py").write_text(code)
    return tmp_path / "verify.py"


def _run(script: Path, export: str) -> tuple[int, str]:
    """In a Python that finds none of our modules."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script)], input=export.encode(), capture_output=True, timeout=30, check=False
    )
    return done.returncode, (done.stdout or done.stderr).decode().strip()


def test_it_proves_what_the_command_exports(house: House, script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", house.context.settings.database_url)
    house.deliver_pull()
    house.work()
    exported = CliRunner().invoke(main, ["audit", "export"]).output
    said = CliRunner().invoke(main, ["audit", "verify"]).output
    head = said.split()[-1].rstrip(".")
    assert _run(script, exported) == (0, f"1 to 4 follow {'0' * 64} and end with {head}")
    for old, new in FORGED:
        forged = exported.replace(old, new)
        assert (forged != exported, _run(script, forged)[0]) == (True, 1)


def test_it_proves_a_part_with_every_kind_of_letter(script: Path) -> None:
    entries = chain(6)
    code, said = _run(script, text(entries[2:5]))
    assert (code, said) == (0, f"3 to 5 follow {entries[1].hash.hex()} and end with {entries[4].hash.hex()}")


def test_it_finds_what_is_missing_or_in_the_wrong_order(script: Path) -> None:
    entries = chain(6)
    assert _run(script, text([*entries[:2], *entries[3:]])) == (1, "entry 4 does not follow entry 2")
    assert _run(script, text([entries[1], entries[0]])) == (1, "entry 1 does not follow entry 2")
    assert _run(script, "") == (1, "there is no entry")


def test_the_manual_knows_each_code_and_each_alert_has_a_meaning() -> None:
    told = set(re.findall(r"`(AUDIT_[A-Z_]+)`", MANUAL))
    alerts = {proofs.CUT, proofs.REWRITTEN, proofs.ANOTHER, proofs.ANCHOR_GONE, FAILED}
    others = {proofs.BROKEN, proofs.NOT_AN_EXPORT, proofs.NO_ENTRY, proofs.BEGINS_ELSEWHERE, proofs.ENDS_ELSEWHERE}
    assert {*others, proofs.NO_ANCHOR, *alerts} <= told
    assert alerts <= set(MEANINGS)


def test_the_manual_knows_each_option() -> None:
    for command in ("list", "verify", "export"):
        options = re.findall(
            r"^\s+(--[a-z]+)", CliRunner().invoke(main, ["audit", command, "--help"]).output, re.MULTILINE
        )
        assert {each for each in options if f"{each}" not in MANUAL} <= {"--help", "--limit", "--after"}
