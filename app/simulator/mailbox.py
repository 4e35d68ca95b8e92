"""Webhooks on their way out: sent at once, or held to be sent in another order, twice, or never."""

import threading
from collections.abc import Callable, Sequence

from app.simulator import payloads, post
from app.simulator.github import GitHub
from app.simulator.post import Notice
from app.simulator.records import App, Sent
from app.simulator.shapes.view import Json, View

_SETTLE_SECONDS = 15


class Mailbox:
    def __init__(self, github: GitHub) -> None:
        self.github = github
        self.held: list[Notice] | None = None  # None: everything is sent at once
        self._threads: list[threading.Thread] = []
        github.redeliverer = lambda sent_id: self.later(self.redeliver, sent_id)

    @property
    def sent(self) -> list[Sent]:
        """The deliveries log, oldest first."""
        return list(self.github.state.sent)

    def view(self) -> View:
        return View(self.github.state, self.github.url)

    def tell(self, event: str, body: Json, *, full_name: str, by: str) -> None:
        """One webhook to each App that is installed there, subscribes to the event and has a hook."""
        repository = self.github.state.repository(full_name)
        self.github.user(by)
        for installation in self.github.state.installations_on(repository):
            app = self.github.state.apps[installation.app_id]
            if event in app.events:
                whole = {**payloads.common(self.view(), repository, installation, by), **body}
                self.put(app, event, whole, installation_id=installation.id, repository_id=repository.id)

    def tell_organization(self, event: str, body: Json, *, org: str, by: str) -> None:
        """As `tell`, about an organization and no repository."""
        self.github.user(by)
        for installation in list(self.github.state.installations.values()):
            app = self.github.state.apps[installation.app_id]
            if installation.account == org and installation.suspended_at is None and event in app.events:
                common = payloads.common(self.view(), None, installation, by)
                whole = {**common, "organization": payloads.organization(self.view(), org), **body}
                self.put(app, event, whole, installation_id=installation.id)

    def put(
        self,
        app: App,
        event: str,
        body: Json,
        *,
        installation_id: int | None = None,
        repository_id: int | None = None,
    ) -> None:
        if app.hook_url is None:
            return
        item = post.notice(app, event, body, installation_id=installation_id, repository_id=repository_id)
        if self.held is None:
            post.send(self.github, item)
        else:
            self.held.append(item)

    def hold(self) -> None:
        """From now on webhooks wait for `deliver` or `drop`."""
        self.held = self.held or []

    def deliver(self, order: Sequence[int] | None = None, *, duplicate: int = 1) -> list[Sent]:
        """Send what is held, each so many times, and hold no more.

        `order` holds indexes; what it leaves out is dropped.
        """
        waiting, self.held = self.held or [], None
        chosen = range(len(waiting)) if order is None else order
        for place in set(range(len(waiting))) - set(chosen):
            post.lose(self.github, waiting[place])
        done = []
        for place in chosen:
            first = post.send(self.github, waiting[place])
            done += [first, *(post.send_again(self.github, first) for _ in range(duplicate - 1))]
        return done

    def drop(self) -> list[Sent]:
        """What is held is never sent; the log says that nobody listened."""
        waiting, self.held = self.held or [], None
        return [post.lose(self.github, item) for item in waiting]

    def redeliver(self, sent_id: int) -> Sent:
        """Send one delivery of the log again: same GUID, same body."""
        return post.send_again(self.github, next(s for s in self.sent if s.id == sent_id))

    def settle(self) -> None:
        """Wait until everything has been sent that requests to the API set going."""
        for thread in self._threads:
            thread.join(_SETTLE_SECONDS)

    def later(self, work: Callable[..., object], *values: object) -> None:
        """Do it beside the request that asks for it, whose answer must not wait for our receiver."""
        thread = threading.Thread(target=work, args=values, daemon=True)
        self._threads.append(thread)
        thread.start()
