"""What the endpoints of verdicts and policies answer, as `app/policy_json.py` makes it."""

from typing import Literal

from app.records.approve_rules import State as RulesState
from app.web.api.bodies import ResponseBody
from policies.policy import Mode
from policies.result import Kind, Status
from policies.validation import Severity
from policies.verdict import State


class Predicate(ResponseBody):
    """What one predicate found."""

    kind: str
    satisfied: bool
    description: str
    values: tuple[str, ...]
    condition_values: tuple[str, ...]
    doubt: str


class Approver(ResponseBody):
    """Somebody whose comment or review counted."""

    login: str
    source: Literal["comment", "review", "body"]
    review_id: str | None
    created_at: str


class Ignored(ResponseBody):
    """Somebody whose comment or review did not count, and why."""

    login: str
    reason: str
    review_id: str | None
    spoilt_by: str


class Node(ResponseBody):
    """One node of the tree of a verdict: the policy, a branch of it, an operator or a rule."""

    name: str
    kind: Kind
    status: Status
    description: str
    error: str
    missing_fact: str
    predicates: tuple[Predicate, ...]
    conditions: tuple[Predicate, ...]
    required: int
    approvers: tuple[Approver, ...]
    ignored: tuple[Ignored, ...]
    children: tuple["Node", ...]


class PolicySource(ResponseBody):
    """Where the policy was found, and the digest of its text."""

    source: str
    sha256: str | None


class OtherVerdict(ResponseBody):
    """What the mode that was not posted says of the same facts."""

    mode: Mode
    state: State
    description: str
    result: Node | None


class Approving(ResponseBody):
    """What the approve rules said; an empty source is no file, and a null result that none of them was asked."""

    state: RulesState
    sentence: str
    rules: tuple[str, ...]
    file: PolicySource
    result: Node | None


class Evaluation(ResponseBody):
    """The newest verdict on a pull request."""

    schema_version: str
    repository: str
    number: int
    head_sha: str
    base_ref: str
    evaluated_at: str
    mode: Mode
    state: State
    description: str
    differences: tuple[str, ...]
    policy: PolicySource
    result: Node | None
    other: OtherVerdict | None
    approving: Approving | None


class StateSaid(ResponseBody):
    """A verdict in short."""

    state: State
    description: str


class RecordedVerdict(StateSaid):
    """The verdict on record."""

    mode: Mode


class Leaf(ResponseBody):
    """How a rule ended."""

    status: Status
    sentence: str


class ChangedRule(ResponseBody):
    """A rule that ends otherwise; null where that policy does not ask it."""

    rule: str
    then: Leaf | None
    now: Leaf | None


class Simulation(ResponseBody):
    """The verdict as it would be; null where it hangs on facts that are not recorded."""

    schema_version: str
    repository: str
    number: int
    head_sha: str
    base_ref: str
    evaluated_at: str
    recorded: RecordedVerdict
    mode: Mode
    verdict: StateSaid | None
    missing_facts: tuple[str, ...]
    notes: tuple[str, ...]
    rules: tuple[ChangedRule, ...]
    result: Node


class Finding(ResponseBody):
    """One mistake or doubt in a policy; lines and columns count from 1."""

    line: int | None
    column: int | None
    kind: str
    message: str
    hint: str
    severity: Severity


class Findings(ResponseBody):
    """What was found in a policy; it is valid if there are only warnings."""

    valid: bool
    findings: tuple[Finding, ...]
