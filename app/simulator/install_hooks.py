"""Verbs about installations with the webhooks that tell of them; every App gets those, subscribed or not."""

from app.simulator.mailbox import Mailbox
from app.simulator.records import App, Installation, Repository
from app.simulator.shapes import accounts
from app.simulator.shapes.view import Json, node


class InstallHooks(Mailbox):
    def install(self, app: App, account: str, *, by: str, only: tuple[str, ...] | None = None) -> Installation:
        installation = self.github.install(app, account, only=only)
        self._tell_installation("created", installation, by=by)
        return installation

    def suspend(self, installation: Installation, *, by: str) -> None:
        self.github.suspend(installation)
        self._tell_installation("suspend", installation, by=by)

    def unsuspend(self, installation: Installation, *, by: str) -> None:
        self.github.unsuspend(installation)
        self._tell_installation("unsuspend", installation, by=by)

    def uninstall(self, installation: Installation, *, by: str) -> None:
        body = self._body("deleted", installation)
        self.github.uninstall(installation)
        self._put("installation", body, installation, by=by)

    def select(self, installation: Installation, *names: str, by: str) -> Installation:
        """From now on the App is installed on these repositories (named in full) and no others."""
        before = self._covered(installation)
        changed = self.github.select(installation, *names)
        after = self._covered(changed)
        added = [r for r in after if r not in before]
        removed = [r for r in before if r not in after]
        for action, moved in (("added", added), ("removed", removed)):
            if moved:
                body = {"action": action, "repository_selection": "selected"}
                lists = {
                    f"repositories_{word}": self._short(moved if word == action else [])
                    for word in ("added", "removed")
                }
                self._put("installation_repositories", {**body, **lists}, changed, by=by)
        return changed

    def _tell_installation(self, action: str, installation: Installation, *, by: str) -> None:
        self._put("installation", self._body(action, installation), installation, by=by)

    def _body(self, action: str, installation: Installation) -> Json:
        return {"action": action, "repositories": self._short(self._covered(installation))}

    def _put(self, event: str, body: Json, installation: Installation, *, by: str) -> None:
        self.github.user(by)
        view = self.view()
        shape = accounts.installation(view, view.state.installations.get(installation.id, installation))
        if event == "installation_repositories":  # whose times are numbers
            shape |= dict.fromkeys(("created_at", "updated_at"), int(installation.created_at.timestamp()))
        whole = {**body, "installation": shape, "sender": accounts.user(view, by)}
        self.put(view.state.apps[installation.app_id], event, whole, installation_id=installation.id)

    def _covered(self, installation: Installation) -> list[Repository]:
        state = self.github.state
        return [repository for repository in state.repositories.values() if state.covers(installation, repository)]

    def _short(self, repositories: list[Repository]) -> list[Json]:
        return [
            {
                "id": repository.id,
                "node_id": node("R", repository.id),
                "name": repository.name,
                "full_name": repository.full_name,
                "private": repository.private,
            }
            for repository in repositories
        ]
