"""Routes that open a pull request or change what it says, where it goes and whether it is open."""

from typing import Any

from app.simulator import history
from app.simulator.answers import Answer, Refusal, invalid, supplied
from app.simulator.call import Call
from app.simulator.records import Pull, Repository
from app.simulator.shapes import pulls
from app.simulator.shapes.view import Json

TITLE_CHARACTERS = 256
BODY_CHARACTERS = 65_536


def create(call: Call) -> Answer:
    head, base = supplied(call.body, "head"), supplied(call.body, "base")
    source, branch = _head(call, head)
    wrong = [name for name, fits in (("head", source), ("base", base in call.repository.branches)) if not fits]
    if source is None or wrong:
        errors = [{"resource": "PullRequest", "field": name, "code": "invalid"} for name in wrong]
        raise Refusal(422, "Validation Failed", errors)
    title, body = _title(call.body), _body(call.body)
    _refuse_another(call, source, branch, base)
    _refuse_nothing_new(call, source, branch, base)
    verbs, name = call.github.verbs, call.repository.full_name
    with verbs.changing():
        draft = "draft" if call.body.get("draft") is True else "ready"
        made = verbs.open_pull(name, head, by=call.bot, base=base, draft=draft, title=title, body=body)
        pull = verbs.change_pull(name, made.number, app_id=call.app.id)
    shape = pulls.full(call.view, call.repository, pull)
    return Answer(201, shape, {"location": shape["url"]})


def update(call: Call, *, number: int) -> Answer:
    """What the body leaves out stays as it is."""
    pull, verbs, name = call.pull(number), call.github.verbs, call.repository.full_name
    fields = _texts(call, pull) | _base(call, pull) | _state(call, pull)
    if any(getattr(pull, key) != value for key, value in fields.items()):
        with verbs.changing():
            pull = verbs.change_pull(name, number, **fields)
    return Answer(200, pulls.full(call.view, call.repository, pull))


def _head(call: Call, head: str) -> tuple[Repository | None, str]:
    """The repository that the branch is in, this one or a fork of it; None where there is no such branch."""
    owner, _, branch = head.rpartition(":")
    here = call.repository
    found = call.state.find(f"{owner}/{here.name}") if owner else here
    if found is None or branch not in found.branches or (found.id != here.id and found.fork_of != here.id):
        return None, branch
    return found, branch


def _title(body: Json) -> str:
    title = body.get("title")
    if title is None or not supplied(body, "title").strip():
        raise Refusal(
            422, "Validation Failed", [{"resource": "PullRequest", "field": "title", "code": "missing_field"}]
        )
    if len(title) > TITLE_CHARACTERS:
        raise invalid("PullRequest", "title", f"title is too long (maximum is {TITLE_CHARACTERS} characters)")
    return str(title)


def _body(body: Json) -> str | None:
    text = None if body.get("body") is None else supplied(body, "body")
    if text is not None and len(text) > BODY_CHARACTERS:
        raise invalid("PullRequest", "body", f"body is too long (maximum is {BODY_CHARACTERS} characters)")
    return text


def _refuse_another(call: Call, source: Repository, branch: str, base: str) -> None:
    if _open(call, source.id, branch, base):
        raise _custom(f"A pull request already exists for {source.owner}:{branch}.")


def _refuse_nothing_new(call: Call, source: Repository, branch: str, base: str) -> None:
    """There must be a commit to add, and one that both sides have."""
    commits = {**source.commits, **call.repository.commits}
    below, head = call.repository.branches[base], source.branches[branch]
    if history.merge_base(commits, below, head) is None:
        raise _custom(f"The {branch} branch has no history in common with {base}")
    if not history.between(commits, below, head):
        fork = source.id != call.repository.id
        names = (f"{call.repository.owner}:{base}", f"{source.owner}:{branch}") if fork else (base, branch)
        raise _custom("No commits between {} and {}".format(*names))


def _open(call: Call, source_id: int, branch: str, base: str) -> list[Pull]:
    wanted = ("open", source_id, branch, base)
    found = call.repository.pulls.values()
    return [p for p in found if (p.state, p.head_repository_id, p.head_ref, p.base_ref) == wanted]


def _texts(call: Call, pull: Pull) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "title" in call.body:
        fields["title"] = _title(call.body)
    if "body" in call.body and _body(call.body) != pull.body:
        fields |= {"body": _body(call.body), "edited_at": call.github.verbs.now(), "editor": call.bot}
    return fields


def _base(call: Call, pull: Pull) -> dict[str, Any]:
    """Of a closed one, and of one that is to be closed, not even the base that it has may be given."""
    if "base" not in call.body:
        return {}
    base = supplied(call.body, "base")
    if "closed" in (pull.state, call.body.get("state")):
        raise invalid("PullRequest", "base", "Cannot change the base branch of a closed pull request.", "invalid")
    if base not in call.repository.branches:
        raise invalid("PullRequest", "base", f"Proposed base branch '{base}' was not found", "invalid")
    if base == pull.base_ref:
        return {}
    if _open(call, pull.head_repository_id, pull.head_ref, base):
        said = f"A pull request already exists for base branch '{base}' and head branch '{pull.head_ref}'"
        raise invalid("PullRequest", "base", said, "invalid")
    return {"base_ref": base, "base_sha": call.repository.branches[base]}


def _state(call: Call, pull: Pull) -> dict[str, Any]:
    state = call.body.get("state", pull.state)
    if state not in ("open", "closed"):
        raise Refusal(422, f"Invalid request.\n\n{state} is not a member of [open, closed].")
    if state == pull.state:
        return {}
    if state == "closed":
        return {"state": "closed", "closed_at": call.github.verbs.now()}
    return {"state": "open", "closed_at": None, "head_sha": _reopened(call, pull)}


def _reopened(call: Call, pull: Pull) -> str:
    """The head commit of one that is opened again, where that may be."""
    source = call.state.repositories.get(pull.head_repository_id)
    tip = source.branches.get(pull.head_ref) if source else None
    why = None
    if pull.merged_at:
        why = "The pull request cannot be reopened."
    elif source is None or tip is None:
        why = f"The {pull.head_ref} branch has been deleted."
    elif not history.is_ahead(source.commits, pull.head_sha, tip):
        why = f"The {pull.head_ref} branch was force-pushed or recreated."
    elif _open(call, pull.head_repository_id, pull.head_ref, pull.base_ref):
        ours = f"{pull.head_owner}:{pull.head_ref} to {call.repository.owner}:{pull.base_ref}"
        why = f"There is already an open pull request from {ours}."
    if why is not None:
        raise invalid("PullRequest", "state", f"state cannot be changed. {why}", "invalid")
    return str(tip)


def _custom(message: str) -> Refusal:
    return Refusal(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])
