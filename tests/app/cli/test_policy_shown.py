"""How the policy commands print: wrapped for a person at a terminal, whole lines for everybody else."""

import sys

import pytest

from app.cli.policy import shown
from policies.result import Ignored, Result

TREE = Result(
    name="a rule with a name that takes half of a narrow line",
    kind="rule",
    status="pending",
    description="0/1 required approvals",
    ignored=(Ignored(login="bob", reason="bob is the author of the pull request"),),
)


def test_elsewhere_a_line_stays_whole(capsys: pytest.CaptureFixture[str]) -> None:
    shown.line("word " * 50, 1)
    assert capsys.readouterr().out == f"  {' '.join(['word'] * 50)}\n"


def test_in_a_terminal_it_is_wrapped_and_hangs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    shown.labelled("verdict", "word " * 20)
    shown.tree(TREE, 1)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[1].startswith(" " * 9 + "word")
    assert [line[:6] for line in lines[2:]] == ["  … ru", "    li", "    · "]


def test_an_empty_line_is_empty(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    shown.line()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown.line()
    assert capsys.readouterr().out == "\n\n"


def test_no_control_character_gets_through(capsys: pytest.CaptureFixture[str]) -> None:
    shown.labelled("policy", "a\x1b[31mb\nc\u202e")
    assert capsys.readouterr().out == "policy   a [31mb c\n"
