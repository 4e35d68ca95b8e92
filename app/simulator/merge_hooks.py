"""Verbs about merges, and what the API did of that kind, with the webhooks that tell of it."""

from typing import Any

from app.simulator import payloads
from app.simulator.branch_hooks import BranchHooks
from app.simulator.deployments import Deployment, DeploymentStatus
from app.simulator.echoes import Done
from app.simulator.records import Pull
from app.simulator.state import State


class MergeHooks(BranchHooks):
    def merge(self, full_name: str, number: int, *, by: str, **fields: Any) -> Pull:
        """`push` to the base, `pull_request` closed, and `delete` where the branch goes with it.

        `fields` are those of `GitHub.merge`: method, at.
        """
        with self.github.lock:
            pull = self.github.merge(full_name, number, by=by, **fields)
            before = self.github.before
        return self._tell_merged(full_name, pull, before=before, by=by)

    def force_push(self, full_name: str, branch: str, sha: str, *, by: str) -> None:
        repository = self.github.state.repository(full_name)
        before = repository.branches.get(branch)
        self.github.force_push(full_name, branch, sha)
        self._pushed(full_name, branch, repository.commits[sha], before=before, by=by)

    def enable_auto_merge(self, full_name: str, number: int, *, by: str, method: str = "merge") -> Pull:
        pull = self.github.enable_auto_merge(full_name, number, by=by, method=method)
        return self._tell_pull("auto_merge_enabled", full_name, pull, by=by)

    def disable_auto_merge(self, full_name: str, number: int, *, by: str) -> Pull:
        pull = self.github.disable_auto_merge(full_name, number)
        more = {"reason": "Auto-merge was disabled manually"}
        return self._tell_pull("auto_merge_disabled", full_name, pull, by=by, more=more)

    def deploy(self, full_name: str, ref: str, *, by: str, environment: str = "production") -> Deployment:
        made = self.github.deploy(full_name, ref, by=by, environment=environment)
        body = payloads.deployment(self.view(), self.github.state.repository(full_name), made)
        self.tell("deployment", {"action": "created", **body}, full_name=full_name, by=by)
        return made

    def deployed(
        self, full_name: str, deployment_id: int, state: str = "success", *, by: str, description: str = ""
    ) -> DeploymentStatus:
        made = self.github.deployed(full_name, deployment_id, state, by=by, description=description)
        body = payloads.deployment_status(self.view(), self.github.state.repository(full_name), made)
        self.tell("deployment_status", {"action": "created", **body}, full_name=full_name, by=by)
        return made

    def echo_merge(self, done: Done) -> None:
        self._tell_merged(
            done.full_name, self.github.state.pull(done.full_name, done.number), before=done.before, by=done.by
        )

    def echo_update(self, done: Done) -> None:
        was, pull = done.before.pull(done.full_name, done.number), self.github.state.pull(done.full_name, done.number)
        source = self.github.state.repositories[pull.head_repository_id]
        commit = source.commits[pull.head_sha]
        self._pushed(source.full_name, pull.head_ref, commit, before=was.head_sha, by=done.by)

    def _tell_merged(self, full_name: str, pull: Pull, *, before: State, by: str) -> Pull:
        """`before` is what was."""
        repository, known = self.github.state.repository(full_name), before.repository(full_name).branches
        merged = repository.commits[pull.merge_sha or ""]
        self._pushed(full_name, pull.base_ref, merged, before=known.get(pull.base_ref), by=by)
        self._tell_pull("closed", full_name, pull, by=by)
        if pull.head_ref in known and pull.head_ref not in repository.branches:
            self._deleted(full_name, pull.head_ref, before=known[pull.head_ref], closed=[], by=by)
        return pull
