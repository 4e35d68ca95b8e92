"""Routes that merge a pull request, say whether it is merged, or bring its branch up to date."""

from app.simulator import history, mergeability, requirements
from app.simulator.answers import Answer, Refusal
from app.simulator.call import Call
from app.simulator.guards import METHODS
from app.simulator.merging import Wish
from app.simulator.records import Pull
from app.simulator.state import pull_commits, pull_files

_NAMES = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
_HEAD_MOVED = "Head branch was modified. Review and try the merge again."
_NOT_MERGEABLE = "Pull Request is not mergeable"
_WORKFLOWS = ".github/workflows/"


def is_merged(call: Call, *, number: int) -> Answer:
    if call.pull(number).merged_at is None:
        raise Refusal(404, "Not Found")
    return Answer(204)


def merge(call: Call, *, number: int) -> Answer:
    """The first thing that is wrong is what the answer says."""
    pull, wish = call.pull(number), wished(call)
    _refuse_by_itself(call, pull, wish)
    _refuse_by_rules(call, pull)
    merged = call.github.verbs.land(call.repository.full_name, number, wish)
    return told(merged.merge_sha)


def told(sha: str | None) -> Answer:
    return Answer(200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def wished(call: Call) -> Wish:
    method = call.body.get("merge_method", "merge")
    if method not in METHODS:
        raise Refusal(422, f"Invalid request.\n\n{method} is not a member of {list(METHODS)}.")
    title, message = call.body.get("commit_title"), call.body.get("commit_message")
    return Wish(by=call.bot, method=method, title=title, message=message)


def update_branch(call: Call, *, number: int) -> Answer:
    """At GitHub it happens a little later."""
    pull = call.pull(number)
    expected = call.body.get("expected_head_sha", pull.head_sha)
    if expected != pull.head_sha:
        raise Refusal(422, "expected head sha didn’t match current head ref.")  # GitHub's own
    if pull.state != "open" or pull.head_repository_id not in call.state.repositories:
        raise Refusal(422, "Pull request is closed or its head branch is gone")
    base = call.repository.branches.get(pull.base_ref, pull.base_sha)
    if history.is_ahead(call.repository.commits, base, pull.head_sha):
        raise Refusal(422, "There are no new commits on the base branch.")
    if mergeability.merged_tree(call.repository.commits, base, pull.head_sha) is None:
        raise Refusal(422, "merge conflict between base and head")
    call.github.verbs.update_branch(call.repository.full_name, number, by=call.bot)
    return Answer(202, {"message": "Updating pull request branch.", "url": _url(call, number)})


def _refuse_by_itself(call: Call, pull: Pull, wish: Wish) -> None:
    """What the pull request is, and how it is to be merged."""
    if call.repository.archived:
        raise Refusal(403, "Repository was archived so is read-only.")
    if pull.state != "open":
        raise Refusal(405, _NOT_MERGEABLE)
    if pull.draft:
        raise Refusal(405, "Pull Request is still a draft")
    if call.body.get("sha", pull.head_sha) != pull.head_sha:
        raise Refusal(409, _HEAD_MOVED)
    if wish.method not in requirements.of(call.repository, pull.base_ref).methods:
        raise Refusal(405, f"{_NAMES[wish.method]} are not allowed on this repository.")
    if _changes_workflows(call, pull) and not call.caller.holds("workflows:write"):
        raise Refusal(403, "Resource not accessible by integration")
    base_is_gone = pull.base_ref not in call.repository.branches
    if base_is_gone or pull.mergeable is False or mergeability.of(call.repository, pull) is False:
        raise Refusal(405, _NOT_MERGEABLE)
    if wish.method == "rebase" and _has_merges(call, pull):
        raise Refusal(405, "This branch can't be rebased")


def _refuse_by_rules(call: Call, pull: Pull) -> None:
    """A merge queue binds everybody; all else but those who may pass."""
    if requirements.of(call.repository, pull.base_ref).queued:
        raise Refusal(405, "Changes must be made through the merge queue")
    if call.app.id in call.repository.bypass_apps:
        return
    unmet = requirements.unmet(call.state, call.repository, pull)
    if unmet is not None:
        raise Refusal(405, unmet)


def _changes_workflows(call: Call, pull: Pull) -> bool:
    return any(change.path.startswith(_WORKFLOWS) for change in pull_files(call.repository, pull))


def _has_merges(call: Call, pull: Pull) -> bool:
    return any(len(commit.parents) > 1 for commit in pull_commits(call.repository, pull))


def _url(call: Call, number: int) -> str:
    return f"{call.view.api(call.repository)}/pulls/{number}"
