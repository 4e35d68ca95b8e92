"""Mutates the gate decision and the reading of GitHub's answers, and shows every change that no test notices."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
LISTED = HERE / "equivalent_mutants.txt"
COPIED = ("pyproject.toml", "tests/policies/merging", "policies")
NOTICED = "killed"
RESULT = re.compile(r"^\s*(\S+__mutmut_\d+): (.+)$", re.MULTILINE)
TAIL_CHARACTERS = 4_000


class Change(NamedTuple):
    """What a mutant changes: the file, and the lines that go and come (`-` and `+` first, as in a diff)."""

    file: str
    lines: tuple[str, ...]


class Broken(Exception):
    """The tests do not pass without any mutant, or there is none."""


def main() -> int:
    """The exit code: 0 where each change that no test notices is listed with its reason, and none is listed besides."""
    reasons = listed(LISTED.read_text())
    with tempfile.TemporaryDirectory() as folder:
        try:
            results = _run(Path(folder))
        except Broken as trouble:
            _say(str(trouble))
            return 1
        survivors = [_change(Path(folder), name) for name, status in results if status != NOTICED]
    unlisted = [change for change in survivors if change not in reasons]
    gone = [change for change in reasons if change not in survivors]
    for change in unlisted:
        _say(f"No test notices this, in {change.file}:", *change.lines)
    for change in gone:
        _say(f"Listed as equivalent, and noticed or not there, in {change.file}:", *change.lines)
    equivalent = len(survivors) - len(unlisted)
    _say(f"{len(results)} mutants, {equivalent} of them equivalent, {len(unlisted)} that no test notices.")
    return 1 if unlisted or gone else 0


def listed(text: str) -> dict[Change, str]:
    """Each paragraph of the list: the file, the lines of the change, and the reason. Lines with `#` are for people."""
    found = {}
    for paragraph in text.split("\n\n"):
        rows = [row for row in paragraph.splitlines() if row and not row.startswith("#")]
        if rows:
            lines = tuple(row for row in rows[1:] if row.startswith(("-", "+")))
            found[Change(rows[0], lines)] = " ".join(rows[1 + len(lines) :])
    if unexplained := [change.file for change, reason in found.items() if not reason]:
        raise ValueError(f"no reason is given for a change of {unexplained[0]}")
    return found


def _run(folder: Path) -> list[tuple[str, str]]:
    """(name, status) of every mutant, made and tested in a copy."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    run = _mutmut(folder, "run", "--max-children", str(os.cpu_count() or 1))
    results = RESULT.findall(_mutmut(folder, "results", "--all", "true").stdout)
    if run.returncode or not results:
        told = [row for row in run.stdout.splitlines() if row.isascii()]  # not how it got on
        raise Broken("\n".join([*told, run.stderr])[-TAIL_CHARACTERS:])
    return results


def _change(folder: Path, name: str) -> Change:
    shown = _mutmut(folder, "show", name).stdout.splitlines()
    file = next(row.removeprefix("--- ") for row in shown if row.startswith("--- "))
    lines = tuple(row for row in shown if row.startswith(("-", "+")) and not row.startswith(("---", "+++")))
    return Change(file, lines)


def _mutmut(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *words], cwd=folder, capture_output=True, text=True, check=False
    )


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
