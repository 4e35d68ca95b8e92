"""Webhooks that get lost on their way to a house, and what reconciling makes of them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from app.events import Delivery
from app.github import payloads
from app.github.deliveries import Deliveries, Listed, Page, Sent
from app.records import lapses, rounds
from app.simulator import Hooks
from tasks import intake, names, reconcile
from tests.tasks.house import REPOSITORY, House

NOBODY = "http://127.0.0.1:9/nobody"


@dataclass
class Post:
    """The webhooks of a house's GitHub, and what reconciling makes of them."""

    house: House
    hooks: Hooks
    bound: Deliveries

    def lose(self, count: int) -> None:
        """So many webhooks that say the same, each an event of its own, a second apart."""
        self.hooks.edit_pull(REPOSITORY, 1, by="bob", title="Lost")
        github, first = self.house.github, self.hooks.sent[-1]
        for _ in range(count - 1):
            self.house.clock.forward(1)
            guid = str(uuid4())
            headers = {**first.headers, "X-GitHub-Delivery": guid}
            sent = replace(first, id=github.next_id(), guid=guid, headers=headers, delivered_at=github.now())
            github.state.sent.append(sent)

    def compare(self, bound: Deliveries | None = None) -> bool:
        """One task of the round under way or of a new one; whether there is more of it now."""
        with self.house.context.pool.connection() as tx:
            for row in tx.execute("SELECT id FROM workflows WHERE kind = 'deliveries'").fetchall():
                lapses.put_back(tx, row["id"], self.house.clock())
            rounds.open_due(tx, "deliveries", every_seconds=0, now=self.house.clock())
        for run_id in self._due():
            reconcile.deliveries(self.house.context, bound or self.bound, run_id)
        self.house.sent = [message for message in self.house.sent if message[0] != names.RECONCILE]
        return bool(self._due())

    def _due(self) -> list[UUID]:
        rows = self.house.rows("SELECT id, due_at FROM runs WHERE kind = 'deliveries' AND status = 'pending'")
        return [row["id"] for row in rows if row["due_at"] <= self.house.clock()]

    def reconcile(self) -> bool:
        """One task, and all work that follows from it."""
        more = self.compare()
        self.house.sent = list(dict.fromkeys(self.house.sent))
        self.house.work()
        return more

    def reconcile_all(self) -> None:
        while self.reconcile():
            pass

    def reads(self, pattern: str = "/app/hook/deliveries/") -> int:
        """How many single deliveries were asked for."""
        return len([asked for asked in self.house.github.requests if asked.path.startswith(pattern)])

    def lists(self) -> int:
        """How many pages were asked for."""
        return len([asked for asked in self.house.github.requests if asked.path == "/app/hook/deliveries"])

    def rows(self) -> list[dict[str, Any]]:
        return self.house.rows("SELECT guid, event, via FROM deliveries ORDER BY id")


def event(post: Post) -> Any:
    """What the first webhook says."""
    sent = post.hooks.sent[0]
    return payloads.normalize(sent.event, payloads.parse(sent.body))


def arrive(post: Post) -> None:
    """The first webhook comes in after all."""
    sent, (app,) = post.hooks.sent[0], post.house.github.state.apps.values()
    digest = hashlib.sha256(sent.body).hexdigest()
    now = post.house.clock()
    delivery = Delivery(hook_id=app.hook_id, guid=sent.guid, body_digest=digest, received_at=now, event=event(post))
    intake.handle(post.house.context, delivery)


@dataclass
class Slow:
    """Each reading takes 20 seconds."""

    bound: Deliveries
    house: House

    def page(self, cursor: str | None) -> Page:
        return self.bound.page(cursor)

    def sent(self, listed: Listed) -> Sent:
        self.house.clock.forward(20)
        return self.bound.sent(listed)


@dataclass
class Meanwhile:
    """Something happens between the first page and what is made of it."""

    bound: Deliveries
    happen: Callable[[], object]

    def page(self, cursor: str | None) -> Page:
        page, happen = self.bound.page(cursor), self.happen
        self.happen = lambda: None
        happen()
        return page

    def sent(self, listed: Listed) -> Sent:
        return self.bound.sent(listed)
