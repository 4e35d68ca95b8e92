"""Look how GitHub and this gate are set up: facts of ours from the rows, facts of GitHub's read, both judged."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.database import Transaction
from app.github import merge_evidence
from app.github.answers import Unavailable
from app.github.merge_documents import BranchProtection, Rule
from app.github.reader import LiveReader, Place
from app.records import gate_findings, operator_settings, pins
from app.settings import Settings
from policies.contents import context_of
from policies.doctor import app as app_judge
from policies.doctor import repository as repository_judge
from policies.doctor.facts import Base, Finding, Gate, Home, Post, Purpose, Ruled
from policies.in_force import InForce

MOST_BASES = 20
HIDDEN = "GITHUB_AUTH_FAILED"
CODES = {"ok": 0, "warning": 1, "error": 2}
"""Exit codes, by the worst finding."""


@dataclass(frozen=True)
class Own:
    """What our rows tell of a repository. `pinned`: the id of its name's first use; `bases`: branches to look at.

    `counts`: what operators allow. `found_at`: when the branches were looked at last.
    """

    full_name: str
    pinned: int | None = None
    counts: InForce = field(default_factory=InForce)
    bases: tuple[str, ...] = ()
    overrides: dict[str, str] = field(default_factory=dict)
    found_at: datetime | None = None


@dataclass(frozen=True)
class Found:
    """What was found of one repository. `repository_id`: None where it could not be looked at."""

    home: Home
    repository_id: int | None = None


@dataclass(frozen=True)
class Report:
    """Everything that was found."""

    findings: tuple[Finding, ...]
    found: tuple[Found, ...]
    looked_at: datetime

    @property
    def exit_code(self) -> int:
        """0 where all is well, 1 where there are warnings, 2 where there are errors."""
        return max((CODES[finding.severity] for finding in self.findings), default=0)


def repositories(tx: Transaction, settings: Settings) -> tuple[str, ...]:
    """Those that this gate is for, by owner/name, each once however it is spelt."""
    counts = operator_settings.everywhere(tx, settings)
    named = {name.lower(): name for name in (*counts.merge_repositories, *counts.repositories)}
    return tuple(sorted(named.values(), key=str.lower))


def own(tx: Transaction, settings: Settings, full_name: str, bases: Iterable[str] = ()) -> Own:
    """What our rows tell of a repository; `bases`: branches to look at besides."""
    pinned = pins.pinned(tx, full_name)
    known = pinned if pinned is not None else _seen(tx, full_name)
    counts = operator_settings.in_force(tx, settings, full_name, known)
    if known is None:
        return Own(full_name, counts=counts, bases=tuple(bases))
    inspected = gate_findings.bases(tx, known)
    found = {base: gate_findings.of(tx, known, base) for base in inspected}
    return Own(
        full_name,
        pinned,
        counts,
        tuple(dict.fromkeys((*bases, *_open_bases(tx, known), *inspected)))[:MOST_BASES],
        {base: finding.overridden_by for base, finding in found.items() if finding.overridden_by is not None},
        gate_findings.last_found_at(tx, known),
    )


def last_received_at(tx: Transaction) -> datetime | None:
    """When the last webhook was recorded that came by itself."""
    row = tx.execute(
        "SELECT received_at AS at FROM deliveries WHERE via = 'webhook' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return row["at"] if row else None


def _seen(tx: Transaction, full_name: str) -> int | None:
    row = tx.execute(
        "SELECT repository_id FROM pulls WHERE lower(full_name) = lower(%(name)s) ORDER BY repository_id DESC LIMIT 1",
        {"name": full_name},
    ).fetchone()
    return row["repository_id"] if row else None


def _open_bases(tx: Transaction, repository_id: int) -> tuple[str, ...]:
    """The branches that open pull requests go into, those of most of them first."""
    rows = tx.execute(
        "SELECT base_ref FROM pulls WHERE repository_id = %(repository)s AND is_open AND base_ref IS NOT NULL"
        " GROUP BY base_ref ORDER BY count(*) DESC, base_ref LIMIT %(most)s",
        {"repository": repository_id, "most": MOST_BASES},
    ).fetchall()
    return tuple(row["base_ref"] for row in rows)


def inspect(
    reader: LiveReader,
    settings: Settings,
    owned: Iterable[Own],
    *,
    received_at: datetime | None,
    clock: Callable[[], datetime],
) -> Report:
    """Read GitHub and judge. Raises `Unavailable` only where not even our App can be read."""
    owned = tuple(owned)
    gate, purpose = _gate(reader, settings, clock), _purpose(settings, owned)
    found = tuple(_look(reader, settings, each, clock()) for each in owned)
    findings = [*app_judge.judge(gate, _post(reader, received_at), purpose, clock())]
    for each in found:
        findings += repository_judge.judge(each.home, purpose, gate.app_id)
    return Report(tuple(findings), found, clock())


def record(tx: Transaction, report: Report, app_id: int) -> None:
    """Keep on which branches the gate is required.

    What could not be read for the moment leaves what was found before, which ages.
    """
    for repository_id, base in _bases(report):
        if repository_judge.is_certain(base, app_id):
            is_required = repository_judge.is_required(base, app_id)
            gate_findings.found(tx, repository_id, base.branch, is_required=is_required, now=report.looked_at)


def _bases(report: Report) -> Iterator[tuple[int, Base]]:
    for found in report.found:
        if found.repository_id is not None:
            for base in found.home.bases:
                yield found.repository_id, base


def _gate(reader: LiveReader, settings: Settings, clock: Callable[[], datetime]) -> Gate:
    shown = reader.own_app()
    skew = None if shown.date is None else round((clock() - shown.date).total_seconds())
    if shown.app is None:
        return Gate(app_id=settings.github_app_id or 0, slug="the App", skew_seconds=skew, trouble=shown.trouble)
    return Gate(app_id=shown.app.id, slug=shown.app.slug, events=shown.app.events, skew_seconds=skew)


def _purpose(settings: Settings, owned: Iterable[Own]) -> Purpose:
    of_some = [switch for switches in settings.repository_writes.values() for switch in switches.allow]
    of_some += [kind for each in owned for kind in each.counts.kinds]
    return Purpose(
        writes=tuple(sorted({*settings.allowed_writes, *of_some})),
        merges=settings.github_merger == "live",
        workflow_files=settings.allow_workflow_files,
    )


def _post(reader: LiveReader, received_at: datetime | None) -> Post:
    try:
        listed = reader.newest_deliveries()
    except Unavailable as trouble:
        return Post(trouble=trouble.sentence, received_at=received_at)
    return Post(
        listed=len(listed),
        failed=sum(not each.is_answered for each in listed),
        delivered_at=max((each.delivered_at for each in listed), default=None),
        received_at=received_at,
    )


def _look(reader: LiveReader, settings: Settings, own: Own, now: datetime) -> Found:
    try:
        return _look_closely(reader, settings, own, now)
    except Unavailable as trouble:
        return Found(Home(full_name=own.full_name, trouble=trouble.sentence))


def _look_closely(reader: LiveReader, settings: Settings, own: Own, now: datetime) -> Found:
    installed = reader.installed_on(own.full_name)
    if installed is None:
        return Found(Home(full_name=own.full_name, installed=False))
    if installed.suspended_at is not None:
        return Found(Home(full_name=own.full_name, suspended=True))
    owner, _, name = own.full_name.partition("/")
    shown = reader.repository(installed.id, owner, name)
    if shown is None:
        return Found(Home(full_name=own.full_name, installed=False))
    if own.pinned not in (None, shown.id):
        return Found(Home(full_name=own.full_name, other_id=True))
    place = Place(installed.id, shown.id)
    named = tuple(dict.fromkeys((shown.default_branch, *own.bases)))
    branches = tuple(branch for branch in named if reader.branch_tip(place, branch) is not None)
    home = _home(own, now).model_copy(
        update={
            "permissions": tuple(sorted(installed.permissions.items())),
            "auto_merge": reader.permissive(place).allow_auto_merge,
            "bases": tuple(_base(reader, settings, place, branch, own) for branch in branches),
        }
    )
    return Found(home, shown.id)


def _home(own: Own, now: datetime) -> Home:
    frozen = own.counts.frozen_at(now)
    return Home(
        full_name=own.full_name,
        guarded=own.counts.merges_in(own.full_name),
        safe_mode=own.counts.safe_mode,
        dry_run=own.counts.dry_run is True,
        frozen=frozen.reason if frozen else None,
    )


def _base(reader: LiveReader, settings: Settings, place: Place, branch: str, own: Own) -> Base:
    """What protects a branch; the half that could be read where the other could not."""
    context, overridden_by = context_of(settings.status_context, branch), own.overrides.get(branch)
    base = Base(branch=branch, context=context, overridden_by=overridden_by)
    rules, rulesets, met = _ruled(reader, place, branch)
    classic, met_too = _classic(reader, place, branch)
    troubles = sorted((each for each in (met, met_too) if each is not None), key=lambda each: each.code == HIDDEN)
    trouble = troubles[0] if troubles else None
    try:
        demanded = merge_evidence.protection(classic, rules)
    except Unavailable as strange:
        return base.model_copy(update={"trouble": strange.sentence})
    return base.model_copy(
        update={
            "required": demanded.required,
            "rulesets": rulesets,
            "admins_bound": classic.enforce_admins.enabled if classic and classic.enforce_admins else None,
            "excused": _is_excused(classic, settings.github_app_id),
            "queue": demanded.merge_queue,
            "trouble": trouble.sentence if trouble else None,
            "is_hidden": trouble is not None and trouble.code == HIDDEN,
        }
    )


def _ruled(
    reader: LiveReader, place: Place, branch: str
) -> tuple[tuple[Rule, ...], tuple[Ruled, ...], Unavailable | None]:
    """The rules in force and the rulesets that they are of, as far as they could be read, and why not all were."""
    rules: tuple[Rule, ...] = ()
    try:
        rules = reader.branch_rules(place, branch)
        return rules, tuple(_rulesets(reader, place, rules)), None
    except Unavailable as met:
        return rules, (), met


def _classic(reader: LiveReader, place: Place, branch: str) -> tuple[BranchProtection | None, Unavailable | None]:
    try:
        return reader.classic_protection(place, branch), None
    except Unavailable as met:
        return None, met


def _rulesets(reader: LiveReader, place: Place, rules: tuple[Rule, ...]) -> Iterator[Ruled]:
    """What is hidden from us may have our App on its bypass list all the same."""
    for ruleset_id in sorted({rule.ruleset_id for rule in rules if rule.ruleset_id is not None}):
        shown = reader.ruleset(place, ruleset_id)
        if shown is None:
            yield Ruled(name=f"ruleset {ruleset_id}", passes=None)
        else:
            yield Ruled(name=shown.name, passes=shown.current_user_can_bypass)


def _is_excused(classic: BranchProtection | None, app_id: int | None) -> bool:
    reviews = classic.required_pull_request_reviews if classic else None
    allowed = reviews.bypass_pull_request_allowances if reviews else None
    return allowed is not None and any(app.id == app_id for app in allowed.apps)
