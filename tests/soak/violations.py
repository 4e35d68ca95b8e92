"""What a soak of merges must leave behind: of each pull request one merge, at the judged head, told to everybody."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from app.demo.stage import REPOSITORY, DemoFailed
from tests.soak.merges import Soak

ENDINGS = {"merged", "already_merged", "retry_scheduled"}
"""A request whose last run was to be tried again ends with the merge of another."""
RUNS = """
SELECT issue_id::text AS issue, outcome, answer ->> 'merge_sha' AS sha, answer ->> 'code' AS code,
       answer ->> 'detail' AS detail
FROM step_runs WHERE step = 'S5_MERGE' AND issue_id IS NOT NULL
"""


def found(soak: Soak) -> list[str]:
    """One sentence for each violation."""
    return [*_of_github(soak), *_of_issues(soak), *_of_runs(soak), *_of_audit(soak)]


def _of_github(soak: Soak) -> Iterator[str]:
    github = soak.stage.github
    done = Counter[int]()
    for write in github.journal.writes:
        merge = re.fullmatch(rf"/repos/{REPOSITORY}/pulls/(\d+)/merge", write.path)
        if merge is None:
            continue
        number = int(merge.group(1))
        done[number] += write.effect == "yes"
        if write.body.get("sha") != soak.heads[number]:
            yield f"#{number}: GitHub was asked to merge {write.body.get('sha')}, judged was {soak.heads[number]}"
    for number in soak.plan.numbers:
        if done[number] != 1:
            yield f"#{number} was merged {done[number]} times"
    if github.unknown_requests:
        yield f"GitHub does not know these requests: {github.unknown_requests}"


def _of_issues(soak: Soak) -> Iterator[str]:
    states = {row["id"]: row for row in soak.rows("SELECT id::text, status, merge_sha FROM issues")}
    told = Counter(row["id"] for row in _events(soak))
    for number, issue in soak.issues.items():
        row, sha = states[issue], _sha(soak, number)
        if (row["status"], row["merge_sha"]) != ("DONE", sha):
            yield f"#{number}: its issue is {row['status']} with {row['merge_sha']}, merged was {sha}"
        if told[issue] != 1:
            yield f"#{number}: its merge is told {told[issue]} times"


def _of_runs(soak: Soak) -> Iterator[str]:
    numbers = {issue: number for number, issue in soak.issues.items()}
    asked = soak.rows("SELECT count(*) AS n FROM merge_requests WHERE status = 'ended' AND mode = 'execute'")[0]["n"]
    if asked != len(soak.plan.asked):
        yield f"{asked} of {len(soak.plan.asked)} requests have ended"
    for row in soak.rows(RUNS):
        number = numbers[row["issue"]]
        if row["outcome"] not in ENDINGS:
            yield f"#{number}: a run ended as {row['outcome']} ({row['code']}, {row['detail']})"
        elif row["outcome"] != "retry_scheduled" and row["sha"] != _sha(soak, number):
            yield f"#{number}: a run was told of {row['sha']}, merged was {_sha(soak, number)}"


def _of_audit(soak: Soak) -> Iterator[str]:
    try:
        soak.stage.run("audit", "verify")
    except DemoFailed as broken:
        yield str(broken)
    told = soak.rows("SELECT kind, subject, count(*) AS n FROM audit_events GROUP BY kind, subject")
    merged = {row["subject"]: row["n"] for row in told if row["kind"] == "MERGED"}
    repository_id = soak.stage.github.state.repository(REPOSITORY).id
    wanted = {f"pull:{repository_id}#{number}": 1 for number in soak.plan.numbers}
    if merged != wanted:
        yield f"the audit has these merges: {merged}"
    others = [
        row["subject"]
        for row in told
        if row["kind"] in ("EXTERNAL_MERGE", "alert") and row["subject"].startswith(f"pull:{repository_id}#")
    ]
    if others:
        yield f"the audit has merges past the gate, or alerts: {others}"


def _events(soak: Soak) -> list[dict[str, Any]]:
    return soak.rows("SELECT issue_id::text AS id FROM timeline_events WHERE type = 'loop_merged'")


def _sha(soak: Soak, number: int) -> str | None:
    return soak.stage.github.state.pull(REPOSITORY, number).merge_sha
