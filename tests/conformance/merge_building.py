"""Builds the simulated GitHub from `given`: a repository, its gate, its pull requests and what is said of them."""

from datetime import timedelta

from app.simulator import GitHub
from app.simulator.records import Installation
from app.simulator.world import real_time
from tests.conformance.merge_clock import BEGINNING, Clock
from tests.conformance.merge_commits import BASE, OLDER_HEAD, REPOSITORY, Commits
from tests.conformance.merge_fields import FIELDS, come_from, set_fields
from tests.conformance.merge_rows import paged
from tests.conformance.merge_words import Record
from tests.conformance.merge_world import ACTIONS, CONTEXT, DISTANT_ID, GATE, GATE_LOGIN, PERMISSIONS, World

INSTALLATION = 1
TEST_MERGE = "TM1"
LONG_AGO = BEGINNING - timedelta(days=30)


def build(given: Record, clock: Clock) -> World:
    """The whole of it; nobody is told of anything. Raises `WrongScenario`."""
    github, pull = GitHub(clock), given.setdefault("pr", {})
    github.token_clock = real_time  # PyGithub's tokens are made and kept by it
    commits = Commits(github, author=pull.get("last_pusher") or pull.get("author") or "alice")
    world = World(given, clock, github, commits)
    world.names.call(world.context(CONTEXT), CONTEXT)
    _add_repository(world)
    _add_gate(world)
    _add_base(world)
    world.apply_settings()
    if pull.get("kind") == "issue":
        github.add_issue(REPOSITORY, "An issue", by=world.user("alice"), number=world.number)
    elif pull.get("state") != "missing":
        _add_pull(world)
    for other in given.get("other_prs", []):
        _add_other(world, other)
    _add_evidence(world)
    return world


def _add_repository(world: World) -> None:
    wanted = world.pull.get("repo_id") or world.given.get("snapshot", {}).get("repo_id") or 1001
    made = world.github.own(REPOSITORY, private="public")
    world.github.replace_id(REPOSITORY, wanted) if made.id != wanted else None


def _add_gate(world: World) -> None:
    world.app(GATE)
    world.app(ACTIONS)
    world.user(GATE_LOGIN, kind="Bot")
    world.github.state.installations[INSTALLATION] = Installation(
        id=INSTALLATION,
        app_id=GATE,
        account="o",
        repository_ids=None,
        permissions=PERMISSIONS,
        created_at=LONG_AGO,
    )


def _add_base(world: World) -> None:
    """B0 stands below all, so that a head may lack the tip of the base."""
    base = world.pull.get("base_ref", "main")
    world.repository.default_branch = base
    root = world.names.sha("B0")
    world.write_files("valid")
    tip = world.commits.follow(BASE, root)
    world.commits.follow(OLDER_HEAD, root if world.pull.get("mergeable_state") == "behind" else tip)
    wanted = world.names.sha(world.pull.get("base_sha") or BASE)
    world.github.move_branch(REPOSITORY, base, wanted)


def _add_pull(world: World) -> None:
    pull, number = world.pull, world.number
    head_ref, base_ref = pull.get("head_ref", "feat"), pull.get("base_ref", "main")
    sha = world.names.sha(pull.get("head_sha", "H1"))
    _open(world, number, head_ref=head_ref, base_ref=base_ref, sha=sha)
    tried = world.github.test_merge(REPOSITORY, number)
    if tried is not None:
        world.names.bind(_test_merge_name(pull), tried.sha)
    come_from(world, pull.get("head_repo", REPOSITORY))
    set_fields(world, number, {name: value for name, value in pull.items() if name in FIELDS})


def _test_merge_name(pull: Record) -> str:
    said = pull.get("merge_commit_sha")
    return said if said and not pull.get("merged") else TEST_MERGE


def _open(world: World, number: int, *, head_ref: str, base_ref: str, sha: str) -> None:
    github, author = world.github, world.user(world.pull.get("author") or "alice")
    if base_ref not in world.repository.branches:
        github.move_branch(REPOSITORY, base_ref, world.repository.branches[world.repository.default_branch])
    github.move_branch(REPOSITORY, head_ref, sha)
    github.open_pull(REPOSITORY, head_ref, by=author, base=base_ref, title="Add a feature", number=number)
    if author == GATE_LOGIN:
        github.change_pull(REPOSITORY, number, app_id=GATE)


def _add_other(world: World, other: Record) -> None:
    number, sha = other["number"], world.names.sha(other["head_sha"])
    branch = other.get("head_ref") or f"feat{number}"
    _open(world, number, head_ref=branch, base_ref=other.get("base_ref", "main"), sha=sha)
    for row in other.get("reviews", []):
        world.add_review(number, row)
    for row in other.get("checks", []):
        world.set_check({"id": _free_id(world), **row})
    if other.get("state", "open") != "open":
        set_fields(world, number, {"state": "closed", "merged": other["state"] == "merged"})


def _free_id(world: World) -> int:
    return max([DISTANT_ID, *(run.id for run in world.repository.check_runs)]) + 1


def _add_evidence(world: World) -> None:
    given, number = world.given, world.number
    pages = {page["resource"]: page for page in given.get("pagination", [])}
    for row in paged(given.get("reviews", []), pages.get("reviews"), "id"):
        if number in world.repository.pulls:
            world.add_review(number, row)
    for row in paged(given.get("checks", []), pages.get("checks"), "id"):
        world.set_check(row)
    for row in paged(given.get("statuses", []), pages.get("statuses"), "seq"):
        world.add_status(row)
