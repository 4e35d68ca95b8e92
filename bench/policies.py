"""How fast the policy engine is, and whether its memory grows: parse and evaluate, over a corpus and for ten rules.

The corpus is that of MERGEGATE_CASES where this is set, else policies of the ten rules in many combinations. The facts
are many pull requests in turn, so that nothing is fast only because it was asked before. Seconds are those of one core.
Every table begins with `json.loads` of the same snapshots, measured in the same run, and gives ratios to it.
"""

import itertools
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from bench import ten_rules
from bench.timing import Measured, rate, show
from policies import document, patterns
from policies.error import PolicyError
from policies.evaluation import evaluate
from policies.facts import PullSnapshot
from policies.mode import MODES
from policies.needs import facts_needed
from policies.policy import Policy
from tests.conformance import policy as conformance
from tests.conformance import policy_facts

CASES = os.environ.get("MERGEGATE_CASES")
SEED = 7
PULLS = 200
GENERATED_POLICIES = 200
MOST_RULES = 20
MEMORY_EVALUATIONS = 20_000
LONG_MEMORY_EVALUATIONS = 1_000_000
MEMORY_SAMPLES = 10
KIBIBYTE = 1024


class Case(NamedTuple):
    """A policy's text and the facts it is applied to."""

    text: str
    policy: Policy
    snapshot: PullSnapshot
    written: str
    """The snapshot as JSON."""


def main(evaluations: int = MEMORY_EVALUATIONS) -> None:
    """Measure and print."""
    usual = [_case(ten_rules.TEXT, ten_rules.usual(number)) for number in range(PULLS)]
    large = [_case(ten_rules.TEXT, ten_rules.large(number)) for number in range(PULLS)]
    corpus = list(_shared(Path(CASES)) if CASES else _generated())
    _speed(f"ten rules, {PULLS} usual pull requests (3 commits, 6 files, 4 remarks)", usual)
    _speed(f"ten rules, {PULLS} large pull requests (8 commits, 24 files, 11 remarks)", large)
    _speed(f"{len(corpus)} policies {'of the shared cases' if CASES else 'made up, large pull requests'}", corpus)
    _memory([*usual, *large, *corpus], evaluations)


def _speed(title: str, cases: Sequence[Case]) -> None:
    rows = [
        _rate("json.loads of the snapshot", cases, lambda case: json.loads(case.written)),
        _rate("parse", cases, lambda case: document.parse(case.text)),
        _rate("parse and evaluate", cases, _cold),
        _rate("evaluate", cases, lambda case: evaluate(case.policy, case.snapshot)),
        _rate("evaluate, no match remembered", cases, _unremembered),
        _rate("evaluate in both modes", cases, _both),
        _rate("digest of the snapshot", cases, lambda case: case.snapshot.digest()),
    ]
    show(title, rows)


def _rate(what: str, cases: Sequence[Case], operation: Callable[[Case], object]) -> Measured:
    """Each round takes every case once."""
    waiting = itertools.cycle(cases)
    return rate(what, lambda: operation(next(waiting)), times=len(cases), clock=time.process_time)


def _cold(case: Case) -> None:
    evaluate(document.parse(case.text), case.snapshot)


def _unremembered(case: Case) -> None:
    """As at the first event of a pull request: its files, branches and title have never been matched before."""
    patterns.remembered_fit.cache_clear()
    evaluate(case.policy, case.snapshot)


def _both(case: Case) -> None:
    for mode in MODES:
        evaluate(case.policy, case.snapshot, mode)


def _memory(cases: Sequence[Case], evaluations: int) -> None:
    """Samples of the memory in use, and how much it grows with each evaluation after the first sample."""
    waiting, process, samples = itertools.cycle(cases), psutil.Process(), list[int]()
    share = evaluations // MEMORY_SAMPLES
    for _ in range(MEMORY_SAMPLES):
        for _ in range(share // len(MODES)):
            _both(next(waiting))
        samples.append(process.memory_info().rss // KIBIBYTE)
    grown = (samples[-1] - samples[0]) * KIBIBYTE / (share * (MEMORY_SAMPLES - 1))
    print(f"memory over {evaluations:,} evaluations, half of them strict: {grown:.2f} bytes more with each;")
    print(f"  samples in KiB: {', '.join(f'{sample:,}' for sample in samples)}")


def _case(text: str, snapshot: PullSnapshot) -> Case:
    return Case(text, document.parse(text), snapshot, snapshot.model_dump_json())


def _shared(folder: Path) -> Iterator[Case]:
    """Every shared case that parses."""
    for name in ("policy_cases.jsonl", "policy_fuzz.jsonl"):
        for record in conformance.read(folder / name):
            with suppress(PolicyError):
                needs = facts_needed(document.parse(record["policy"]))
                asked = {"team_members": needs.teams, "org_members": needs.organizations}
                pull = {**policy_facts.DEFAULTS, **record["pull"]}
                yield _case(record["policy"], policy_facts.snapshot(pull, asked))


def _generated() -> Iterator[Case]:
    """Policies of one to twenty rules, each one of the ten, under `and` and `or` as it comes."""
    chance = random.Random(SEED)
    rules = ten_rules.TEXT.partition("approval_rules:\n")[2]
    written = rules.replace("  - name: ", "\0  - name: ").split("\0")[1:]
    for number in range(GENERATED_POLICIES):
        chosen = [chance.choice(written) for _ in range(chance.randint(1, MOST_RULES))]
        names = [rule.partition("name: ")[2].partition("\n")[0] for rule in chosen]
        operator = chance.choice(("and", "or"))
        tree = f"    - {names[0]}\n    - {operator}: [{', '.join(names)}]\n"
        text = f"policy:\n  approval:\n{tree}approval_rules:\n{''.join(chosen)}"
        yield _case(text, ten_rules.large(number))


if __name__ == "__main__":
    main(LONG_MEMORY_EVALUATIONS if "--long" in sys.argv else MEMORY_EVALUATIONS)
