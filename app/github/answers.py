"""What an answer of GitHub means for us: go on, wait until a time, or give up."""

from datetime import UTC, datetime

from app.github.client import Answer
from policies import text

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, SERVER_ERROR = 401, 403, 404, 500
OK = 200
LONGEST_SENTENCE_CHARACTERS = 500
REFUSALS_OF_MUTATIONS = ("FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND", "UNPROCESSABLE")


class Unavailable(Exception):
    """A fact could not be had. `code` is stable, the message one sentence, `not_before` set where GitHub said wait.

    `status`: of the answer that said so, as far as one did.

    The sentence may name what a policy or GitHub wrote, so it is made one line that can be shown and stored.
    """

    def __init__(
        self, code: str, sentence: str, not_before: datetime | None = None, *, status: int | None = None
    ) -> None:
        self.code = code
        self.sentence = text.short(sentence, LONGEST_SENTENCE_CHARACTERS)
        super().__init__(self.sentence)
        self.not_before = not_before
        self.status = status


def message(answer: Answer) -> str:
    """GitHub's own words, shortened; for people only."""
    document = answer.document
    said = document.get("message", "") if isinstance(document, dict) else ""
    return text.plain(str(said)[:200])


def unavailable(what: str, answer: Answer) -> Unavailable:
    """The reason why `what` could not be read."""
    if answer.limited_until is not None:
        return _limited(what, answer.limited_until)
    if answer.status in (UNAUTHORIZED, FORBIDDEN):
        sentence = f"GitHub refused to show {what} ({answer.status}); the App may lack a permission."
        return Unavailable("GITHUB_AUTH_FAILED", sentence, status=answer.status)
    sentence = f"GitHub did not give {what} (it answered {answer.status})."
    return Unavailable("GITHUB_API_ERROR", sentence, status=answer.status)


def _limited(what: str, until: datetime) -> Unavailable:
    return Unavailable("RATE_LIMITED", f"{what} waits for GitHub's rate limit until {until.isoformat()}.", until)


def refused_query(what: str, answer: Answer) -> Unavailable:
    """The reason why a GraphQL query, answered with HTTP 200 and errors, told nothing of `what`.

    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api. What stands beside
    an error is not used: it may lack just what would have changed the verdict.
    """
    errors = _errors(answer.document)
    kinds = tuple(str(error.get("type", "")) for error in errors)
    if answer.limited_until is not None:
        return _limited(what, answer.limited_until)
    if any(kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES") for kind in kinds):
        return Unavailable("GITHUB_AUTH_FAILED", f"GitHub refused to show {what}; the App may lack a permission.")
    return Unavailable("GITHUB_API_ERROR", f"GitHub did not give {what}: it answered with an error.")


def refusal_of_mutation(answer: Answer) -> str | None:
    """GitHub's words where a GraphQL mutation was answered with HTTP 200 and surely changed nothing; None otherwise."""
    errors = _errors(answer.document)
    if answer.status != OK or not errors or any(error.get("type") not in REFUSALS_OF_MUTATIONS for error in errors):
        return None
    return text.plain(str(errors[0].get("message", ""))[:200])


def _errors(document: object) -> tuple[dict[str, object], ...]:
    found = document.get("errors") if isinstance(document, dict) else None
    return tuple(error for error in found if isinstance(error, dict)) if isinstance(found, list) else ()


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)
