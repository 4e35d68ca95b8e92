"""Turn what a run of the API was asked for into intents, each once; the gate decides on them later, and alone."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from app import ledger
from app.artifacts.blocked import Blocked
from app.database import Transaction
from app.records import intents, run_intents
from app.records.bindings import Binding
from app.records.wishes import Wish
from app.settings import Settings
from policies import contents
from policies.contents import CheckRunContent, CommentCreateContent, CommentUpdateContent, Content, StatusContent
from policies.decision import Blocker
from policies.intents import Intent, target_of

ACTOR = "mergegate"
OURS = "mergegate"
NUMBERLESS = 0
COMMENT = "comment"
"""The kind of a wish for our one comment on a pull request, made or changed."""
REFUSED = ("git_object", "branch_create", "branch_fast_forward", "comment_create", "comment_update")
"""What no run wishes for by itself: branches follow from an artifact; whether our comment is there is known here."""


def read(settings: Settings, wish: Wish) -> Content:
    """What is to be written. Raises `Blocked`."""
    kind = "comment_create" if wish.kind == COMMENT else wish.kind
    try:
        content = contents.read(kind, wish.content)
    except ValueError:
        raise _refused(wish, "WISH_NOT_UNDERSTOOD", "it is not understood") from None
    if wish.kind in REFUSED:
        raise _refused(wish, "WISH_NOT_UNDERSTOOD", "no run can wish for that by itself")
    if _is_reserved(settings, content):
        raise _refused(wish, "NAME_RESERVED", "the name belongs to the gate's own verdicts")
    return content


def _is_reserved(settings: Settings, content: Content) -> bool:
    """Whether it would speak in the gate's own name."""
    name = content.context if isinstance(content, StatusContent) else ""
    name = content.name if isinstance(content, CheckRunContent) else name
    return name.casefold().startswith((OURS, settings.status_context.casefold()))


def _refused(wish: Wish, code: str, why: str) -> Blocked:
    return Blocked(
        Blocker(code=code, sentence=f"The wish for a {wish.kind} can't be carried out: {why}.", subject=wish.kind)
    )


class Recording:
    """The intents of a run in one transaction; `due`: those that are to be decided on."""

    def __init__(self, tx: Transaction, binding: Binding, now: datetime) -> None:
        self.tx = tx
        self.binding = binding
        self.now = now
        self.due: list[UUID] = []
        self._new: list[tuple[UUID, Intent]] = []

    def add(self, content: Content, *, stage: int = 0, part_of: UUID | None = None) -> UUID:
        """The intent that carries a content out in this epoch: the one that is there, or a new one.

        A git object waits until it is its turn, since the branch that leads to it is what is judged first.
        """
        target = target_of(content, self.binding.repository_id, self.binding.epoch)
        intents.lock(self.tx, target)
        content = self._known_comment(target, content)
        known = run_intents.same(self.tx, self.binding.run_id, self.binding.epoch, target, content)
        return known or self._add(target, content, stage, part_of)

    def _add(self, target: str, content: Content, stage: int, part_of: UUID | None) -> UUID:
        newest = intents.newest(self.tx, target)
        intent = Intent(
            run_id=str(self.binding.run_id),
            repository=self.binding.remote,
            repository_id=self.binding.repository_id,
            installation_id=self.binding.installation_id,
            number=getattr(content, "number", NUMBERLESS),
            sequence=newest["sequence"] + 1 if newest else 1,
            content=content,
            epoch=self.binding.epoch,
            part_of=str(part_of) if part_of else None,
        )
        status: Literal["pending", "waiting"] = "waiting" if intent.kind == "git_object" else "pending"
        intent_id = intents.record(self.tx, intent, None, self.now, stage=stage, status=status)
        self._new.append((intent_id, intent))
        if status == "pending":
            self.due.append(intent_id)
        return intent_id

    def _known_comment(self, target: str, content: Content) -> Content:
        """Our one comment is changed where it is there."""
        if not isinstance(content, CommentCreateContent):
            return content
        comment_id = run_intents.comment_of(self.tx, target)
        if comment_id is None:
            return content
        return CommentUpdateContent(number=content.number, comment_id=comment_id, body=content.body)

    def attest(self) -> None:
        """The audit entry of what was recorded; the last thing in the transaction."""
        if not self._new:
            return
        rows = [
            {"intent": str(intent_id), "kind": intent.kind, "target": intent.target, "digest": intent.content_digest}
            for intent_id, intent in self._new
        ]
        body = {"epoch": self.binding.epoch, "head_sha": self.binding.head_sha, "intents": rows}
        ledger.append(
            self.tx, kind="intents_recorded", subject=self.binding.subject, actor=ACTOR, body=body, at=self.now
        )
