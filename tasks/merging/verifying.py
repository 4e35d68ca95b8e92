"""Whether what GitHub merged is what was judged: the head, the base, the tree, and the evidence as it is now."""

import logging
from dataclasses import dataclass
from typing import Any

from app.github.answers import Unavailable
from app.github.merge_documents import MergeCommit
from policies.merging import gate
from policies.merging.answer import Against
from tasks import merge_facts
from tasks.context import Context
from tasks.merging.finding import Target
from tasks.merging.settling import Merged

MOST_REPLAYED = 50
"""Of how many commits the base of a rebase is looked for; beyond, the tip that was read stands for it."""

log = logging.getLogger("mergegate")


@dataclass(frozen=True)
class Alert:
    """What a person has to look at, whatever the outcome."""

    code: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Verified:
    """`trouble`: why a person must look before this counts as our merge. `detail`: of a merge that counts."""

    merge_sha: str | None
    alerts: tuple[Alert, ...] = ()
    trouble: Against | None = None
    detail: str | None = None


def verify(context: Context, target: Target, merged: Merged) -> Verified:
    """Reads GitHub once more. Raises `Unavailable` where the merge commit can't be read."""
    sha, attempt = merged.pull.merge_commit_sha, merged.attempt
    if sha is None:
        raise Unavailable("GITHUB_API_ERROR", "GitHub does not show what it was merged as.")
    if not _is_expected_tree(context, target, merged, sha):
        sentence = (
            f"GitHub merged {target.full_name}#{target.number}, but not exactly what was judged: the tree of the merge"
            " commit is another one; a person must look at it."
        )
        fields = {"head_sha": attempt.head_sha, "merge_sha": sha}
        trouble = Against(
            code="MERGE_FAILED", detail="POST_MERGE_VERIFY_FAILED", sentence=sentence, outcome="needs_operator"
        )
        return Verified(sha, (Alert("POST_MERGE_VERIFY_FAILED", fields),), trouble)
    alerts, detail = list(_evidence_changed(context, target, merged)), None
    if merged.pull.base.ref != attempt.base_ref:
        detail = "POST_MERGE_BASE_MISMATCH"
        bases = {"judged_base": attempt.base_ref, "base": merged.pull.base.ref, "merge_sha": sha}
        alerts.append(Alert("MERGED_TO_UNEXPECTED_BASE", bases))
    return Verified(sha, tuple(alerts), None, detail)


def _is_expected_tree(context: Context, target: Target, merged: Merged, sha: str) -> bool:
    """Whether the merge's tree is that of GitHub's own test merge, where both were made on the same base.

    Where the base moved in between there is nothing to compare with; then the head has to be what was judged.
    """
    reader = context.reader.unbounded()
    made = reader.merge_commit(target.place, sha)
    if made is None:
        raise Unavailable("GITHUB_API_ERROR", f"GitHub does not show the merge commit {sha[:10]} yet.")
    evidence = merged.attempt.evidence
    tested = _tested(context, target, evidence.get("test_merge_sha"))
    if tested is None or made.tree.sha == tested.tree.sha:
        return True
    return not _on_one_base(context, target, merged, made=made, tested=tested)


def _tested(context: Context, target: Target, sha: str | None) -> MergeCommit | None:
    return None if sha is None else context.reader.unbounded().merge_commit(target.place, sha)


def _on_one_base(context: Context, target: Target, merged: Merged, *, made: MergeCommit, tested: MergeCommit) -> bool:
    """A rebase hides its base behind the commits that it makes, at most as many as the pull request has."""
    first = tested.parents[0].sha if tested.parents else None
    replayed = merged.pull.commits if merged.attempt.method == "rebase" else 1
    if replayed > MOST_REPLAYED:
        return first == merged.attempt.evidence.get("base_tip")
    at: MergeCommit | None = made
    for _ in range(replayed):
        if at is None or not at.parents:
            return False
        if at.parents[0].sha == first:
            return True
        at = context.reader.unbounded().merge_commit(target.place, at.parents[0].sha)
    return False


def _evidence_changed(context: Context, target: Target, merged: Merged) -> tuple[Alert, ...]:
    """An alert where reviews and checks would not let it pass any more; GitHub has merged it all the same."""
    try:
        loaded = merge_facts.load(context, target.place, target.number)
    except Unavailable as trouble:
        log.warning("action=evidence_not_read_again attempt=%s code=%s", merged.attempt.id, trouble.code)
        return ()
    again = gate.decide(loaded.facts, loaded.rules)
    if again.verdict == "PASS":
        return ()
    fields = {"head_sha": merged.attempt.head_sha, "codes": [each.code for each in again.against]}
    return (Alert("EVIDENCE_CHANGED_AT_MERGE", fields),)
