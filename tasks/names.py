"""The names of our tasks, as operators see them in Flower; the part before the dot is the queue."""

from app import definitions
from app.definitions import Kind

HANDLE_DELIVERY = "intake.handle_delivery"
EVALUATE = "evaluate.pull_request"
FIND_PULLS = "evaluate.find_pull_requests"
MERGE_GROUP = "evaluate.merge_group"
WRITE = "write.perform"
WORK = "work.advance"
APPROVAL = "approval.follow"
ENQUEUE_DUE = "sweep.enqueue_due"
RECONCILE = "reconcile.deliveries"
INSPECT = "reconcile.inspect_gates"
ANCHOR = "reconcile.anchor_audit"
PRUNE = "reconcile.prune"
STEP = "step.run"
MERGE = "merge.pull_request"
AFTER_MERGE = "merge.follow_up"


def of(kind: Kind) -> str:
    """The task with which a run of this kind begins."""
    return definitions.newest(kind).line[0].task
