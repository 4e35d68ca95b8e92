"""What the issue of a merge run has to say of it: whether it may be merged in its state, and whether it was already."""

from app import issue_facts, pull_urls
from app.database import Transaction
from app.records import issues, timeline
from policies import lifecycle
from policies.lifecycle import INVARIANT_VIOLATION
from policies.merging.answer import Against, Answer
from tasks.context import Context
from tasks.merging.finding import Job, Target

ALREADY = "PR_ALREADY_MERGED"
NO_LINK = "NO_PR_LINKED"
"""Told of by `finding`, which knows the links of requests, too."""


def objection(context: Context, tx: Transaction, job: Job) -> Against | None:
    """What the lifecycle has against a merge now, with the issue locked: nobody holds it until this is committed.

    A run that only looks who has merged asks for nothing, and one of no issue is bound by no lifecycle.
    """
    if job.issue is None or job.step.mode == "observe":
        return None
    issue = issues.hold(tx, job.issue.id)
    if issue is None:
        return None
    facts = issue_facts.of(tx, issue, context.clock(), context.settings.evidence_hours)
    blocker = lifecycle.refusal("S5_MERGE", issue.status, facts)
    if blocker is None or blocker.code == NO_LINK:
        return None
    return Against(code=blocker.code, detail=None, sentence=blocker.sentence, subject=blocker.subject)


def held(context: Context, tx: Transaction, target: Target) -> Against | None:
    """Whether an issue that links the pull request was put on hold: then nobody merges it, whoever asks."""
    addresses = pull_urls.addresses(target.full_name, target.number, context.settings)
    linked = [issue for address in addresses for issue in issues.by_pr_url(tx, address)]
    found = next((issue for issue in linked if issue.status == "HOLD"), None)
    if found is None or any(issue.status == "REVIEW_READY" for issue in linked):
        return None
    sentence = f"The issue {found.id} that links the pull request is on hold; link it to another issue to merge it."
    return Against(code=INVARIANT_VIOLATION, detail=None, sentence=sentence, subject=found.subject)


def stored(tx: Transaction, job: Job) -> Answer | None:
    """The success of an issue that is DONE; without a verdict where the merge was not ours. None in other states."""
    issue = issues.get(tx, job.issue.id) if job.issue and job.step.mode != "observe" else None
    if issue is None or issue.status != "DONE":
        return None
    event = timeline.newest(tx, issue.id, "loop_merged")
    said = event.payload if event is not None else {}
    return Answer(
        outcome="already_merged",
        sentence="The issue is merged already." if event is not None else "The issue was merged, not by this gate.",
        code=ALREADY,
        gate="PASS" if event is not None else None,
        merge_sha=issue.merge_sha,
        method=said.get("mergeMethod"),
        snapshot_id=said.get("snapshotId"),
    )
