"""Routes about reviews: who was asked for one, who gave one, which was dismissed."""

from app.simulator import access, state
from app.simulator.answers import Answer, Listing, Refusal, invalid
from app.simulator.call import Call
from app.simulator.records import Pull, Review
from app.simulator.shapes import accounts, pulls

BODY_CHARACTERS = 65_536
_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def list_reviews(call: Call, *, number: int) -> Listing:
    pull = call.pull(number)
    found = [one for one in call.repository.reviews.get(number, []) if _shown(call, one)]
    return Listing(found, lambda review: pulls.review(call.view, call.repository, pull, review))


def read_review(call: Call, *, number: int, review: int) -> Answer:
    return Answer(200, pulls.review(call.view, call.repository, call.pull(number), _find(call, number, review)))


def create(call: Call, *, number: int) -> Answer:
    """Of the head commit unless `commit_id` says otherwise; without an `event` it is pending."""
    pull, event, body = call.pull(number), call.body.get("event") or None, call.body.get("body") or ""
    if event is not None and event not in _STATES:
        raise Refusal(422, f"Invalid request.\n\n{event} is not a member of {list(_STATES)}.")
    if not isinstance(body, str):
        raise Refusal(422, f"Invalid request.\n\nFor 'properties/body', {body} is not a string.")
    if len(body) > BODY_CHARACTERS:
        raise invalid("PullRequestReview", "body", f"body is too long (maximum is {BODY_CHARACTERS} characters)")
    if event in ("REQUEST_CHANGES", "COMMENT") and not body.strip():
        raise _unprocessable("Body is required for this event")
    sha = call.body.get("commit_id") or pull.head_sha
    if sha not in {commit.sha for commit in state.pull_commits(call.repository, pull)}:
        raise _unprocessable("Commit is not part of the pull request")
    _demand_another_author(call, pull, event)
    word = "PENDING" if event is None else _STATES[event]
    made = call.github.verbs.review(call.repository.full_name, number, by=call.bot, state=word, body=body, sha=sha)
    return Answer(200, pulls.review(call.view, call.repository, pull, made))


def dismiss(call: Call, *, number: int, review: int) -> Answer:
    """Only what approves or asks for changes can be dismissed, and only once."""
    pull, known = call.pull(number), _find(call, number, review)
    if not isinstance(call.body.get("message"), str) or not call.body["message"].strip():
        raise Refusal(422, 'Invalid request.\n\n"message" wasn\'t supplied.')
    if call.body.get("event", "DISMISS") != "DISMISS":
        raise Refusal(422, "Invalid request.\n\nevent is not a member of [DISMISS].")
    if known.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise Refusal(422, f"Can not dismiss a {known.state.lower()} pull request review")
    dismissed = call.github.verbs.dismiss(call.repository.full_name, number, review)
    return Answer(200, pulls.review(call.view, call.repository, pull, dismissed))


def read_requested_reviewers(call: Call, *, number: int) -> Answer:
    pull = call.pull(number)
    users = [accounts.user(call.view, login) for login in pull.requested_reviewers]
    teams = [pulls.team(call.view, call.repository, slug) for slug in pull.requested_teams]
    return Answer(200, {"users": users, "teams": teams})


def request_reviewers(call: Call, *, number: int) -> Answer:
    users, teams = _whom(call)
    if call.pull(number).author in users:
        raise Refusal(422, "Review cannot be requested from pull request author.")
    verbs, name, bot = call.github.verbs, call.repository.full_name, call.bot
    for login in users:
        verbs.request_review(name, number, login, by=bot)
    for slug in teams:
        verbs.request_review(name, number, team=slug, by=bot)
    return _simple(call, 201, call.pull(number))


def remove_requested_reviewers(call: Call, *, number: int) -> Answer:
    """Whoever was not asked is passed over."""
    users, teams = _whom(call)
    verbs, name, bot = call.github.verbs, call.repository.full_name, call.bot
    for login in users:
        verbs.unrequest_review(name, number, login, by=bot)
    for slug in teams:
        verbs.unrequest_review(name, number, team=slug, by=bot)
    return _simple(call, 200, call.pull(number))


def _whom(call: Call) -> tuple[list[str], list[str]]:
    """All of them must be collaborators, or nobody is asked."""
    users = list(call.body.get("reviewers") or [])
    teams = list(call.body.get("team_reviewers") or [])
    strangers = [login for login in users if not access.sources(call.state, call.repository, login)]
    if strangers or any(slug not in call.repository.teams for slug in teams):
        said = "One or more of the users or teams you specified is not a collaborator of the"
        name = call.repository.full_name
        raise Refusal(422, f"Reviews may only be requested from collaborators. {said} {name} repository.")
    return users, teams


def _demand_another_author(call: Call, pull: Pull, event: str | None) -> None:
    """A comment on one's own pull request is welcome, a verdict is not; one pending review is enough."""
    if pull.author == call.bot and event in ("APPROVE", "REQUEST_CHANGES"):
        what = "approve" if event == "APPROVE" else "request changes on"
        raise _unprocessable(f"Can not {what} your own pull request")
    mine = [r for r in call.repository.reviews.get(pull.number, []) if (r.author, r.state) == (call.bot, "PENDING")]
    if mine:
        raise _unprocessable("User can only have one pending review per pull request")


def _unprocessable(said: str) -> Refusal:
    return Refusal(422, "Unprocessable Entity", [said])


def _shown(call: Call, review: Review) -> bool:
    """What is pending is seen by its author alone."""
    return review.state != "PENDING" or (call.caller.installation is not None and review.author == call.bot)


def _find(call: Call, number: int, review_id: int) -> Review:
    reviews = call.repository.reviews.get(call.pull(number).number, [])
    found = next((r for r in reviews if r.id == review_id and _shown(call, r)), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _simple(call: Call, status: int, pull: Pull) -> Answer:
    return Answer(status, pulls.simple(call.view, call.repository, pull))
