"""The endpoints of verdicts: the newest one on a pull request, and what it would be if something were otherwise."""

import re
from typing import Any

from app import policy_json, simulation
from app.database import Transaction
from app.records import evaluations, pulls
from app.simulation import CannotSimulate, Simulated
from app.simulation_request import Request
from app.web.api import policy_bot
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.api.policy_bot import PolicyBotResult
from app.web.api.verdict_shapes import Evaluation, Simulation
from app.web.replies import Reply

PULL = "/api/v1/pulls/<owner>/<repo>/<int:number>"
NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")

UNKNOWN = Reply(404, "UNKNOWN_PULL", "This gate has never seen that pull request.")
NO_VERDICT = Reply(404, "NO_VERDICT", "There is no verdict on that pull request yet.")
NO_FACTS = Reply(404, "NO_FACTS", "No facts of that pull request are recorded.")


def show_verdict(call: Call, owner: str, repo: str, number: int) -> Answer | Reply:
    """The newest verdict on a pull request."""
    pull = _pull(call.tx, owner, repo, number)
    if pull is None:
        return UNKNOWN
    row = evaluations.last(call.tx, pull["repository_id"], number)
    return NO_VERDICT if row is None else Answer(policy_json.evaluation(pull["full_name"], row))


def simulate_verdict(call: Call, asked: Request, owner: str, repo: str, number: int) -> Answer | Reply:
    """The verdict as it would be with other reviews, comments, people, another base or policy; changes nothing."""
    said = _simulated(call, asked, owner, repo, number)
    return said if isinstance(said, Reply) else Answer(policy_json.simulation(said))


def simulate_as_policy_bot(call: Call, asked: Request, owner: str, repo: str, number: int) -> Answer | Reply:
    """The same in policy-bot's shape, which knows no verdict that cannot be told."""
    said = _simulated(call, asked, owner, repo, number)
    if isinstance(said, Reply):
        return said
    if said.missing:
        sentence = f"The verdict hangs on facts that are not recorded: {', '.join(said.missing)}."
        return Reply(422, "FACTS_NOT_RECORDED", sentence)
    return Answer(policy_bot.simulated(said.result))


ENDPOINTS = (
    Endpoint(method="GET", path=PULL, work=show_verdict, scope="read", answers={200: Evaluation}),
    Endpoint(
        method="POST",
        path=f"{PULL}/simulate",
        work=simulate_verdict,
        scope="read",
        takes=Request,
        answers={200: Simulation},
    ),
    Endpoint(
        method="POST",
        path="/api/simulate/<owner>/<repo>/<int:number>",
        work=simulate_as_policy_bot,
        scope="read",
        takes=Request,
        types=(),
        answers={200: PolicyBotResult},
    ),
)


def _simulated(call: Call, *asked: Any) -> Simulated | Reply:
    request, owner, repo, number = asked
    pull = _pull(call.tx, owner, repo, number)
    if pull is None:
        return UNKNOWN
    stored = evaluations.newest_of_pull(call.tx, pull["repository_id"], number)
    if stored is None:
        return NO_FACTS
    try:
        return simulation.run(request, stored, call.settings.policy_options, call.at)
    except CannotSimulate as trouble:
        return Reply(422, trouble.code, str(trouble))


def _pull(tx: Transaction, owner: str, repo: str, number: int) -> dict[str, Any] | None:
    known = NAME.fullmatch(owner) and NAME.fullmatch(repo)
    return pulls.named(tx, f"{owner}/{repo}", number) if known else None
