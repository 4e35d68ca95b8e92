"""Routes about reviews: who was asked for one, who gave one, which was dismissed."""

from app.simulator import access
from app.simulator.answers import Answer, Listing, Refusal
from app.simulator.call import Call
from app.simulator.records import Pull, Review
from app.simulator.shapes import accounts, pulls


def list_reviews(call: Call, *, number: int) -> Listing:
    pull = call.pull(number)
    found = call.repository.reviews.get(number, [])
    return Listing(found, lambda review: pulls.review(call.view, call.repository, pull, review))


def read_review(call: Call, *, number: int, review: int) -> Answer:
    return Answer(200, pulls.review(call.view, call.repository, call.pull(number), _find(call, number, review)))


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
    verbs, name, bot = call.github.verbs, call.repository.full_name, _bot(call)
    for login in users:
        verbs.request_review(name, number, login, by=bot)
    for slug in teams:
        verbs.request_review(name, number, team=slug, by=bot)
    return _simple(call, 201, call.pull(number))


def remove_requested_reviewers(call: Call, *, number: int) -> Answer:
    """Whoever was not asked is passed over."""
    users, teams = _whom(call)
    verbs, name, bot = call.github.verbs, call.repository.full_name, _bot(call)
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


def _find(call: Call, number: int, review_id: int) -> Review:
    found = next((r for r in call.repository.reviews.get(call.pull(number).number, []) if r.id == review_id), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _bot(call: Call) -> str:
    if call.caller.installation is None:
        raise Refusal(403, "Resource not accessible by integration")
    return call.state.bot(call.caller.installation.app_id).login


def _simple(call: Call, status: int, pull: Pull) -> Answer:
    return Answer(status, pulls.simple(call.view, call.repository, pull))
