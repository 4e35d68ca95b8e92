"""The JSON API over what is stored: verdicts, simulations, and whether a policy is sound."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from flask import Flask, Response

from app import database, policy_json, simulation, simulation_request
from app.database import Pool, Transaction
from app.records import evaluations, pulls
from app.records.evaluations import Stored
from app.settings import Settings
from app.simulation import CannotSimulate, Simulated
from app.simulation_request import Request, Unclear
from app.web import guard, policy_bot_api
from app.web.guard import Guard
from app.web.replies import Reply
from policies import validation
from policies.server_options import ServerOptions

PULL = "/api/v1/pulls/<owner>/<repo>/<int:number>"
POLICY_BOT_SIMULATE = "/api/simulate/<owner>/<repo>/<int:number>"
POLICY_BOT_VALIDATE = "/api/validate"
NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")

UNKNOWN = Reply(404, "unknown_pull", "This gate has never seen that pull request.")
NO_VERDICT = Reply(404, "no_verdict", "There is no verdict on that pull request yet.")
NO_FACTS = Reply(404, "no_facts", "No facts of that pull request are recorded.")
EMPTY = Reply(400, "empty_body", "The body should be a JSON object, {} at least.")


class Api(NamedTuple):
    """What the views work on."""

    pool: Pool
    server: ServerOptions
    now: Callable[[], datetime]

    def show(self, owner: str, repo: str, number: int) -> Response | Reply:
        """The newest verdict."""
        with self.pool.connection() as tx:
            pull = _pull(tx, owner, repo, number)
            row = evaluations.last(tx, pull["repository_id"], number) if pull else None
        if pull is None:
            return UNKNOWN
        return NO_VERDICT if row is None else say(policy_json.evaluation(pull["full_name"], row))

    def simulate(self, owner: str, repo: str, number: int) -> Response | Reply:
        """The verdict as it would be."""
        said = self._simulated(owner, repo, number)
        return said if isinstance(said, Reply) else say(policy_json.simulation(said))

    def simulate_as_policy_bot(self, owner: str, repo: str, number: int) -> Response | Reply:
        """The same in policy-bot's shape, which knows no verdict that cannot be told."""
        said = self._simulated(owner, repo, number)
        if isinstance(said, Reply):
            return said
        if said.missing:
            sentence = f"The verdict hangs on facts that are not recorded: {', '.join(said.missing)}."
            return Reply(422, "facts_not_recorded", sentence)
        return say(policy_bot_api.simulated(said.result))

    def validate(self) -> Response | Reply:
        """What is wrong with a policy, and where."""
        text = policy_text()
        return text if isinstance(text, Reply) else say(policy_json.findings(validation.check(text, self.server)))

    def validate_as_policy_bot(self) -> Response | Reply:
        """Whether policy-bot would take the policy."""
        text = policy_text()
        if isinstance(text, Reply):
            return text
        status, document = policy_bot_api.validated(text, self.server)
        return say(document, status)

    def _simulated(self, owner: str, repo: str, number: int) -> Simulated | Reply:
        asked = _request()
        if isinstance(asked, Reply):
            return asked
        stored = self._stored(owner, repo, number)
        if isinstance(stored, Reply):
            return stored
        try:
            return simulation.run(asked, stored, self.server, self.now())
        except CannotSimulate as trouble:
            return Reply(422, trouble.code.lower(), str(trouble))

    def _stored(self, owner: str, repo: str, number: int) -> Stored | Reply:
        with self.pool.connection() as tx:
            pull = _pull(tx, owner, repo, number)
            stored = evaluations.newest_of_pull(tx, pull["repository_id"], number) if pull else None
        if pull is None:
            return UNKNOWN
        return NO_FACTS if stored is None else stored


def install(flask: Flask, settings: Settings, now: Callable[[], datetime]) -> None:
    """Serve the API on `flask` to who has the token; without one there is none."""
    if settings.api_token is None:
        return
    pool = database.pool(settings.database_url)
    pool.open()
    api, door = Api(pool, settings.policy_options, now), Guard(settings.api_token)
    rules: tuple[tuple[str, str, guard.Work], ...] = (
        ("GET", PULL, api.show),
        ("POST", f"{PULL}/simulate", api.simulate),
        ("POST", "/api/v1/policies/validate", api.validate),
        ("POST", POLICY_BOT_SIMULATE, api.simulate_as_policy_bot),
        ("PUT", POLICY_BOT_VALIDATE, api.validate_as_policy_bot),
    )
    for method, path, work in rules:
        flask.add_url_rule(
            path,
            view_func=door.over(work),
            endpoint=f"api_{work.__name__}",
            methods=[method],
            provide_automatic_options=False,
        )


def say(document: Any, status: int = 200) -> Response:
    """The document as JSON."""
    return Response(json.dumps(document, ensure_ascii=False) + "\n", status, content_type="application/json")


def policy_text() -> str | Reply:
    """The body as the text of a policy, whatever its declared type."""
    content = guard.body()
    if isinstance(content, Reply):
        return content
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return Reply(400, "not_utf8", "The body should be UTF-8 text.")


def _request() -> Request | Reply:
    content = guard.body()
    if isinstance(content, Reply):
        return content
    try:
        return simulation_request.parse(content) if content.strip() else EMPTY
    except Unclear as wrong:
        return Reply(400, "malformed_body", str(wrong))


def _pull(tx: Transaction, owner: str, repo: str, number: int) -> dict[str, Any] | None:
    known = NAME.fullmatch(owner) and NAME.fullmatch(repo)
    return pulls.named(tx, f"{owner}/{repo}", number) if known else None
