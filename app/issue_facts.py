"""What is known of an issue at a moment, gathered from its rows for the lifecycle to judge."""

from datetime import datetime

from app.database import Transaction
from app.records import deployments, issue_evidence, timeline
from app.records.issues import Issue
from policies.lifecycle import Draft, Facts

SECONDS_PER_HOUR = 3_600


def of(tx: Transaction, issue: Issue, now: datetime, evidence_hours: int) -> Facts:
    """The facts of one issue. `evidence_hours`: how old verification may be."""
    seen = deployments.of_issue(tx, issue.id)
    return Facts(
        now=now,
        evidence_seconds=evidence_hours * SECONDS_PER_HOUR,
        github_link=issue.github_url is not None,
        pull_link=issue.pr_url is not None,
        candidates=len(issue.pr_candidates),
        picked=timeline.newest(tx, issue.id, "loop_step_s1_completed") is not None,
        draft=_draft(issue),
        is_valid=issue.validation["valid"] is True if issue.validation else None,
        review_requested=timeline.newest(tx, issue.id, "loop_review_requested") is not None,
        merge_sha=issue.merge_sha,
        deployments=sum(each.is_authentic and each.sha == issue.merge_sha for each in seen),
        evidence=issue_evidence.newest_of_each_kind(tx, issue.id),
    )


def _draft(issue: Issue) -> Draft:
    if issue.draft is None:
        return "missing"
    return "uncommitted" if issue.draft_committed_at is None else "committed"
