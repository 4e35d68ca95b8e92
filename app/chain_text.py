"""The chain of `app.explain` as text for people: a line a station, indented as one leads to the next."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from app.explain import Row
from policies import explanation
from policies.mode import OTHER
from policies.result import Result
from policies.text import plain, short

SHORT_SHA = 10
SHORT_DIGEST = 12
MOST_BODY_CHARACTERS = 1_000
INDENT = "  "


def render(chain: Row) -> str:
    """Every line is safe to show: text from outside holds no control characters."""
    return "\n".join(_lines(chain))


def _lines(chain: Row) -> Iterator[str]:
    for delivery in chain["deliveries"]:
        yield from _delivery(delivery)
    for run in chain["runs"]:
        yield from _run(run)
    pruned = list(_pruned(chain.get("pull")))
    yield from pruned
    if not chain["runs"] and not pruned:
        yield "no work followed: the event does not concern the verdict on a pull request"
    yield from _merges(chain.get("merges"))
    for entry in chain["audit"]:
        yield _line("audit", f"{entry['seq']} {entry['kind']} {entry['hash'][:SHORT_DIGEST]}")
        if entry["body"].get("trouble"):
            yield _line("note", entry["body"]["trouble"], 1)


def _pruned(pull: Row | None) -> Iterator[str]:
    """What is not here any more, for whoever looks for it."""
    if pull is not None and pull["pruned_at"] is not None:
        said = f"some of what led to its verdicts, {_at(pull['pruned_at'])}: it was older than such rows are kept"
        yield _line("pruned", f"{said}; the audit below stays")


def _merges(merges: Row | None) -> Iterator[str]:
    """Who asked for a merge and what came of it; nothing where nobody did."""
    if merges is None:
        return
    for run in merges["runs"]:
        asked = f"{run['mode']} asked for by {run['asked_by']} ({run['source']}), woken by {run['woken_by']}"
        yield _line("merge", f"{run['outcome']}: {asked}, {_at(run['started_at'])}")
        yield from (
            _line("blocker", f"{' '.join(filter(None, (each['code'], each['detail'])))}: {each['sentence']}", 1)
            for each in run["answer"].get("against", ())
        )
    for attempt in merges["attempts"]:
        what = f"{attempt['kind']} of {attempt['head_sha'][:SHORT_SHA]} into {attempt['base_ref']}"
        yield _line("attempt", f"{what}: {attempt['state']} {attempt['detail'] or ''}")
        yield from (_line("state", f"{each['state']} by {each['by']}, {each['at']}", 1) for each in attempt["history"])
    for merge in merges["external"]:
        how = f"by {merge['merged_by'] or 'nobody known'} ({merge['via']})"
        yield _line("past", f"merged as {merge['merge_sha'][:SHORT_SHA]} {how}, not by this gate")
    for alert in merges["alerts"]:
        seen = f", seen by {alert['acknowledged_by']}" if alert["acknowledged_by"] else ""
        yield _line(alert["severity"], f"{alert['code']}, {_at(alert['raised_at'])}{seen}")


def _line(station: str, text: str, depth: int = 0) -> str:
    return f"{INDENT * depth}{station:<9} {plain(text)}".rstrip()


def _delivery(row: Row) -> Iterator[str]:
    event = row["event"]
    what = ".".join(part for part in (event["name"], event["action"]) if part)
    where = event["repository"]["full_name"] if event["repository"] else event.get("owner") or "no repository"
    pulls = " ".join(f"#{number}" for number in event["pulls"])
    how = ", got lost and was read from GitHub's list" if row["via"] == "api" else ""
    yield _line("delivery", f"{row['guid']} of hook {row['hook_id']}, {_at(row['received_at'])}{how}")
    yield _line("event", f"{what} in {where} {pulls} {(event['head_sha'] or '')[:SHORT_SHA]}", 1)


def _run(run: Row) -> Iterator[str]:
    yield _line("run", f"{run['kind']}: {run['status']}, attempt {run['attempts']} {run['error'] or ''}")
    for evaluation in run["evaluations"]:
        yield from _evaluation(evaluation)


def _evaluation(row: Row) -> Iterator[str]:
    digest = (row["snapshot_digest"] or "none taken")[:SHORT_DIGEST]
    yield _line("facts", f"head {row['head_sha'][:SHORT_SHA]} into {row['base_ref']}, snapshot {digest}", 1)
    yield _line("policy", row["policy_source"], 1)
    yield _line("verdict", f"{row['state']}: {row['description']}", 1)
    yield from _mode(row)
    if row["result"] is not None:
        tree = explanation.render(Result.from_json(json.dumps(row["result"])))
        yield from (f"{INDENT * 2}{line}" for line in tree.splitlines())
    yield from _approving(row["approving"])
    for intent in row["intents"]:
        yield from _intent(intent)
    if row["intent_id"] is None:
        yield _line("intent", "none: GitHub shows this status already", 1)


def _mode(row: Row) -> Iterator[str]:
    """Nothing in rows that are older than the two modes."""
    if row["mode"] is None:
        return
    if row["other_state"] == row["state"]:
        yield _line("mode", f"{row['mode']}; {OTHER[row['mode']]} says the same", 1)
        return
    said = f"{row['other_state']}: {row['other_description']}"
    yield _line("mode", f"{row['mode']}; {OTHER[row['mode']]} would say {said}", 1)
    yield from (_line("because", sentence, 2) for sentence in row["differences"])


def _approving(said: Row | None) -> Iterator[str]:
    """What the approve rules said, if there are any."""
    if said is None:
        return
    yield _line("approve", f"{said['state'].replace('_', ' ')}: {said['sentence']}", 1)
    if said["source"]:
        yield _line("rules", said["source"], 2)
    if said["result"] is not None:
        tree = explanation.render(Result.from_json(json.dumps(said["result"])))
        yield from (f"{INDENT * 2}{line}" for line in tree.splitlines())


def _intent(row: Row) -> Iterator[str]:
    yield _line("intent", f"{row['kind']} number {row['sequence']}: {row['status']}", 1)
    yield _line("content", row["sentence"], 2)
    for decision in row["decisions"]:
        yield from _decision(decision)
    if row["error"]:
        yield _line("note", row["error"], 2)


def _decision(row: Row) -> Iterator[str]:
    verdict = "allowed" if row["allowed"] else "denied"
    yield _line("decision", f"{verdict} by the gate {row['gate']}, audit {row['audit_seq']}", 2)
    for blocker in row["blockers"]:
        yield _line("blocker", f"{blocker['code']}: {blocker['sentence']}", 3)
    for ground in row["grounds"]:
        yield _line("ground", ground, 3)
    if row["simulated"] is not None:
        yield from _simulated(row["simulated"])
    if row["permit"] is not None:
        yield from _permit(row["permit"])


def _simulated(request: Row) -> Iterator[str]:
    """Whole in JSON, where a line is long enough."""
    yield _line("would", f"send {request['method']} {request['path']}, were the projector live", 3)
    body = json.dumps(request["body"], ensure_ascii=False, sort_keys=True)
    yield _line("body", short(body, MOST_BODY_CHARACTERS), 3)


def _permit(row: Row) -> Iterator[str]:
    spent = f"spent {_at(row['spent_at'])}" if row["spent_at"] else "not spent"
    yield _line("permit", f"{row['id']}, {spent}", 2)
    if row["spent_at"]:
        yield _line("write", row["outcome"] or "not known yet; GitHub is being read", 2)
    if row["settled_at"] and row["spent_at"]:
        how = f"GitHub answered {row['status_code']}" if row["status_code"] else "read back from GitHub"
        yield _line("receipt", f"{how}, id {row['remote_id'] or 'none'}", 2)


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
