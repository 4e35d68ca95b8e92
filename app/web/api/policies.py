"""The endpoints that say whether the text of a policy is sound."""

from app import policy_json
from app.web.api import policy_bot
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.api.policy_bot import PolicyBotValidation
from app.web.api.verdict_shapes import Findings
from policies import validation


def validate_policy(call: Call, text: str) -> Answer:
    """What is wrong with a policy, and where."""
    return Answer(policy_json.findings(validation.check(text, call.settings.policy_options)))


def validate_as_policy_bot(call: Call, text: str) -> Answer:
    """Whether policy-bot would take the policy."""
    status, document = policy_bot.validated(text, call.settings.policy_options)
    return Answer(document, status)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/api/v1/policies/validate",
        work=validate_policy,
        scope="read",
        takes=str,
        types=(),
        answers={200: Findings},
    ),
    Endpoint(
        method="PUT",
        path="/api/validate",
        work=validate_as_policy_bot,
        scope="read",
        takes=str,
        types=(),
        answers={200: PolicyBotValidation, 422: PolicyBotValidation},
    ),
)
