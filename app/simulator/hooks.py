"""The verbs that change GitHub with the webhooks that tell of it."""

from typing import Any

from app.simulator import payloads
from app.simulator.echoes import Done
from app.simulator.install_hooks import InstallHooks
from app.simulator.merge_hooks import MergeHooks
from app.simulator.people_hooks import PeopleHooks
from app.simulator.records import Comment, Pull, Review, Status
from app.simulator.run_hooks import RunHooks
from app.simulator.shapes.view import Json


class Hooks(InstallHooks, MergeHooks, PeopleHooks, RunHooks):
    """Each verb is the silent one of `GitHub` with its webhooks; `by` is who did it, the sender."""

    def open_pull(self, full_name: str, head: str, *, by: str, **fields: Any) -> Pull:
        """`fields` are those of `GitHub.open_pull`: base, title, body, draft."""
        return self._tell_pull("opened", full_name, self.github.open_pull(full_name, head, by=by, **fields), by=by)

    def close(self, full_name: str, number: int, *, by: str) -> Pull:
        return self._tell_pull("closed", full_name, self.github.close(full_name, number), by=by)

    def reopen(self, full_name: str, number: int, *, by: str) -> Pull:
        return self._tell_pull("reopened", full_name, self.github.reopen(full_name, number), by=by)

    def convert_to_draft(self, full_name: str, number: int, *, by: str) -> Pull:
        return self._tell_pull("converted_to_draft", full_name, self.github.convert_to_draft(full_name, number), by=by)

    def mark_ready(self, full_name: str, number: int, *, by: str) -> Pull:
        return self._tell_pull("ready_for_review", full_name, self.github.mark_ready(full_name, number), by=by)

    def retarget(self, full_name: str, number: int, base: str, *, by: str) -> Pull:
        was = self.github.state.pull(full_name, number)
        changes = {"base": {"ref": {"from": was.base_ref}, "sha": {"from": was.base_sha}}}
        pull = self.github.retarget(full_name, number, base)
        return self._tell_pull("edited", full_name, pull, by=by, more={"changes": changes})

    def edit_pull(self, full_name: str, number: int, *, by: str, title: str) -> Pull:
        changes = {"title": {"from": self.github.state.pull(full_name, number).title}}
        pull = self.github.change_pull(full_name, number, title=title)
        return self._tell_pull("edited", full_name, pull, by=by, more={"changes": changes})

    def edit_body(self, full_name: str, number: int, body: str, *, by: str) -> Pull:
        changes = {"body": {"from": self.github.state.pull(full_name, number).body or ""}}
        pull = self.github.edit_body(full_name, number, body, by=by)
        return self._tell_pull("edited", full_name, pull, by=by, more={"changes": changes})

    def request_review(
        self, full_name: str, number: int, login: str | None = None, *, team: str | None = None, by: str
    ) -> Pull:
        self.github.request_review(full_name, number, login, team=team, by=by)
        return self._tell_asked("review_requested", full_name, number, whom=(login, team), by=by)

    def unrequest_review(
        self, full_name: str, number: int, login: str | None = None, *, team: str | None = None, by: str
    ) -> Pull:
        self.github.unrequest_review(full_name, number, login, team=team, by=by)
        return self._tell_asked("review_request_removed", full_name, number, whom=(login, team), by=by)

    def label(self, full_name: str, number: int, name: str, *, by: str) -> Pull:
        pull = self.github.label(full_name, number, name)
        return self._tell_pull("labeled", full_name, pull, by=by, more=self._label(full_name, name))

    def unlabel(self, full_name: str, number: int, name: str, *, by: str) -> Pull:
        pull = self.github.unlabel(full_name, number, name)
        return self._tell_pull("unlabeled", full_name, pull, by=by, more=self._label(full_name, name))

    def review(self, full_name: str, number: int, *, by: str, **fields: Any) -> Review:
        """`fields` are those of `GitHub.review`: state, body, sha."""
        review = self.github.review(full_name, number, by=by, **fields)
        return self._tell_review("submitted", full_name, number, review, by=by)

    def edit_review(self, full_name: str, number: int, review_id: int, *, by: str, body: str) -> Review:
        reviews = self.github.state.repository(full_name).reviews[number]
        was = next(r.body for r in reviews if r.id == review_id)
        review = self.github.edit_review(full_name, number, review_id, body, by=by)
        changes = {"changes": {"body": {"from": was}}}
        return self._tell_review("edited", full_name, number, review, by=by, more=changes)

    def dismiss(self, full_name: str, number: int, review_id: int, *, by: str) -> Review:
        review = self.github.dismiss(full_name, number, review_id)
        return self._tell_review("dismissed", full_name, number, review, by=by)

    def comment(self, full_name: str, number: int, *, by: str, body: str) -> Comment:
        comment = self.github.comment(full_name, number, by=by, body=body)
        return self._tell_comment("created", full_name, number, comment, by=by)

    def edit_comment(self, full_name: str, number: int, comment_id: int, *, by: str, body: str) -> Comment:
        comments = self.github.state.repository(full_name).comments[number]
        was = next(c.body for c in comments if c.id == comment_id)
        comment = self.github.edit_comment(full_name, number, comment_id, body, by=by)
        changes = {"changes": {"body": {"from": was}}}
        return self._tell_comment("edited", full_name, number, comment, by=by, more=changes)

    def delete_comment(self, full_name: str, number: int, comment_id: int, *, by: str) -> Comment:
        comment = self.github.delete_comment(full_name, number, comment_id)
        return self._tell_comment("deleted", full_name, number, comment, by=by)

    def set_status(self, full_name: str, sha: str, *, by: str, **fields: Any) -> Status:
        """`fields` are those of `GitHub.set_status`: context, state, description, target_url."""
        status = self.github.set_status(full_name, sha, by=by, **fields)
        self.tell_status(full_name, status)
        return status

    def create_label(self, full_name: str, name: str, *, by: str) -> None:
        self.github.add_label(full_name, name)
        self.tell("label", {"action": "created", **self._label(full_name, name)}, full_name=full_name, by=by)

    def rename(self, full_name: str, new_name: str, *, by: str) -> None:
        self.github.rename(full_name, new_name)
        body = {"action": "renamed", **payloads.renamed(full_name.partition("/")[2])}
        self.tell("repository", body, full_name=new_name, by=by)

    def ping(self) -> None:
        """Every App's hook is pinged."""
        for app in self.github.state.apps.values():
            body = {**payloads.ping(self.view(), app), **payloads.common(self.view(), None, None, app.owner)}
            self.put(app, "ping", body)

    def tell_status(self, full_name: str, status: Status) -> None:
        repository = self.github.state.repository(full_name)
        body = payloads.status(self.view(), repository, status)
        self.tell("status", body, full_name=full_name, by=status.creator)

    def echo(self) -> None:
        """From now on what is written through the API is told of, too."""
        self.github.echo = lambda done: self.later(self._echo, done)

    def _echo(self, done: Done) -> None:
        tell = {
            "check-runs": self._echo_check_run,
            "comments": self._echo_comment,
            "dismissals": self._echo_dismissal,
            "enqueuePullRequest": self.echo_enqueued,
            "labels": self._echo_labels,
            "merge": self.echo_merge,
            "pulls": self.echo_pull,
            "refs": self.echo_ref,
            "requested_reviewers": self._echo_asked,
            "reviews": self._echo_review,
            "statuses": self._echo_status,
            "update-branch": self.echo_update,
        }
        tell[done.what](done)

    def _echo_check_run(self, done: Done) -> None:
        runs = self.github.state.repository(done.full_name).check_runs
        self.tell_check_run(done.full_name, next(r for r in runs if r.id == done.answer["id"]))

    def _echo_status(self, done: Done) -> None:
        statuses = self.github.state.repository(done.full_name).statuses
        self.tell_status(done.full_name, next(s for s in reversed(statuses) if s.id == done.answer["id"]))

    def _echo_dismissal(self, done: Done) -> None:
        reviews = self.github.state.repository(done.full_name).reviews[done.number]
        review = next(r for r in reviews if r.id == done.answer["id"])
        self._tell_review("dismissed", done.full_name, done.number, review, by=done.by)

    def _echo_review(self, done: Done) -> None:
        """Nobody is told of one that is pending."""
        if done.answer["state"] != "PENDING":
            repository = self.github.state.repository(done.full_name)
            review = next(r for r in repository.reviews[done.number] if r.id == done.answer["id"])
            self._tell_review("submitted", done.full_name, done.number, review, by=done.by)

    def _echo_comment(self, done: Done) -> None:
        number = int(done.answer["issue_url"].rpartition("/")[2])
        said = self.github.state.repository(done.full_name).comments[number]
        comment = next(c for c in said if c.id == done.answer["id"])
        if done.method == "POST":
            self._tell_comment("created", done.full_name, number, comment, by=done.by)
        else:
            before = done.before.repository(done.full_name).comments[number]
            was = next(c.body for c in before if c.id == comment.id)
            changes = {"changes": {"body": {"from": was}}}
            self._tell_comment("edited", done.full_name, number, comment, by=done.by, more=changes)

    def _echo_labels(self, done: Done) -> None:
        """One webhook for each label that came or went."""
        pull = self.github.state.pull(done.full_name, done.number)
        before = done.before.pull(done.full_name, done.number).labels
        after = [label["name"] for label in done.answer or []]
        came = [("labeled", name) for name in after if name not in before]
        for action, name in [*came, *(("unlabeled", name) for name in before if name not in after)]:
            more = self._label(done.full_name, name)
            self._tell_pull(action, done.full_name, pull, by=done.by, more=more)

    def _echo_asked(self, done: Done) -> None:
        """One webhook for each reviewer."""
        action = "review_requested" if done.method == "POST" else "review_request_removed"
        users = [(login, None) for login in done.body.get("reviewers") or []]
        teams = [(None, slug) for slug in done.body.get("team_reviewers") or []]
        for whom in [*users, *teams]:
            self._tell_asked(action, done.full_name, done.number, whom=whom, by=done.by)

    def _label(self, full_name: str, name: str) -> Json:
        return payloads.label(self.view(), self.github.state.repository(full_name), name)

    def _tell_asked(
        self, action: str, full_name: str, number: int, *, whom: tuple[str | None, str | None], by: str
    ) -> Pull:
        """`whom` is (login, None) or (None, slug of a team)."""
        login, team = whom
        repository, pull = self.github.state.repository(full_name), self.github.state.pull(full_name, number)
        kind, name = ("user", login or "") if team is None else ("team", team)
        body = {"action": action, **payloads.asked(self.view(), repository, pull, kind=kind, name=name)}
        self.tell("pull_request", body, full_name=full_name, by=by)
        return pull

    def _tell_review(
        self, action: str, full_name: str, number: int, review: Review, *, by: str, more: Json | None = None
    ) -> Review:
        repository, pull = self.github.state.repository(full_name), self.github.state.pull(full_name, number)
        body = {"action": action, **payloads.review(self.view(), repository, pull, review), **(more or {})}
        self.tell("pull_request_review", body, full_name=full_name, by=by)
        return review

    def _tell_comment(
        self, action: str, full_name: str, number: int, comment: Comment, *, by: str, more: Json | None = None
    ) -> Comment:
        repository, pull = self.github.state.repository(full_name), self.github.state.pull(full_name, number)
        body = {"action": action, **payloads.comment(self.view(), repository, pull, comment), **(more or {})}
        self.tell("issue_comment", body, full_name=full_name, by=by)
        return comment
