"""The simulated GitHub's state with its clock, its ids, its lock and the accounts that live in it."""

import copy
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from app.simulator import keys
from app.simulator.objects import Signature
from app.simulator.records import App, Installation, Organization, Repository, User
from app.simulator.state import State

_FIRST_ID = 1001
WEB_FLOW = "web-flow"  # who commits what is made in GitHub's own pages
APP_PERMISSIONS = {
    "actions": "read",
    "administration": "read",
    "checks": "write",
    "contents": "write",
    "deployments": "read",
    "issues": "read",
    "members": "read",
    "merge_queues": "read",
    "metadata": "read",
    "organization_projects": "write",
    "pull_requests": "write",
    "statuses": "write",
}
APP_EVENTS = (
    "check_run",
    "check_suite",
    "custom_property_values",
    "deployment",
    "deployment_status",
    "issue_comment",
    "label",
    "member",
    "membership",
    "merge_group",
    "organization",
    "pull_request",
    "pull_request_review",
    "push",
    "repository",
    "status",
    "team",
    "workflow_run",
)


def real_time() -> datetime:
    return datetime.now(UTC)


class World:
    """`state` is what is; `before` is what was before the last change (for stale reads)."""

    def __init__(self, clock: Callable[[], datetime] = real_time) -> None:
        self.clock = clock
        self.token_clock: Callable[[], datetime] = self.now  # who makes JWTs may live by another than what happens here
        self.url = "https://api.github.test"  # the server puts its own address here
        self.lock = threading.RLock()
        self.state = State()
        self.before = State()
        self._ids = itertools.count(_FIRST_ID)
        self._depth = 0

    def now(self) -> datetime:
        """GitHub's times have whole seconds."""
        return self.clock().replace(microsecond=0)

    def next_id(self) -> int:
        return next(self._ids)

    @contextmanager
    def changing(self) -> Iterator[State]:
        """Hold the lock for one change; what was before the outermost one stays readable as `before`."""
        with self.lock:
            if self._depth == 0:
                self.before = copy.deepcopy(self.state)
            self._depth += 1
            try:
                yield self.state
            finally:
                self._depth -= 1

    def user(self, login: str, *, kind: str | None = None) -> User:
        """The account of that login, made on first use; `<name>[bot]` is a Bot, everybody else a User unless said."""
        with self.lock:
            if login not in self.state.users:
                kind = kind or ("Bot" if login.endswith("[bot]") else "User")
                self.state.users[login] = User(id=self.next_id(), login=login, kind=kind, created_at=self.now())
            return self.state.users[login]

    def signature(self, login: str | None, *, email: str | None = None) -> Signature:
        if login is not None:
            self.user(login)
        return Signature(login=login, email=email or f"{login or 'nobody'}@example.test", at=self.now())

    def add_organization(
        self,
        login: str,
        *,
        members: Mapping[str, str] | None = None,
        teams: Mapping[str, Mapping[str, str]] | None = None,
        base: str = "none",
    ) -> Organization:
        """`members` maps a login to admin or member; `teams` a slug to {login: maintainer or member}.

        `base` is the role that every member has in every repository (GitHub's own default is read).
        """
        with self.changing() as state:
            self.user(login, kind="Organization")
            named = {slug: dict(people) for slug, people in (teams or {}).items()}
            known = Organization(login=login, base=base, members=dict(members or {}), teams=named)
            state.organizations[login] = known
            for person in [*(members or {}), *(p for people in named.values() for p in people)]:
                self.user(person)
            return state.organizations[login]

    def add_app(
        self,
        slug: str = "mergegate",
        *,
        public_key: str | None = None,
        permissions: Mapping[str, str] | None = None,
        events: tuple[str, ...] = APP_EVENTS,
        hook_url: str | None = None,
        hook_secret: str = "",
        app_id: int | None = None,
    ) -> App:
        """An App and its bot account `<slug>[bot]`; the key is `keys.key_pair()`'s unless given, the id the next."""
        with self.changing() as state:
            app = App(
                id=app_id or self.next_id(),
                slug=slug,
                owner=self.user(f"{slug}-owner").login,
                public_key=public_key or keys.key_pair().public,
                permissions=dict(permissions or APP_PERMISSIONS),
                events=events,
                hook_id=self.next_id(),
                hook_url=hook_url,
                hook_secret=hook_secret,
                created_at=self.now(),
            )
            state.apps[app.id] = app
            self.user(f"{slug}[bot]")
            return app

    def set_hook(self, app: App, url: str | None, *, secret: str | None = None) -> App:
        """Point the App's webhooks elsewhere (None: nowhere), with the secret it had unless given."""
        with self.changing() as state:
            known = state.apps[app.id]
            changed = replace(known, hook_url=url, hook_secret=known.hook_secret if secret is None else secret)
            state.apps[app.id] = changed
            return changed

    def permit(self, app: App, **levels: str) -> App:
        """The App and all its installations hold these permissions so far (read, write, or none); the rest stays."""
        with self.changing() as state:
            known = state.apps[app.id]
            held = {name: level for name, level in {**known.permissions, **levels}.items() if level != "none"}
            state.apps[app.id] = replace(known, permissions=held)
            for number, one in state.installations.items():
                if one.app_id == app.id:
                    state.installations[number] = replace(one, permissions=held)
            return state.apps[app.id]

    def subscribe(self, app: App, *events: str) -> App:
        """The App's hook gets these events and no others."""
        with self.changing() as state:
            state.apps[app.id] = replace(state.apps[app.id], events=events)
            return state.apps[app.id]

    def install(self, app: App, account: str, *, only: tuple[str, ...] | None = None) -> Installation:
        """Install the App on an account: on all its repositories, or only on those named in full."""
        with self.changing() as state:
            self.user(account)
            chosen = None if only is None else tuple(state.repository(name).id for name in only)
            installation = Installation(
                id=self.next_id(),
                app_id=app.id,
                account=account,
                repository_ids=chosen,
                permissions=app.permissions,
                created_at=self.now(),
            )
            state.installations[installation.id] = installation
            return installation

    def suspend(self, installation: Installation) -> None:
        """Its tokens answer 403 from now on, and it gets no webhooks."""
        with self.changing() as state:
            state.installations[installation.id] = replace(installation, suspended_at=self.now())

    def unsuspend(self, installation: Installation) -> None:
        with self.changing() as state:
            state.installations[installation.id] = replace(installation, suspended_at=None)

    def select(self, installation: Installation, *names: str) -> Installation:
        """From now on it covers these repositories, named in full, and no others."""
        with self.changing() as state:
            chosen = tuple(state.repository(name).id for name in names)
            changed = replace(state.installations[installation.id], repository_ids=chosen)
            state.installations[installation.id] = changed
            return changed

    def uninstall(self, installation: Installation) -> None:
        """Its tokens answer 401 from now on, and it gets no webhooks."""
        with self.changing() as state:
            del state.installations[installation.id]

    def own(self, full_name: str, *, private: str, fork_of: int | None = None) -> Repository:
        """A new repository without commits; `private` is `private` or `public`."""
        owner, _, name = full_name.partition("/")
        self.user(owner)
        now = self.now()
        repository = Repository(
            id=self.next_id(),
            owner=owner,
            name=name,
            private=private == "private",
            fork_of=fork_of,
            created_at=now,
            pushed_at=now,
        )
        self.state.repositories[repository.id] = repository
        return repository
