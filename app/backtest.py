"""Runs a changed policy over the facts that were stored, and says which verdicts it would change and why."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from app.records.evaluations import Stored
from policies import certainty, comparison, document, verdict
from policies.comparison import RuleChange
from policies.error import PolicyError
from policies.evaluation import evaluate
from policies.facts import PullSnapshot
from policies.policy import Mode, Policy
from policies.result import Result
from policies.server_options import ServerOptions
from policies.verdict import Origin, State

Outcome = Literal["unchanged", "stricter", "laxer", "unknown"]
OUTCOMES: tuple[Outcome, ...] = ("unchanged", "stricter", "laxer", "unknown")


@dataclass(frozen=True)
class Plan:
    """What to judge by: `now` instead of `then`; `then` None: the policy that each verdict was taken from.

    `mode` None: the mode that each verdict was posted in.
    """

    now: Policy
    server: ServerOptions
    then: Policy | None = None
    mode: Mode | None = None


@dataclass(frozen=True)
class Verdict:
    """A state of the commit status with its reason; `result` is None where the tree is not known."""

    state: State
    description: str
    result: Result | None


@dataclass(frozen=True)
class Trial:
    """One pull request judged both ways. `missing`: the facts for lack of which `outcome` is unknown."""

    pull: Stored
    mode: Mode
    outcome: Outcome
    then: Verdict
    now: Verdict
    rules: tuple[RuleChange, ...]
    missing: tuple[str, ...] = ()


@dataclass
class Tally:
    """How many trials ended how, and how often each fact was missing."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)

    def add(self, trial: Trial) -> None:
        self.outcomes[trial.outcome] += 1
        self.missing.update(kind_of_fact(name) for name in trial.missing)

    @property
    def judged(self) -> int:
        return self.outcomes.total()


def trials(plan: Plan, pulls: Iterable[Stored]) -> Iterator[Trial]:
    """One for each row, one row in memory at a time."""
    return (_trial(plan, pull) for pull in pulls)


def kind_of_fact(name: str) -> str:
    """`permission:bob` is a permission, `team:acme/core:bob` the team `acme/core`: to count without naming people."""
    kind, _, rest = name.partition(":")
    return f"{kind}:{rest.rpartition(':')[0]}" if kind in ("team", "org") else kind


def _trial(plan: Plan, pull: Stored) -> Trial:
    snapshot = PullSnapshot.model_validate_json(pull.snapshot)
    mode = plan.mode or pull.mode
    then, doubts = _then(plan, pull, snapshot, mode)
    now = evaluate(plan.now, snapshot, mode)
    end = certainty.settled(now, mode)
    missing = _distinct((*doubts, *(() if end else certainty.missing_facts(now))))
    judged = _verdict(end or now, pull, snapshot)
    outcome: Outcome = "unknown" if missing else comparison.direction(then.state, judged.state)
    return Trial(pull, mode, outcome, then, judged, comparison.rule_changes(then.result, now), missing)


def _then(plan: Plan, pull: Stored, snapshot: PullSnapshot, mode: Mode) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict to compare with, and the facts on which it hangs; what was posted, was posted without them."""
    policy = plan.then or _recorded_policy(pull.policy, plan.server)
    if policy is None:
        return _as_recorded(pull), ()
    result = evaluate(policy, snapshot, mode)
    if plan.then is None and mode == pull.mode:
        return _verdict(result, pull, snapshot), ()
    end = certainty.settled(result, mode)
    return _verdict(end or result, pull, snapshot), () if end else certainty.missing_facts(result)


def _recorded_policy(text: str | None, server: ServerOptions) -> Policy | None:
    """None where the text was not kept, or is not understood any more: then the verdict stands as it was recorded."""
    try:
        return None if text is None else document.parsed(text, server)
    except PolicyError:
        return None


def _as_recorded(pull: Stored) -> Verdict:
    result = None if pull.result is None else Result.from_json(json.dumps(pull.result))
    return Verdict(pull.state, pull.description, result)


def _verdict(result: Result, pull: Stored, snapshot: PullSnapshot) -> Verdict:
    origin = Origin(owner=snapshot.owner, repo=snapshot.repo, ref=pull.base_ref, path="policy")
    said = verdict.of_result(result, origin)
    return Verdict(said.state, said.summary, result)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(names)))
