"""The `approve` rules of the gate file: which of them let the gate give its own approving review."""

from functools import lru_cache

from policies import document, evaluation
from policies.facts import Frozen, PullSnapshot
from policies.options import OptionsWritten
from policies.policy import Operator, Policy, Rule
from policies.reading import Problems, Value
from policies.result import Result
from policies.server_options import ServerOptions
from policies.yaml_tree import compose

KEYS = ("approve", "merge")
"""The sections of the gate file; `merge` is read by `policies.merging.document`."""
MAX_PARSED_FILES = 64


class Ruling(Frozen):
    """`rules` are the names of those that hold, and `sentence` says it; `result` is None where none was judged."""

    rules: tuple[str, ...]
    sentence: str
    result: Result | None = None


def parse(text: str, server: ServerOptions) -> Policy:
    """The rules as a policy of which any one will do. Raise `PolicyError` for anything not understood."""
    policy, problems = read(text, server)
    problems.raise_first()
    return policy


@lru_cache(maxsize=MAX_PARSED_FILES)
def parsed(text: str, server: ServerOptions) -> Policy:
    """The same, remembered."""
    return parse(text, server)


def read(text: str, server: ServerOptions) -> tuple[Policy, Problems]:
    """As much as is understood, and every mistake; raise `PolicyError` where it is no YAML at all."""
    problems = Problems()
    listed = Value(compose(text), problems).fields(KEYS)["approve"]
    rules = document.read_rules(listed, OptionsWritten(), server)
    names = list[str]()
    for value, rule in zip(listed.items() or (), rules, strict=True):
        if not value.is_absent:  # which is refused already
            _check(value, rule, names)
        names.append(rule.name)
    any_of_them = (Operator(kind="or", children=rules),) if rules else ()
    return Policy(approval=any_of_them, rules=rules), problems


def objection(policy: Policy, snapshot: PullSnapshot, ours: str | None) -> str:
    """Why the rules are not even asked, from what comes with the pull request itself; empty if they are.

    `ours`: the login of the gate; None where it need not be known, since the author is not an App.
    """
    if not policy.rules:
        return "The file has no approve rule."
    if snapshot.author == ours:
        return "The gate never approves its own pull request."
    return "A draft is not approved." if snapshot.draft else ""


def judge(policy: Policy, snapshot: PullSnapshot) -> Ruling:
    """The rules in strict mode, whatever the policy is posted in: one that cannot be judged leaves nothing approved."""
    judged = evaluation.evaluate(policy, snapshot, "strict")
    approval, _, *tampered = judged.children
    rules = approval.children[0].children
    held = tuple(rule.name for rule in rules if rule.status == "approved") if judged.status == "approved" else ()
    sentence = _sentence(held, judged)
    shown = judged._replace(name="approve rules", description=sentence, children=(*rules, *tampered))
    return Ruling(rules=held, sentence=sentence, result=shown)


def _check(value: Value, rule: Rule, names: list[str]) -> None:
    """What a policy may have and an approve rule may not, since it would be a yes to anything or without effect."""
    if not rule.name:
        value.refuse("an approve rule needs a name, by which the review tells of it")
    elif rule.name in names:
        value.refuse(f"there is an approve rule named {rule.name!r} already")
    if not (rule.predicates or rule.conditions or rule.count > 0):
        value.refuse("an approve rule needs a condition, since one without any would approve everything")
    if rule.options.request_review.enabled:
        value.refuse("an approve rule asks nobody for a review, so request_review belongs into the policy")


def _sentence(held: tuple[str, ...], judged: Result) -> str:
    if held:
        noun = "rule" if len(held) == 1 else "rules"
        return f"Held by the {noun} {', '.join(held)}."
    if judged.status == "error":
        return f"The rules cannot be judged: {judged.error}."
    if judged.status == "disapproved":
        return f"No rule counts: {judged.description}."
    return "No rule holds."
