"""Routes about what is said of a pull request: its comments and its labels."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from app.simulator.answers import Answer, Listing, Refusal, invalid
from app.simulator.call import Call
from app.simulator.records import Comment
from app.simulator.shapes import pulls
from app.simulator.shapes.view import Json

BODY_CHARACTERS = 65_536
LABEL_CHARACTERS = 50
LABELS_PER_PULL = 100


def list_comments(call: Call, *, number: int) -> Listing:
    """Oldest first; `since` leaves out what was last changed before it."""
    call.pull(number)
    return _comments(call, _recent(call, [(number, one) for one in call.repository.comments.get(number, [])]))


def list_all_comments(call: Call) -> Listing:
    """Of all pull requests, oldest first; `sort=updated` goes by the last change."""
    found = [(number, one) for number, said in call.repository.comments.items() for one in said]
    by_change = call.query.get("sort") == "updated"
    backwards = "sort" in call.query and call.query.get("direction") == "desc"
    found.sort(key=lambda pair: (pair[1].updated_at if by_change else pair[1].created_at, pair[1].id))
    return _comments(call, _recent(call, found[::-1] if backwards else found))


def read_comment(call: Call, *, comment: int) -> Answer:
    return _comment(call, 200, *_find(call, comment))


def create_comment(call: Call, *, number: int) -> Answer:
    name = call.repository.full_name
    call.pull(number)
    body = _body(call, _wrong_in_new)
    said = call.github.verbs.comment(name, number, by=call.bot, body=body, app_id=call.app.id)
    made = _comment(call, 201, number, said)
    return Answer(201, made.body, {"location": made.body["url"]})


def update_comment(call: Call, *, comment: int) -> Answer:
    """Whoever may write may change what others said; who said it stays."""
    number, _ = _find(call, comment)
    name = call.repository.full_name
    body = _body(call, _wrong_in_changed)
    said = call.github.verbs.edit_comment(name, number, comment, body, by=call.bot)
    return _comment(call, 200, number, said)


def list_labels(call: Call, *, number: int) -> Listing:
    return _labels(call, call.pull(number).labels)


def list_labels_of_repository(call: Call) -> Listing:
    return _labels(call, tuple(call.repository.labels))


def add_labels(call: Call, *, number: int) -> Answer:
    """Added to those that are there; one that the repository doesn't have is made."""
    before, names = call.pull(number).labels, _names(call)
    if not names:
        raise Refusal(422, 'Invalid request.\n\n"labels" wasn\'t supplied.')
    return _labeled(call, number, (*before, *names))


def set_labels(call: Call, *, number: int) -> Answer:
    call.pull(number)
    return _labeled(call, number, _names(call))


def remove_label(call: Call, *, number: int, name: str) -> Answer:
    held = next((one for one in call.pull(number).labels if one.lower() == name.lower()), None)
    if held is None:
        raise Refusal(404, "Label does not exist")
    call.github.verbs.unlabel(call.repository.full_name, number, held)
    return _all_labels(call, number)


def remove_labels(call: Call, *, number: int) -> Answer:
    call.pull(number)
    call.github.verbs.label_only(call.repository.full_name, number, ())
    return Answer(204)


def _recent(call: Call, found: list[tuple[int, Comment]]) -> list[tuple[int, Comment]]:
    if "since" not in call.query:
        return found
    try:
        since = datetime.fromisoformat(call.query["since"])
    except ValueError:
        raise Refusal(422, f"Invalid request.\n\n{call.query['since']} is not a valid time.") from None
    moment = since if since.tzinfo else since.replace(tzinfo=UTC)
    return [pair for pair in found if pair[1].updated_at >= moment]


def _comments(call: Call, found: list[tuple[int, Comment]]) -> Listing:
    def shape(pair: tuple[int, Comment]) -> Json:
        return pulls.comment(call.view, call.repository, call.pull(pair[0]), pair[1])

    return Listing(found, shape)


def _comment(call: Call, status: int, number: int, said: Comment) -> Answer:
    return Answer(status, pulls.comment(call.view, call.repository, call.pull(number), said))


def _find(call: Call, comment: int) -> tuple[int, Comment]:
    """With the number of its pull request."""
    for number, said in call.repository.comments.items():
        for one in said:
            if one.id == comment:
                return number, one
    raise Refusal(404, "Not Found")


def _body(call: Call, wrong: Callable[[str], Refusal]) -> str:
    body = call.body.get("body")
    if not isinstance(body, str):
        raise Refusal(422, 'Invalid request.\n\n"body" wasn\'t supplied.')
    if not body.strip():
        raise wrong("Body cannot be blank")
    if len(body) > BODY_CHARACTERS:
        raise wrong(f"Body is too long (maximum is {BODY_CHARACTERS} characters)")
    return body


def _wrong_in_new(said: str) -> Refusal:
    return invalid("IssueComment", "data", said, "unprocessable")


def _wrong_in_changed(said: str) -> Refusal:
    return invalid("IssueComment", "body", said[0].lower() + said[1:])


def _names(call: Call) -> tuple[str, ...]:
    """As the repository writes them: labels have no case."""
    given = call.body.get("labels")
    if not isinstance(given, list):
        raise Refusal(422, 'Invalid request.\n\n"labels" wasn\'t supplied.')
    known = {name.lower(): name for name in call.repository.labels}
    found: list[Any] = [one.get("name") if isinstance(one, dict) else one for one in given]
    for name in found:
        if not isinstance(name, str) or not name.strip() or len(name) > LABEL_CHARACTERS:
            wrong = {"value": name, "resource": "Label", "field": "name", "code": "invalid"}
            raise Refusal(422, "Validation Failed", [wrong])
    return tuple(known.setdefault(name.lower(), name) for name in found)


def _labeled(call: Call, number: int, names: tuple[str, ...]) -> Answer:
    if len(set(names)) > LABELS_PER_PULL:
        raise invalid("Issue", "labels", f"labels cannot be more than {LABELS_PER_PULL}")
    call.github.verbs.label_only(call.repository.full_name, number, names)
    return _all_labels(call, number)


def _all_labels(call: Call, number: int) -> Answer:
    return Answer(200, [pulls.label(call.view, call.repository, name) for name in call.pull(number).labels])


def _labels(call: Call, names: tuple[str, ...]) -> Listing:
    return Listing(names, lambda name: pulls.label(call.view, call.repository, name))
