"""By which method and path each kind of write gets to GitHub."""

PATHS = {
    "status": r"POST .*/statuses/[0-9a-f]{40}",
    "review_request": r"POST .*/pulls/\d+/requested_reviewers",
    "review_dismiss": r"PUT .*/pulls/\d+/reviews/\d+/dismissals",
    "review_approve": r"POST .*/pulls/\d+/reviews",
    "check_run": r"POST .*/check-runs",
    "git_object": r"POST .*/git/(blobs|trees|commits)",
    "branch_create": r"POST .*/git/refs",
    "branch_fast_forward": r"PATCH .*/git/refs/heads/.+",
    "pull_request_create": r"POST .*/pulls",
    "pull_request_update": r"PATCH .*/pulls/\d+",
    "comment_create": r"POST .*/issues/\d+/comments",
    "comment_update": r"PATCH .*/issues/comments/\d+",
    "label_add": r"POST .*/issues/\d+/labels",
    "label_remove": r"DELETE .*/issues/\d+/labels/.+",
    "project_field": r"POST /graphql",
    "merge": r"PUT .*/pulls/\d+/merge",
    "update_branch": r"PUT .*/pulls/\d+/update-branch",
    "branch_delete": r"DELETE .*/git/refs/heads/.+",
    "enqueue": r"POST /graphql",
}
