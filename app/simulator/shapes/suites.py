"""Check suites as the list of a commit has them."""

from dataclasses import replace

from app.simulator.records import CheckRun, CheckSuite, Repository
from app.simulator.shapes import commits, repositories
from app.simulator.shapes.view import Json, View


def listed(view: View, repository: Repository, record: CheckRun | CheckSuite) -> Json:
    """By one of its runs; one without runs is as it says of itself."""
    minimal = {"repository": repositories.minimal(view, repository)}
    if isinstance(record, CheckRun):
        return {**commits.check_suite(view, repository, record), **minimal}
    run = CheckRun(
        id=record.id,
        suite_id=record.id,
        app_id=record.app_id,
        sha=record.sha,
        name="",
        status=record.status,
        conclusion=None,
        started_at=record.created_at,
        completed_at=None,
    )
    told = {"status": record.status, "conclusion": None, "latest_check_runs_count": 0}
    return {**commits.check_suite(view, replace(repository, check_runs=[run]), run), **told, **minimal}
