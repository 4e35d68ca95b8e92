"""What it means for a merge run that something could not be had: a code that states only what was observed."""

from app.github.answers import Unavailable
from app.governor import LimitsUnavailable
from policies.merging.answer import Against
from tasks import merge_facts
from tasks.context import Context
from tasks.merging import recording, settling
from tasks.merging.finding import Target
from tasks.merging.recording import Ended

NO_POSTGRES = Against(
    code="MERGE_FAILED",
    detail="AUDIT_UNAVAILABLE",
    sentence="Postgres does not answer, so nothing can be recorded and nothing more is sent; it is looked at again.",
    outcome="retry_scheduled",
)
FORBIDDEN = frozenset({"EVIDENCE_FORBIDDEN", "GITHUB_AUTH_FAILED", "READER_LOCAL"})
"""Nothing changes about these until a person has done something."""
OLD = frozenset({"EVIDENCE_EXPIRED", "HEAD_MOVED", "READ_BEHIND_WEBHOOK"})
"""What was read is not of one moment."""


def ended(context: Context, trouble: Unavailable, target: Target | None) -> Ended:
    """How a run ends that could not read all it had to."""
    trouble = merge_facts.for_a_merge(trouble)
    if trouble.code == "RATE_LIMITED":
        return _limited(context, trouble, target)
    return recording.against(
        _against(trouble), target=target, retry_at=trouble.not_before, gate_block_reason="PR_FETCH_FAILED"
    )


def _against(trouble: Unavailable) -> Against:
    if trouble.code == "PR_NOT_FOUND":
        return Against(code="PR_NOT_FOUND", detail=None, sentence=trouble.sentence)
    if trouble.code in OLD:
        return Against(
            code="SNAPSHOT_NOT_FOUND", detail=trouble.code, sentence=trouble.sentence, outcome="retry_scheduled"
        )
    return Against(
        code="MERGE_FAILED",
        detail="EVIDENCE_INCOMPLETE" if trouble.code == "EVIDENCE_INCOMPLETE" else "EVIDENCE_UNAVAILABLE",
        sentence=trouble.sentence,
        outcome="blocked" if trouble.code in FORBIDDEN else "retry_scheduled",
    )


def _limited(context: Context, trouble: Unavailable, target: Target | None) -> Ended:
    """The governor says so too where Redis does not answer, which is another matter."""
    try:
        context.governor.seen(context.clock())
    except LimitsUnavailable:
        return recording.against(settling.NO_REDIS, target=target)
    against = Against(code="MERGE_FAILED", detail="RATE_LIMITED", sentence=trouble.sentence, outcome="retry_scheduled")
    return recording.against(against, target=target, retry_at=trouble.not_before)
