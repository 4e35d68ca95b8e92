"""The demo, as a new user runs it."""

import subprocess
import sys

import pytest

SECONDS = 280
"""It takes a minute alone, and several where other tests have the machine."""

CHAPTERS = [
    "Somebody sends an unsigned delivery",
    "bob opens pull request #1",
    "alice, who may write, approves it",
    "bob pushes once more",
    "the same webhook five times",
    "the worker is killed",
    "An agent asks for a pull request",
    "blocked   VERIFICATION_MISSING",
    "SCOPE_MISSING",
    "once, though the worker died",
    "An auditor asks",
    "receipt   read back from GitHub",
    "success in compat, pending in strict",
    "stricter, success -> pending",
    "The status mergegate: main of our App is required",
    "state     REVIEW_READY",
    "blocked   CHECKS_PENDING",
    "blocked   CHANGES_REQUESTED",
    "and told three times; the issue is DONE",
    "EXTERNAL_MERGE",
    "All as told",
]


@pytest.mark.timeout(SECONDS + 20)
def test_the_story_goes_as_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.demo"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    places = [done.stdout.index(chapter) for chapter in CHAPTERS]
    assert places == sorted(places)
