"""Look now and then how GitHub is set up for this gate, so that what merges stand on is never old."""

import logging
from datetime import timedelta
from uuid import UUID

from app import doctor
from app.doctor import Report
from app.github.answers import Unavailable
from app.github.reader import LiveReader
from app.handed import Inspected
from app.records import alerts, operator_settings, runs
from tasks import putting_off
from tasks.context import Context

ALERTED = ("GATE_NOT_REQUIRED", "GATE_NOT_PINNED", "APP_MAY_BYPASS")
"""Findings by which a merge can go around the gate, or GitHub would not stop one of its own mistakes."""
FRESH_SECONDS = 3_600
"""A repository is looked at no more often."""

log = logging.getLogger("mergegate")


def inspect(context: Context, run_id: UUID) -> None:
    """Look at the guarded repositories that are due, for as long as a task may take.

    Nothing happens where the run isn't due or another worker has it. Raises `LeaseLost`.
    """
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, context.clock(), context.settings.lease_seconds)
    if run is None:
        return
    try:
        count = _look(context)
    except Unavailable as trouble:
        log.warning("action=inspect_put_off code=%s", trouble.code)
        putting_off.run(context, run, trouble)
        return
    with context.pool.connection() as tx:
        runs.finish(tx, run, context.clock(), Inspected(looked_at=count))


def _look(context: Context) -> int:
    """How many were looked at; the rest is left to the next round. Raises `Unavailable`."""
    reader = context.reader
    if not isinstance(reader, LiveReader):
        return 0
    until, count = context.clock() + timedelta(seconds=context.settings.lease_seconds / 2), 0
    with context.pool.connection() as tx:
        guarded = operator_settings.everywhere(tx, context.settings).merge_repositories
    for name in guarded:
        if context.clock() >= until:
            break
        count += _inspect(context, reader, name)
    return count


def _inspect(context: Context, reader: LiveReader, name: str) -> int:
    with context.pool.connection() as tx:
        own, received_at = doctor.own(tx, context.settings, name), doctor.last_received_at(tx)
    if own.found_at is not None and own.found_at > context.clock() - timedelta(seconds=FRESH_SECONDS):
        return 0
    report = doctor.inspect(reader, context.settings, [own], received_at=received_at, clock=context.clock)
    context.checkpoint("inspect.looked")
    _record(context, report)
    return 1


def _record(context: Context, report: Report) -> None:
    """Where a merge could go around the gate, that is an alert, once in a week."""
    week = "-".join(map(str, report.looked_at.isocalendar()[:2]))
    with context.pool.connection() as tx:
        doctor.record(tx, report, context.settings.github_app_id or 0)
        for finding in report.findings:
            if finding.code in ALERTED:
                key = f"{finding.code}:{finding.subject}:{week}"
                subject, fields = f"gate:{finding.subject}", {"where": finding.subject}
                alerts.raise_alert(tx, finding.code, subject=subject, fields=fields, key=key, at=report.looked_at)
