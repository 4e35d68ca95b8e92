"""What people and programs say about code at GitHub: reviews, comments, labels, statuses and check runs, silently."""

import dataclasses

from app.simulator.records import CheckRun, Comment, Label, Pull, Review, Status
from app.simulator.world import World


class Talk(World):
    def review(
        self, full_name: str, number: int, *, by: str, state: str = "APPROVED", body: str = "", sha: str | None = None
    ) -> Review:
        """A review of the head commit unless `sha` says otherwise."""
        with self.changing() as current:
            repository = current.repository(full_name)
            review = Review(
                id=self.next_id(),
                author=self.user(by).login,
                state=state,
                body=body,
                sha=sha or repository.pulls[number].head_sha,
                submitted_at=self.now(),
            )
            repository.reviews.setdefault(number, []).append(review)
            self._unask(full_name, number, by)
            return review

    def dismiss(self, full_name: str, number: int, review_id: int) -> Review:
        return self._change_review(full_name, number, review_id, state="DISMISSED")

    def edit_review(self, full_name: str, number: int, review_id: int, body: str) -> Review:
        return self._change_review(full_name, number, review_id, body=body)

    def request_review(self, full_name: str, number: int, login: str) -> Pull:
        with self.changing() as state:
            pulls = state.repository(full_name).pulls
            asked = (*pulls[number].requested_reviewers, self.user(login).login)
            pulls[number] = dataclasses.replace(pulls[number], requested_reviewers=asked)
            return pulls[number]

    def comment(self, full_name: str, number: int, *, by: str, body: str) -> Comment:
        with self.changing() as state:
            now = self.now()
            said = Comment(id=self.next_id(), author=self.user(by).login, body=body, created_at=now, updated_at=now)
            state.repository(full_name).comments.setdefault(number, []).append(said)
            return said

    def edit_comment(self, full_name: str, number: int, comment_id: int, body: str) -> Comment:
        with self.changing() as state:
            said = state.repository(full_name).comments[number]
            place = next(i for i, c in enumerate(said) if c.id == comment_id)
            said[place] = dataclasses.replace(said[place], body=body, updated_at=self.now())
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

    def check_run(
        self,
        full_name: str,
        sha: str,
        *,
        app_id: int,
        name: str = "test",
        status: str = "completed",
        conclusion: str | None = "success",
    ) -> CheckRun:
        """A new run in the suite of that App and commit; one not completed has no conclusion."""
        with self.changing() as state:
            runs = state.repository(full_name).check_runs
            suites = [r.suite_id for r in runs if (r.sha, r.app_id) == (sha, app_id)]
            completed = status == "completed"
            now = self.now()
            run = CheckRun(
                id=self.next_id(),
                suite_id=suites[0] if suites else self.next_id(),
                app_id=app_id,
                sha=sha,
                name=name,
                status=status,
                conclusion=conclusion if completed else None,
                started_at=now,
                completed_at=now if completed else None,
            )
            runs.append(run)
            return run

    def _change_review(self, full_name: str, number: int, review_id: int, **fields: str) -> Review:
        with self.changing() as state:
            reviews = state.repository(full_name).reviews[number]
            place = next(i for i, r in enumerate(reviews) if r.id == review_id)
            reviews[place] = dataclasses.replace(reviews[place], **fields)  # type: ignore[arg-type]
            return reviews[place]

    def _set_labels(self, full_name: str, number: int, names: tuple[str, ...]) -> Pull:
        pulls = self.state.repository(full_name).pulls
        pulls[number] = dataclasses.replace(pulls[number], labels=names, updated_at=self.now())
        return pulls[number]

    def _unask(self, full_name: str, number: int, login: str) -> None:
        pulls = self.state.repository(full_name).pulls
        asked = tuple(name for name in pulls[number].requested_reviewers if name != login)
        pulls[number] = dataclasses.replace(pulls[number], requested_reviewers=asked)
