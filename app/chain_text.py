"""The chain of `app.explain` as text for people: a line a station, indented as one leads to the next."""

import json
from collections.abc import Iterator

from app.explain import Row
from policies import explanation
from policies.result import Result
from policies.text import plain

SHORT_SHA = 10
SHORT_DIGEST = 12


def render(chain: Row) -> str:
    """Every line is safe to show: text from outside holds no control characters."""
    return "\n".join(_lines(chain))


def _lines(chain: Row) -> Iterator[str]:
    for delivery in chain["deliveries"]:
        yield from _delivery(delivery)
    for run in chain["runs"]:
        yield from _run(run)
    if not chain["runs"]:
        yield "no work followed: the event does not concern the verdict on a pull request"
    yield from _audit(chain["audit"])


def _delivery(row: Row) -> Iterator[str]:
    event = row["event"]
    what = ".".join(part for part in (event["name"], event["action"]) if part)
    yield plain(f"delivery  {row['guid']}  hook {row['hook_id']}  {row['received_at'].isoformat(timespec='seconds')}")
    where = event["repository"]["full_name"] if event["repository"] else "no repository"
    pulls = ", ".join(f"#{number}" for number in event["pulls"])
    yield "  " + plain(f"event  {what}  {where} {pulls} {(event['head_sha'] or '')[:SHORT_SHA]}")


def _run(run: Row) -> Iterator[str]:
    yield plain(f"run  {run['kind']}  {run['status']}  attempt {run['attempts']}  {run['error'] or ''}")
    for evaluation in run["evaluations"]:
        yield from (f"  {line}" for line in _evaluation(evaluation))


def _evaluation(row: Row) -> Iterator[str]:
    digest = (row["snapshot_digest"] or "none taken")[:SHORT_DIGEST]
    yield plain(f"facts  head {row['head_sha'][:SHORT_SHA]} into {row['base_ref']}, snapshot {digest}")
    yield plain(f"policy  {row['policy_source']}")
    yield plain(f"verdict  {row['state']}: {row['description']}")
    if row["result"] is not None:
        tree = explanation.render(Result.model_validate_json(json.dumps(row["result"])))
        yield from (f"  {line}" for line in tree.splitlines())
    for intent in row["intents"]:
        yield from _intent(intent)
    if not row["intents"]:
        yield "intent  none: GitHub shows this status already"


def _intent(row: Row) -> Iterator[str]:
    content = row["content"]
    yield plain(f"intent  {row['kind']} number {row['sequence']} of {content['context']}: {row['status']}")
    yield "  " + plain(f"content  {content['state']}: {content['description']}")
    for decision in row["decisions"]:
        yield from (f"  {line}" for line in _decision(decision))
    if row["error"]:
        yield "  " + plain(f"note  {row['error']}")


def _decision(row: Row) -> Iterator[str]:
    yield plain(f"decision  {'allowed' if row['allowed'] else 'denied'} by {row['gate']}, audit {row['audit_seq']}")
    for blocker in row["blockers"]:
        yield "  " + plain(f"blocker  {blocker['code']}: {blocker['sentence']}")
    for ground in row["grounds"]:
        yield "  " + plain(f"ground  {ground}")
    if row["permit"] is not None:
        yield from _permit(row["permit"])


def _permit(row: Row) -> Iterator[str]:
    spent = f"spent {row['spent_at'].isoformat(timespec='seconds')}" if row["spent_at"] else "not spent"
    yield plain(f"permit  {row['id']}  {spent}")
    if row["spent_at"]:
        yield plain(f"write  {row['outcome'] or 'outcome not known yet; GitHub is being read'}")
    if row["settled_at"] and row["spent_at"]:
        how = f"answer {row['status_code']}" if row["status_code"] else "read back"
        yield plain(f"receipt  {how}, GitHub's id {row['remote_id'] or 'none'}")


def _audit(entries: list[Row]) -> Iterator[str]:
    for entry in entries:
        yield plain(f"audit  {entry['seq']}  {entry['kind']}  {entry['hash'][:SHORT_DIGEST]}")
