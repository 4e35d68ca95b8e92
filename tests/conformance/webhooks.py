"""Runs a file of hostile webhooks: `python -m tests.conformance.webhooks FILE.jsonl`; exit code 1 if a case fails."""

import json
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.conformance import wire
from tests.conformance.case import (
    CASE_WORDS,
    SECRETS,
    STEP_WORDS,
    TRANSPORT_WORDS,
    UnknownWord,
    alter_body,
    check_words,
    fill_pairs,
    make_body,
    make_headers,
    make_signed_text,
)
from tests.conformance.services import Receiver, Services
from tests.conformance.wire import Request, Seen, TooSlow

DEFAULT_SECONDS = 10.0
FAR_FUTURE = "2999-01-01T00:00:00+00:00"
RUN_IDS = 5

_PRECONDITION = re.compile(r"(accept_form|extra_secret)\s*=\s*(.+)", re.DOTALL)

Case = Mapping[str, Any]


class Failed(Exception):
    """A case did not go as it should have; the message says what was seen."""


def main(arguments: list[str]) -> int:
    """Run the files named on the command line and print the outcome."""
    try:
        cases = [json.loads(line) for name in arguments for line in Path(name).read_text("utf-8").split("\n") if line]
    except (OSError, ValueError) as trouble:
        _say(f"The file of cases can't be read as JSON Lines: {trouble}")
        return 2
    services = Services()
    try:
        failures = [line for case in cases if (line := run(case, services))]
    finally:
        services.stop()
    _say(f"{len(cases) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures or not cases else 0


def run(case: Case, services: Services) -> str | None:
    """Run one case; the line about its failure, which is printed too, or `None`."""
    try:
        for variant in variants(case):
            _run_variant(variant, services)
    except (Failed, UnknownWord, TooSlow, KeyError, ValueError, TypeError, OSError) as failure:
        line = f"FAILED {case.get('id')}: {case.get('description')}: {type(failure).__name__} {failure}"
        _say(line)
        return line
    finally:
        services.broker.set_state("up")
    return None


def variants(case: Case) -> Iterator[Case]:
    """The case, and its variant `alt` where that is an object; as a text `alt` is a remark."""
    check_words(case, CASE_WORDS)
    yield case
    alternatives = case.get("alt") or []
    for alternative in alternatives if isinstance(alternatives, list) else [alternatives]:
        if isinstance(alternative, Mapping):
            check_words(alternative, STEP_WORDS)
            yield overlay(case, alternative)


def overlay(case: Case, change: Mapping[str, Any]) -> Case:
    """The case with some of it changed; headers are changed one by one, null removing one."""
    changed = {name.lower(): value for name, value in dict(change.get("headers", {})).items()}
    kept = {name: value for name, value in dict(case["headers"]).items() if name.lower() not in changed}
    headers = {**kept, **{name: value for name, value in changed.items() if value is not None}}
    return {**case, **change, "headers": headers}


def _run_variant(case: Case, services: Services) -> None:
    receiver = services.get_receiver(read_settings(case))
    run_ids = {f"run{number}": str(uuid.uuid4()) for number in range(1, RUN_IDS + 1)}
    before = services.broker.count()
    statuses = []
    for step in read_steps(case):
        for service, state in step.get("set", {}).items():
            _set(services, service, state)
        for _ in range(case.get("repeat", 1)):
            statuses.append(_judge(step, _send(step, receiver, run_ids)))
    services.broker.set_state("up")
    _judge_queue(case, statuses, services.broker.count() - before)
    _judge_outbound(case, receiver)


def read_settings(case: Case) -> dict[str, str]:
    """Settings of the receiver that a case needs."""
    given = {
        "WEBHOOK_SECRET": SECRETS["current"].decode(),
        "WEBHOOK_PREVIOUS_SECRET": SECRETS["previous"].decode(),
        "WEBHOOK_PREVIOUS_SECRET_UNTIL": FAR_FUTURE,
    }
    wanted = case.get("precondition") or []
    for precondition in wanted if isinstance(wanted, list) else [wanted]:
        given |= _read_precondition(precondition, case)
    return given


def _read_precondition(precondition: str, case: Case) -> dict[str, str]:
    found = _PRECONDITION.fullmatch(precondition.strip())
    if not found:
        raise UnknownWord(f"unknown precondition: {precondition}")
    if found[1] == "accept_form":
        return {"ACCEPT_FORM": found[2].strip()}
    secret = found[2].strip()
    secret = json.loads(secret) if secret.startswith('"') else secret
    return {"WEBHOOK_SECRET" if case.get("sign") == "previous" else "WEBHOOK_PREVIOUS_SECRET": secret}


def read_steps(case: Case) -> Iterator[Case]:
    """The requests of a case, one after the other."""
    if not case.get("steps"):
        yield case
    for step in case.get("steps") or ():
        check_words(step, STEP_WORDS)
        yield overlay(case, step)


def _set(services: Services, service: str, state: str) -> None:
    known = {"broker": services.broker}
    if service not in known or state not in ("up", "down", "frozen"):
        raise UnknownWord(f"unknown: set {service} {state}")
    known[service].set_state(state)


def _send(case: Case, receiver: Receiver, run_ids: Mapping[str, str]) -> Seen:
    transport = case.get("transport") or {}
    check_words(transport, TRANSPORT_WORDS)
    body = make_body(case["body_recipe"])
    text = make_signed_text(case, body)
    doubled = fill_pairs(transport.get("dup_headers", []), case, text, run_ids)
    headers = [*doubled, *make_headers(case, text, run_ids)]
    sent = alter_body(body, transport)
    head = wire.make_head(case["method"], case["path"], headers, sent, transport)
    return wire.send(receiver.port, Request(head, sent, transport), within_seconds=_limit(case))


def _limit(case: Case) -> float:
    return float(case.get("timeout_s") or DEFAULT_SECONDS)


def _judge(case: Case, seen: Seen) -> int | None:
    expected = case["expect_status"]
    if seen.status not in (expected if isinstance(expected, list) else [expected]):
        raise Failed(f"expected {expected}, saw {seen.status} after {seen.seconds:.1f} s: {seen.answer!r}")
    if seen.status == 405 and b"\r\nallow:" not in seen.answer.lower():
        raise Failed(f"405 without Allow: {seen.answer!r}")
    return seen.status


def _judge_queue(case: Case, statuses: list[int | None], enqueued: int) -> None:
    """Exactly as many messages as answers 202, none where none should be, some where some should be."""
    total = case.get("expect_total_enqueues")
    if total is not None and enqueued != total:
        raise Failed(f"expected {total} enqueued, saw {enqueued}; answers {statuses}")
    if case.get("expect_no_enqueue") is True and enqueued:
        raise Failed(f"expected none enqueued, saw {enqueued}; answers {statuses}")
    if case.get("expect_no_enqueue") is False and not enqueued:
        raise Failed(f"expected an enqueue, saw none; answers {statuses}")
    if enqueued != statuses.count(202) and not any("set" in step for step in read_steps(case)):
        raise Failed(f"{statuses.count(202)} answers 202 but {enqueued} enqueued")


def _judge_outbound(case: Case, receiver: Receiver) -> None:
    reached = receiver.list_peers() & set(case.get("expect_no_outbound") or ())
    if reached:
        raise Failed(f"connected to {sorted(reached)}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
