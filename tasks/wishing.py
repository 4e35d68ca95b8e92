"""Turn what a run of the API was asked for into intents, each once; the gate decides on them later, and alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app import ledger, wished
from app.artifacts.blocked import Blocked
from app.database import Transaction
from app.records import intents, run_intents
from app.records.bindings import Binding
from app.records.wishes import Wish
from app.settings import Settings
from policies.contents import CommentCreateContent, CommentUpdateContent, Content
from policies.decision import Blocker
from policies.intents import Intent, target_of

NUMBERLESS = 0


def read(settings: Settings, wish: Wish) -> Content:
    """What is to be written. Raises `Blocked`."""
    content = wished.content(wish, settings.status_context)
    if isinstance(content, Blocker):
        raise Blocked(content)
    return content


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
        target = self._target(content)
        intents.lock(self.tx, target)
        known = run_intents.same(self.tx, self.binding.run_id, self.binding.epoch, target, content)
        return known or self._add(target, content, stage, part_of)

    def add_wished(self, found: Sequence[Content]) -> None:
        """The same for what was wished for, oldest first: of the wishes for one target the last one counts.

        What an earlier one led to may be wished for again, so it is the newest intent that has to say it.
        """
        for target, content in {self._target(each): each for each in found}.items():
            intents.lock(self.tx, target)
            newest = run_intents.newest(self.tx, self.binding.run_id, self.binding.epoch, target)
            is_comment = isinstance(content, CommentCreateContent)
            comment_id = run_intents.comment_of(self.tx, target) if is_comment else None
            if newest is None or not _says(newest, content, comment_id):
                self._add(target, _as_it_is_now(content, comment_id), 0, None)

    def _target(self, content: Content) -> str:
        return target_of(content, self.binding.repository_id, self.binding.epoch)

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
            self.tx, kind="intents_recorded", subject=self.binding.subject, actor=ledger.BY_GATE, body=body, at=self.now
        )


def _says(newest: dict[str, Any], content: Content, comment_id: int | None) -> bool:
    """Whether an intent carries this out; a change of a comment that was deleted meanwhile does not."""
    if not isinstance(content, CommentCreateContent):
        return bool(newest["content"] == content.model_dump(mode="json"))
    is_gone = newest["kind"] == "comment_update" and newest["status"] == "refused" and comment_id is None
    return newest["content"]["body"] == content.body and not is_gone


def _as_it_is_now(content: Content, comment_id: int | None) -> Content:
    """Our one comment is changed where it is there."""
    if not isinstance(content, CommentCreateContent) or comment_id is None:
        return content
    return CommentUpdateContent(number=content.number, comment_id=comment_id, body=content.body)
