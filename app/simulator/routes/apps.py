"""Routes that an App calls as itself, with those about its installations."""

from app.simulator.answers import Answer, Listing, Refusal
from app.simulator.call import Call
from app.simulator.records import App, Installation
from app.simulator.shapes import accounts, repositories, view


def read_app(call: Call) -> Answer:
    return Answer(200, accounts.authenticated_app(call.view, _app(call)))


def read_public_app(call: Call, *, slug: str) -> Answer:
    """What everybody may know of an App."""
    found = next((one for one in call.state.apps.values() if one.slug == slug), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer(200, accounts.app(call.view, found))


def read_hook(call: Call) -> Answer:
    """Where the App's webhooks go; the secret is never shown."""
    app = _app(call)
    secret = {"secret": "********"} if app.hook_secret else {}
    address = {} if app.hook_url is None else {"url": app.hook_url}
    return Answer(200, {"content_type": "json", "insecure_ssl": "0", **secret, **address})


def list_installations(call: Call) -> Listing:
    mine = [i for i in call.state.installations.values() if i.app_id == _app(call).id]
    return Listing(mine, lambda i: accounts.installation(call.view, i))


def read_installation(call: Call, *, installation: int) -> Answer:
    return Answer(200, accounts.installation(call.view, _installation(call, installation)))


def read_installation_of_repository(call: Call) -> Answer:
    """A suspended one, too."""
    installations = call.state.installations.values()
    mine = [i for i in installations if i.app_id == _app(call).id and call.state.covers(i, call.repository)]
    if not mine:
        raise Refusal(404, "Not Found")
    return Answer(200, accounts.installation(call.view, mine[0]))


def create_token(call: Call, *, installation: int) -> Answer:
    """The body may ask for fewer permissions than the installation has."""
    record = _installation(call, installation)
    if record.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    wanted = call.body.get("permissions") or dict(record.permissions)
    if any(record.permissions.get(name) not in (level, "write") for name, level in wanted.items()):
        raise Refusal(422, "The permissions requested are not granted to this installation.")
    token = call.github.tokens.issue(record.id, wanted, call.github.verbs.token_clock())
    selection = "all" if record.repository_ids is None else "selected"
    body = {"token": token.text, "expires_at": view.time(token.expires_at), "permissions": dict(wanted)}
    return Answer(201, {**body, "repository_selection": selection})


def list_repositories(call: Call) -> Listing:
    installation = call.caller.installation
    if installation is None:
        raise Refusal(403, "Resource not accessible by integration")
    mine = [r for r in call.state.repositories.values() if call.state.covers(installation, r)]
    selection = {"repository_selection": "all" if installation.repository_ids is None else "selected"}
    return Listing(mine, lambda r: repositories.repository(call.view, r), key="repositories", extra=selection)


def _app(call: Call) -> App:
    if call.caller.app is None:
        raise Refusal(401, "A JSON web token could not be decoded")
    return call.caller.app


def _installation(call: Call, number: int) -> Installation:
    found = call.state.installations.get(number)
    if found is None or found.app_id != _app(call).id:
        raise Refusal(404, "Not Found")
    return found
