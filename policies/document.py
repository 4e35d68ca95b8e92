"""Parses the text of a policy file, refusing whatever is not understood."""

from collections.abc import Iterable
from functools import lru_cache

from policies import actors, options, server_options
from policies.options import BUILT_IN, Methods, Options, OptionsWritten
from policies.policy import DISAPPROVE, REVOKE, Disapproval, Policy, Rule
from policies.predicates import catalogue
from policies.reading import Problems, Value
from policies.server_options import ServerOptions
from policies.tree import read_approval
from policies.yaml_tree import compose

MAX_PARSED_POLICIES = 64


def parse(text: str, server: ServerOptions = server_options.BUILT_IN) -> Policy:
    """Raise `PolicyError` for anything that policy-bot refuses."""
    policy, problems = read(text, server)
    problems.raise_first()
    return policy


@lru_cache(maxsize=MAX_PARSED_POLICIES)
def parsed(text: str, server: ServerOptions) -> Policy:
    """The same, remembered: a worker judges many pull requests by few policies."""
    return parse(text, server)


def read(text: str, server: ServerOptions) -> tuple[Policy, Problems]:
    """As much as is understood, and every mistake; raise `PolicyError` where it is no YAML at all."""
    problems = Problems()
    return _policy(Value(compose(text), problems), server), problems


def _policy(root: Value, server: ServerOptions) -> Policy:
    fields = root.fields(("policy", "approval_rules", "approval_defaults"))
    defaults = options.read(fields["approval_defaults"].fields(("options",))["options"])
    rules = read_rules(fields["approval_rules"], defaults, server)
    branches = fields["policy"].fields(("approval", "disapproval"))
    return Policy(
        approval=read_approval(branches["approval"], {rule.name: rule for rule in rules}),
        disapproval=_disapproval(branches["disapproval"]),
        rules=rules,
    )


def read_rules(listed: Value, defaults: OptionsWritten, server: ServerOptions) -> tuple[Rule, ...]:
    """A list of rules; `defaults` are those of the file itself, which go before the server's."""
    lower = defaults.over(server.approval_defaults.over(BUILT_IN))
    override = OptionsWritten(ignore_edited_comments=server.ignore_edited_comments)
    return _sharing_options(_rule(item, lower, override) for item in listed.items() or ())


def _rule(value: Value, defaults: Options, override: OptionsWritten) -> Rule:
    if value.is_absent:
        value.refuse("an entry of the list of rules is empty", "panic")
    fields = value.fields(("name", "description", "if", "options", "requires"))
    requires = fields["requires"].fields(("count", "conditions", *actors.KEYS))
    return Rule(
        name=fields["name"].text(),
        description=fields["description"].text(),
        predicates=catalogue.read(fields["if"]),
        options=override.over(options.read(fields["options"]).over(defaults)),
        count=requires["count"].integer(),
        approvers=actors.read(requires),
        conditions=catalogue.read(requires["conditions"]),
    )


def _sharing_options(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules whose options are equal hold the very same ones: what is remembered for one is soon found for the next."""
    seen = dict[Options, Options]()
    return tuple(rule.model_copy(update={"options": seen.setdefault(rule.options, rule.options)}) for rule in rules)


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
