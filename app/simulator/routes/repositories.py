"""Routes about a repository, its branches, files and collaborators."""

from app.simulator.answers import Answer, Listing, Refusal
from app.simulator.call import Call
from app.simulator.shapes import accounts, repositories
from app.simulator.state import resolve


def read_repository(call: Call) -> Answer:
    return Answer(200, repositories.full(call.view, call.repository))


def list_branches(call: Call) -> Listing:
    names = sorted(call.repository.branches)
    return Listing(names, lambda name: repositories.short_branch(call.view, call.repository, name))


def read_branch(call: Call, *, branch: str) -> Answer:
    if branch not in call.repository.branches:
        raise Refusal(404, "Branch not found")
    return Answer(200, repositories.branch(call.view, call.repository, branch))


def read_contents(call: Call, *, path: str = "") -> Answer:
    """A file, or the list of what is in a folder."""
    ref = call.query.get("ref") or call.repository.default_branch
    commit = resolve(call.repository, ref)
    if commit is None:
        raise Refusal(404, f"No commit found for the ref {ref}")
    if path in commit.tree:
        return Answer(200, repositories.file(call.view, call.repository, commit, path, ref))
    entries = repositories.directory(call.view, call.repository, commit, path.strip("/"), ref)
    if not entries:
        raise Refusal(404, "Not Found")
    return Answer(200, entries)


def list_collaborators(call: Call) -> Listing:
    roles = {call.repository.owner: "admin", **call.repository.collaborators}
    organization = call.state.organizations.get(call.repository.owner)
    if organization:
        del roles[call.repository.owner]
        roles |= {login: "admin" for login, role in organization.members.items() if role == "admin"}
    return Listing(sorted(roles), lambda login: accounts.collaborator(call.view, login, roles[login]))


def read_permission(call: Call, *, login: str) -> Answer:
    """Of somebody without access: `none`, or `read` where everybody may read."""
    if login not in call.state.users:
        raise Refusal(404, f"{login} is not a user")
    return Answer(200, accounts.permission(call.view, login, call.state.role(call.repository, login)))
