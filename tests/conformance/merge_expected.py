"""Compares what a scenario came to with what it expects: outcome, codes, merge-plane writes, the work item."""

from collections.abc import Iterator
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, parse, value_from_ast_untyped

from tests.conformance import merge_posts
from tests.conformance.merge_crew import Report
from tests.conformance.merge_script import Logged
from tests.conformance.merge_stage import Stage
from tests.conformance.merge_words import Record

IGNORED = "ignored"
ENDS_IN_DONE = ("merged", "already_merged")
TIMEOUT = "timeout"
QUEUE_MUTATIONS = ("enqueuePullRequest", "dequeuePullRequest", "enablePullRequestAutoMerge", "mergePullRequest")


def wrong(stage: Stage) -> Iterator[str]:
    """A sentence for each thing that is not as it should be."""
    expect = stage.scenario["expect"]
    yield from stage.errors
    judged = _judged(stage, expect)
    yield from _wrong_answer(stage, expect, judged)
    yield from _wrong_writes(stage, expect)
    yield from _wrong_issue(stage, judged)
    for assertion in expect.get("post", []):
        try:
            yield from merge_posts.wrong(stage, assertion, judged[-1] if judged else None)
        except (LookupError, ValueError, TypeError) as trouble:
            yield f"{assertion['check']} can't be looked at: {type(trouble).__name__}: {trouble}"


def _judged(stage: Stage, expect: Record) -> list[Report]:
    """The answers of which one has to be right."""
    judge, reports = expect.get("judge", "last"), stage.crew.reports
    if judge == "any":
        return sorted(reports, key=lambda report: _fits(expect, report))
    if judge == "last":
        return reports[-1:]
    return [report for report in reports if report.run == judge][-1:]


def _fits(expect: Record, report: Report) -> bool:
    wanted = expect["outcome"]
    if report.outcome not in (wanted if isinstance(wanted, list) else [wanted]):
        return False
    if not isinstance(wanted, list) and expect.get("blocker_code") not in (None, _code(report)):
        return False
    return expect.get("detail") in (None, report.answer.get("detail"))


def _code(report: Report) -> str | None:
    """An already merged pull request has a code of its own, which needs no blocker."""
    code = report.answer.get("code")
    return "PR_ALREADY_MERGED" if code is None and report.outcome == "already_merged" else code


def _wrong_answer(stage: Stage, expect: Record, judged: list[Report]) -> Iterator[str]:
    wanted = expect["outcome"]
    allowed = wanted if isinstance(wanted, list) else [wanted]
    if not judged:
        if expect.get("judge", "last") not in ("last", "any"):
            yield f"answer: the run {expect['judge']} did not report"
        elif IGNORED not in allowed or stage.crew.failures:
            failed = f" ({'; '.join(stage.crew.failures)})" if stage.crew.failures else ""
            yield f"outcome: expected {wanted}, and no run answered{failed}"
        return
    report = judged[-1]
    if not _fits(expect, report):
        said = f"{report.outcome}/{report.answer.get('code')}/{report.answer.get('detail')}"
        wished = f"{wanted}/{expect.get('blocker_code')}/{expect.get('detail')}"
        yield f"answer: expected {wished}, saw {said} from {report.run} ({report.answer.get('sentence')})"


def _wrong_issue(stage: Stage, judged: list[Report]) -> Iterator[str]:
    state = stage.gate.rows("SELECT status FROM issues WHERE id = %(id)s", {"id": stage.records.issue_id})[0]["status"]
    merged = any(report.outcome in ENDS_IN_DONE for report in [*judged, *stage.crew.reports])
    wanted = "DONE" if merged else "REVIEW_READY"
    if state != wanted:
        yield f"issue: expected {wanted}, saw {state}"


def _wrong_writes(stage: Stage, expect: Record) -> Iterator[str]:
    seen = [entry for entry in stage.script.log if _is_on_merge_plane(stage, entry)]
    wanted = expect.get("github_writes", [])
    shown = [_shown(stage, entry) for entry in seen]
    if len(wanted) != len(shown) or not all(_agrees(one, other) for one, other in zip(wanted, shown, strict=True)):
        yield f"writes: expected {wanted}, saw {shown}"
    puts = [entry for entry in stage.script.log if entry.asked.place.resource == "merge_put"]
    if "max_merge_puts" in expect and len(puts) > expect["max_merge_puts"]:
        yield f"merge PUTs: expected at most {expect['max_merge_puts']}, saw {len(puts)}"


def _is_on_merge_plane(stage: Stage, entry: Logged) -> bool:
    asked, world = entry.asked, stage.world
    resource = asked.place.resource
    if resource in ("merge_put", "update_branch"):
        return asked.place.number == world.number
    if "/git/refs" in asked.path and asked.method in ("POST", "PATCH", "DELETE"):
        others = {other.get("head_ref") or f"feat{other['number']}" for other in world.given.get("other_prs", [])}
        branch = asked.path.partition("/git/refs/heads/")[2]
        return branch not in others - {world.pull.get("head_ref", "feat")}
    if resource == "graphql":
        return _mutation(asked.body)[0] in QUEUE_MUTATIONS
    if resource in ("status_post", "check_post"):
        sha = asked.place.sha or ""
        return sha in _groups(stage) or stage.world.names.symbol(sha).startswith("MG")
    return False


def _groups(stage: Stage) -> set[str]:
    """The heads of all merge groups."""
    queues = stage.world.repository.queues.values()
    return {entry.head_sha for queue in queues for entry in queue}


def _mutation(body: Any) -> tuple[str, Record]:
    """The name of a GraphQL mutation with its input; empty for a query."""
    try:
        document = parse(body.get("query", ""))
    except (TypeError, ValueError, AttributeError):
        return "", {}
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and definition.operation.value == "mutation":
            first = definition.selection_set.selections[0]
            if isinstance(first, FieldNode):
                variables = body.get("variables") or {}
                given = {one.name.value: value_from_ast_untyped(one.value, variables) for one in first.arguments or ()}
                return first.name.value, dict(given.get("input") or given)
    return "", {}


def _shown(stage: Stage, entry: Logged) -> Record:
    asked = entry.asked
    name, given = _mutation(asked.body) if asked.place.resource == "graphql" else ("", {})
    body = {**asked.body, **asked.body.get("variables", {}), **given, "mutation": name} if name else dict(asked.body)
    found = {
        "method": asked.method,
        "path": asked.path,
        "body": body,
        "response": TIMEOUT if entry.status is None else entry.status,
        "message": entry.message,
    }
    shown: Record = stage.world.names.shown(found)
    return shown


def _agrees(wanted: Record, seen: Record) -> bool:
    body = wanted.get("body", {})
    rest = {name: value for name, value in wanted.items() if name != "body"}
    return all(seen.get(name) == value for name, value in rest.items()) and all(
        seen["body"].get(name) == value for name, value in body.items()
    )
