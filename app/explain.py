"""How a verdict came about: delivery -> event -> facts -> decision -> intent -> permit -> write -> receipt."""

from typing import Any
from uuid import UUID

from app import explain_merges, ledger
from app.database import Transaction
from app.records import evaluations, pulls
from policies.contents import sentence

Row = dict[str, Any]
MOST_RUNS = 20
MOST_INTENTS = 50
MOST_DECISIONS = 10
OF_MERGES = ("EXTERNAL_MERGE", "BRANCH_MOVED_AFTER_MERGE", "IGNORED_VETO", "alert", "warning")
"""Kinds of audit entries that belong to a pull request, and to no run of it."""


def delivery(tx: Transaction, wanted: str) -> Row | None:
    """The chain that begins with a delivery, by GUID or by the id of its row; None when there is no such delivery.

    A GUID names an event, so several hooks may have delivered it: the newest one is shown.
    """
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    row = tx.execute(
        "SELECT * FROM deliveries WHERE guid = %(guid)s OR id = %(number)s ORDER BY id DESC LIMIT 1",
        {"guid": wanted, "number": number},
    ).fetchone()
    if row is None:
        return None
    found = _runs(tx, "id IN (SELECT run_id FROM run_deliveries WHERE delivery_id = %(of)s)", {"of": row["id"]})
    return _chain(tx, [row], found, [f"delivery:{row['id']}"])


def pull_request(tx: Transaction, full_name: str, number: int) -> Row | None:
    """The chain that led to the newest verdict on a pull request; None when this gate never saw it."""
    pull = pulls.named(tx, full_name, number)
    return of_pull(tx, pull) if pull else None


def of_pull(tx: Transaction, pull: Row) -> Row:
    """The same for a row of `pulls`: the run of its newest verdict, and the newer one that has none yet, if any."""
    condition = (
        "id IN ((SELECT run_id FROM evaluations WHERE repository_id = %(repository)s AND number = %(number)s"
        " ORDER BY seq DESC LIMIT 1) UNION (SELECT id FROM runs WHERE repository_id = %(repository)s"
        " AND number = %(number)s AND kind = 'evaluate' AND status <> 'superseded' ORDER BY created_at DESC LIMIT 1))"
    )
    found = _runs(tx, condition, {"repository": pull["repository_id"], "number": pull["number"]})
    delivered = tx.execute(
        "SELECT * FROM deliveries WHERE id IN (SELECT delivery_id FROM run_deliveries WHERE run_id = ANY(%(runs)s))"
        " ORDER BY id",
        {"runs": [run["id"] for run in found]},
    ).fetchall()
    merges = explain_merges.of_pull(tx, pull["repository_id"], pull["number"])
    chain = _chain(tx, delivered, found, [f"delivery:{row['id']}" for row in delivered], merges)
    return {"pull": pull, **chain, "merges": merges}


def _chain(
    tx: Transaction, delivered: list[Row], found: list[Row], subjects: list[str], merges: Row | None = None
) -> Row:
    ids = {str(run["id"]) for run in found} | {str(intent["id"]) for run in found for intent in _intents_of(run)}
    if merges is not None:
        ids |= {str(run["run_id"]) for run in merges["runs"]}
    about = subjects + [subject for run in found for subject in (_pull_of(run), run["subject"])]
    links = [
        entry.document()
        for entry in ledger.about(tx, about)
        if entry.subject in subjects
        or {entry.body.get("run"), entry.body.get("intent")} & ids
        or (merges is not None and entry.kind in OF_MERGES)
    ]
    return {"deliveries": delivered, "runs": found, "audit": links}


def _pull_of(run: Row) -> str:
    """As the audit has it; the writes of a merge group are of no pull request."""
    return f"pull:{run['repository_id']}#{run['number'] or evaluations.NO_PULL}"


def _intents_of(run: Row) -> list[Row]:
    return [intent for evaluation in run["evaluations"] for intent in evaluation["intents"]]


def _runs(tx: Transaction, condition: str, values: Row) -> list[Row]:
    """Runs with what hangs below them. `condition` is SQL of this module's own."""
    found = tx.execute(
        f"SELECT * FROM runs WHERE {condition} ORDER BY created_at LIMIT {MOST_RUNS}",  # noqa: S608
        values,
    ).fetchall()
    return [{**run, "evaluations": _evaluations(tx, run["id"])} for run in found]


def _evaluations(tx: Transaction, run_id: UUID) -> list[Row]:
    found = tx.execute(
        "SELECT evaluations.*, snapshots.facts FROM evaluations LEFT JOIN snapshots ON digest = snapshot_digest"
        " WHERE run_id = %(run)s ORDER BY seq",
        {"run": run_id},
    ).fetchall()
    return [{**row, "intents": _intents(tx, row)} for row in found]


def _intents(tx: Transaction, evaluation: Row) -> list[Row]:
    """The status that carries the verdict out, then whatever else was wished for at this head so far."""
    found = tx.execute(
        "SELECT writes.* FROM writes JOIN evaluations AS asked ON asked.id = evaluation_id"
        " WHERE writes.id = %(status)s OR evaluation_id = %(id)s"
        " OR (kind <> 'status' AND writes.repository_id = %(repository_id)s AND writes.number = %(number)s"
        " AND asked.head_sha = %(head_sha)s AND asked.seq <= %(seq)s)"
        " ORDER BY writes.id = %(status)s DESC NULLS LAST, kind = 'status' DESC, recorded_at, target LIMIT %(limit)s",
        {**evaluation, "status": evaluation["intent_id"], "limit": MOST_INTENTS},
    ).fetchall()
    return [
        {**row, "sentence": sentence(row["kind"], row["content"]), "decisions": _decisions(tx, row["id"])}
        for row in found
    ]


def _decisions(tx: Transaction, intent_id: UUID) -> list[Row]:
    found = tx.execute(
        "SELECT * FROM decisions WHERE intent_id = %(intent)s ORDER BY audit_seq DESC LIMIT %(limit)s",
        {"intent": intent_id, "limit": MOST_DECISIONS},
    ).fetchall()
    return [{**row, "permit": _permit(tx, row["id"])} for row in reversed(found)]


def _permit(tx: Transaction, decision_id: UUID) -> Row | None:
    return tx.execute("SELECT * FROM permits WHERE decision_id = %(decision)s", {"decision": decision_id}).fetchone()
