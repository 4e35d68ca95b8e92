"""Anchor the audit where the settings say, again and again; trouble with the place holds nothing up."""

import logging

from app import anchoring, anchors
from app.anchors import AnchorsUnavailable
from tasks.context import Context

log = logging.getLogger("mergegate")


def anchor(context: Context) -> None:
    """Anchor the newest entry, if there is a new one."""
    place = context.settings.audit_anchor
    if place is None:
        return
    opened = anchors.opened(place, endpoint=context.settings.audit_anchor_s3_endpoint)
    try:
        done = anchoring.anchor(context.pool.connection, opened, place, now=context.clock())
    except AnchorsUnavailable as trouble:
        log.warning("action=anchor_failed why=%r", str(trouble))
        return
    if done.fault is not None:
        log.error("action=anchor_contradicts code=%s why=%r", done.fault.code, done.fault.sentence)
    if done.anchor is not None and done.is_new:
        log.info("action=anchored seq=%d", done.anchor.seq)
