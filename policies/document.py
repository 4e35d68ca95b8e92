"""Parses the text of a policy file, refusing whatever is not understood."""

from policies import actors, options
from policies.error import PolicyError
from policies.options import BUILT_IN, Methods, Options
from policies.policy import DISAPPROVE, REVOKE, Disapproval, Policy, Rule
from policies.predicates import catalogue
from policies.reading import Problems, Value
from policies.tree import read_approval
from policies.yaml_tree import compose

REFERENCE_KEYS = ("remote", "path", "ref")


def parse(text: str) -> Policy:
    """Raise `PolicyError` for anything that policy-bot refuses, and for what we do not support yet."""
    problems = Problems()
    root = Value(compose(text), problems)
    _refuse_reference(root)
    policy = _policy(root)
    problems.raise_first()
    return policy


def _refuse_reference(root: Value) -> None:
    """Raise `PolicyError(unsupported)` if the file only names another file."""
    trial = Value(root.node, Problems())
    keys = {str(key.value): node for key, node in trial.pairs()}
    named = "remote" in keys and not Value(keys["remote"], trial.problems).is_absent
    if named and all(key in REFERENCE_KEYS for key in keys):
        raise PolicyError("unsupported", "the key 'remote' is not supported yet", 1, 1)


def _policy(root: Value) -> Policy:
    fields = root.fields(("policy", "approval_rules", "approval_defaults"))
    defaults = fields["approval_defaults"].fields(("options",))["options"]
    lower = options.read(defaults).over(BUILT_IN)
    rules = tuple(_rule(item, lower) for item in fields["approval_rules"].items() or ())
    branches = fields["policy"].fields(("approval", "disapproval"))
    return Policy(
        approval=read_approval(branches["approval"], {rule.name: rule for rule in rules}),
        disapproval=_disapproval(branches["disapproval"]),
        rules=rules,
    )


def _rule(value: Value, defaults: Options) -> Rule:
    if value.is_absent:
        value.refuse("an entry of approval_rules is empty", "policy_tree")
    fields = value.fields(("name", "description", "if", "options", "requires"))
    requires = fields["requires"].fields(("count", "conditions", *actors.KEYS))
    return Rule(
        name=fields["name"].text(),
        description=fields["description"].text(),
        predicates=catalogue.read(fields["if"]),
        options=options.read(fields["options"]).over(defaults),
        count=requires["count"].integer(),
        approvers=actors.read(requires),
        conditions=catalogue.read(requires["conditions"]),
    )


def _disapproval(value: Value) -> Disapproval:
    fields = value.fields(("if", "options", "requires"))
    methods = fields["options"].fields(("methods",))["methods"].fields(("disapprove", "revoke"))
    return Disapproval(
        predicates=catalogue.read(fields["if"]),
        disapprovers=actors.read(fields["requires"].fields(actors.KEYS)),
        disapprove=_methods(methods["disapprove"], DISAPPROVE),
        revoke=_methods(methods["revoke"], REVOKE),
    )


def _methods(value: Value, default: Methods) -> Methods:
    """A block that is there replaces the default whole."""
    return default if value.is_absent else options.read_methods(value).over(Methods())
