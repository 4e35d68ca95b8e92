"""Routes about check runs and workflow runs."""

from typing import Any

from app.simulator import requirements
from app.simulator.answers import Answer, Listing, Refusal
from app.simulator.call import Call
from app.simulator.records import CheckRun, CheckSuite, WorkflowRun
from app.simulator.shapes import commits, runs, suites
from app.simulator.shapes.view import Json
from app.simulator.state import resolve

MOST_ANNOTATIONS = 50  # a request
MOST_SUITES = 1000  # of a ref: the newest
_STATUSES = ("queued", "in_progress", "completed")
_CONCLUSIONS = (
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "stale",
    "timed_out",
)


def list_check_runs(call: Call, *, ref: str) -> Listing:
    """Of each name and App in a suite the latest (the highest id), or with `filter=all` every run; newest first."""
    commit = resolve(call.repository, ref)
    if commit is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    newest = {suite_id for suite_id, _ in _suites(call, commit.sha)[:MOST_SUITES]}
    runs = (r for r in call.repository.check_runs if r.sha == commit.sha and r.suite_id in newest)
    found = [r for r in runs if _asked_for(call, r)]
    if call.query.get("filter", "latest") == "latest":
        found = requirements.latest_runs(found)
    return Listing(found[::-1], lambda run: commits.check_run(call.view, call.repository, run), key="check_runs")


def list_check_suites(call: Call, *, ref: str) -> Listing:
    """Newest first, with those that have no runs."""
    commit = resolve(call.repository, ref)
    if commit is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    found = [suite for _, suite in _suites(call, commit.sha)]
    wanted = call.query.get("app_id")
    chosen = [one for one in found if wanted in (None, str(one.app_id))]
    return Listing(chosen, lambda one: suites.listed(call.view, call.repository, one), key="check_suites")


def _suites(call: Call, sha: str) -> list[tuple[int, CheckRun | CheckSuite]]:
    """Newest first: the number of each with one of its runs, or with itself where it has none."""
    runs = [run for run in call.repository.check_runs if run.sha == sha]
    ran: dict[tuple[int, int], CheckRun | CheckSuite] = {(run.suite_id, run.app_id): run for run in runs}
    idle = {(one.id, one.app_id): one for one in call.repository.check_suites if one.sha == sha}
    return [(number, one) for (number, _), one in sorted((idle | ran).items(), key=lambda pair: pair[0], reverse=True)]


def read_check_run(call: Call, *, run: int) -> Answer:
    return Answer(200, commits.check_run(call.view, call.repository, _find(call, run)))


def list_annotations(call: Call, *, run: int) -> Listing:
    record = _find(call, run)
    return Listing(record.annotations, lambda one: commits.annotation(call.view, call.repository, record, one))


def create_check_run(call: Call) -> Answer:
    app_id = _app_id(call)
    name, sha = (_text(call, key) for key in ("name", "head_sha"))
    if sha not in call.repository.commits:
        raise Refusal(422, f"No commit found for SHA: {sha}")
    fields = {"status": "queued", "conclusion": None, **_fields(call)}
    run = call.github.verbs.check_run(call.repository.full_name, sha, app_id=app_id, name=name, **fields)
    return Answer(201, commits.check_run(call.view, call.repository, run))


def update_check_run(call: Call, *, run: int) -> Answer:
    """Annotations are added to those that there are."""
    known = _find(call, run)
    if known.app_id != _app_id(call):
        said = "check run can only be modified by the GitHub App that created it."
        raise Refusal(403, f"Invalid app_id `{_app_id(call)}` - {said}")
    fields = _fields(call)
    fields["annotations"] = (*known.annotations, *fields.get("annotations", ()))
    changed = call.github.verbs.update_check_run(call.repository.full_name, run, **fields)
    return Answer(200, commits.check_run(call.view, call.repository, changed))


def list_workflow_runs(call: Call) -> Listing:
    """Newest first; `status` may also be a conclusion."""
    found = [run for run in call.repository.workflow_runs if _wanted(call, run)]
    shape = runs.workflow_run
    return Listing(found[::-1], lambda run: shape(call.view, call.repository, run), key="workflow_runs")


def _wanted(call: Call, run: WorkflowRun) -> bool:
    query = call.query
    return (
        query.get("head_sha", run.sha) == run.sha
        and query.get("event", run.event) == run.event
        and query.get("status", run.status) in (run.status, run.conclusion)
        and ("branch" not in query or call.repository.branches.get(query["branch"]) == run.sha)
    )


def _asked_for(call: Call, run: CheckRun) -> bool:
    wanted: dict[str, Any] = {"check_name": run.name, "status": run.status, "app_id": str(run.app_id)}
    return all(call.query.get(name, value) == value for name, value in wanted.items())


def _find(call: Call, number: int) -> CheckRun:
    found = next((run for run in call.repository.check_runs if run.id == number), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _app_id(call: Call) -> int:
    if call.caller.installation is None:
        raise Refusal(403, "You must authenticate via a GitHub App.")
    return call.caller.installation.app_id


def _fields(call: Call) -> dict[str, Any]:
    """The fields of the record that the body sets. A conclusion alone means completed."""
    body = call.body
    fields: dict[str, Any] = {key: body[key] for key in ("external_id", "details_url") if key in body}
    if "conclusion" in body or "status" in body:
        fields |= _state(body.get("status") or "completed", body.get("conclusion"))
    if "output" in body:
        fields |= _output(body["output"])
    return fields


def _state(status: str, conclusion: str | None) -> dict[str, Any]:
    if status not in _STATUSES:
        raise Refusal(422, f"Invalid request.\n\n{status} is not a member of {list(_STATUSES)}.")
    if status == "completed" and conclusion not in _CONCLUSIONS:
        raise Refusal(422, f"Invalid request.\n\n{conclusion} is not a member of {list(_CONCLUSIONS)}.")
    return {"status": status, "conclusion": conclusion}


def _output(output: Json) -> dict[str, Any]:
    notes = output.get("annotations") or []
    if len(notes) > MOST_ANNOTATIONS:
        raise Refusal(
            422, f"Invalid request.\n\nNo more than {MOST_ANNOTATIONS} items are allowed; {len(notes)} were supplied."
        )
    if "summary" not in output:
        raise Refusal(422, 'Invalid request.\n\n"summary" wasn\'t supplied.')
    for note in notes:
        missing = [key for key in ("path", "start_line", "end_line", "annotation_level", "message") if key not in note]
        if missing:
            raise Refusal(422, f'Invalid request.\n\n"{missing[0]}" wasn\'t supplied.')
    return {**{key: output.get(key) for key in ("title", "summary", "text")}, "annotations": tuple(notes)}


def _text(call: Call, name: str) -> str:
    found = call.body.get(name)
    if not isinstance(found, str) or not found:
        raise Refusal(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    return found
