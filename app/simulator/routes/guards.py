"""Routes about what guards a branch: classic protection and rulesets."""

from app.simulator.answers import Answer, Listing, Refusal
from app.simulator.call import Call
from app.simulator.guards import Protection
from app.simulator.shapes import guards


def read_protection(call: Call, *, branch: str) -> Answer:
    return Answer(200, guards.protection(call.view, call.repository, branch, _protected(call, branch)))


def read_required_checks(call: Call, *, branch: str) -> Answer:
    found = _protected(call, branch)
    if found.checks is None:
        raise Refusal(404, "Required status checks not enabled")
    return Answer(200, guards.protection(call.view, call.repository, branch, found)["required_status_checks"])


def list_rules(call: Call, *, branch: str) -> Listing:
    """Those in force, of the repository's and the organization's rulesets; of any name, also of a branch to come."""
    rulesets = [one for one in call.repository.rulesets.values() if one.rules(branch)]
    rules = [rule for one in rulesets for rule in guards.rules(one, call.repository)]
    return Listing(rules, lambda rule: rule)


def list_rulesets(call: Call) -> Listing:
    found = list(call.repository.rulesets.values())
    return Listing(found, lambda one: guards.ruleset(call.view, call.repository, one))


def read_ruleset(call: Call, *, ruleset: int) -> Answer:
    """Only who may change it is shown who may pass it; everybody is told whether they may."""
    found = call.repository.rulesets.get(ruleset)
    if found is None:
        raise Refusal(404, "Not Found")
    passes = call.caller.installation is not None and call.app.id in call.repository.bypass_apps
    shape = guards.full_ruleset(call.view, call.repository, found, passes="always" if passes else "never")
    if not call.caller.holds("administration:write"):
        del shape["bypass_actors"]
    return Answer(200, shape)


def _protected(call: Call, branch: str) -> Protection:
    if branch not in call.repository.branches:
        raise Refusal(404, "Branch not found")
    found = call.repository.protections.get(branch)
    if found is None:
        raise Refusal(404, "Branch not protected")
    return found
