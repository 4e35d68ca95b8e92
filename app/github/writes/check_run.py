"""A check run: each one is new and carries our idempotency key, so that it is found again by that alone.

A changed verdict is a new run, too, never a change of the old one: GitHub shows the newest of a name, and a run that
is never changed can't be mistaken for its successor after an unknown outcome.
"""

from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.endings import Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import created
from app.permits import Request
from policies.contents import Annotation, CheckRunContent


@dataclass(frozen=True)
class CheckRunWrite:
    """https://docs.github.com/en/rest/checks/runs"""

    repository_id: int
    content: CheckRunContent
    key: str

    def request(self) -> Request:
        """A finished run, with the idempotency key of its intent as its external id."""
        wanted = self.content
        body = {
            "name": wanted.name,
            "head_sha": wanted.sha,
            "status": "completed",
            "conclusion": wanted.conclusion,
            "external_id": self.key,
            "details_url": wanted.details_url,
            "output": {
                "title": wanted.title,
                "summary": wanted.summary,
                "annotations": [_annotation(remark) for remark in wanted.annotations],
            },
        }
        return Request("POST", f"/repositories/{self.repository_id}/check-runs", body)

    def ending(self, answer: Answer) -> Written | None:
        """Confirmed by its id."""
        return created(answer)

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """By our App and the external id."""
        runs = reader.own_check_runs(place, self.content.sha, self.content.name)
        return next((Written(None, str(run.id)) for run in runs if run.external_id == self.key), None)


def _annotation(remark: Annotation) -> dict[str, object]:
    return {
        "path": remark.path,
        "start_line": remark.line,
        "end_line": remark.line,
        "annotation_level": remark.level,
        "message": remark.message,
    }
