"""Our one comment stays one: a wish to make it, where it is there by now, becomes a wish to change it."""

from uuid import UUID

from app.records import bindings, intents, run_intents
from app.records.intents import Claimed
from policies.contents import CommentCreateContent, CommentUpdateContent
from tasks import names, receipts
from tasks.context import Context


def replaced(context: Context, claimed: Claimed) -> bool:
    """Whether another write takes this one's place: it is recorded, decided on by itself, and this one put aside."""
    wanted = claimed.intent.content
    if not isinstance(wanted, CommentCreateContent):
        return False
    now = context.clock()
    with context.pool.connection() as tx:
        bindings.hold(tx, UUID(claimed.intent.run_id))
        intents.lock(tx, claimed.intent.target)
        intents.hold(tx, claimed)
        comment_id = run_intents.comment_of(tx, claimed.intent.target)
        if comment_id is None or intents.superseded_by(tx, claimed) is not None:
            return False
        changed = CommentUpdateContent(number=wanted.number, comment_id=comment_id, body=wanted.body)
        intent = claimed.intent.model_copy(update={"content": changed, "sequence": claimed.intent.sequence + 1})
        successor = intents.record(tx, intent, None, now, stage=claimed.stage)
        receipts.attest(tx, claimed, "write_replaced", {"by": str(successor), "comment": comment_id}, now)
    context.send(names.WRITE, successor, 0)
    return True
