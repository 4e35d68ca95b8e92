"""The assertions of a scenario about what is there after its end, each named as in the format."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from app.governor import Turn
from tests.conformance.merge_building import INSTALLATION
from tests.conformance.merge_crew import Report
from tests.conformance.merge_fields import MERGE
from tests.conformance.merge_script import Logged
from tests.conformance.merge_stage import Stage
from tests.conformance.merge_steps import fits
from tests.conformance.merge_words import Record

Rows = list[dict[str, Any]]
A_SECOND = timedelta(seconds=1)
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def wrong(stage: Stage, assertion: Record, judged: Report | None) -> Iterator[str]:
    """A sentence for each thing that is not as the assertion says."""
    bind_merge(stage)
    for sentence in _ASSERTIONS[assertion["check"]](stage, assertion, judged):
        yield f"{assertion['check']}: {sentence}"


def bind_merge(stage: Stage) -> None:
    """Whatever the pull request was merged as is M1, unless something else is called so."""
    pull = stage.world.repository.pulls.get(stage.world.number)
    if pull is not None and pull.merge_sha:
        stage.world.names.bind(MERGE, pull.merge_sha)


def _subset(wanted: Record, seen: Record) -> bool:
    return all(seen.get(name) == value for name, value in wanted.items())


def _audit(stage: Stage, event: str) -> Rows:
    query = "SELECT body FROM audit_events WHERE kind = %(kind)s ORDER BY seq"
    rows = stage.gate.rows(query, {"kind": event})
    return [stage.world.names.shown(row["body"]) for row in rows]


def _audit_contains(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    found = _audit(stage, said["event"])
    if not any(_subset(said.get("fields", {}), body) for body in found):
        yield f"expected {said['event']} with {said.get('fields', {})}, saw {found}"


def _audit_count(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    yield from _equal(said["equals"], len(_audit(stage, said["event"])))


def _raised(severity: str) -> Callable[[Stage, Record, Report | None], Iterator[str]]:
    def check(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
        rows = stage.gate.rows("SELECT code, severity, fields FROM alerts ORDER BY raised_at")
        found = [stage.world.names.shown(row) for row in rows]
        wanted = said.get("fields", {})
        fitting = [row for row in found if (row["code"], row["severity"]) == (said["code"], severity)]
        if not any(_subset(wanted, row["fields"]) for row in fitting):
            yield f"expected {said['code']} with {wanted}, saw {found}"

    return check


def _blockers(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    """Several details under one code stand as one."""
    bodies = stage.gate.rows(
        "SELECT body FROM audit_events WHERE kind = 'merge_decided' AND body ->> 'run' = %(run)s ORDER BY seq DESC",
        {"run": str(judged.run_id) if judged else ""},
    )
    found = [_codes(row["body"]) for row in bodies]
    if said["codes"] not in found:
        yield f"expected {said['codes']}, saw {found}"


def _codes(body: Record) -> list[str]:
    against = body.get("blockers") or body.get("against") or []
    codes = [one["code"] if isinstance(one, dict) else str(one) for one in against]
    return list(dict.fromkeys(codes))


def _attempts(stage: Stage) -> Rows:
    world = stage.world
    return stage.gate.rows(
        "SELECT * FROM merge_attempts WHERE kind IN ('merge', 'enqueue') AND number = %(number)s"
        " AND head_sha = %(head)s ORDER BY seq",
        {"number": world.number, "head": world.names.sha(world.head)},
    )


def _attempt_state(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    """`by`: who made the last change."""
    via = set(said.get("via") or ())
    rows = [(row["state"], [(step["state"], step["by"]) for step in row["history"]]) for row in _attempts(stage)]
    fitting = [
        history
        for state, history in rows
        if state == said["state"] and via <= {step for step, _ in history} and said.get("by") in (None, history[-1][1])
    ]
    if len(fitting) != said.get("count", 1):
        yield f"expected {said}, saw {rows}"


def _attempt_evidence(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    rows = _attempts(stage)
    missing = [name for name in said["has"] if not rows or not rows[-1]["evidence"].get(name)]
    if missing:
        yield f"the newest attempt has no {', '.join(missing)}"


def _retry_at(stage: Stage, judged: Report | None) -> datetime | None:
    """When the gate comes back: by the request's own row, else as the answer says."""
    rows = stage.gate.rows(
        "SELECT due_at FROM merge_requests JOIN step_runs ON merge_request_id = merge_requests.id"
        " WHERE step_runs.run_id = %(run)s",
        {"run": judged.run_id if judged else None},
    )
    if rows and rows[0]["due_at"]:
        due: datetime = rows[0]["due_at"]
        return due
    said = judged.answer.get("retry_at") if judged else None
    return datetime.fromisoformat(said) if said else None


def _retry_not_before(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    due = _retry_at(stage, judged)
    if judged is None or due is None:
        yield "no retry is planned"
    elif due < judged.at + timedelta(seconds=said["seconds"]):
        yield f"expected at least {said['seconds']} s, saw {(due - judged.at).total_seconds()} s"


def _no_writes_before_retry(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    """None has left, and none would: the governor is asked for a turn right after the answer and right before."""
    due = _retry_at(stage, judged)
    if judged is None or due is None:
        yield "no retry is planned"
        return
    left = [one for one in stage.script.log if one.asked.method in WRITES and judged.at < one.asked.at < due]
    counted = [one for one in left if said.get("scope") != "pull" or one.asked.place.number == stage.world.number]
    if writes := [one for one in counted if one.asked.place.resource not in ("token", "graphql")]:
        yield f"{len(writes)} writes left before {due.isoformat()}"
    if said.get("scope") == "installation":
        governor = stage.gate.context().governor
        moments = (judged.at, due - A_SECOND)
        if any(governor.next_turn(INSTALLATION, Turn("quiet"), "a probe", at) is None for at in moments):
            yield "the governor would let a write out before"


def _requests(stage: Stage, match: Record) -> list[Logged]:
    return [entry for entry in stage.script.log if fits(match, entry.asked, stage.world.names)]


def _request_count(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    yield from _equal(said["equals"], len(_requests(stage, said["match"])))


def _requests_after(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    after = said["after"] if isinstance(said["after"], dict) else {"resource": said["after"]}
    first = _requests(stage, after)
    found = [one for one in _requests(stage, said["match"]) if first and one.asked.id > first[0].asked.id]
    if len(found) < said["min"]:
        yield f"expected at least {said['min']}, saw {len(found)}"


def _request_body(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    found = [stage.world.names.shown(one.asked.body.get(said["field"])) for one in _requests(stage, said["match"])]
    if any(value != said["equals"] for value in found):
        yield f"expected {said['equals']} in each, saw {found}"


def _refs(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    branches = {f"refs/heads/{name}": sha for name, sha in stage.world.repository.branches.items()}
    for ref, symbol in said["refs"].items():
        seen = branches.get(ref)
        yield from _equal(symbol, seen and stage.world.names.symbol(seen), ref)


def _evaluation_queued(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    """A run that judges the pull request anew, while that head is its head."""
    rows = stage.gate.rows(
        "SELECT id FROM runs WHERE kind = 'evaluate' AND number = %(number)s AND NOT id = ANY(%(seeded)s)",
        {"number": stage.world.number, "seeded": list(stage.records.seeded)},
    )
    if not rows:
        yield "no evaluation is queued"
    head = stage.world.names.symbol(stage.world.record(stage.world.number).head_sha)
    yield from _equal(said["head_sha"], head, "its head")


def _run_count(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    yield from _equal(said["equals"], len(stage.triggered))


def _run_outcomes(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    yield from _equal(sorted(said["outcomes"]), sorted(report.outcome for report in stage.crew.reports))


def _snapshot_field(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    evaluation_id = judged.answer.get("evaluation_id") if judged else None
    rows = stage.gate.rows("SELECT * FROM evaluations WHERE id::text = %(id)s", {"id": evaluation_id or ""})
    if not rows:
        yield "the judged run used no evaluation"
        return
    row = stage.world.names.shown({**rows[0], "repo_id": rows[0]["repository_id"]})
    row["decision"] = "allow" if row["state"] == "success" else "deny"
    row["policy_digest"] = stage.records.digest_name(row["policy_digest"])
    yield from _equal(said["equals"], row.get(said["field"]))


def _issue_state(stage: Stage, said: Record, judged: Report | None) -> Iterator[str]:
    rows = stage.gate.rows("SELECT status FROM issues WHERE id = %(id)s", {"id": stage.records.issue_id})
    yield from _equal(said["state"], rows[0]["status"])


def _equal(wanted: object, seen: object, what: str = "") -> Iterator[str]:
    if wanted != seen:
        yield f"{what} expected {wanted}, saw {seen}".strip()


_ASSERTIONS: dict[str, Callable[[Stage, Record, Report | None], Iterator[str]]] = {
    "audit_contains": _audit_contains,
    "audit_count": _audit_count,
    "alert": _raised("alert"),
    "warning": _raised("warning"),
    "blockers": _blockers,
    "attempt_state": _attempt_state,
    "attempt_evidence": _attempt_evidence,
    "retry_not_before_seconds": _retry_not_before,
    "no_writes_before_retry": _no_writes_before_retry,
    "request_count": _request_count,
    "requests_after": _requests_after,
    "request_body": _request_body,
    "refs": _refs,
    "evaluation_queued": _evaluation_queued,
    "run_count": _run_count,
    "run_outcomes": _run_outcomes,
    "snapshot_field": _snapshot_field,
    "issue_state": _issue_state,
}
