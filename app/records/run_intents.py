"""The intents of a run of the API: what it wishes for in an epoch, in which order, and what it waits for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from app.database import Transaction
from app.handed import Planned
from app.records import intents, steps_beside, write_steps
from app.records.intents import Claimed
from policies.contents import Content
from policies.gates import PREDECESSOR_PENDING, RATE_LIMITED
from policies.intents import Intent

GONE = (404, 410)


def reopen(tx: Transaction, run_id: UUID, now: datetime) -> list[UUID]:
    """Something was done about a run: all that it waits for is to be decided anew, less git objects, which follow.

    What was decided on before is not sent: whoever is at it loses it.
    """
    which = "run_id = %(run)s AND (status = 'pending' OR status = 'waiting' AND kind <> 'git_object')"
    found = write_steps.locked(tx, which, {"run": run_id})
    waiting = [intent_id for intent_id, status in found.items() if status == "waiting"]
    taken = steps_beside.take_away(tx, [intent_id for intent_id in found if intent_id not in waiting])
    write_steps.reopen(tx, waiting, now)
    return [*taken, *waiting]


def reopen_stage(tx: Transaction, run_id: UUID, stage: int, now: datetime) -> list[UUID]:
    """The turn of a stage has come."""
    which = "run_id = %(run)s AND stage = %(stage)s AND status = 'waiting'"
    waiting = list(write_steps.locked(tx, which, {"run": run_id, "stage": stage}))
    write_steps.reopen(tx, waiting, now)
    return waiting


def reopen_all(tx: Transaction, repository_id: int | None, now: datetime) -> None:
    """All that waits in a repository, or with None anywhere, is to be decided anew; the sweep sends for it.

    What was decided on before is not sent: whoever is at it loses it. What waits and is changed just now is left out.
    """
    there = "(%(repository)s::bigint IS NULL OR repository_id = %(repository)s)"
    in_hand = "id IN (SELECT id FROM steps WHERE status = 'running' AND name = 'write')"
    facts = {"repository": repository_id}
    steps_beside.take_away(tx, list(write_steps.locked(tx, f"status = 'pending' AND {in_hand} AND {there}", facts)))
    rows = tx.execute(
        "SELECT steps.id FROM steps JOIN intents ON intents.id = steps.id WHERE intents.status = 'waiting'"  # noqa: S608
        f" AND steps.status = 'waiting' AND kind <> 'git_object' AND {there} FOR UPDATE OF steps SKIP LOCKED",
        facts,
    ).fetchall()
    write_steps.reopen(tx, [row["id"] for row in rows], now)


def put_aside_before(tx: Transaction, run_id: UUID, epoch: int, now: datetime) -> None:
    """What a run wished for before this epoch is of no interest any more."""
    intents.take_back(tx, "run_id = %(run)s AND epoch < %(epoch)s", {"run": run_id, "epoch": epoch, "now": now})


def of_run(tx: Transaction, run_id: UUID, epoch: int) -> list[tuple[UUID, Intent]]:
    """What a run wishes for in an epoch, parts included, as it was recorded; less what a newer wish has replaced."""
    rows = tx.execute(
        f"SELECT id, {intents.OF_INTENT} FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s"  # noqa: S608
        " AND status <> 'superseded' ORDER BY stage, recorded_at, id",
        {"run": run_id, "epoch": epoch},
    ).fetchall()
    return [(row["id"], intents.parsed(row)) for row in rows]


def is_early(tx: Transaction, claimed: Claimed) -> bool:
    """Whether something of a lower stage of the same run and epoch is not written yet; stage 0 is beside them all."""
    row = tx.execute(
        "SELECT FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s AND stage > 0 AND stage < %(stage)s"
        " AND status NOT IN ('written', 'superseded') LIMIT 1",
        {"run": claimed.intent.run_id, "epoch": claimed.intent.epoch, "stage": claimed.stage},
    )
    return row.fetchone() is not None


def concerns_run(tx: Transaction, intent_id: UUID) -> bool:
    """Whether an intent has ended, or waits for nothing but its turn."""
    return _has_ended(tx, intent_id) or waits_for_turn(tx, intent_id)


def _has_ended(tx: Transaction, intent_id: UUID) -> bool:
    """Whether nothing more happens to an intent by itself."""
    row = tx.execute("SELECT FROM intents WHERE id = %(id)s AND settled_at IS NOT NULL", {"id": intent_id})
    return row.fetchone() is not None


def waits_for_turn(tx: Transaction, intent_id: UUID) -> bool:
    """Whether it waits, and nothing but its turn (and GitHub's limits) was in the way when it was last decided on."""
    row = tx.execute(
        "SELECT blockers FROM decisions JOIN intents ON intents.id = intent_id"
        " WHERE intent_id = %(id)s AND status = 'waiting' ORDER BY audit_seq DESC LIMIT 1",
        {"id": intent_id},
    ).fetchone()
    codes = {blocker["code"] for blocker in row["blockers"]} if row else set()
    return codes - {RATE_LIMITED} == {PREDECESSOR_PENDING}


def next_stage(tx: Transaction, run_id: UUID, epoch: int) -> int | None:
    """The lowest stage that is not wholly written; None where nothing is left, or something ended otherwise."""
    row = tx.execute(
        "SELECT min(stage) AS stage FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s AND stage > 0"
        " AND status NOT IN ('written', 'superseded')",
        {"run": run_id, "epoch": epoch},
    ).fetchone()
    return row["stage"] if row else None


def planned(tx: Transaction, run_id: UUID, epoch: int) -> Planned:
    """How many writes the run wishes for in this epoch, and how many of them are made."""
    row = tx.execute(
        "SELECT count(*) AS writes, count(*) FILTER (WHERE status = 'written') AS written FROM intents"
        " WHERE run_id = %(run)s AND epoch = %(epoch)s AND status <> 'superseded'",
        {"run": run_id, "epoch": epoch},
    ).fetchone()
    return Planned(epoch=epoch, **row) if row else Planned(epoch=epoch, writes=0, written=0)


def statuses(tx: Transaction, run_id: UUID, epoch: int) -> dict[UUID, str]:
    """Where each intent of an epoch stands."""
    rows = tx.execute(
        "SELECT id, status FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s", {"run": run_id, "epoch": epoch}
    ).fetchall()
    return {row["id"]: row["status"] for row in rows}


def remote_id(tx: Transaction, intent_id: UUID) -> str | None:
    """What GitHub gave to a written intent; for a pull request its number."""
    row = tx.execute(
        "SELECT remote_id FROM permits WHERE intent_id = %(id)s AND outcome = 'written'", {"id": intent_id}
    ).fetchone()
    return row["remote_id"] if row else None


def moved_from(tx: Transaction, run_id: UUID, epoch: int | None, sha: str | None) -> dict[str, Any] | None:
    """Where a run moves its branch from a commit in an epoch, and how far that has got."""
    return tx.execute(
        "SELECT content ->> 'sha' AS sha, status FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s"
        " AND kind = 'branch_fast_forward' AND content ->> 'before' = %(sha)s AND status <> 'superseded' LIMIT 1",
        {"run": run_id, "epoch": epoch, "sha": sha},
    ).fetchone()


def is_ours(tx: Transaction, branch_target: str, sha: str) -> bool:
    """Whether this gate has put a branch where it is."""
    row = tx.execute(
        "SELECT FROM intents WHERE target = %(target)s AND status = 'written' AND content ->> 'sha' = %(sha)s LIMIT 1",
        {"target": branch_target, "sha": sha},
    )
    return row.fetchone() is not None


def commit(tx: Transaction, repository_id: int, sha: str) -> dict[str, Any] | None:
    """The content of a commit that this gate has stored."""
    row = tx.execute(
        "SELECT content FROM intents WHERE target = %(target)s AND status = 'written' LIMIT 1",
        {"target": f"git_object:{repository_id}:{sha}"},
    ).fetchone()
    return row["content"] if row else None


def is_planned(tx: Transaction, run_id: UUID, epoch: int) -> bool:
    """Whether a pull request of this epoch is planned: a plan stands, so that what was approved stays what it was."""
    row = tx.execute(
        "SELECT FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s AND stage > 0 LIMIT 1",
        {"run": run_id, "epoch": epoch},
    )
    return row.fetchone() is not None


def same(tx: Transaction, run_id: UUID, epoch: int, target: str, content: Content) -> UUID | None:
    """The intent of an epoch that carries out exactly this, however far it has got."""
    row = tx.execute(
        "SELECT id FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s AND target = %(target)s"
        " AND content = %(content)s AND status <> 'superseded' ORDER BY sequence DESC LIMIT 1",
        {"run": run_id, "epoch": epoch, "target": target, "content": Jsonb(content.model_dump(mode="json"))},
    ).fetchone()
    return row["id"] if row else None


def newest(tx: Transaction, run_id: UUID, epoch: int, target: str) -> dict[str, Any] | None:
    """Kind, content and status of the newest intent of an epoch for a target, less what was put aside."""
    return tx.execute(
        "SELECT kind, content, status FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s"
        " AND target = %(target)s AND status <> 'superseded' ORDER BY sequence DESC LIMIT 1",
        {"run": run_id, "epoch": epoch, "target": target},
    ).fetchone()


def following(tx: Transaction, run_id: UUID, epoch: int) -> list[UUID]:
    """What of a plan waits, less the parts of others."""
    rows = tx.execute(
        "SELECT id FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s AND stage > 0 AND part_of IS NULL"
        " AND status = 'waiting'",
        {"run": run_id, "epoch": epoch},
    ).fetchall()
    return [row["id"] for row in rows]


def comment_of(tx: Transaction, target: str) -> int | None:
    """Our one comment on a pull request, by our own receipts; None where there is none, or GitHub had it no more."""
    row = tx.execute(
        "SELECT remote_id, status_code FROM permits JOIN intents ON intents.id = intent_id"
        " WHERE target = %(target)s AND (outcome = 'written' OR status_code = ANY(%(gone)s))"
        " ORDER BY sequence DESC, permits.settled_at DESC LIMIT 1",
        {"target": target, "gone": list(GONE)},
    ).fetchone()
    return int(row["remote_id"]) if row and row["remote_id"] else None
