"""`mergegate policy validate`: what is wrong, where, and an exit code; no database, no settings."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main

SOUND = "policy: {approval: []}\n"
WRONG = "policy:\n  approvals: []\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sound.yml").write_text("policy: {approval: [r]}\napproval_rules: [{name: r}]\n")
    (tmp_path / "wrong.yml").write_text(WRONG)
    return tmp_path


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ("policy", "validate", *arguments), input=stdin)


@pytest.mark.usefixtures("files")
def test_a_sound_policy_is_called_so() -> None:
    result = run("sound.yml")
    assert (result.exit_code, result.output) == (0, "sound.yml: sound.\n")


@pytest.mark.usefixtures("files")
def test_it_points_at_the_mistake() -> None:
    result = run("wrong.yml")
    lines = result.output.splitlines()
    assert result.exit_code == 1
    assert lines[0].startswith("wrong.yml:2:3: error: the key 'approvals' is not known here")
    assert lines[1:3] == ["     2 |   approvals: []", "       |   ^"]
    assert lines[-1] == "wrong.yml: 1 error, 0 warnings."


@pytest.mark.usefixtures("files")
def test_several_files_and_the_standard_input() -> None:
    result = run("sound.yml", "wrong.yml", "-", stdin=WRONG)
    assert result.exit_code == 1
    assert "sound.yml: sound." in result.output
    assert "-:2:3: error:" in result.output


@pytest.mark.usefixtures("files")
def test_the_same_as_json() -> None:
    said = json.loads(run("sound.yml", "wrong.yml", "--json").stdout)
    assert said["schemaVersion"] == "mergegate.validation.v1"
    assert [(each["file"], each["valid"]) for each in said["files"]] == [("sound.yml", True), ("wrong.yml", False)]
    finding = said["files"][1]["findings"][0]
    assert (finding["line"], finding["column"], finding["severity"]) == (2, 3, "error")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read"), (b"\xff", "is not UTF-8"), (b"#" * (256 * 1024 + 1), "has more than 262144 bytes")],
)
def test_a_file_that_cannot_be_used_is_another_matter(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "x.yml").write_bytes(content)
    result = run(str(tmp_path / "x.yml"))
    assert result.exit_code == 2
    assert sentence in result.output


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert run(str(tmp_path)).exit_code == 2


def test_the_caret_stands_below_the_mistake_in_a_long_line_with_wide_and_hidden_characters() -> None:
    text = "policy: {approval: [], " + "x" * 80 + ": 1, 漢\x7f字: 2}"
    result = run("-", stdin=text.replace("\x7f", "\u200b"))
    shown, caret = next(
        (line, below)
        for line, below in zip(result.output.splitlines(), result.output.splitlines()[1:], strict=False)
        if below.strip() == "|" or below.strip().endswith("^")
    )
    assert shown[caret.index("^")] == "x"
    assert len(shown) < 120


def test_the_options_of_the_server_count(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_OPTIONS", "nonsense: true")
    result = run("sound.yml")
    assert result.exit_code == 2
    assert "POLICY_OPTIONS" in result.output


def test_hostile_text_is_shown_without_control_characters() -> None:
    result = run("-", stdin='policy: {"\\e[31m": 1}  # \u202e')
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output


def test_hostile_text_is_escaped_in_json(files: Path) -> None:
    hostile = "\u202e\\x9b31m é"
    (files / "new.yml").write_text(f'policy: {{approval: ["{hostile}"]}}\n')
    result = run("--json", str(files / "new.yml"))
    assert result.stdout.isascii()
    assert "é" in json.loads(result.stdout)["files"][0]["findings"][0]["message"]


def test_a_gate_file_is_known_by_its_name(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / ".mergegate.yml").write_text("approve: [{name: a, if: {has_labels: [x]}}]\n")
    assert run(".mergegate.yml").output == ".mergegate.yml: sound.\n"
    (files / ".mergegate.yml").write_text("approve: [{name: a}]\nmerged: {}\n")
    result = run(str(files / ".mergegate.yml"))
    assert result.exit_code == 1
    assert "mergegate.yml:1:11: error: an approve rule needs a condition" in result.output
    assert "mergegate.yml:2:1: error: the key 'merged' is not known here" in result.output
    monkeypatch.setenv("GATE_PATH", "rules/approve.yml")
    (files / "approve.yml").write_text("approve: []\n")
    assert run("approve.yml").output.endswith("approve.yml: 0 errors, 1 warning.\n")
    assert run(".mergegate.yml").output.startswith(".mergegate.yml:1:1: error: the key 'approve' is not known here")


@pytest.mark.usefixtures("files")
def test_a_gate_file_of_another_name_is_told_by_a_flag() -> None:
    text = "approve: [{name: a, if: {has_labels: [x]}}]\n"
    assert run("-", stdin=text).exit_code == 1
    assert run("--gate", "-", stdin=text).exit_code == 0
