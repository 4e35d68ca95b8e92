"""Judges a file of policy cases: `python -m tests.conformance.policy FILE.jsonl`; exit code 1 if a case fails."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.conformance import policy_answers, policy_expected
from tests.conformance.policy_facts import Record

MAX_SHOWN_CHARACTERS = 300


class Unreadable(Exception):
    """A file, or a line of it, is no policy case; the message says which and why."""


def main(arguments: list[str]) -> int:
    """Run the files named on the command line and print the outcome."""
    try:
        cases = [case for name in arguments for case in read(Path(name))]
    except Unreadable as trouble:
        _say(str(trouble))
        return 2
    failures = [line for case in cases if (line := run(case))]
    for line in failures:
        _say(line)
    _say(f"{len(cases) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures or not cases else 0


def read(path: Path) -> list[Record]:
    """The cases of a file; raise `Unreadable`."""
    try:
        lines = path.read_text("utf-8").split("\n")  # JSON may hold other ends of lines, as they are
    except (OSError, ValueError) as trouble:
        raise Unreadable(f"The file of cases {path} can't be read: {trouble}") from trouble
    return [_case(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def run(case: Record) -> str | None:
    """The line about a failure, or `None`."""
    other = compare(case)
    seen = "; ".join(f"{key}: expected {_short(wanted)}, saw {_short(found)}" for key, (wanted, found) in other.items())
    return f"FAILED {case['id']}: {seen}" if other else None


def compare(case: Record) -> dict[str, tuple[Any, Any]]:
    """What differs: key -> (expected, seen)."""
    found, wanted = policy_answers.ours(case), policy_expected.theirs(case)
    if (requests := wanted.get("review_requests")) and requests.get("random") and requests["chosen"] is None:
        found["review_requests"] = {**(found["review_requests"] or {}), "chosen": None}
    return {key: (wanted[key], found[key]) for key in wanted if found[key] != wanted[key]}


def _case(path: Path, number: int, line: str) -> Record:
    try:
        case = json.loads(line)
    except ValueError as trouble:
        raise Unreadable(f"Line {number} of {path} is not JSON: {trouble}") from trouble
    missing = [key for key in ("id", "policy", "pull", "expected") if not isinstance(case, dict) or key not in case]
    if missing:
        raise Unreadable(f"Line {number} of {path} is no policy case: it has no {', '.join(missing)}")
    return dict(case)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]} ..."


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
