"""Ask GitHub with an installation's token: one document, all pages of a list, a fixed query; or say why not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from app.github import unchanged
from app.github.answers import NOT_FOUND, UNAUTHORIZED, Unavailable, refused_query, unavailable, utc_now
from app.github.client import Answer, App, Client, NoAnswer, NotAuthenticated, NotYet
from app.github.egress import EgressRefused
from app.github.paging import next_page
from app.github.queries import Query
from app.github.unchanged import Unchanged
from app.rosters import Rosters

T = TypeVar("T", bound=BaseModel)

PAGES = 30
OK, NO_CONTENT, NOT_MODIFIED = 200, 204, 304


@dataclass(frozen=True)
class Place:
    """A repository as an installation sees it."""

    installation_id: int
    repository_id: int


class Asking:
    """One request at a time, none retried. Every method raises `Unavailable`; None: GitHub has no such thing."""

    def __init__(self, app: App, clock: Callable[[], datetime] = utc_now, rosters: Rosters | None = None) -> None:
        self._app = app
        self._clock = clock
        self._rosters = rosters
        self._unchanged = Unchanged()
        self._needs_limits = True

    def _one(
        self, place: Place, kind: type[T], path: str, what: str, parameters: dict[str, Any] | None = None
    ) -> T | None:
        answer = self._ask(place, path, what, parameters or {})
        return None if answer.status == NOT_FOUND else self._parsed(kind, answer.document, what)

    def _all(
        self, place: Place, kind: type[T], path: str, what: str, parameters: dict[str, Any] | None = None
    ) -> tuple[T, ...]:
        pages = self._pages(place, path, what, {"per_page": 100, **(parameters or {})})
        return self._rows(kind, pages, what)

    def _pages(self, place: Place, path: str, what: str, parameters: dict[str, Any]) -> list[Any]:
        return self._pages_of(place.installation_id, _below(place, path), what, parameters)

    def _pages_of(self, installation_id: int | None, path: str, what: str, parameters: dict[str, Any]) -> list[Any]:
        answer = self._get(installation_id, path, what, parameters)
        if answer.status == NOT_FOUND:
            sentence = f"GitHub has no {what.removeprefix('the ')} here (404)."
            raise Unavailable("GITHUB_API_ERROR", sentence, status=NOT_FOUND)
        return self._following(installation_id, answer, what)

    def _following(self, installation_id: int | None, first: Answer, what: str) -> list[Any]:
        """The first page and all that follow it."""
        answer, pages = first, [first.document]
        while (following := next_page(answer)) is not None:
            if len(pages) >= PAGES:
                raise Unavailable("EVIDENCE_INCOMPLETE", f"{what} take more than {PAGES} pages.")
            answer = self._get(installation_id, following, what, {})
            pages.append(answer.document)
        return pages

    def _ask(self, place: Place | None, path: str, what: str, parameters: dict[str, Any]) -> Answer:
        if place is None:
            return self._get(None, path, what, parameters)
        return self._get(place.installation_id, _below(place, path), what, parameters)

    def _get(self, installation_id: int | None, path: str, what: str, parameters: dict[str, Any]) -> Answer:
        """One reading; where GitHub says that its last answer still holds, that answer."""
        asked = unchanged.question(installation_id, path, parameters)
        known = self._unchanged.find(asked)
        etag = None if known is None else known.etag
        answer = self._send(
            installation_id, what, lambda client: client.request("GET", path, parameters=parameters, etag=etag)
        )
        if known is not None and answer.status == NOT_MODIFIED:
            return known.again()
        if answer.status not in (OK, NO_CONTENT, NOT_FOUND):
            raise unavailable(what, answer)
        self._unchanged.keep(asked, answer)
        return answer

    def _query(self, place: Place, query: Query, variables: dict[str, Any], what: str) -> dict[str, Any]:
        """The whole `data` of a query's answer; an answer with any error in it is none."""
        answer = self._send(place.installation_id, what, lambda client: client.query(query, variables))
        if answer.status != OK:
            raise unavailable(what, answer)
        document = answer.document
        if not isinstance(document, dict) or document.get("errors") is not None:
            raise refused_query(what, answer)
        data = document.get("data")
        if not isinstance(data, dict):
            raise _not_understood(what)
        return data

    def _send(self, installation_id: int | None, what: str, send: Callable[[Client], Answer]) -> Answer:
        try:
            client = self._app.client(installation_id)
            answer = send(client if self._needs_limits else client.unbounded())
        except NotYet as early:
            raise Unavailable("RATE_LIMITED", f"{what} can't be read now: {early}", early.not_before) from None
        except NoAnswer:
            raise Unavailable("GITHUB_API_ERROR", f"GitHub gave no answer when asked for {what}.") from None
        except EgressRefused:
            raise Unavailable("FACT_UNREADABLE", f"GitHub can't be asked for {what}: the name is impossible.") from None
        except NotAuthenticated as refused:
            self._app.forget(installation_id)
            raise _no_token(refused) from None
        if answer.status == UNAUTHORIZED:
            self._app.forget(installation_id)
            sentence = f"GitHub did not accept our token for {what}."
            raise Unavailable("GITHUB_TOKEN_REFUSED", sentence, status=UNAUTHORIZED)
        return answer

    def _parsed(self, kind: type[T], document: object, what: str) -> T:
        try:
            return kind.model_validate(document)
        except ValidationError:
            raise _not_understood(what) from None

    def _rows(self, kind: type[T], pages: list[Any], what: str) -> tuple[T, ...]:
        rows = TypeAdapter(tuple[kind, ...])  # type: ignore[valid-type]
        try:
            return tuple(row for page in pages for row in rows.validate_python(page))
        except ValidationError:
            raise _not_understood(what) from None


def _below(place: Place, path: str) -> str:
    return f"/repositories/{place.repository_id}{path}"


def _not_understood(what: str) -> Unavailable:
    return Unavailable("GITHUB_API_ERROR", f"GitHub's answer for {what} was not understood.")


def _no_token(refused: NotAuthenticated) -> Unavailable:
    trouble = unavailable("an installation token", refused.answer)
    if trouble.not_before:
        return trouble
    return Unavailable("GITHUB_TOKEN_REFUSED", f"{refused}.", status=refused.answer.status)
