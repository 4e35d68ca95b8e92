"""What is known about a pull request when its merge is judged: read afresh, whole, at one head."""

from typing import Literal

from policies.facts import Frozen, Moment, Text

Permission = Literal["none", "read", "triage", "write", "maintain", "admin"]
Method = Literal["merge", "squash", "rebase"]
ANY_APP = None


class Review(Frozen):
    """One review, as the list shows it. `login` and `user_id` are None where the account was deleted.

    `permission`: what its author may do in the repository now. `id` rises with time and breaks ties.
    """

    id: int
    user_id: int | None
    login: Text | None
    is_bot: bool
    state: Text
    commit_sha: str | None
    submitted_at: Moment | None
    permission: Permission


class Check(Frozen):
    """A check run or a commit status; the newest of its kind, name, app and suite.

    `app_id`: who made it; of a status that of the App behind its creator, None where a person's token made it.
    `status`: `completed` or not; of a status `pending` is not completed and everything else is.
    `sha`: the commit it stands on (the head, or the test merge).
    """

    kind: Literal["check_run", "status"]
    id: int
    name: Text
    app_id: int | None
    status: Text
    conclusion: Text | None
    sha: str
    details_url: Text | None = None


class Required(Frozen):
    """A context that has to be green. `app_id` None: from any App. `source`: where that is said."""

    context: Text
    app_id: int | None
    source: Literal["classic", "ruleset", "rules"]


class Protection(Frozen):
    """What GitHub itself demands of the base branch: classic protection and rulesets together."""

    required: tuple[Required, ...] = ()
    required_approvals: int = 0
    strict: bool = False
    merge_queue: bool = False
    digest: str = ""


class Pull(Frozen):
    """The pull request. `head_repository`: owner/name, None where the fork was deleted.

    `review_decision`: GraphQL's, None where no rule demands a review. `mergeable`: None while GitHub works on it.
    `pushers`: who may have pushed the head: whom the webhook named, else the commit's author and committer; empty where
    nobody knows. `pusher_id`: of whom the webhook named, who may have another login by now.
    """

    repository_id: int
    number: int
    state: Literal["open", "closed"]
    merged: bool
    draft: bool
    author: Text
    author_is_gate: bool
    head_sha: str
    head_ref: Text
    head_repository: Text | None
    base_ref: Text
    base_sha: str
    mergeable: bool | None
    mergeable_state: Text
    merge_commit_sha: str | None
    review_decision: Text | None
    requested_reviewers: tuple[Text, ...] = ()
    auto_merge: bool = False
    pushers: tuple[Text, ...] = ()
    pusher_id: int | None = None
    title: Text = ""
    body: Text = ""
    labels: tuple[Text, ...] = ()


class Repository(Frozen):
    """The repository as GitHub shows it now."""

    id: int
    full_name: Text
    archived: bool
    methods: tuple[Method, ...]


class MergeFacts(Frozen):
    """All of one final read. `checks`: those of the head, and of the test merge where that is asked for.

    `hooked_reviews`: (id, state) of reviews that webhooks told of and the list does not show (yet).
    """

    pull: Pull
    repository: Repository
    protection: Protection
    reviews: tuple[Review, ...]
    checks: tuple[Check, ...]
    hooked_reviews: tuple[tuple[int, Text], ...] = ()
    gate_app_id: int
    gate_context: Text
