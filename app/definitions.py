"""What each workflow is made of: its type, kind and version, and the steps of its line with the tasks that do them.

A workflow keeps the version under which it was started: a changed list of steps is a new entry here, and the old one
stays until no row of it is open. A worker leaves alone what it finds no entry for.
"""

from dataclasses import dataclass
from typing import Any, Literal

from app import handed
from app.handed import Asked, Handed

Type = Literal[
    "policy_evaluation", "pull_request_handoff", "approval", "merge", "loop_step", "reconciliation", "legacy_import"
]
"""As the contract names them."""
Kind = Literal[
    "evaluate",
    "find_by_head",
    "find_by_branch",
    "find_by_repository",
    "find_by_installation",
    "merge_group",
    "work",
    "approval",
    "merge",
    "step",
    "find_changed",
    "deliveries",
    "gates",
    "legacy",
    "legacy_rollback",
]
"""Which list of steps of a type."""
IMPORTED = "imported"
"""The kind of workflows that come from the old system: there is no definition of it, so that nobody works on one."""
AskedWith = type[Asked]
MOST_ATTEMPTS = 100
"""About a day, with the pauses between them."""


@dataclass(frozen=True)
class Step:
    """One step. `task`: the Celery task that does it, and before the dot its queue; `output`: what it hands on.

    `input`: what one beside the line is asked with; in the line it is what the step before has handed on.
    After `most_attempts` it is stopped, for a person to look at.
    """

    name: str
    task: str
    output: type[Handed]
    most_attempts: int = MOST_ATTEMPTS
    input: AskedWith | None = None


@dataclass(frozen=True)
class Definition:
    """`line`: one after the other. `beside`: what may follow from them, any number of times, and holds nothing up.

    `input`: what such a workflow is asked for with, if with anything.
    """

    type: Type
    kind: Kind
    version: int
    line: tuple[Step, ...]
    beside: tuple[Step, ...] = ()
    input: AskedWith | None = None


WRITE = Step("write", "write.perform", input=handed.AskedWrite, output=handed.Made)
DELETE_BRANCH = Step(
    "delete_branch", "merge.follow_up", most_attempts=8, input=handed.AskedDeletion, output=handed.Followed
)
NO_TASK = ""
"""Of a step that no worker does, but the command that somebody has given."""
PULLS, STEP, BATCH = handed.AskedPulls, handed.AskedStep, handed.AskedImport
FIND = (Step("find", "evaluate.find_pull_requests", output=handed.Found),)
JUDGE = Step("judge", "evaluate.pull_request", output=handed.Judged)
JUDGE_GROUP = Step("judge", "evaluate.merge_group", output=handed.GroupJudged)
PLAN = Step("plan", "work.advance", output=handed.Planned)
AWAIT_WORD = Step("await_word", "approval.follow", output=handed.Approved)
MERGE = Step("merge", "merge.pull_request", output=handed.Ended)
PERFORM = Step("perform", "step.run", most_attempts=5, output=handed.Ended)
"""Whoever asked for a step of an issue can ask again, so that is not tried for long."""
COMPARE = Step("compare", "reconcile.deliveries", output=handed.Compared)
INSPECT = Step("inspect", "reconcile.inspect_gates", output=handed.Inspected)
READ = Step("read", NO_TASK, output=handed.Sorted)
CHECK = Step("check", NO_TASK, output=handed.Sorted)
APPLY = Step("apply", NO_TASK, output=handed.Sorted)
TAKE_OUT = Step("take_out", NO_TASK, output=handed.TakenOut)

DEFINITIONS = (
    Definition("policy_evaluation", "evaluate", 1, (JUDGE,), (WRITE,), PULLS),
    Definition("policy_evaluation", "merge_group", 1, (JUDGE_GROUP,), (WRITE,), PULLS),
    Definition("policy_evaluation", "find_by_head", 1, FIND, input=PULLS),
    Definition("policy_evaluation", "find_by_branch", 1, FIND, input=PULLS),
    Definition("policy_evaluation", "find_by_repository", 1, FIND, input=PULLS),
    Definition("policy_evaluation", "find_by_installation", 1, FIND, input=PULLS),
    Definition("pull_request_handoff", "work", 1, (PLAN,), (WRITE,), handed.AskedHandoff),
    Definition("approval", "approval", 1, (AWAIT_WORD,), input=handed.AskedWord),
    Definition("merge", "merge", 1, (MERGE,), (DELETE_BRANCH,), STEP),
    Definition("loop_step", "step", 1, (PERFORM,), input=STEP),
    Definition("reconciliation", "find_changed", 1, FIND, input=PULLS),
    Definition("reconciliation", "deliveries", 1, (COMPARE,)),
    Definition("reconciliation", "gates", 1, (INSPECT,)),
    Definition("legacy_import", "legacy", 1, (READ, CHECK, APPLY), input=BATCH),
    Definition("legacy_import", "legacy_rollback", 1, (TAKE_OUT,), input=BATCH),
)


class UnknownDefinition(LookupError):
    """There is no such kind, version or step here: the row is of another version of mergegate."""


def outputs() -> tuple[type[Handed], ...]:
    """What steps hand on, each type once."""
    steps = (step for each in DEFINITIONS for step in (*each.line, *each.beside))
    return tuple(dict.fromkeys(step.output for step in steps))


def known() -> list[str]:
    """`kind/version` of each, as queries compare it: what a worker of this version may claim."""
    return [f"{each.kind}/{each.version}" for each in DEFINITIONS]


def for_workers() -> list[str]:
    """The same without those that a command does itself."""
    return [f"{each.kind}/{each.version}" for each in DEFINITIONS if each.line[0].task != NO_TASK]


def of(kind: str, version: int) -> Definition:
    """Raises `UnknownDefinition`."""
    found = next((each for each in DEFINITIONS if (each.kind, each.version) == (kind, version)), None)
    if found is None:
        raise UnknownDefinition(f"There is no workflow {kind} in version {version}.")
    return found


def newest(kind: Kind) -> Definition:
    """What a workflow that is started now is made of."""
    return max((each for each in DEFINITIONS if each.kind == kind), key=lambda each: each.version)


def step(kind: str, version: int, name: str) -> Step:
    """Raises `UnknownDefinition`."""
    definition = of(kind, version)
    found = next((each for each in (*definition.line, *definition.beside) if each.name == name), None)
    if found is None:
        raise UnknownDefinition(f"The workflow {kind} in version {version} has no step {name}.")
    return found


def handed_on(kind: str, version: int, name: str, output: Handed) -> dict[str, Any]:
    """What a step hands on, as it is kept. Raises `TypeError` where its definition has something else."""
    expected = step(kind, version, name).output
    if type(output) is not expected:
        raise TypeError(f"The step {name} of {kind} hands on {expected.__name__}, not {output!r}.")
    return output.document()


def after(kind: str, version: int, name: str) -> Step | None:
    """The next step of the line; None after the last one. Raises `UnknownDefinition`."""
    line = of(kind, version).line
    place = line.index(step(kind, version, name))
    return line[place + 1] if place + 1 < len(line) else None
