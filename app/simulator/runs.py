"""What programs report of a commit: check runs and workflow runs, silently."""

import dataclasses
from typing import Any

from app.simulator.people import People
from app.simulator.records import CheckRun, CheckSuite, Repository, WorkflowRun

ACTIONS = 15368  # the App behind GitHub Actions


class Runs(People):
    def check_run(
        self,
        full_name: str,
        sha: str,
        *,
        app_id: int,
        name: str = "test",
        status: str = "completed",
        conclusion: str | None = "success",
        **more: Any,
    ) -> CheckRun:
        """A new run in the suite of that App and commit; one not completed has no conclusion, and any App will do.

        `more` are further fields of `records.CheckRun`: external_id, details_url, title, summary, text, annotations.
        """
        with self.changing() as state:
            if app_id not in state.apps:
                self.add_app("github-actions" if app_id == ACTIONS else f"app-{app_id}", app_id=app_id)
            runs = state.repository(full_name).check_runs
            suites = [r.suite_id for r in runs if (r.sha, r.app_id) == (sha, app_id)]
            run = CheckRun(
                id=self.next_id(),
                suite_id=suites[0] if suites else self.next_id(),
                app_id=app_id,
                sha=sha,
                name=name,
                started_at=self.now(),
                **self._end(status, conclusion),
                **more,
            )
            runs.append(run)
            return run

    def check_suite(self, full_name: str, sha: str, *, app_id: int, status: str = "queued") -> CheckSuite:
        """An App was asked to check a commit, and has not begun."""
        with self.changing() as state:
            made = CheckSuite(id=self.next_id(), app_id=app_id, sha=sha, created_at=self.now(), status=status)
            state.repository(full_name).check_suites.append(made)
            return made

    def update_check_run(self, full_name: str, run_id: int, **fields: Any) -> CheckRun:
        """Set fields of `records.CheckRun` as they stand; `status` and `conclusion` go together."""
        with self.changing() as state:
            runs = state.repository(full_name).check_runs
            place = next(i for i, run in enumerate(runs) if run.id == run_id)
            if "status" in fields:
                fields |= self._end(fields["status"], fields.get("conclusion"))
            runs[place] = dataclasses.replace(runs[place], **fields)
            return runs[place]

    def workflow_run(
        self,
        full_name: str,
        sha: str,
        *,
        path: str = ".github/workflows/ci.yml",
        event: str = "pull_request",
        status: str = "completed",
        conclusion: str | None = "success",
    ) -> WorkflowRun:
        """A new run of a workflow; one not completed has no conclusion."""
        with self.changing() as state:
            repository = state.repository(full_name)
            runs = repository.workflow_runs
            run = WorkflowRun(
                id=self.next_id(),
                workflow_id=self._workflow_id(repository, path),
                suite_id=self.next_id(),
                number=sum(r.path == path for r in runs) + 1,
                sha=sha,
                path=path,
                event=event,
                status=status,
                conclusion=conclusion if status == "completed" else None,
                created_at=self.now(),
                updated_at=self.now(),
            )
            runs.append(run)
            return run

    def finish_workflow_run(self, full_name: str, run_id: int, conclusion: str = "success") -> WorkflowRun:
        with self.changing() as state:
            runs = state.repository(full_name).workflow_runs
            place = next(i for i, run in enumerate(runs) if run.id == run_id)
            ended = {"status": "completed", "conclusion": conclusion, "updated_at": self.now()}
            runs[place] = dataclasses.replace(runs[place], **ended)  # type: ignore[arg-type]
            return runs[place]

    def _workflow_id(self, repository: Repository, path: str) -> int:
        return next((r.workflow_id for r in repository.workflow_runs if r.path == path), None) or self.next_id()

    def _end(self, status: str, conclusion: str | None) -> dict[str, Any]:
        done = status == "completed"
        return {
            "status": status,
            "conclusion": conclusion if done else None,
            "completed_at": self.now() if done else None,
        }
