"""Settings of the old system as settings of ours: only such as allow less, so that an import opens nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app import operator_settings
from app.database import Transaction
from app.legacy.cells import Row, Unfit
from app.records import legacy_targets
from app.records import operator_settings as recorded
from app.records.operator_settings import Where
from policies.catalogue import MOST_REASON_CHARACTERS
from policies.text import plain, short

NAMES = {
    **dict.fromkeys(("safe_mode", "safemode", "kill_switch", "killswitch"), "safe_mode"),
    **dict.fromkeys(("dry_run", "dryrun"), "dry_run"),
    **dict.fromkeys(("writes", "writes_enabled", "writesenabled", "writes_allowed"), "writes"),
    **dict.fromkeys(("freeze", "frozen", "merge_freeze"), "freeze"),
}
TRUE, FALSE = ("true", "1", "on", "yes", "enabled"), ("false", "0", "off", "no", "disabled")
EVERYWHERE = ("", "global", "all", "*", "default")
ASKED, TAKEN_OUT = "imported from the old system", "its import was rolled back"


@dataclass(frozen=True)
class Narrowing:
    """What is to be said, where; `value` as the catalogue has it."""

    where: Where
    name: str
    value: Any


def read(tx: Transaction, row: Row) -> Narrowing:
    """Raises `Unfit` for what is unknown here, or would allow more than before."""
    key = row.needed("key", "MISSING_ID")
    name = NAMES.get(key.strip().lower().replace("-", "_").replace(".", "_"))
    if name is None:
        raise Unfit(
            "UNKNOWN_SETTING", "There is no such setting here; if it is still wanted, see docs/legacy-import.md."
        )
    return Narrowing(_where(tx, row), name, _freeze(row) if name == "freeze" else _switch(row, name))


def _where(tx: Transaction, row: Row) -> Where:
    if (row.text("repository") or "").lower() in EVERYWHERE:
        return Where()
    found = recorded.where(tx, row.repository("repository"))
    if found is None:
        raise Unfit("UNKNOWN_REPOSITORY", "Nothing is known of its repository yet; run it again after a first webhook.")
    return found


def _switch(row: Row, name: str) -> bool:
    said = _said(row)
    wanted = name != "writes"
    if said not in (TRUE if wanted else FALSE):
        is_known = said in (*TRUE, *FALSE)
        code, what = ("SETTING_OPENS", "would allow more") if is_known else ("BAD_SETTING", "is neither on nor off")
        raise Unfit(code, f"It {what}: an import only forbids; set it here by hand if it is wanted.")
    return wanted


def _freeze(row: Row) -> dict[str, Any]:
    """On, a reason, or an object with one; never with an end, which might be over."""
    said = _said(row)
    reason = str(row.json("value").get("reason") or "") if said.startswith("{") else str(row.cell("value")).strip('"')
    if reason.strip().lower() in ("", *FALSE):
        raise Unfit("SETTING_OPENS", "It freezes nothing: an import only forbids.")
    line = short(plain(reason), MOST_REASON_CHARACTERS)
    return {"reason": ASKED if not line or line.lower() in TRUE else line, "until": None}


def _said(row: Row) -> str:
    value = row.cell("value")
    if value is None:
        raise Unfit("MISSING_VALUE", f"{row.column('value')} is missing.")
    return str(value).strip().strip('"').lower()


def is_ours(tx: Transaction, narrowing: Narrowing) -> bool:
    """Whether somebody has said something there here, which stays."""
    return narrowing.name in recorded.rows(tx, narrowing.where.repository_id)


def put(tx: Transaction, narrowing: Narrowing, by: str, now: datetime) -> None:
    """Say it, as an operator would, with an audit entry; `is_ours` was False in this transaction, under `hold`."""
    row = recorded.put(tx, narrowing.where, narrowing.name, narrowing.value, by=by, reason=ASKED, now=now)
    operator_settings.look_again(tx, narrowing.where, (narrowing.name,), now)
    recorded.attest(tx, narrowing.where, None, row)


def take_out(tx: Transaction, mapped: dict[str, Any], by: str, now: datetime) -> None:
    """Take away what `put` said, as an operator would, unless somebody has changed it since."""
    recorded.hold(tx, mapped["repository_id"])
    row = recorded.rows(tx, mapped["repository_id"]).get(mapped["name"])
    if row is None or row.version != 1 or row.reason != ASKED or row.value != mapped["value"]:
        return
    legacy_targets.take_setting_out(tx, row.repository_id, row.name)
    where = Where(repository_id=row.repository_id, full_name=row.full_name)
    operator_settings.look_again(tx, where, (row.name,), now)
    gone = replace(row, value=None, version=0, reason=TAKEN_OUT, changed_by=by, changed_at=now)
    recorded.attest(tx, where, row.value, gone)
