"""GitHub shows a pull request as it was, though a webhook told of its new head."""

from typing import Any

import pytest

from app.github.answers import Unavailable
from app.github.reader import Place
from app.simulator.scripting import Reply, Request
from tasks import merge_facts
from tests.tasks.house import REPOSITORY, House


class _Lags:
    """A script by which GitHub shows the pull request with its former head."""

    def __init__(self, sha: str) -> None:
        self._sha = sha

    def before(self, request: Request) -> Reply | None:
        return Reply(effect="full", edit=self._old) if request.resource == "pull" else None

    def _old(self, body: Any) -> Any:
        return {**body, "head": {**body["head"], "sha": self._sha}}

    def after_effect(self, request: Request) -> None: ...

    def after_reply(self, request: Request) -> None: ...


def test_a_pull_request_that_lags_behind_its_webhook_is_told(house: House) -> None:
    house.deliver_pull()
    former = house.github.state.pull(REPOSITORY, 1).head_sha
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    house.deliver_pull(action="synchronize")
    house.github.script = _Lags(former)
    with pytest.raises(Unavailable) as trouble:
        merge_facts.load(house.context, Place(house.installation_id, house.repository_id), 1)
    assert trouble.value.code == "READ_BEHIND_WEBHOOK"
