"""`mergegate policy validate`: what is wrong with a policy file, where, and where it belongs."""

import sys
from dataclasses import dataclass
from pathlib import PurePath

import click
from rich.cells import cell_len

from app import policy_json
from app.cli.policy import given, shown
from policies import validation
from policies.server_options import ServerOptions
from policies.text import plain
from policies.validation import Finding

INVALID = 1
MOST_SHOWN_CHARACTERS = 100
BEFORE_THE_COLUMN = 40


@dataclass(frozen=True)
class Checked:
    """One file, with what was found in it."""

    file: str
    text: str
    findings: tuple[Finding, ...]

    def count(self, severity: str) -> int:
        return sum(finding.severity == severity for finding in self.findings)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--gate", is_flag=True, help="They hold approve rules; a file named like GATE_PATH is taken to anyway.")
@click.option("--strict", is_flag=True, help="Let a warning fail, too.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def validate(files: tuple[str, ...], *, gate: bool, strict: bool, as_json: bool) -> None:
    """Check policy files; - is the standard input. It needs no database and no settings but POLICY_OPTIONS, GATE_PATH.

    Exit code: 0 sound (warnings allowed), 1 not sound, 2 a file cannot be used.
    """
    with given.unusable():
        server, gate_file = given.server(), given.gate_file()
        kinds = ["gate" if gate or PurePath(file).name == gate_file else "policy" for file in files]
        checked = [_checked(file, given.text(file), server, kind=kind) for file, kind in zip(files, kinds, strict=True)]
    if as_json:
        shown.as_json(policy_json.validation({each.file: each.findings for each in checked}))
    else:
        for each in checked:
            _show(each)
    failing = ("error", "warning") if strict else ("error",)
    sys.exit(INVALID if any(each.count(severity) for each in checked for severity in failing) else 0)


def _checked(file: str, text: str, server: ServerOptions, *, kind: str) -> Checked:
    check = validation.check_gate_file if kind == "gate" else validation.check
    return Checked(file, text, check(text, server))


def _show(checked: Checked) -> None:
    lines = checked.text.splitlines()
    for finding in checked.findings:
        _show_finding(checked.file, finding, lines)
    errors, warnings = checked.count("error"), checked.count("warning")
    if errors or warnings:
        shown.line(f"{checked.file}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}.")
    else:
        shown.line(f"{checked.file}: sound.")


def _show_finding(file: str, finding: Finding, lines: list[str]) -> None:
    place = f"{finding.line or 1}:{finding.column or 1}"
    shown.line(f"{file}:{place}: {finding.severity}: {finding.message}")
    if finding.line is not None and finding.line <= len(lines):
        _show_source(finding.line, finding.column or 1, lines[finding.line - 1])
    if finding.hint:
        shown.line(finding.hint, 2)


def _show_source(number: int, column: int, text: str) -> None:
    """The line, or the part of it around the column, and a caret below."""
    start = max(column - 1 - BEFORE_THE_COLUMN, 0)
    before = _visible(text[start : column - 1])
    after = _visible(text[column - 1 : start + MOST_SHOWN_CHARACTERS])
    click.echo(f"{number:>6} | {before}{after}".rstrip())
    click.echo(f"       | {' ' * cell_len(before)}^")


def _visible(text: str) -> str:
    """The text with every character that is not to be seen as a space, so that the columns stay."""
    return "".join(plain(character) or " " for character in text)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
