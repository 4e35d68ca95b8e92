"""A policy of ten rules as a team of some dozen people has it, and a pull request of some size to judge by it."""

from datetime import UTC, datetime, timedelta

from policies.facts import ChangedFile, Comment, Commit, PullSnapshot, Review

TEXT = """\
policy:
  approval:
    - the tests pass
    - or:
        - somebody of the team approves
        - a documentation change is approved
        - the release bot updates versions
    - or:
        - security approves
        - nothing of security was touched
    - database owners approve migrations
    - a large change has two approvals
    - a hotfix is labelled
    - the backend speaks for its own
  disapproval:
    requires:
      teams: [acme/core]
approval_defaults:
  options:
    invalidate_on_push: true
    ignore_update_merges: true
approval_rules:
  - name: the tests pass
    requires:
      conditions:
        has_status: {statuses: [ci/test, ci/lint, ci/types]}
        title: {matches: ['^[A-Z]+-[0-9]+: ']}
  - name: somebody of the team approves
    if:
      targets_branch: {pattern: ^(main|release/.*)$}
    requires: {count: 1, teams: [acme/core, acme/backend]}
  - name: a documentation change is approved
    if:
      only_changed_files: {globs: ["docs/**", "**/*.md"]}
    requires: {count: 1, permissions: [write]}
    options:
      allow_non_author_contributor: true
      methods:
        comment_patterns: ['(?i)^(lgtm|looks good)\\b']
  - name: the release bot updates versions
    if:
      has_author_in: {users: ["release[bot]"]}
      only_changed_files: {paths: ['^VERSION$', '^CHANGELOG\\.md$']}
      has_valid_signatures: true
  - name: security approves
    if:
      changed_files: {paths: ['^src/auth/', '^src/crypto/', '(?i)secret'], ignore: ['_test\\.py$']}
    requires: {count: 1, teams: [acme/security]}
  - name: nothing of security was touched
    if:
      no_changed_files: {paths: ['^src/auth/', '^src/crypto/', '(?i)secret'], ignore: ['_test\\.py$']}
  - name: database owners approve migrations
    if:
      changed_files: {globs: ["migrations/**/*.{sql,py}"]}
    requires: {count: 1, users: [dora, dan], teams: [acme/database]}
  - name: a large change has two approvals
    if:
      modified_lines: {total: "> 400", files: {exclude_globs: ["**/*.lock", "**/generated/**"]}}
    requires: {count: 2, permissions: [write]}
  - name: a hotfix is labelled
    if:
      from_branch: {pattern: ^hotfix/}
    requires:
      conditions:
        has_labels: [hotfix]
  - name: the backend speaks for its own
    if:
      has_contributor_in: {teams: [acme/backend]}
      changed_files: {globs: ["src/{api,store}/**"]}
    requires: {count: 1, permissions: [maintain]}
"""
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEAM = ("ana", "ben", "cleo", "dora", "eve", "finn")
FOLDERS = ("src/api", "src/auth", "src/store", "tests/api", "migrations/2026", "docs")


def usual(number: int) -> PullSnapshot:
    """A part of the large one: 3 commits, 6 files, 2 comments, 2 reviews and 5 statuses."""
    large_one = large(number)
    return large_one.model_copy(
        update={
            "files": large_one.files[:6],
            "commits": large_one.commits[-3:],
            "comments": large_one.comments[2:4],
            "reviews": large_one.reviews[2:4],
            "statuses": large_one.statuses[:5],
        }
    )


def large(number: int) -> PullSnapshot:
    """One of many like it: 8 commits, 24 files, 6 comments, 5 reviews and 12 statuses, with names of their own."""
    return PullSnapshot(
        owner="acme",
        repo="widget",
        repository_id=1,
        number=number,
        title=f"WID-{number}: Keep sessions over a restart",
        author="ana",
        created_at=BEGIN,
        state="open",
        draft=False,
        base_ref="main",
        head_ref="ana/sessions",
        head_owner=None,
        head_sha=_sha(number, 7),
        taken_at=_at(600),
        body="Sessions survive a restart now.\n\n" + "A line of explanation.\n" * 20,
        body_edited_at=None,
        labels=("backend", "needs-docs"),
        files=_files(number),
        commits=_commits(number),
        reviews=_reviews(number),
        comments=_comments(),
        statuses=tuple((name, "success") for name in (*("ci/test", "ci/lint", "ci/types"), *_names("check", 9))),
        permissions=tuple((login, "write") for login in TEAM),
        team_members=tuple((team, login, login in members) for team, members in _TEAMS for login in TEAM),
    )


def _sha(number: int, commit: int) -> str:
    return f"{number:032x}{commit:08x}"


def _at(minutes: int) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def _names(kind: str, count: int) -> tuple[str, ...]:
    return tuple(f"{kind}-{number}" for number in range(count))


def _files(number: int) -> tuple[ChangedFile, ...]:
    return tuple(
        ChangedFile(
            filename=f"{FOLDERS[place % len(FOLDERS)]}/module_{number}_{place}.py",
            status="added" if place % 5 == 0 else "modified",
            additions=7 * place,
            deletions=place,
        )
        for place in range(24)
    )


def _commits(number: int) -> tuple[Commit, ...]:
    return tuple(
        Commit(
            sha=_sha(number, place),
            parents=(_sha(number, place - 1) if place else "b" * 40,),
            author="ana" if place % 3 else "ben",
            committer="ana",
            pushed_at=_at(10 * place),
            signature=None,
        )
        for place in range(8)
    )


def _reviews(number: int) -> tuple[Review, ...]:
    states = (("cleo", "commented"), ("eve", "changes_requested"), ("cleo", "approved"), ("dora", "approved"))
    return tuple(
        Review(
            id=f"R{number}-{place}",
            author=login,
            state=state,  # type: ignore[arg-type]
            body="Thank you." if place % 2 else "",
            created_at=_at(100 + place),
            edited_at=None,
            sha=_sha(number, 7),
        )
        for place, (login, state) in enumerate((*states, ("eve", "approved")))
    )


def _comments() -> tuple[Comment, ...]:
    said = ("What about logins?", "See the test.", "LGTM so far", ":+1:", "Please rebase", "Done, thanks")
    return tuple(
        Comment(author=TEAM[number], body=text, created_at=_at(90 + number), edited_at=None)
        for number, text in enumerate(said)
    )


_TEAMS = (
    ("acme/core", ("ana", "ben", "cleo", "eve")),
    ("acme/backend", ("cleo",)),
    ("acme/security", ("finn", "eve")),
    ("acme/database", ("dora",)),
)
