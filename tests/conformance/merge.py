"""Plays a file of merge scenarios: `python -m tests.conformance.merge FILE.jsonl`; exit code 1 if one fails.

ONLY=<id> plays that one alone and shows its requests and answers.
"""

import copy
import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from app.simulator import serve
from tests.conformance import merge_building, merge_expected, merge_services, merge_wire, merge_words
from tests.conformance.merge_clock import Clock
from tests.conformance.merge_gate import Gate
from tests.conformance.merge_records import Records
from tests.conformance.merge_services import Services
from tests.conformance.merge_stage import STEP_TROUBLE, Stage
from tests.conformance.merge_words import Record


class Unreadable(Exception):
    """A file, or a line of it, is no scenario; the message says which and why."""


def main(arguments: list[str]) -> int:
    """Play the files named on the command line and print the outcome."""
    only = os.environ.get("ONLY")
    logging.getLogger("mergegate").addHandler(logging.NullHandler())  # trouble is what scenarios are about
    try:
        scenarios = [each for name in arguments for each in read(Path(name)) if not only or each.get("id") == only]
    except Unreadable as trouble:
        _say(str(trouble))
        return 2
    failed = 0
    with merge_services.running() as services:
        for scenario in scenarios:
            wrong = play(services, scenario, show if only else _keep_quiet)
            if wrong:
                failed += 1
                _say(f"FAILED {scenario.get('id')}: {'; '.join(wrong)}")
    _say(f"{len(scenarios) - failed} passed, {failed} failed")
    return 1 if failed or not scenarios else 0


def read(path: Path) -> list[Record]:
    """The scenarios of a file; raise `Unreadable`."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, ValueError) as trouble:
        raise Unreadable(f"The file of scenarios {path} can't be read: {trouble}") from trouble
    return [_scenario(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def play(services: Services, scenario: Record, played: Callable[[Stage], None]) -> list[str]:
    """What is not as the scenario expects it; empty where all is."""
    try:
        merge_words.check(scenario)
        with ExitStack() as block:
            stage = _stage(block, services, copy.deepcopy(scenario))
            try:
                stage.play()
            finally:
                played(stage)
            return list(merge_expected.wrong(stage))
    except STEP_TROUBLE as trouble:
        return [f"the scenario can't be played: {type(trouble).__name__}: {trouble}"]
    except TimeoutError as trouble:
        return [str(trouble)]


def _stage(block: ExitStack, services: Services, scenario: Record) -> Stage:
    database = block.enter_context(services.database())
    clock = Clock(services.redis.pass_time)
    world = merge_building.build(scenario["given"], clock)
    url = block.enter_context(serve(world.github))
    gate = Gate(url, database.url, services.redis.url, clock)
    block.callback(gate.pool.close)
    records = Records(world, gate)
    records.seed()
    stage = Stage(scenario, world, gate, records, database=database, cache=services.redis)
    block.enter_context(merge_wire.tapped(stage))
    return stage


def show(stage: Stage) -> None:
    """Every request with its answer, and every answer of a run."""
    for entry in stage.script.log:
        asked = entry.asked
        query = "&".join(f"{name}={value}" for name, value in asked.query.items())
        path = stage.world.names.shown(asked.path) + (f"?{query}" if query else "")
        _say(f"  {asked.at:%H:%M:%S} {asked.run:10} {asked.method:6} {path} -> {entry.status} {entry.message or ''}")
    for report in stage.crew.reports:
        _say(f"  {report.at:%H:%M:%S} {report.run:10} {stage.world.names.shown(report.answer)}")
    for failure in stage.crew.failures:
        _say(f"  {failure}")


def _keep_quiet(stage: Stage) -> None:
    """Nothing of it is shown."""


def _scenario(path: Path, number: int, line: str) -> Record:
    try:
        found = json.loads(line)
    except ValueError as trouble:
        raise Unreadable(f"Line {number} of {path} is not JSON: {trouble}") from trouble
    if not isinstance(found, dict):
        raise Unreadable(f"Line {number} of {path} is no scenario.")
    return found


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
