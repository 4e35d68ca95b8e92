"""What people do at GitHub: each verb changes the state silently, as if its webhook had been lost."""

from collections.abc import Mapping

from app.simulator.branches import Branches
from app.simulator.objects import File
from app.simulator.planning import Planning
from app.simulator.records import Issue, Pull, Repository

_DEFAULT_FILES: Mapping[str, str | bytes | File] = {"README.md": "Hello\n"}


class Verbs(Branches, Planning):
    """Repositories are named in full (`acme/widget`), pull requests by repository and number."""

    def add_repository(
        self,
        full_name: str,
        *,
        visibility: str = "public",
        files: Mapping[str, str | bytes | File] = _DEFAULT_FILES,
        collaborators: Mapping[str, str] | None = None,
        default_branch: str = "main",
    ) -> Repository:
        with self.changing():
            repository = self.own(full_name, private=visibility)
            repository.default_branch = default_branch
            for login, role in (collaborators or {}).items():
                self.grant(full_name, login, role)
            self.push(full_name, default_branch, files, by=repository.owner, message="Begin")
            return repository

    def grant(self, full_name: str, login: str, role: str) -> None:
        """Give the role admin, maintain, write, triage or read; `none` takes access away."""
        with self.changing() as state:
            collaborators = state.repository(full_name).collaborators
            collaborators.pop(self.user(login).login, None)
            if role != "none":
                collaborators[login] = role

    def fork(self, full_name: str, owner: str) -> Repository:
        with self.changing() as state:
            parent = state.repository(full_name)
            visibility = "private" if parent.private else "public"
            copy = self.own(f"{owner}/{parent.name}", private=visibility, fork_of=parent.id)
            copy.default_branch, copy.branches, copy.commits = (
                parent.default_branch,
                dict(parent.branches),
                dict(parent.commits),
            )
            return copy

    def rename(self, full_name: str, new_name: str) -> None:
        """The old address answers 301 (GET) or 307 (anything else) from now on."""
        with self.changing() as state:
            repository = state.repository(full_name)
            state.renamed[full_name.lower()] = repository.id
            repository.owner, _, repository.name = new_name.partition("/")

    def delete_repository(self, full_name: str) -> None:
        """Pull requests out of it live on without a head repository."""
        with self.changing() as state:
            del state.repositories[state.repository(full_name).id]

    def open_pull(
        self,
        full_name: str,
        head: str,
        *,
        by: str,
        base: str | None = None,
        title: str = "A change",
        body: str | None = None,
        draft: str = "ready",
        number: int | None = None,
    ) -> Pull:
        """From `branch` or `owner:branch` (a fork), by the next number unless given; `draft` is `draft` or `ready`."""
        with self.changing() as state:
            repository = state.repository(full_name)
            owner, _, branch = head.rpartition(":")
            source = state.repository(f"{owner}/{repository.name}") if owner else repository
            repository.commits.update(source.commits)
            target = base or repository.default_branch
            now = self.now()
            pull = Pull(
                id=self.next_id(),
                number=number or _next_number(repository),
                title=title,
                body=body,
                author=self.user(by).login,
                base_ref=target,
                base_sha=repository.branches[target],
                head_repository_id=source.id,
                head_owner=source.owner,
                head_ref=branch,
                head_sha=source.branches[branch],
                draft=draft == "draft",
                created_at=now,
                updated_at=now,
            )
            repository.pulls[pull.number] = pull
            return pull

    def add_issue(
        self, full_name: str, title: str, *, by: str, body: str | None = None, number: int | None = None
    ) -> Issue:
        """One that is no pull request; it gets the next number unless one is given."""
        with self.changing() as state:
            repository = state.repository(full_name)
            place = number or _next_number(repository)
            made = Issue(
                id=self.next_id(),
                number=place,
                title=title,
                body=body,
                author=self.user(by).login,
                created_at=self.now(),
            )
            repository.issues[place] = made
            return made

    def edit_body(self, full_name: str, number: int, body: str, *, by: str | None = None) -> Pull:
        """Edited by its author unless `by` says otherwise."""
        editor = by or self.state.pull(full_name, number).author
        return self.change_pull(full_name, number, body=body, edited_at=self.now(), editor=self.user(editor).login)

    def retarget(self, full_name: str, number: int, base: str) -> Pull:
        sha = self.state.repository(full_name).branches[base]
        return self.change_pull(full_name, number, base_ref=base, base_sha=sha)

    def close(self, full_name: str, number: int) -> Pull:
        return self.change_pull(full_name, number, state="closed", closed_at=self.now())

    def reopen(self, full_name: str, number: int) -> Pull:
        return self.change_pull(full_name, number, state="open", closed_at=None)

    def convert_to_draft(self, full_name: str, number: int) -> Pull:
        return self.change_pull(full_name, number, draft=True)

    def mark_ready(self, full_name: str, number: int) -> Pull:
        return self.change_pull(full_name, number, draft=False)


def _next_number(repository: Repository) -> int:
    """Issues and pull requests share their numbers."""
    return max([0, *repository.pulls, *repository.issues]) + 1
