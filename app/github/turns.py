"""What each kind of write takes of GitHub's limits.

Notifying are those that GitHub's description of its API (@octokit/openapi 23.0.2) marks `triggersNotification`, and
octokit's plugin-throttling spaces alike: POST of pulls, comments on an issue, reviews and requested reviewers. What
counts as creating content GitHub does not say
(https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api), so all does here that people see as
somebody's doing; statuses, check runs and git objects do not. An artifact may have a thousand files, so git objects
stand in a line of their own, and no verdict behind them.
"""

from app.governor import Turn
from policies.contents import Kind

_UNSEEN, _QUIET, _CONTENT, _NOTIFYING = Turn("unseen"), Turn("quiet"), Turn("content"), Turn("notifying")

TURNS: dict[Kind, Turn] = {
    "pull_request_create": _NOTIFYING,
    "pull_request_update": _CONTENT,
    "comment_create": _NOTIFYING,
    "comment_update": _CONTENT,
    "status": _QUIET,
    "check_run": _QUIET,
    "branch_create": _CONTENT,
    "branch_fast_forward": _CONTENT,
    "label_add": _CONTENT,
    "label_remove": _CONTENT,
    "review_approve": _NOTIFYING,
    "review_dismiss": _CONTENT,
    "review_request": _NOTIFYING,
    "project_field": Turn("content", "graphql"),
    "git_object": _UNSEEN,
}
