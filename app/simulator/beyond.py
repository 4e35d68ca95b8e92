"""What the simulator serves or sends beyond GitHub's published API description and webhook examples."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Beyond:
    what: str
    source: str


BEYOND = (
    Beyond(
        "GET /repositories/{id}/... is served like /repos/{owner}/{repo}/..., and Link headers are written with it",
        "the Link headers and rename redirects of api.github.com; recorded in @octokit/fixtures, rename-repository",
    ),
    Beyond(
        "the former name of a repository answers 301 to GET and 307 to anything else, with Location and `url`",
        "@octokit/fixtures, rename-repository (GET 301, PATCH 307)",
    ),
    Beyond(
        "GET /repos/{owner}/{repo}/contents without a path lists the root",
        "docs.github.com, Get repository content: the path may be omitted",
    ),
    Beyond(
        "GET /repos/{owner}/{repo}/statuses/{ref} lists statuses like commits/{ref}/statuses",
        "the older address, still in `statuses_url`; PyGithub 2.10.0 Commit.get_statuses reads it",
    ),
    Beyond(
        "GET /app/installations: an item's account is one account, as GET /app/installations/{id} describes it",
        "the list's own schema demands user and enterprise at once (allOf), which nothing can be",
    ),
    Beyond(
        "401 for a JWT that is unreadable, expired, or valid for more than 10 minutes; 401 for a token below /app",
        "docs.github.com, Generating a JSON web token for a GitHub App; messages as api.github.com words them",
    ),
    Beyond(
        "401 'Requires authentication' without credentials, where GitHub would serve public data at 60 an hour",
        "our rule: a gate that calls without credentials is a defect",
    ),
    Beyond(
        "401 'Bad credentials' for an unknown or expired token, and for a JWT anywhere but below /app",
        "docs.github.com, Troubleshooting the REST API; the JWT case is not verified",
    ),
    Beyond(
        "403 'Resource not accessible by integration', 404 for the private repositories of others",
        "docs.github.com, Troubleshooting the REST API",
    ),
    Beyond(
        "403 with x-ratelimit-remaining 0 when the primary limit is used up; 403 or 429 for a secondary one",
        "docs.github.com, Rate limits for the REST API",
    ),
    Beyond(
        "secondary limits: 80 content writes a minute, 500 an hour, 100 requests at once; with Retry-After or without",
        "docs.github.com, Rate limits for the REST API; that statuses, checks and git objects are free is assumed",
    ),
    Beyond(
        "POST statuses: 422 for a description over 140, a context over 255 characters, 1,001 statuses or no such SHA",
        "docs.github.com, Commit statuses; issue threads for the lengths and the SHA",
    ),
    Beyond(
        "POST statuses: 422 for a character above U+FFFF in description or context",
        "ouzi-dev/commit-status-updater#526 for the description; assumed of the context",
    ),
    Beyond(
        "GET collaborators/{login}/permission of a stranger: `none`, or `read` in a public repository",
        "docs.github.com, Get repository permissions for a user; `read` in public ones is not verified",
    ),
    Beyond(
        "POST requested_reviewers: 422 for who is no collaborator and for the author; nobody is asked then",
        "issue threads for the words of the first (bkeepers/probot-owners#21); the second's are assumed",
    ),
    Beyond(
        "PUT dismissals: 422 without a message, and for a review that neither approves nor asks for changes",
        "docs.github.com, Dismiss a review for a pull request; the words are assumed",
    ),
    Beyond(
        "POST issues/{n}/comments, PATCH issues/comments/{id}: 422 for a body without letters or over 65,536 of them",
        "telia-oss/github-pr-resource#259; joonvena/robotframework-reporter-action#30 for PATCH; blank is assumed",
    ),
    Beyond(
        "PATCH issues/comments/{id} changes what others said as well; the author and the App of the comment stay",
        "docs.github.com, Managing disruptive comments, of people who may write; assumed of Apps",
    ),
    Beyond(
        "labels have no case; POST, PUT labels make those that are missing, at most 100; 422 for over 50 letters",
        "gitalk/gitalk#338 for the error of a long name; the rest is known and not documented, or assumed",
    ),
    Beyond(
        "DELETE issues/{n}/labels/{name}: 404 'Label does not exist' for one that the pull request doesn't have",
        "googleapis/repo-automation-bots#1084",
    ),
    Beyond(
        "POST reviews: 422 for a verdict on one's own pull request and for a second review while one is pending",
        "hubtty/hubtty#33, github/app#3371",
    ),
    Beyond(
        "POST reviews: 422 for a commit that the pull request doesn't have, and for COMMENT without a body",
        "docs.github.com, Create a review for a pull request; the words are assumed",
    ),
    Beyond(
        "a pending review is shown to its author alone, answers no request, and no webhook tells of it",
        "docs.github.com, List reviews for a pull request; the last is assumed",
    ),
    Beyond(
        "POST, PATCH check-runs: 422 for over 50 annotations or completed without conclusion; 403 for runs of others",
        "docs.github.com, REST API endpoints for check runs; the words are assumed",
    ),
    Beyond(
        "GET, POST git/...: 409 'Git Repository is empty.' for all of it until there is a commit",
        "github/rest-api-description#637 for trees and blobs; assumed of the rest",
    ),
    Beyond(
        "GET git/trees: the SHA may be a commit's, a branch or a tag; `truncated` beyond 100,000 entries, not by size",
        "docs.github.com, Get a tree; its limit of 7 MB is left out",
    ),
    Beyond(
        "POST git/trees: 422 for a path that is blank, absolute or malformed",
        "osunyorg/admin#105, hub4j/github-api#1217, joshcai/leetcode-sync#22",
    ),
    Beyond(
        "POST git/trees: 422 for sha beside content, for neither, and for a SHA or base_tree that is not held as such",
        "octokit/octokit.net#2836, BetaHuhn/repo-file-sync-action#349, PyGithub/PyGithub#1732",
    ),
    Beyond(
        "POST git/trees: 422 GitRPC::BadObjectState for a deletion of what is not there; a commit is no base_tree",
        "docs.github.com, Create a tree; mckaywrigley/buildware-ai#29; GitHub may take a commit for its tree",
    ),
    Beyond(
        "POST git/blobs, git/commits: the bytes, the message and the zone of a date are kept as they are given",
        "docs.github.com, Timezones and the REST API; that nothing is put after the message is assumed",
    ),
    Beyond(
        "POST git/commits: 422 for a tree or parent that is not held; without people the bot writes and web-flow signs",
        "osunyorg/admin#3732; docs.github.com, About commit signature verification; the parent's words are assumed",
    ),
    Beyond(
        "POST git/refs: 422 for a ref that exists, a commit that doesn't, a malformed name, or no head and no tag",
        "renovatebot/renovate#20281, octokit/octokit.js#562; the words for names are assumed",
    ),
    Beyond(
        "PATCH, DELETE git/refs: 422 for no fast forward without force, 422 for a ref that does not exist",
        "prose/prose#148, github/rest-api-description#2746",
    ),
    Beyond(
        "deleting a branch closes the pull requests out of it",
        "docs.github.com, Creating and deleting branches within your repository",
    ),
    Beyond(
        "POST pulls: 422 for no new commit, one that is open already, a head or base that is none",
        "tgymnich/fork-sync#112, ovity/octotree#557, stackitcloud/cloud-provider-stackit#10",
    ),
    Beyond(
        "POST, PATCH pulls: 422 for a title over 256 or a body over 65,536 characters, and for a blank title",
        "issue threads for the lengths; the words are assumed",
    ),
    Beyond(
        "PATCH pulls: 422 for any base of a closed one, a base that is none or taken, and for what can't be reopened",
        "google/go-github#3456, google/go-github#2201, waffleio/waffle.io#2194; the words of the others are assumed",
    ),
    Beyond(
        "GET compare: 404 where two commits have nothing in common; no pages",
        "docs.github.com, Compare two commits; the words are assumed",
    ),
    Beyond(
        "PUT pulls/{n}/merge: what is refused, in which order and words; 403 for a workflow file without `workflows`",
        "bors-ng/bors-ng#806 for the workflow; answers quoted in issue threads for the words; the order is assumed",
    ),
    Beyond(
        "PUT pulls/{n}/merge: rebase replays what has one parent and squash lists the messages; GitHub signs them",
        "docs.github.com, About merge methods on GitHub; bodies of squash commits are assumed",
    ),
    Beyond(
        "GET /apps/{ref} tells of an App to whoever has a token",
        "docs.github.com, Get an app",
    ),
    Beyond(
        "GraphQL enqueuePullRequest: what is refused and the words; needs merge_queues or pull_requests",
        "GitHub's public schema; all of this is assumed",
    ),
    Beyond(
        "PUT update-branch: 422 for another expected head, for nothing new and for a conflict; done at once",
        "docs.github.com, Update a pull request branch; the words are assumed",
    ),
    Beyond(
        "mergeable: whole files are compared, what two sides did to one is a conflict; mergeable_state is assumed",
        "docs.github.com, Get a pull request; MergeStateStatus in GitHub's public schema",
    ),
    Beyond(
        "GET pulls/{n} makes the test merge commit that merge_commit_sha names; there is none in a conflict",
        "docs.github.com, Checking mergeability of pull requests",
    ),
    Beyond(
        "GET branches/{branch}/protection needs administration; 404 'Branch not protected' is a fact, others are not",
        "docs.github.com, Permissions required for GitHub Apps",
    ),
    Beyond(
        "GET /repos/{owner}/{repo}/rulesets lists rulesets; GET /repos/{owner}/{repo}/rulesets/{ref} has their rules",
        "docs.github.com, REST API endpoints for rules: bypass_actors for who may write the ruleset alone",
    ),
    Beyond(
        "GET contents of a link is the link itself, never the file that it leads to",
        "docs.github.com, Get repository content, says that GitHub follows it within the repository",
    ),
    Beyond(
        "webhooks of a branch made, moved or deleted: `push`, then `create` or `delete`, then pull_request",
        "docs.github.com, Webhook events and payloads; the order is assumed, and nothing is told of tags",
    ),
    Beyond(
        "a role in a repository is the highest of what is held directly, through teams and through the organization",
        "docs.github.com, Get repository permissions for a user",
    ),
    Beyond(
        "GET properties/values needs only metadata, GET actions/runs needs actions",
        "docs.github.com, Permissions required for GitHub Apps; the first is not verified",
    ),
    Beyond(
        "POST /graphql executes graph/schema.graphql: the types of GitHub's public schema, fewer of them",
        "GitHub's public schema as @octokit/graphql-schema 15.26.1 has it",
    ),
    Beyond(
        "GraphQL errors are HTTP 200 with `type` NOT_FOUND, FORBIDDEN, EXCESSIVE_PAGINATION ..., and the path",
        "answers quoted in issue threads; INVALID_PAGINATION and the wording of the node limit are assumed",
    ),
    Beyond(
        "GraphQL: `type` RATE_LIMIT with `code` graphql_rate_limit, HTTP 200, when the points are used up",
        "yanyongyu/githubkit#271 (2026); older answers said RATE_LIMITED",
    ),
    Beyond(
        "GraphQL needs pull_requests for a pull request, contents for commits, members for onBehalfOf, merge_queues",
        "docs.github.com, Permissions required for GitHub Apps, by analogy with REST; not verified",
    ),
    Beyond(
        "GraphQL: a project of an organization needs organization_projects, of a user repository_projects",
        "docs.github.com, Permissions required for GitHub Apps, for the first; the second is assumed",
    ),
    Beyond(
        "GraphQL: who may not read a project finds none; a pull request that may not be read is a REDACTED item",
        "18F/eng-hiring#156 for the first; ProjectV2ItemType in GitHub's public schema; null as content is assumed",
    ),
    Beyond(
        "GraphQL updateProjectV2ItemFieldValue: null and an error, HTTP 200, for an option that the field doesn't have",
        "modelcontextprotocol/inspector#1823 for the words; VALIDATION and the words of other errors are assumed",
    ),
    Beyond(
        "a commit made in GitHub's pages is committed and signed by web-flow, who is no user in GraphQL",
        "policy-bot's README; commits of api.github.com",
    ),
    Beyond(
        "a review by a member of teams that were asked stands on behalf of these teams, and answers the request",
        "docs.github.com, About pull request reviews; PullRequestReview.onBehalfOf",
    ),
    Beyond(
        "webhooks: pull_request `edited`, pull_request_review `edited` and repository `renamed` in the common shape",
        "docs.github.com, Webhook events and payloads; the examples have other actions of these events",
    ),
    Beyond(
        "webhook merge_group `destroyed` with `reason` merged, invalidated or dequeued, by github-merge-queue[bot]",
        "docs.github.com, Webhook events and payloads; the sender is not verified",
    ),
    Beyond(
        "webhooks pull_request `auto_merge_enabled`, and `auto_merge_disabled` with a `reason`; `push` before `closed`",
        "docs.github.com, Webhook events and payloads; the reason and the order are assumed",
    ),
    Beyond(
        "webhooks pull_request `enqueued` and `dequeued`, and `push` to the temporary branch of a merge group",
        "docs.github.com, Webhook events and payloads; their order is assumed",
    ),
    Beyond(
        "a tag goes before a branch of the same name in `ref`; `tags/...` and `heads/...` say which",
        "docs.github.com, Get repository content and Get a commit; gitrevisions(7)",
    ),
    Beyond(
        "webhook custom_property_values `updated` with new_property_values and old_property_values",
        "GitHub's REST API description, webhook-custom-property-values-updated",
    ),
    Beyond(
        "webhooks member `removed`, organization `member_removed`, team `edited` with a role, in the common shape",
        "docs.github.com, Webhook events and payloads; the examples have other actions of these events",
    ),
    Beyond(
        "gh-readonly-queue/{base}/pr-{number}-{sha} ends with the SHA that the group stands on",
        "docs.github.com, Managing a merge queue, for the prefix; what the SHA is, is assumed",
    ),
    Beyond(
        "a redelivery carries the signature of the first attempt",
        "not documented; assumed",
    ),
    Beyond(
        "X-GitHub-Hook-Installation-Target-Type is `integration` for an App's hook",
        "seen in the wild; not documented (github/docs#41739)",
    ),
)
