"""The endpoints of the settings that operators change at run time: of all repositories, and of one."""

from collections.abc import Callable

from app import operator_settings
from app.operator_settings import Change, Shown
from app.records import operator_settings as recorded
from app.records.operator_settings import Where
from app.web.api import setting_shapes
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.api.setting_shapes import (
    GeneralChange,
    HistoryQuery,
    RepositoryChange,
    SettingHistory,
    SettingsShape,
)
from app.web.replies import Reply
from app.work import By
from policies.decision import Blocker

SETTINGS = "/api/v1/settings"
REPOSITORY = f"{SETTINGS}/<owner>/<repo>"
STATUS_OF = {"REPOSITORY_NOT_FOUND": 404, "INVALID": 422}
OK, CONFLICT = 200, 409


def show_settings(call: Call) -> Answer:
    """The settings of all repositories: what is said, what counts, who decides it and since when."""
    return _said(operator_settings.shown(call.tx, call.settings, Where(), call.at))


def change_settings(call: Call, asked: GeneralChange) -> Answer | Reply:
    """Set what counts for all repositories."""
    return _changed(call, Where(), asked.change())


def list_settings_history(call: Call, query: HistoryQuery) -> Answer:
    """Who changed the settings of all repositories, when, why, and what they were before."""
    return _history(call, Where(), query)


def show_repository_settings(call: Call, owner: str, repo: str) -> Answer | Reply:
    """The settings of one repository: what is said, what counts, who decides it and since when."""
    return _of(call, owner, repo, lambda where: _said(operator_settings.shown(call.tx, call.settings, where, call.at)))


def change_repository_settings(call: Call, asked: RepositoryChange, owner: str, repo: str) -> Answer | Reply:
    """Set what counts for one repository; it allows nothing that is not allowed to all."""
    return _of(call, owner, repo, lambda where: _changed(call, where, asked.change()))


def list_repository_settings_history(call: Call, query: HistoryQuery, owner: str, repo: str) -> Answer | Reply:
    """Who changed the settings of one repository, when, why, and what they were before."""
    return _of(call, owner, repo, lambda where: _history(call, where, query))


def _of(call: Call, owner: str, repo: str, work: Callable[[Where], Answer | Reply]) -> Answer | Reply:
    found = operator_settings.find(call.tx, f"{owner}/{repo}")
    return _refused(found) if isinstance(found, Blocker) else work(found)


def _changed(call: Call, where: Where, wanted: Change) -> Answer | Reply:
    done = operator_settings.change(call.tx, call.settings, where, By(call.caller.principal, call.at), wanted)
    return _refused(done) if isinstance(done, Blocker) else _said(done)


def _history(call: Call, where: Where, query: HistoryQuery) -> Answer:
    found = recorded.history(call.tx, where, limit=query.limit + 1, before=query.before)
    return Answer(setting_shapes.history(found, query.limit))


def _said(found: Shown) -> Answer:
    return Answer(setting_shapes.settings(found))


def _refused(blocker: Blocker) -> Reply:
    return Reply(STATUS_OF.get(blocker.code, CONFLICT), blocker.code, blocker.sentence, (blocker,))


ENDPOINTS = (
    Endpoint(method="GET", path=SETTINGS, work=show_settings, scope="read", answers={OK: SettingsShape}),
    Endpoint(
        method="PUT",
        path=SETTINGS,
        work=change_settings,
        scope="operate",
        takes=GeneralChange,
        answers={OK: SettingsShape},
        refuses=(CONFLICT,),
    ),
    Endpoint(
        method="GET",
        path=f"{SETTINGS}/history",
        work=list_settings_history,
        scope="read",
        query=HistoryQuery,
        answers={OK: SettingHistory},
    ),
    Endpoint(method="GET", path=REPOSITORY, work=show_repository_settings, scope="read", answers={OK: SettingsShape}),
    Endpoint(
        method="PUT",
        path=REPOSITORY,
        work=change_repository_settings,
        scope="operate",
        takes=RepositoryChange,
        answers={OK: SettingsShape},
        refuses=(CONFLICT,),
    ),
    Endpoint(
        method="GET",
        path=f"{REPOSITORY}/history",
        work=list_repository_settings_history,
        scope="read",
        query=HistoryQuery,
        answers={OK: SettingHistory},
    ),
)
