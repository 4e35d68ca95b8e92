"""How everything ended in a soak, in words that are the same in another one of the same seed: no ids, no SHAs."""

import re
from collections.abc import Iterator
from typing import Any

from app.demo.stage import REPOSITORY
from tests.soak.people import CONTEXT, GADGET, GIZMO
from tests.soak.workflows import Workflows

Ends = dict[str, str]
"""What -> how it ended."""
NEWEST = """
SELECT DISTINCT ON (type, kind, subject) type, kind, subject, repository_id, number, status FROM workflows
WHERE type NOT IN ('reconciliation', 'merge') AND kind NOT LIKE 'find%' AND status <> 'cancelled'
ORDER BY type, kind, subject, created_at DESC
"""
COUNTED = "merge_group", "legacy", "legacy_rollback", "imported"


def of(soak: Workflows) -> Ends:
    """Pull requests, branches, statuses, workflows, issues, writes."""
    found: Ends = {}
    for name in (REPOSITORY, GADGET, GIZMO):
        found |= dict(_of_pulls(soak, name))
    found |= dict(_of_issues(soak))
    found |= _of_writes(soak)
    return found | _of_workflows(soak)


def differing(came_of: Ends, expected: Ends) -> list[str]:
    """One sentence for each end that is another one than it would have been."""
    return [
        f"{what} ended as {came_of.get(what)}, without kills as {expected.get(what)}"
        for what in sorted({*came_of, *expected})
        if came_of.get(what) != expected.get(what)
    ]


def _of_pulls(soak: Workflows, name: str) -> Iterator[tuple[str, str]]:
    repository = soak.stage.github.state.repository(name)
    for pull in repository.pulls.values():
        ours = [each for each in repository.statuses if (each.sha, each.context) == (pull.head_sha, CONTEXT)]
        said = f"{ours[-1].state} ({ours[-1].description})" if ours else "without a status"
        has_branch = pull.head_ref in repository.branches
        merged = "merged" if pull.merge_sha and pull.state == "closed" else pull.state
        yield f"{name} {pull.head_ref}", f"{merged}, {said}, {'with' if has_branch else 'without'} its branch"


def _of_issues(soak: Workflows) -> Iterator[tuple[str, str]]:
    states = {row["id"]: row["status"] for row in soak.rows("SELECT id::text, status FROM issues")}
    for number, issue in soak.issues.items():
        yield f"issue of {_branch(soak, REPOSITORY, number)}", states[issue]


def _of_writes(soak: Workflows) -> Ends:
    """Those that did not come to a good end, by kind."""
    bad = "SELECT kind, status, count(*) AS n FROM intents WHERE status NOT IN ('written', 'superseded') GROUP BY 1, 2"
    return {f"{row['kind']} {row['status']}": str(row["n"]) for row in soak.rows(bad)}


def _of_workflows(soak: Workflows) -> Ends:
    """The newest of each subject."""
    runs = {run_id: branch for branch, run_id in soak.people.runs.items()}
    issues = {issue: _branch(soak, REPOSITORY, number) for number, issue in soak.issues.items()}
    names = {soak.stage.github.state.repository(name).id: name for name in (REPOSITORY, GADGET, GIZMO)}
    found = dict[str, set[str]]()
    for row in soak.rows(NEWEST):
        what = _named(soak, row, names, runs | issues)
        found.setdefault(f"{row['type']} {row['kind']} {what}", set()).add(row["status"])
    return {what: ", ".join(sorted(statuses)) for what, statuses in found.items()}


def _named(soak: Workflows, row: dict[str, Any], names: dict[int, str], known: dict[str, str]) -> str:
    if row["kind"] in COUNTED:
        return ""
    if row["kind"] == "evaluate":
        name = names[row["repository_id"]]
        return f"{name} {_branch(soak, name, row['number'])}"
    ids = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", row["subject"])
    return " ".join(known[each] for each in ids if each in known)


def _branch(soak: Workflows, name: str, number: int) -> str:
    return soak.stage.github.state.pull(name, number).head_ref
