"""What GitHub's reply to a merge means: first by itself, then together with what a read shows."""

import re
from collections.abc import Iterator
from typing import Literal

from policies.facts import Frozen, Moment, Text
from policies.merging.answer import Against
from policies.text import short

Next = Literal["verify", "reread", "reauthenticate", "limited", "unknown", "not_sent"]
Ruling = Literal["merged", "merged_elsewhere", "regate", "unknown"] | Against
PERMITTED, UNAUTHORIZED, FORBIDDEN, MISSING, MOVED, TOO_MANY = range(200, 300), 401, 403, 404, 409, 429
REFUSED = range(400, 500)
TIMED_OUT = (408, 499)
"""Refusals of whoever stands before GitHub, which may have passed the request on."""
METHOD_TEXT = re.compile(r"(squash|merge commit|rebase)[a-z ]*(are|is) not (allowed|enabled)")
REBASE_TEXT = re.compile(r"(can ?not|can['’]?t) be rebased")


class Reply(Frozen):
    """GitHub's reply to the one request; `status` None: none came.

    `merged` and `sha` as its body says. `limited_until`: when a limit ends that it tells of. `is_sent`: whether the
    request may have reached GitHub.
    """

    status: int | None
    message: Text = ""
    merged: bool = False
    sha: str | None = None
    limited_until: Moment | None = None
    is_sent: bool = True


class Seen(Frozen):
    """The pull request as it stands afterwards. `found` False: GitHub answered 404, so that nothing else is known.

    `mergeable`: None while GitHub works on it. `base_tip`: of the branch that the merge was sent for; None where it
    was not read.
    """

    found: bool
    is_open: bool = True
    merged: bool = False
    draft: bool = False
    mergeable: bool | None = None
    head_sha: str = ""
    base_ref: Text = ""
    merge_sha: str | None = None
    base_tip: str | None = None


def first(reply: Reply) -> Next:
    """What to do about it. Only a refusal says that nothing was merged; whatever else is not understood is unknown."""
    if not reply.is_sent:
        return "not_sent"
    if reply.status in PERMITTED:
        return "verify" if reply.merged and reply.sha else "reread"
    if reply.status == UNAUTHORIZED:
        return "reauthenticate"
    if reply.status == TOO_MANY or (reply.status == FORBIDDEN and _tells_of_limit(reply)):
        return "limited"
    return "reread" if reply.status in REFUSED and reply.status not in TIMED_OUT else "unknown"


def after_reread(reply: Reply, seen: Seen, head_sha: str) -> Ruling:
    """What a reply of `reread` means where a read then shows `seen`.

    `merged`: by this very request. `merged_elsewhere`: at the judged head, and not by it. `regate`: the base moved, so
    that all is judged anew at once. `unknown`: it was no refusal, and GitHub may show later what it did.
    """
    if seen.merged:
        return _merged(reply, seen, head_sha)
    if reply.status in PERMITTED:
        return "unknown"
    return next(_rulings(reply, seen, head_sha))


def against(reply: Reply) -> Against:
    """What stands against it after a reply of `not_sent`, `limited` or `reauthenticate`."""
    if not reply.is_sent:
        sentence = "GitHub could not be reached, so that nothing was sent; it is judged anew and merged later."
        return _failed("TRANSPORT", sentence, outcome="retry_scheduled")
    if reply.status == UNAUTHORIZED:
        sentence = "GitHub refuses the App's token; see that the App is installed and that its key is valid."
        return _failed("NOT_PERMITTED", sentence)
    until = f" until {reply.limited_until.isoformat()}" if reply.limited_until else ""
    sentence = f"GitHub's rate limit holds{until}; after it, the pull request is judged anew and merged."
    return _failed("RATE_LIMITED", sentence, outcome="retry_scheduled")


def unread(reply: Reply, trouble: str) -> Against:
    """What stands against it after a reply of `reread` where the read failed; `trouble` says how."""
    if reply.status in PERMITTED:
        sentence = f"GitHub answered without saying that it merged, and cannot be read: {short(trouble)}"
        return _failed("OUTCOME_UNKNOWN", sentence, outcome="needs_operator")
    sentence = f"GitHub refused the merge: {_words(reply)}; why cannot be read yet: {short(trouble)}"
    return _failed("EVIDENCE_UNAVAILABLE", sentence, outcome="retry_scheduled")


def inconsistent() -> Against:
    """What stands against it after a reply that was no refusal, where GitHub shows no merge in the end."""
    sentence = "GitHub answered as if it had merged, and has not; look at it before asking again."
    return _failed("INCONSISTENT_REPLY", sentence)


def moved_base(reply: Reply) -> Against:
    """What stands against it after `regate`, where it was judged anew often enough."""
    sentence = f"GitHub refused the merge: {_words(reply)}; ask again when fewer changes come into the base branch."
    return _failed("GITHUB_REJECTED", sentence)


def merged_other_head(head_sha: str, seen: Seen) -> Against:
    """What stands against it where it is merged at a head that was not judged."""
    sentence = (
        f"It was merged at {short(seen.head_sha)}, while {short(head_sha)} was judged: somebody else merged "
        "what this gate has not judged; look at what came in."
    )
    return _failed("MERGED_OTHER_HEAD", sentence, outcome="needs_operator")


def _tells_of_limit(reply: Reply) -> bool:
    text = reply.message.lower()
    return reply.limited_until is not None or "rate limit" in text or "abuse detection" in text


def _merged(reply: Reply, seen: Seen, head_sha: str) -> Ruling:
    if seen.head_sha != head_sha:
        return merged_other_head(head_sha, seen)
    return "merged" if reply.status in PERMITTED else "merged_elsewhere"


def _rulings(reply: Reply, seen: Seen, head_sha: str) -> Iterator[Ruling]:
    """Those that fit, the surest first: who asks, the pull request, what moved, then GitHub's words."""
    text = reply.message.lower()
    yield from _about_access(reply, seen, text)
    yield from _about_pull(reply, seen, head_sha, text)
    if "base branch was modified" in text:
        yield "regate"
    yield from _about_words(reply, text)
    yield from _about_mergeability(seen, text)
    yield _failed("GITHUB_REJECTED", f"GitHub refused the merge: {_words(reply)}; mend that, and ask again.")


def _about_access(reply: Reply, seen: Seen, text: str) -> Iterator[Ruling]:
    if not seen.found:
        sentence = "GitHub does not show the pull request any more; see that the App may still read the repository."
        yield Against(code="PR_NOT_FOUND", detail=None, sentence=sentence)
    if reply.status == FORBIDDEN and "archived" in text:
        yield _failed("REPO_ARCHIVED", "The repository is archived, so nothing is merged; unarchive it first.")
    if reply.status in (FORBIDDEN, MISSING):
        sentence = (
            f"GitHub does not permit the App to merge: {_words(reply)}; give it write permission for contents, "
            "and for workflows where the pull request changes one."
        )
        yield _failed("NOT_PERMITTED", sentence)


def _about_pull(reply: Reply, seen: Seen, head_sha: str, text: str) -> Iterator[Ruling]:
    if not seen.is_open:
        yield Against(code="PR_CLOSED", detail=None, sentence="The pull request was closed; re-open it first.")
    is_head_refused = reply.status == MOVED and "base branch was modified" not in text
    if is_head_refused or seen.head_sha != head_sha or "head branch was modified" in text:
        sentence = f"The head is no longer {short(head_sha)}; ask again when the policy has judged the new one."
        yield _failed("HEAD_SHA_MISMATCH", sentence)
    if seen.draft or "still a draft" in text:
        yield _failed("PR_DRAFT", "The pull request is a draft; mark it as ready for review first.")
    if seen.mergeable is False:
        sentence = "The pull request conflicts with its base branch; resolve the conflict."
        yield Against(code="MERGE_CONFLICT", detail=None, sentence=sentence)


def _about_words(reply: Reply, text: str) -> Iterator[Ruling]:
    if "merge queue" in text:
        sentence = "The base branch is merged into by GitHub's merge queue only; ask again, so that it is queued."
        yield _failed("MERGE_QUEUE_REQUIRED", sentence)
    if REBASE_TEXT.search(text):
        sentence = "GitHub cannot rebase the branch; rebase it by hand or choose another merge method."
        yield _failed("CANNOT_REBASE", sentence)
    if METHOD_TEXT.search(text):
        sentence = f"The repository does not allow the merge method: {_words(reply)}; allow it or choose another."
        yield _failed("METHOD_NOT_ALLOWED", sentence)
    if "not authorized" in text:
        sentence = f"GitHub does not permit the App to merge: {_words(reply)}; let it push to the base branch."
        yield _failed("NOT_PERMITTED", sentence)


def _about_mergeability(seen: Seen, text: str) -> Iterator[Ruling]:
    if seen.mergeable is None and "not mergeable" in text:
        sentence = "GitHub works out anew whether it can be merged; it is judged again when that is known."
        yield _failed("MERGEABILITY_UNKNOWN", sentence, outcome="retry_scheduled")


def _words(reply: Reply) -> str:
    return f'"{short(reply.message)}" (HTTP {reply.status})'


def _failed(
    detail: str, sentence: str, *, outcome: Literal["blocked", "retry_scheduled", "needs_operator"] = "blocked"
) -> Against:
    return Against(code="MERGE_FAILED", detail=detail, sentence=sentence, outcome=outcome)
