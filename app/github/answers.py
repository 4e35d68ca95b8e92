"""What an answer of GitHub means for us: go on, wait until a time, or give up."""

from datetime import UTC, datetime, timedelta

from app.github.client import Answer

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER_ERROR = 401, 403, 404, 429, 500
SECONDARY_LIMIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 6 * 3600


class Unavailable(Exception):
    """A fact could not be had. `code` is stable, the message one sentence, `not_before` set where GitHub said wait."""

    def __init__(self, code: str, sentence: str, not_before: datetime | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.not_before = not_before


def limited_until(answer: Answer, now: datetime) -> datetime | None:
    """When we may ask again, where the answer says that we asked too much; None where it is something else.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: `retry-after`, else the reset
    where nothing remains, else a minute. A 403 that is none of these is a lack of permission.
    """
    if answer.status not in (FORBIDDEN, TOO_MANY):
        return None
    seconds = _seconds(answer, now)
    return None if seconds is None else now + timedelta(seconds=min(max(seconds, 1), LONGEST_WAIT_SECONDS))


def _seconds(answer: Answer, now: datetime) -> int | None:
    if (retry_after := _integer(answer.headers.get("retry-after"))) is not None:
        return retry_after
    reset = _integer(answer.headers.get("x-ratelimit-reset"))
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        return reset - int(now.timestamp())
    if answer.status == TOO_MANY or "rate limit" in message(answer).lower():
        return SECONDARY_LIMIT_SECONDS
    return None


def _integer(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def message(answer: Answer) -> str:
    """GitHub's own words, shortened; for people only."""
    document = answer.document
    said = document.get("message", "") if isinstance(document, dict) else ""
    return str(said)[:200]


def unavailable(what: str, answer: Answer, now: datetime) -> Unavailable:
    """The reason why `what` could not be read."""
    if (until := limited_until(answer, now)) is not None:
        return Unavailable("RATE_LIMITED", f"{what} waits for GitHub's rate limit until {until.isoformat()}.", until)
    if answer.status in (UNAUTHORIZED, FORBIDDEN):
        sentence = f"GitHub refused to show {what} ({answer.status}); the App may lack a permission."
        return Unavailable("GITHUB_AUTH_FAILED", sentence)
    return Unavailable("GITHUB_API_ERROR", f"GitHub did not give {what} (it answered {answer.status}).")


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)
