"""What an answer of GitHub means for us: go on, wait until a time, or give up."""

from datetime import UTC, datetime, timedelta

from app.github.client import Answer
from policies import text

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER_ERROR = 401, 403, 404, 429, 500
OK = 200
SECONDARY_LIMIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 6 * 3600
LONGEST_SENTENCE_CHARACTERS = 500
LIMITS_OF_QUERIES = ("RATE_LIMIT", "RATE_LIMITED")
REFUSALS_OF_MUTATIONS = ("FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND", "UNPROCESSABLE")


class Unavailable(Exception):
    """A fact could not be had. `code` is stable, the message one sentence, `not_before` set where GitHub said wait.

    The sentence may name what a policy or GitHub wrote, so it is made one line that can be shown and stored.
    """

    def __init__(self, code: str, sentence: str, not_before: datetime | None = None) -> None:
        self.code = code
        self.sentence = text.short(sentence, LONGEST_SENTENCE_CHARACTERS)
        super().__init__(self.sentence)
        self.not_before = not_before


def limited_until(answer: Answer, now: datetime) -> datetime | None:
    """When we may ask again, where the answer says that we asked too much; None where it is something else.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: `retry-after`, else the reset
    where nothing remains, else a minute. A 403 that is none of these is a lack of permission.
    """
    if answer.status not in (FORBIDDEN, TOO_MANY):
        return None
    seconds = _seconds(answer, now)
    return None if seconds is None else _after(seconds, now)


def _after(seconds: int, now: datetime) -> datetime:
    return now + timedelta(seconds=min(max(seconds, 1), LONGEST_WAIT_SECONDS))


def _seconds(answer: Answer, now: datetime) -> int | None:
    if (named := _named_seconds(answer, now)) is not None:
        return named
    if answer.status == TOO_MANY or "rate limit" in message(answer).lower():
        return SECONDARY_LIMIT_SECONDS
    return None


def _named_seconds(answer: Answer, now: datetime) -> int | None:
    """What the headers say, if anything."""
    if (retry_after := _integer(answer.headers.get("retry-after"))) is not None:
        return retry_after
    reset = _integer(answer.headers.get("x-ratelimit-reset"))
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        return reset - int(now.timestamp())
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
        return _limited(what, until)
    if answer.status in (UNAUTHORIZED, FORBIDDEN):
        sentence = f"GitHub refused to show {what} ({answer.status}); the App may lack a permission."
        return Unavailable("GITHUB_AUTH_FAILED", sentence)
    return Unavailable("GITHUB_API_ERROR", f"GitHub did not give {what} (it answered {answer.status}).")


def _limited(what: str, until: datetime) -> Unavailable:
    return Unavailable("RATE_LIMITED", f"{what} waits for GitHub's rate limit until {until.isoformat()}.", until)


def refused_query(what: str, answer: Answer, now: datetime) -> Unavailable:
    """The reason why a GraphQL query, answered with HTTP 200 and errors, told nothing of `what`.

    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api. What stands beside
    an error is not used: it may lack just what would have changed the verdict.
    """
    errors = _errors(answer.document)
    kinds = tuple(str(error.get("type", "")) for error in errors)
    said = " ".join(str(error.get("message", "")) for error in errors).lower()
    if any(kind in LIMITS_OF_QUERIES for kind in kinds) or "rate limit" in said:
        return _limited(what, _after(_named_seconds(answer, now) or SECONDARY_LIMIT_SECONDS, now))
    if any(kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES") for kind in kinds):
        return Unavailable("GITHUB_AUTH_FAILED", f"GitHub refused to show {what}; the App may lack a permission.")
    return Unavailable("GITHUB_API_ERROR", f"GitHub did not give {what}: it answered with an error.")


def refusal_of_mutation(answer: Answer) -> str | None:
    """GitHub's words where a GraphQL mutation was answered with HTTP 200 and surely changed nothing; None otherwise."""
    errors = _errors(answer.document)
    if answer.status != OK or not errors or any(error.get("type") not in REFUSALS_OF_MUTATIONS for error in errors):
        return None
    return str(errors[0].get("message", ""))[:200]


def query_limited_until(answer: Answer, now: datetime) -> datetime | None:
    """`limited_until` for GraphQL's way of saying it, with HTTP 200 and an error."""
    kinds = [error.get("type") for error in _errors(answer.document)]
    if answer.status != OK or not any(kind in LIMITS_OF_QUERIES for kind in kinds):
        return None
    return _after(_named_seconds(answer, now) or SECONDARY_LIMIT_SECONDS, now)


def _errors(document: object) -> tuple[dict[str, object], ...]:
    found = document.get("errors") if isinstance(document, dict) else None
    return tuple(error for error in found if isinstance(error, dict)) if isinstance(found, list) else ()


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)
