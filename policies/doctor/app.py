"""Judge what is not about one repository: the App's events, whether its webhooks arrive, the clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from policies.doctor.facts import Finding, Gate, Post, Purpose

EVENTS: tuple[str, ...] = (
    *("check_run", "check_suite", "issue_comment", "merge_group", "pull_request", "pull_request_review", "push"),
    *("status", "workflow_run"),
)
"""Without these a verdict is old until something else happens."""
EVENTS_OF_PEOPLE: tuple[str, ...] = (
    *("custom_property_values", "label", "member", "membership", "organization", "team"),
)
"""The same, of verdicts under policies that ask for teams, permissions, labels or properties."""
MOST_SKEW_SECONDS = 30
QUIET_HOURS = 24
LOST_SECONDS = 3_600
"""GitHub delivered, and this gate has recorded nothing for so long before: they don't arrive."""


def judge(gate: Gate, post: Post, purpose: Purpose, now: datetime) -> Iterator[Finding]:
    """Every finding about the App; where GitHub does not know us as it, the clock may be why."""
    yield _clock(gate)
    if gate.trouble is not None:
        sentence = f"GitHub did not show our App: {gate.trouble}"
        mend = "Look at the clock, GITHUB_APP_ID and GITHUB_PRIVATE_KEY."
        yield Finding(code="APP_UNREADABLE", severity="error", subject=gate.slug, sentence=sentence, mend=mend)
        return
    yield _events(gate)
    yield _post(gate, post, now)
    yield _merger(gate, purpose)


def _events(gate: Gate) -> Finding:
    missing, of_some = (sorted(set(wanted) - set(gate.events)) for wanted in (EVENTS, EVENTS_OF_PEOPLE))
    if not (missing or of_some):
        return _ok("EVENTS", gate, "The App is subscribed to all events that this gate needs.")
    whose = "verdicts" if missing else "verdicts of policies that ask for such"
    return Finding(
        code="EVENTS_MISSING",
        severity="error" if missing else "warning",
        subject=gate.slug,
        sentence=f"The App is not subscribed to {', '.join([*missing, *of_some])}, so {whose} get old unnoticed.",
        mend="Subscribe it in the App's settings, under Permissions and events.",
    )


def _post(gate: Gate, post: Post, now: datetime) -> Finding:
    """Whether webhooks leave GitHub, are answered, and are recorded here."""
    if post.trouble is not None:
        sentence = f"GitHub's list of webhooks could not be read: {post.trouble}"
        return _wrong("WEBHOOKS_UNKNOWN", gate, sentence, "Run this again later.")
    if post.delivered_at is None or post.delivered_at < now - timedelta(hours=QUIET_HOURS):
        sentence = f"GitHub lists no webhook of the last {QUIET_HOURS} hours for this App."
        return _wrong("WEBHOOKS_SILENT", gate, sentence, "Look at the webhook in the App's settings: is it active?")
    if post.failed == post.listed:
        sentence = f"None of the last {post.listed} webhooks was answered with a success."
        mend = "Look at the App's recent deliveries, and at WEBHOOK_SECRET and the proxy before this gate."
        return Finding(code="WEBHOOKS_FAIL", severity="error", subject=gate.slug, sentence=sentence, mend=mend)
    if post.received_at is None or post.received_at < post.delivered_at - timedelta(seconds=LOST_SECONDS):
        sentence = "GitHub delivers webhooks that are answered, and this gate has not recorded any for an hour."
        mend = "Look whether the webhook's address is that of this gate, and whether its workers run."
        return Finding(code="WEBHOOKS_LOST", severity="error", subject=gate.slug, sentence=sentence, mend=mend)
    if post.failed:
        sentence = f"{post.failed} of the last {post.listed} webhooks were not answered with a success."
        return _wrong("WEBHOOKS_FAIL", gate, sentence, "Look at the App's recent deliveries at GitHub.")
    return _ok("WEBHOOKS", gate, "Webhooks arrive and are recorded.")


def _clock(gate: Gate) -> Finding:
    if gate.skew_seconds is None:
        return _wrong(
            "CLOCK_UNKNOWN", gate, "GitHub's answer has no time to compare our clock with.", "Run this again."
        )
    if abs(gate.skew_seconds) > MOST_SKEW_SECONDS:
        way = "ahead of" if gate.skew_seconds > 0 else "behind"
        sentence = f"The clock of this machine is {abs(gate.skew_seconds)} s {way} GitHub's."
        mend = "Set the clock, by NTP for example."
        return Finding(code="CLOCK_WRONG", severity="error", subject=gate.slug, sentence=sentence, mend=mend)
    return _ok("CLOCK", gate, "The clock of this machine is right.")


def _merger(gate: Gate, purpose: Purpose) -> Finding:
    if purpose.merges:
        return _ok("MERGER", gate, "The merger is live: it merges where MERGE_REPOSITORIES and the settings say so.")
    return _ok("MERGER", gate, "The merger is local: nothing is merged anywhere; GITHUB_MERGER=live changes that.")


def _ok(code: str, gate: Gate, sentence: str) -> Finding:
    return Finding(code=code, severity="ok", subject=gate.slug, sentence=sentence)


def _wrong(code: str, gate: Gate, sentence: str, mend: str) -> Finding:
    return Finding(code=code, severity="warning", subject=gate.slug, sentence=sentence, mend=mend)
