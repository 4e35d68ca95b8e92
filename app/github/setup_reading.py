"""Read how GitHub is set up for this gate: the App, its webhooks, its installation, and who may pass a ruleset by."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple
from urllib.parse import quote

from pydantic import AwareDatetime, Field

from app.github.answers import NOT_FOUND, Unavailable, unavailable
from app.github.asking import OK, Asking, Place
from app.github.client import PER_PAGE, Answer, Client
from app.github.documents import Document, Text

SUCCESSES = range(200, 400)


class OwnApp(Document):
    """Our App with what it is subscribed to."""

    id: int
    slug: Text
    events: tuple[Text, ...] = ()


class Own(NamedTuple):
    """Our App, None where GitHub did not show it (`trouble` says why), and what time it is there, if that is known."""

    app: OwnApp | None
    date: datetime | None
    trouble: str | None = None


class Delivered(Document):
    """One attempt to deliver a webhook. `status_code`: 0 where nobody answered."""

    delivered_at: AwareDatetime
    status_code: int = 0

    @property
    def is_answered(self) -> bool:
        """Whether it was answered with a success."""
        return self.status_code in SUCCESSES


class Installed(Document):
    """Our installation on a repository; `permissions`: level by name."""

    id: int
    permissions: dict[str, str] = Field(default_factory=dict)
    suspended_at: AwareDatetime | None = None


class Permissive(Document):
    """`allow_auto_merge`: None where GitHub hides it from us."""

    allow_auto_merge: bool | None = None


class Ruleset(Document):
    """A ruleset, as our App sees it; the organization's too. `current_user_can_bypass`: None where GitHub hides it."""

    name: Text
    current_user_can_bypass: Literal["always", "pull_requests_only", "exempt", "never"] | None = None


class SetupReader(Asking):
    """Every method raises `Unavailable`; None means GitHub has no such thing."""

    def own_app(self) -> Own:
        """Our App, and GitHub's time even where it does not take us for our App: a wrong clock alone can do that."""
        what, answers = "our App", list[Answer]()

        def ask(client: Client) -> Answer:
            answers.append(client.request("GET", "/app"))
            return answers[0]

        try:
            answer = self._send(None, what, ask)
        except Unavailable as refused:
            if not answers:
                raise
            return Own(None, _date(answers[0].headers), refused.sentence)
        if answer.status != OK:
            return Own(None, _date(answer.headers), unavailable(what, answer).sentence)
        return Own(self._parsed(OwnApp, answer.document, what), _date(answer.headers))

    def newest_deliveries(self) -> tuple[Delivered, ...]:
        """The newest attempts to deliver a webhook, newest first; of none that is older than three days."""
        what = "the deliveries"
        answer = self._get(None, "/app/hook/deliveries", what, {"per_page": PER_PAGE})
        return self._rows(Delivered, [answer.document], what)

    def installed_on(self, full_name: str) -> Installed | None:
        """Our installation on a repository, a suspended one too."""
        what = f"the installation on {full_name}"
        answer = self._get(None, f"/repos/{quote(full_name, safe='/')}/installation", what, {})
        return None if answer.status == NOT_FOUND else self._parsed(Installed, answer.document, what)

    def permissive(self, place: Place) -> Permissive:
        """What the repository allows everybody."""
        return self._one(place, Permissive, "", "the repository") or Permissive()

    def ruleset(self, place: Place, ruleset_id: int) -> Ruleset | None:
        """One ruleset that counts for the repository."""
        return self._one(place, Ruleset, f"/rulesets/{ruleset_id}", f"the ruleset {ruleset_id}")


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
