"""Lists of a commit or a pull request: whole, or none."""

from typing import Any

import pytest

from app.github.answers import Unavailable
from app.github.client import Answer
from app.github.reader import LiveReader
from tests.app.github.ground import REPOSITORY, Ground

MORE_THAN_A_PAGE = 101


class Losing(LiveReader):
    """Reads through something that drops the `Link` to the next page."""

    def _following(self, installation_id: int | None, first: Answer, what: str) -> list[Any]:
        return [first.document]


def test_all_changed_files_are_read_or_none(ground: Ground) -> None:
    ground.github.push(REPOSITORY, "feature", {f"f{number}": "1" for number in range(MORE_THAN_A_PAGE)}, by="bob")
    pull = ground.pull()
    assert len(LiveReader(ground.app).files(ground.place, pull)) == pull.changed_files == MORE_THAN_A_PAGE + 1
    with pytest.raises(Unavailable, match="counts 102 of the changed files and lists 100"):
        Losing(ground.app).files(ground.place, pull)


def test_all_statuses_are_read_or_none(ground: Ground) -> None:
    for number in range(MORE_THAN_A_PAGE):
        ground.github.set_status(REPOSITORY, ground.head, by="bob", context=f"c{number}", state="success")
    assert len(LiveReader(ground.app).newest_statuses(ground.place, ground.head)) == MORE_THAN_A_PAGE
    with pytest.raises(Unavailable, match="counts 101 of the statuses and lists 100"):
        Losing(ground.app).newest_statuses(ground.place, ground.head)


def test_more_pages_than_are_read_are_no_evidence(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.github.asking.PAGES", 1)
    for number in range(MORE_THAN_A_PAGE):
        ground.github.set_status(REPOSITORY, ground.head, by="bob", context=f"c{number}", state="success")
    with pytest.raises(Unavailable, match="more than 1 pages") as trouble:
        LiveReader(ground.app).statuses(ground.place, ground.head)
    assert trouble.value.code == "EVIDENCE_INCOMPLETE"


def test_more_files_than_github_lists_are_no_evidence(ground: Ground) -> None:
    pull = ground.pull().model_copy(update={"changed_files": 3001})
    with pytest.raises(Unavailable) as trouble:
        LiveReader(ground.app).files(ground.place, pull)
    assert trouble.value.code == "EVIDENCE_INCOMPLETE"
