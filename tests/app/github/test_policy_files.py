"""Policy files: read once for each commit, and only if they are files that a policy can be."""

from dataclasses import replace
from typing import Any

import pytest

from app.github.answers import Unavailable
from app.github.client import Answer
from app.github.reader import LiveReader, Place, PolicyFile
from tests.app.github.ground import REPOSITORY, Ground


def _times_read(ground: Ground) -> int:
    return sum("/contents/" in one.path for one in ground.github.requests)


def test_a_file_is_read_once_for_each_commit_and_path(ground: Ground) -> None:
    sha = ground.github.push(REPOSITORY, "main", {"a.yml": "one", "b.yml": "two"}, by="bob").sha
    reader = LiveReader(ground.app)
    for _ in range(2):
        assert reader.policy_file(ground.place, "main", "a.yml") == PolicyFile(sha, "a.yml", "one")
        assert reader.policy_file_at(ground.place, sha, "b.yml") == PolicyFile(sha, "b.yml", "two")
    assert _times_read(ground) == 2
    newer = ground.github.push(REPOSITORY, "main", {"a.yml": "new"}, by="bob").sha
    assert reader.policy_file(ground.place, "main", "a.yml") == PolicyFile(newer, "a.yml", "new")


def test_what_one_installation_has_read_is_asked_for_again_by_another(ground: Ground) -> None:
    sha = ground.github.push(REPOSITORY, "main", {"a.yml": "one"}, by="bob").sha
    reader = LiveReader(ground.app)
    reader.policy_file_at(ground.place, sha, "a.yml")
    elsewhere = ground.github.install(ground.github.state.apps[ground.installation.app_id], "elsewhere")
    reader.policy_file_at(Place(elsewhere.id, ground.place.repository_id), sha, "a.yml")
    assert _times_read(ground) == 2


def test_a_file_that_is_not_there_is_asked_for_again(ground: Ground) -> None:
    reader = LiveReader(ground.app)
    for _ in range(2):
        file = reader.policy_file(ground.place, "main", "a.yml")
        assert file is not None
        assert file.text is None
    assert _times_read(ground) == 2


def test_that_a_gate_file_is_not_there_is_remembered_for_its_commit_alone(ground: Ground) -> None:
    reader = LiveReader(ground.app)
    for _ in range(2):
        file = reader.gate_file(ground.place, "main", "a.yml")
        assert file is not None
        assert file.text is None
    assert _times_read(ground) == 1
    sha = ground.github.push(REPOSITORY, "main", {"a.yml": "one"}, by="bob").sha
    for _ in range(2):
        assert reader.gate_file(ground.place, "main", "a.yml") == PolicyFile(sha, "a.yml", "one")
    assert _times_read(ground) == 2
    assert reader.gate_file(ground.place, "gone", "a.yml") is None


def test_a_commit_that_github_does_not_know_is_no_commit_without_the_file(ground: Ground) -> None:
    """A push may be seen at the branch before it is seen everywhere; another policy must not step in meanwhile."""
    with pytest.raises(Unavailable, match="does not know the commit aaaaaaaaaa") as trouble:
        LiveReader(ground.app).policy_file_at(ground.place, "a" * 40, "a.yml")
    assert trouble.value.code == "GITHUB_API_ERROR"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.yml/b": "x"}, "no file but a directory"),
        ({"a.yml": "x" * (256 * 1024 + 1)}, "larger than 256 KiB"),
    ],
)
def test_what_cannot_be_a_policy_is_said(ground: Ground, files: dict[str, str], said: str) -> None:
    ground.github.push(REPOSITORY, "main", files, by="bob")
    with pytest.raises(Unavailable, match=said) as trouble:
        LiveReader(ground.app).policy_file(ground.place, "main", "a.yml")
    assert trouble.value.code == "POLICY_UNREADABLE"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"type": "symlink", "size": 7}, "no file but a symlink"),
        ({"type": "submodule", "size": 0}, "no file but a submodule"),
        ({"type": "file", "size": 9, "encoding": "none", "content": ""}, "larger than 256 KiB"),
        ({"type": "file", "size": 9, "encoding": "base64", "content": "abc"}, "not UTF-8"),
        ({"type": "file", "size": 1, "encoding": "base64", "content": "/w=="}, "not UTF-8"),
        ({"type": "file", "size": 9, "encoding": "base64", "content": "YQ=="}, "the whole of"),
        ({"type": "spoon", "size": 9}, "not understood"),
        ({"type": "file", "size": None}, "not understood"),
        (None, "not understood"),
    ],
)
def test_an_answer_of_another_kind_is_said(ground: Ground, found: dict[str, object] | None, said: str) -> None:
    class Answering(LiveReader):
        def _ask(self, *arguments: Any) -> Answer:
            answer = super()._ask(*arguments)
            return replace(answer, status=200, document=found) if "/contents/" in arguments[1] else answer

    with pytest.raises(Unavailable, match=said):
        Answering(ground.app).policy_file(ground.place, "main", "a.yml")


def test_a_repository_is_found_by_its_name(ground: Ground) -> None:
    reader = LiveReader(ground.app)
    found = reader.repository(ground.installation.id, "acme", "widget")
    assert found is not None
    assert (found.id, found.full_name, found.default_branch) == (ground.place.repository_id, REPOSITORY, "main")
    assert reader.repository(ground.installation.id, "acme", "nothing") is None
