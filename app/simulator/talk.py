"""What people and programs say about code at GitHub: reviews, comments, labels and statuses, silently."""

import dataclasses
from typing import Any

from app.simulator.records import Asked, Comment, Label, Pull, Review, Status
from app.simulator.runs import Runs


class Talk(Runs):
    def review(
        self, full_name: str, number: int, *, by: str, state: str = "APPROVED", body: str = "", sha: str | None = None
    ) -> Review:
        """A review of the head commit unless `sha` says otherwise, on behalf of the asked teams that `by` is in.

        One that is PENDING was not submitted, and only its author sees it.
        """
        with self.changing() as current:
            repository = current.repository(full_name)
            review = Review(
                id=self.next_id(),
                author=self.user(by).login,
                state=state.upper(),
                body=body,
                sha=sha or repository.pulls[number].head_sha,
                submitted_at=self.now(),
                teams=self._asked_teams(full_name, number, by),
            )
            repository.reviews.setdefault(number, []).append(review)
            if review.state != "PENDING":
                self._answered(full_name, number, review)
            return review

    def dismiss(self, full_name: str, number: int, review_id: int) -> Review:
        return self._change_review(full_name, number, review_id, state="DISMISSED")

    def edit_review(self, full_name: str, number: int, review_id: int, body: str, *, by: str | None = None) -> Review:
        """Edited by its author unless `by` says otherwise."""
        was = next(r for r in self.state.repository(full_name).reviews[number] if r.id == review_id)
        edit = {"edited_at": self.now(), "editor": by or was.author}
        return self._change_review(full_name, number, review_id, body=body, **edit)

    def request_review(
        self, full_name: str, number: int, login: str | None = None, *, team: str | None = None, by: str | None = None
    ) -> Pull:
        """Ask a user or a team (its slug); asking twice changes nothing. The author asks unless `by` says otherwise."""
        return self._ask(full_name, number, ("user", login) if login else ("team", team or ""), by=by, what="requested")

    def unrequest_review(
        self, full_name: str, number: int, login: str | None = None, *, team: str | None = None, by: str | None = None
    ) -> Pull:
        """Take the request back."""
        return self._ask(full_name, number, ("user", login) if login else ("team", team or ""), by=by, what="removed")

    def comment(self, full_name: str, number: int, *, by: str, body: str, app_id: int | None = None) -> Comment:
        """`app_id` is the App that wrote it through the API."""
        with self.changing() as state:
            now = self.now()
            said = Comment(
                id=self.next_id(),
                author=self.user(by).login,
                body=body,
                created_at=now,
                updated_at=now,
                app_id=app_id,
            )
            state.repository(full_name).comments.setdefault(number, []).append(said)
            return said

    def edit_comment(
        self, full_name: str, number: int, comment_id: int, body: str, *, by: str | None = None
    ) -> Comment:
        """Edited by its author unless `by` says otherwise."""
        with self.changing() as state:
            said = state.repository(full_name).comments[number]
            place = next(i for i, c in enumerate(said) if c.id == comment_id)
            editor = self.user(by).login if by else said[place].author
            now = self.now()
            edit = {"updated_at": now, "edited_at": now, "editor": editor}
            said[place] = dataclasses.replace(said[place], body=body, **edit)  # type: ignore[arg-type]
            return said[place]

    def delete_comment(self, full_name: str, number: int, comment_id: int) -> Comment:
        with self.changing() as state:
            said = state.repository(full_name).comments[number]
            return said.pop(next(i for i, c in enumerate(said) if c.id == comment_id))

    def add_label(self, full_name: str, name: str) -> Label:
        """The label of that name in the repository, made if there is none."""
        with self.changing() as state:
            return state.repository(full_name).labels.setdefault(name, Label(id=self.next_id(), name=name))

    def label(self, full_name: str, number: int, name: str) -> Pull:
        with self.changing() as state:
            self.add_label(full_name, name)
            names = dict.fromkeys((*state.pull(full_name, number).labels, name))
            return self._set_labels(full_name, number, tuple(names))

    def unlabel(self, full_name: str, number: int, name: str) -> Pull:
        with self.changing() as state:
            names = state.pull(full_name, number).labels
            return self._set_labels(full_name, number, tuple(n for n in names if n != name))

    def label_only(self, full_name: str, number: int, names: tuple[str, ...]) -> Pull:
        """These labels and no others."""
        with self.changing():
            for name in names:
                self.add_label(full_name, name)
            return self._set_labels(full_name, number, tuple(dict.fromkeys(names)))

    def set_status(
        self,
        full_name: str,
        sha: str,
        *,
        by: str,
        context: str = "default",
        state: str = "success",
        description: str | None = None,
        target_url: str | None = None,
    ) -> Status:
        with self.changing() as current:
            status = Status(
                id=self.next_id(),
                sha=sha,
                context=context,
                state=state,
                description=description,
                target_url=target_url,
                creator=self.user(by).login,
                created_at=self.now(),
            )
            current.repository(full_name).statuses.append(status)
            return status

    def delete_account(self, login: str) -> None:
        """What somebody wrote stays, and nobody wrote it; they belong nowhere any more."""
        with self.changing() as state:
            for repository in state.repositories.values():
                repository.collaborators.pop(login, None)
                for said in repository.comments.values():
                    said[:] = [dataclasses.replace(c, author=None) if c.author == login else c for c in said]
                for given in repository.reviews.values():
                    given[:] = [dataclasses.replace(r, author=None) if r.author == login else r for r in given]
            for org in state.organizations:
                self.remove_member(org, login)

    def _change_review(self, full_name: str, number: int, review_id: int, **fields: Any) -> Review:
        with self.changing() as state:
            reviews = state.repository(full_name).reviews[number]
            place = next(i for i, r in enumerate(reviews) if r.id == review_id)
            reviews[place] = dataclasses.replace(reviews[place], **fields)
            return reviews[place]

    def _set_labels(self, full_name: str, number: int, names: tuple[str, ...]) -> Pull:
        pulls = self.state.repository(full_name).pulls
        pulls[number] = dataclasses.replace(pulls[number], labels=names, updated_at=self.now())
        return pulls[number]

    def _ask(self, full_name: str, number: int, whom: tuple[str, str], *, by: str | None, what: str) -> Pull:
        kind, name = whom
        with self.changing() as state:
            repository = state.repository(full_name)
            pull = repository.pulls[number]
            if kind == "user":
                self.user(name)
            field = "requested_reviewers" if kind == "user" else "requested_teams"
            before: tuple[str, ...] = getattr(pull, field)
            after = (
                tuple(n for n in before if n != name) if what == "removed" else tuple(dict.fromkeys((*before, name)))
            )
            if after != before:
                asker = self.user(by or pull.author).login
                asked = Asked(id=self.next_id(), by=asker, kind=kind, name=name, what=what, at=self.now())
                repository.asked.setdefault(number, []).append(asked)
                repository.pulls[number] = dataclasses.replace(pull, **{field: after})  # type: ignore[arg-type]
            return repository.pulls[number]

    def _asked_teams(self, full_name: str, number: int, login: str) -> tuple[str, ...]:
        repository, pull = self.state.repository(full_name), self.state.pull(full_name, number)
        organization = self.state.organizations.get(repository.owner)
        teams = organization.teams if organization else {}
        return tuple(slug for slug in pull.requested_teams if login in teams.get(slug, {}))

    def _answered(self, full_name: str, number: int, review: Review) -> None:
        """Who has reviewed is asked no longer; the timeline doesn't tell of it."""
        pulls = self.state.repository(full_name).pulls
        users = tuple(name for name in pulls[number].requested_reviewers if name != review.author)
        teams = tuple(slug for slug in pulls[number].requested_teams if slug not in review.teams)
        pulls[number] = dataclasses.replace(pulls[number], requested_reviewers=users, requested_teams=teams)
