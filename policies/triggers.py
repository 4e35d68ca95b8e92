"""Which kinds of event can change what a policy says."""

from collections.abc import Iterator

from policies.options import Methods
from policies.policy import Disapproval, Policy, Rule
from policies.predicates.predicate import Predicate, Trigger

ORDER: tuple[Trigger, ...] = ("commit", "comment", "review", "label", "status", "pull_request")


def triggers(policy: Policy) -> tuple[Trigger, ...]:
    """In the order of `ORDER`; a policy without rules waits for commits only."""
    found = dict.fromkeys((*_of_rules(policy), *_of_disapproval(policy.disapproval)))
    return tuple(kind for kind in ORDER if kind in found)


def is_triggered(policy: Policy, events: tuple[Trigger, ...]) -> bool:
    """Whether any of these kinds of event matters to the policy."""
    return any(kind in events for kind in triggers(policy))


def _of_rules(policy: Policy) -> Iterator[Trigger]:
    for rule in policy.used_rules():
        yield "commit"
        yield from _of_predicates((*rule.predicates, *rule.conditions))
        yield from _of_approvals(rule)


def _of_approvals(rule: Rule) -> Iterator[Trigger]:
    if rule.count > 0:
        yield from _of_methods(rule.options.methods)
        if rule.options.methods.body_patterns:
            yield "pull_request"


def _of_disapproval(disapproval: Disapproval) -> Iterator[Trigger]:
    yield "commit"
    yield from _of_predicates(disapproval.predicates)
    if not disapproval.disapprovers.is_empty:
        yield from _of_methods(disapproval.disapprove)
        yield from _of_methods(disapproval.revoke)


def _of_methods(methods: Methods) -> Iterator[Trigger]:
    if methods.read_comments:
        yield "comment"
    if methods.read_reviews:
        yield "review"


def _of_predicates(predicates: tuple[Predicate, ...]) -> Iterator[Trigger]:
    yield from (predicate.trigger for predicate in predicates)
