"""What a soak of workflows must leave behind: all of them at the end they would have had, and each effect once."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import get_args

from app.definitions import Type
from app.demo.stage import REPOSITORY
from tests.soak import violations
from tests.soak.people import GADGET, GIZMO
from tests.soak.workflows import Workflows

MADE = {
    "branch": rf"POST /repos/{GADGET}/git/refs",
    "pull request": rf"POST /repos/{GADGET}/pulls",
    "blob": rf"POST /repos/{GADGET}/git/blobs",
    "tree": rf"POST /repos/{GADGET}/git/trees",
    "commit": rf"POST /repos/{GADGET}/git/commits",
}
ONCE = rf"DELETE /repos/{REPOSITORY}/git/refs/heads/.*|POST /repos/{GADGET}/pulls/\d+/requested_reviewers"
ENDED = """
SELECT type, status, subject, error FROM runs WHERE type <> 'reconciliation' AND status <> 'succeeded'
    AND kind <> 'imported' AND NOT EXISTS (SELECT FROM step_runs WHERE run_id = runs.id AND outcome = 'retry_scheduled')
"""
"""A merge that is to be tried again is over, and another workflow tries it."""
FOLDED = "cancelled"
"""An evaluation that another one of the same pull request has taken in."""
TYPES = "SELECT DISTINCT type FROM workflows WHERE status = 'succeeded' AND kind <> 'imported'"
RUNS = "SELECT id::text FROM workflows WHERE type = 'pull_request_handoff' AND status = 'succeeded'"


def found(soak: Workflows) -> list[str]:
    """One sentence for each violation."""
    return [*of_effects(soak), *_of_endings(soak), *_of_types(soak), *_of_checks(soak)]


def of_effects(soak: Workflows) -> list[str]:
    """What merges, pull requests of agents and verdicts came to, and each of their effects once."""
    parts = (violations.found, _of_handoffs, _of_single_effects, _of_statuses, _of_deliveries)
    return [violation for part in parts for violation in part(soak)]


def _of_endings(soak: Workflows) -> Iterator[str]:
    for row in soak.rows(ENDED):
        if (row["type"], row["status"]) != ("policy_evaluation", FOLDED):
            yield f"{row['type']} {row['subject']} is {row['status']}: {row['error']}"


def _of_types(soak: Workflows) -> Iterator[str]:
    for each in sorted(set(get_args(Type)) - {row["type"] for row in soak.rows(TYPES)}):
        yield f"no {each} has succeeded"


def _of_handoffs(soak: Workflows) -> Iterator[str]:
    done = {row["id"] for row in soak.rows(RUNS)}
    for branch, run_id in soak.people.runs.items():
        if run_id not in done:
            yield f"the run of {branch} has not succeeded"
    for kind, path in MADE.items():
        effects = [
            write
            for write in soak.stage.github.journal.writes
            if write.effect == "yes" and re.fullmatch(path, f"{write.method} {write.path}")
        ]
        if len(effects) != len(soak.people.runs):
            yield f"{len(soak.people.runs)} pull requests were asked for, and {len(effects)} times a {kind} was made"


def _of_single_effects(soak: Workflows) -> Iterator[str]:
    """A branch is deleted once, and the reviewers of a pull request are asked once."""
    done = Counter(
        f"{write.method} {write.path}"
        for write in soak.stage.github.journal.writes
        if write.effect == "yes" and re.fullmatch(ONCE, f"{write.method} {write.path}")
    )
    for what, times in done.items():
        if times > 1:
            yield f"{what} took effect {times} times"
    deleted = sum(what.startswith("DELETE") for what in done)
    if deleted != len(soak.plan.numbers):
        yield f"{deleted} branches of {len(soak.plan.numbers)} merged pull requests were deleted"


def _of_checks(soak: Workflows) -> Iterator[str]:
    """A head has the checks of a policy that differ from the one before, and each group its success."""
    runs = soak.stage.github.state.repository(GIZMO).check_runs
    for sha in soak.people.proposals:
        said = [(run.conclusion, run.title, run.summary) for run in runs if run.sha == sha]
        if not said:
            yield f"the policy of {sha} was not checked"
        for before, after in pairwise(said):
            if before == after:
                yield f"{after[1]} was said twice of {sha}"
    statuses = soak.stage.github.state.repository(GIZMO).statuses
    for sha in soak.people.groups:
        if [status.state for status in statuses if status.sha == sha][-1:] != ["success"]:
            yield f"the merge group {sha} has no success"


def _of_deliveries(soak: Workflows) -> Iterator[str]:
    lost = soak.lost()
    if lost:
        yield f"nobody knows of these deliveries: {sorted(lost)}"


def _of_statuses(soak: Workflows) -> Iterator[str]:
    told = Counter[tuple[str, str, str]]()
    newest: dict[tuple[str, str], tuple[str, str]] = {}
    for write in soak.stage.github.journal.writes:
        status = re.fullmatch(r"/repos/[^/]+/[^/]+/statuses/([0-9a-f]{40})", write.path)
        if status is None or write.effect != "yes":
            continue
        place, said = (status[1], write.body["context"]), (write.body["state"], write.body["description"])
        told[(*place, said[0])] += newest.get(place) == said
        newest[place] = said
    for (sha, context, state), times in told.items():
        if times:
            yield f"{state} was written {times} times more on {sha} ({context}) with nothing between"
