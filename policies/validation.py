"""Tells everything that is wrong or doubtful in a policy file, and where."""

from typing import Literal

from policies import approving, document, reference, server_options
from policies.error import PolicyError
from policies.facts import Frozen
from policies.merging import document as merging
from policies.merging.rules import DEFAULT, MergeRules
from policies.policy import Policy, Rule
from policies.reading import Problems, Value, Warned
from policies.server_options import ServerOptions
from policies.text import short
from policies.yaml_tree import compose

Severity = Literal["error", "warning"]
MAX_FINDINGS = 100
KEYS = ("name", "description", "if", "options", "requires")


class Finding(Frozen):
    """One mistake or doubt; `line` and `column` count from 1, `None` where unknown; `hint` may be empty."""

    line: int | None
    column: int | None
    kind: str
    message: str
    hint: str
    severity: Severity


def check(text: str, server: ServerOptions = server_options.BUILT_IN) -> tuple[Finding, ...]:
    """Mistakes, or else doubts, in the order of the file; a reference to another file is sound."""
    try:
        if reference.parse(text):
            return ()
        policy, problems = document.read(text, server)
    except PolicyError as error:
        return (_mistake(error),)
    return _findings((problems,), _doubts(text, policy))


def check_gate_file(text: str, server: ServerOptions = server_options.BUILT_IN) -> tuple[Finding, ...]:
    """The same for the gate file: its approve rules and what it says about merges."""
    try:
        policy, problems = approving.read(text, server)
        rules, more = merging.read(text, server)
    except PolicyError as error:
        return (_mistake(error),)
    return _findings((problems, more), _doubts_of_gate_file(text, policy, rules))


def _findings(problems: tuple[Problems, ...], doubted: tuple[Warned, ...]) -> tuple[Finding, ...]:
    mistakes = tuple(_mistake(error) for each in problems for error in each.mistakes())
    doubts = (*(warned for each in problems for warned in each.warnings()), *doubted)
    found = mistakes or tuple(_doubt(warned) for warned in doubts)
    return tuple(sorted(dict.fromkeys(found), key=_place))[:MAX_FINDINGS]


def _mistake(error: PolicyError) -> Finding:
    return Finding(
        line=error.line,
        column=error.column,
        kind=error.kind,
        message=error.problem,
        hint=error.hint,
        severity="error",
    )


def _doubt(warned: Warned) -> Finding:
    return Finding(**warned._asdict(), severity="warning")


def _place(finding: Finding) -> tuple[int, int]:
    return (finding.line or 0, finding.column or 0)


def _doubts(text: str, policy: Policy) -> tuple[Warned, ...]:
    """What stands in the file without a mistake and is hardly meant."""
    problems = Problems()
    root = Value(compose(text), problems)
    if not policy.approval:
        hint = "name at least one rule under `policy.approval`"
        root.warn("empty", "the policy asks for no approval, so that policy-bot approves everything", hint=hint)
    fields = root.fields(("policy", "approval_rules", "approval_defaults"))
    used = dict.fromkeys(rule.name for rule in policy.used_rules())
    last = {rule.name: place for place, rule in enumerate(policy.rules)}
    for place, value in enumerate(fields["approval_rules"].items() or ()):
        rule = policy.rules[place]
        if last[rule.name] > place:
            _name(value).warn("duplicate", f"a later rule is named {short(rule.name)!r} too, and the last one counts")
        elif rule.name not in used:
            hint = "name it under `policy.approval`, or remove it"
            _name(value).warn("unused", f"the rule {short(rule.name)!r} is never used", hint=hint)
        if problem := _unreachable(rule):
            value.fields(KEYS)["requires"].warn("nobody", f"the rule {short(rule.name)!r} {problem}")
    return problems.warnings()


def _doubts_of_gate_file(text: str, policy: Policy, rules: MergeRules) -> tuple[Warned, ...]:
    problems = Problems()
    root = Value(compose(text), problems)
    if not policy.rules and rules == DEFAULT:
        root.warn("empty", "the file has no approve rule and says nothing about merges, so that nothing comes of it")
    listed = root.fields(approving.KEYS)["approve"].items() or ()
    for value, rule in zip(listed, policy.rules, strict=True):
        if problem := _unreachable(rule):
            value.fields(KEYS)["requires"].warn("nobody", f"the rule {short(rule.name)!r} {problem}")
    return problems.warnings()


def _name(value: Value) -> Value:
    """Where the name of a rule stands, or the rule that has none."""
    name = value.fields(KEYS)["name"]
    return value if name.is_absent else name


def _unreachable(rule: Rule) -> str:
    """Why nobody can ever fulfil it; empty if that cannot be told from the file."""
    people = rule.approvers
    if rule.count <= 0 or people.teams or people.organizations or people.permissions:
        return ""
    if people.is_empty:
        return "asks for approvals and says of nobody that they may approve"
    known = len(dict.fromkeys(people.users))
    return f"asks for {rule.count} approvals and names only {known} who may approve" if known < rule.count else ""
