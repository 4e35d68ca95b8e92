"""Verbs about branches, and what the API did to them and to pull requests, with the webhooks that tell of it."""

from collections.abc import Mapping
from typing import Any

from app.simulator import payloads
from app.simulator.echoes import Done
from app.simulator.mailbox import Mailbox
from app.simulator.objects import Commit, File
from app.simulator.records import Pull
from app.simulator.shapes.view import Json

_BRANCH = "refs/heads/"


class BranchHooks(Mailbox):
    def push(
        self,
        full_name: str,
        branch: str,
        files: Mapping[str, str | bytes | File | None],
        *,
        by: str,
        **fields: Any,
    ) -> Commit:
        """`push`, `create` where the branch is new, and `synchronize` for each open pull request out of it.

        `fields` are those of `GitHub.push`: message, onto, via, seal.
        """
        before = self.github.state.repository(full_name).branches.get(branch)
        commit = self.github.push(full_name, branch, files, by=by, **fields)
        return self._pushed(full_name, branch, commit, before=before, by=by)

    def create_branch(self, full_name: str, branch: str, *, by: str, at: str | None = None) -> str:
        sha = self.github.create_branch(full_name, branch, at=at)
        commit = self.github.state.repository(full_name).commits[sha]
        return self._pushed(full_name, branch, commit, before=None, by=by).sha

    def delete_branch(self, full_name: str, branch: str, *, by: str) -> None:
        before = self.github.state.repository(full_name).branches[branch]
        closed = [pull.id for pull in self.github.delete_branch(full_name, branch)]
        self._deleted(full_name, branch, before=before, closed=closed, by=by)

    def update_branch(self, full_name: str, number: int, *, by: str) -> Commit:
        pull = self.github.state.pull(full_name, number)
        source = self.github.state.repositories[pull.head_repository_id].full_name
        commit = self.github.update_branch(full_name, number, by=by)
        return self._pushed(source, pull.head_ref, commit, before=pull.head_sha, by=by)

    def merge_branch(self, full_name: str, into: str, source: str, *, by: str) -> Commit:
        before = self.github.state.repository(full_name).branches[into]
        commit = self.github.merge_branch(full_name, into, source, by=by)
        return self._pushed(full_name, into, commit, before=before, by=by)

    def echo_ref(self, done: Done) -> None:
        """Nobody is told of a tag, nor of a branch that stayed where it was."""
        ref = f"refs/{done.path.partition('/git/refs/')[2]}" if done.answer is None else done.answer["ref"]
        branch = ref.removeprefix(_BRANCH)
        before = done.before.repository(done.full_name).branches.get(branch)
        if not ref.startswith(_BRANCH) or (done.answer and done.answer["object"]["sha"] == before):
            return
        if done.answer is None:
            self._deleted(done.full_name, branch, before=str(before), closed=_open(done, branch), by=done.by)
        else:
            commit = self.github.state.repository(done.full_name).commits[done.answer["object"]["sha"]]
            self._pushed(done.full_name, branch, commit, before=before, by=done.by)

    def echo_pull(self, done: Done) -> None:
        """`opened`; or `edited` for all that was edited at once, and `closed` or `reopened`."""
        pull = self.github.state.pull(done.full_name, done.answer["number"])
        if done.method == "POST":
            self._tell_pull("opened", done.full_name, pull, by=done.by)
            return
        was = done.before.pull(done.full_name, pull.number)
        changes = _changes(was, pull)
        if changes:
            self._tell_pull("edited", done.full_name, pull, by=done.by, more={"changes": changes})
        if was.state != pull.state:
            action = "closed" if pull.state == "closed" else "reopened"
            self._tell_pull(action, done.full_name, pull, by=done.by)

    def _pushed(self, full_name: str, branch: str, commit: Commit, *, before: str | None, by: str) -> Commit:
        repository = self.github.state.repository(full_name)
        pushed = payloads.push(self.view(), repository, branch, before=before, commit=commit)
        self.tell("push", pushed, full_name=full_name, by=by)
        if before is None:
            self.tell("create", payloads.created(repository, branch), full_name=full_name, by=by)
        for other in list(self.github.state.repositories.values()):
            for pull in list(other.pulls.values()):
                if pull.state == "open" and (pull.head_repository_id, pull.head_ref) == (repository.id, branch):
                    more = {"before": before, "after": commit.sha}
                    self._tell_pull("synchronize", other.full_name, pull, by=by, more=more)
        return commit

    def _deleted(self, full_name: str, branch: str, *, before: str, closed: list[int], by: str) -> None:
        """`closed` holds the ids of the pull requests that went with the branch."""
        repository = self.github.state.repository(full_name)
        gone = payloads.push_of_nothing(self.view(), repository, branch, before=before, by=by)
        self.tell("push", gone, full_name=full_name, by=by)
        self.tell("delete", payloads.deleted(branch), full_name=full_name, by=by)
        for other in list(self.github.state.repositories.values()):
            for pull in [pull for pull in other.pulls.values() if pull.id in closed]:
                self._tell_pull("closed", other.full_name, pull, by=by)

    def _tell_pull(self, action: str, full_name: str, pull: Pull, *, by: str, more: Json | None = None) -> Pull:
        repository = self.github.state.repository(full_name)
        body = {"action": action, **payloads.pull_request(self.view(), repository, pull), **(more or {})}
        self.tell("pull_request", body, full_name=full_name, by=by)
        return pull


def _open(done: Done, branch: str) -> list[int]:
    """Ids of the pull requests that were open out of the branch."""
    source = done.before.repository(done.full_name).id
    held = [pull for repository in done.before.repositories.values() for pull in repository.pulls.values()]
    wanted = ("open", source, branch)
    return [pull.id for pull in held if (pull.state, pull.head_repository_id, pull.head_ref) == wanted]


def _changes(was: Pull, now: Pull) -> Json:
    found: Json = {}
    if was.title != now.title:
        found["title"] = {"from": was.title}
    if was.body != now.body:
        found["body"] = {"from": was.body or ""}
    if was.base_ref != now.base_ref:
        found["base"] = {"ref": {"from": was.base_ref}, "sha": {"from": was.base_sha}}
    return found
