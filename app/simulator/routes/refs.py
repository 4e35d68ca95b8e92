"""Routes about refs: branches and tags by their full names."""

from dulwich.refs import Ref, check_ref_format

from app.simulator import history
from app.simulator.answers import Answer, Listing, Refusal, supplied
from app.simulator.call import Call
from app.simulator.records import Repository
from app.simulator.routes.trees import whole_sha
from app.simulator.shapes import git

_BRANCH, _TAG = "heads/", "tags/"


def read_ref(call: Call, *, ref: str) -> Answer:
    """The very ref, not those that begin like it."""
    sha = _refs(call.filled).get(ref)
    if sha is None:
        raise Refusal(404, "Not Found")
    return _ref(call, 200, ref, sha)


def list_refs(call: Call, *, ref: str) -> Listing:
    """All that begin like it, by name."""
    found = sorted((name, sha) for name, sha in _refs(call.filled).items() if name.startswith(ref))
    return Listing(found, lambda pair: git.ref(call.view, call.repository, *pair))


def create_ref(call: Call) -> Answer:
    full, sha = supplied(call.body, "ref"), whole_sha(supplied(call.body, "sha"))
    name = full.removeprefix("refs/")
    if name == full or not name.startswith((_BRANCH, _TAG)):
        raise Refusal(422, "Reference name must start with 'refs/heads/' or 'refs/tags/'.")
    if not check_ref_format(Ref(full.encode())):
        raise Refusal(422, f"{full} is not a valid ref name.")
    known = _refs(call.filled)
    if name in known:
        raise Refusal(422, "Reference already exists")
    if any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in known):
        raise Refusal(422, "Reference update failed")
    _set(call, name, _commit(call, sha))
    made = _ref(call, 201, name, sha)
    return Answer(201, made.body, {"location": made.body["url"]})


def update_ref(call: Call, *, ref: str) -> Answer:
    sha, known = whole_sha(supplied(call.body, "sha")), _known(call, ref)
    _commit(call, sha)
    if call.body.get("force") is not True and not history.is_ahead(call.repository.commits, known, sha):
        raise Refusal(422, "Update is not a fast forward")
    if sha != known:
        _set(call, ref, sha)
    return _ref(call, 200, ref, sha)


def delete_ref(call: Call, *, ref: str) -> Answer:
    _known(call, ref)
    verbs, name = call.github.verbs, call.repository.full_name
    if ref.startswith(_BRANCH):
        verbs.delete_branch(name, ref.removeprefix(_BRANCH))
    else:
        verbs.delete_tag(name, ref.removeprefix(_TAG))
    return Answer(204)


def _refs(repository: Repository) -> dict[str, str]:
    """Every SHA by its name without `refs/`; the heads of pull requests can be read, too."""
    return {
        **{_BRANCH + name: sha for name, sha in repository.branches.items()},
        **{_TAG + name: sha for name, sha in repository.tags.items()},
        **{f"pull/{number}/head": pull.head_sha for number, pull in repository.pulls.items()},
    }


def _known(call: Call, ref: str) -> str:
    found = _refs(call.filled).get(ref)
    if found is None or not ref.startswith((_BRANCH, _TAG)):
        raise Refusal(422, "Reference does not exist")
    return found


def _commit(call: Call, sha: str) -> str:
    if sha not in call.repository.commits:
        raise Refusal(422, "Object does not exist")
    return sha


def _set(call: Call, name: str, sha: str) -> None:
    verbs, full_name = call.github.verbs, call.repository.full_name
    if name.startswith(_BRANCH):
        verbs.move_branch(full_name, name.removeprefix(_BRANCH), sha)
    else:
        verbs.create_tag(full_name, name.removeprefix(_TAG), at=sha)


def _ref(call: Call, status: int, name: str, sha: str) -> Answer:
    return Answer(status, git.ref(call.view, call.repository, name, sha))
