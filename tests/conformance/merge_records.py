"""What the gate has recorded before a scenario begins, and what its script adds: rows as production writes them."""

import hashlib
from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from psycopg.types.json import Jsonb

from app import ledger
from app.database import Transaction
from app.handed import AskedStep, Judged
from app.records import (
    after_merge,
    evaluations,
    gate_findings,
    github_requests,
    issues,
    merge_requests,
    pins,
    postures,
    pulls,
    runs,
    step_runs,
    timeline,
)
from app.records.evaluations import Evaluation
from app.records.merge_requests import Wish
from app.records.operator_settings import Where
from app.records.postures import Switch, SwitchName
from app.records.pulls import Sighting
from app.records.runs import Wanted
from app.records.step_runs import MERGE_STEP, WantedStep
from app.simulator.records import Pull
from tests.conformance.merge_building import INSTALLATION, LONG_AGO
from tests.conformance.merge_commits import REPOSITORY
from tests.conformance.merge_files import policy_text
from tests.conformance.merge_gate import Gate
from tests.conformance.merge_words import POSTURE, Record
from tests.conformance.merge_world import World

OPERATOR = "operator"
READY = "REVIEW_READY"
HOURS = 72
OPEN = ("INTENT", "SENT", "IN_DOUBT")
SWITCHES: tuple[SwitchName, ...] = ("frozen", "safe_mode", "dry_run")


class Records:
    """The gate's rows in a scenario. `issue_id`: the work item."""

    def __init__(self, world: World, gate: Gate) -> None:
        self._world, self._gate = world, gate
        self.repository_id = int(world.given.get("snapshot", {}).get("repo_id") or world.repository.id)
        self.seeded: set[UUID] = set()
        self._digests: dict[str, str] = {}
        self.issue_id = uuid4()

    def seed(self) -> None:
        """All that `given` says of the gate."""
        world, given = self._world, self._world.given
        with self._gate.pool.connection() as tx:
            pins.pin(tx, REPOSITORY, self.repository_id)
            for pull in world.repository.pulls.values():
                self._see(tx, pull)
            self.issue_id = self._add_issue(tx)
            for base in {pull.base_ref for pull in world.repository.pulls.values()} | {"main"}:
                reason = "The scenario says nothing of it."
                now = world.clock()
                gate_findings.override(tx, self.repository_id, base, by=OPERATOR, reason=reason, now=now)
            self.set_posture(tx, {name: value for name, value in given.get("policy", {}).items() if name in POSTURE})
            for other in given.get("other_prs", []):
                if other.get("merge_requested_before"):
                    base = other.get("base_ref", "main")
                    self._evaluate(tx, other["number"], {"head_sha": other["head_sha"], "base_ref": base})
            if given.get("snapshot", {}).get("present", "snapshot" in given):
                self._evaluate(tx, world.number, given["snapshot"])

    def _see(self, tx: Transaction, pull: Pull) -> None:
        number, sha = pull.number, pull.head_sha
        is_open = pull.state == "open"
        pulls.seen(tx, Sighting(self.repository_id, number, REPOSITORY, INSTALLATION, sha, pull.base_ref, is_open))
        pulls.first_seen_at(tx, self.repository_id, number, sha, LONG_AGO)
        tx.execute(
            "UPDATE pulls SET hook_head_sha = %(sha)s, hook_head_at = %(at)s WHERE number = %(number)s",
            {"sha": sha, "at": LONG_AGO, "number": number},
        )
        pusher = self._world.pull.get("last_pusher")
        if number == self._world.number and pusher:
            tx.execute("UPDATE heads SET pushed_by = %(by)s WHERE sha = %(sha)s", {"by": pusher, "sha": sha})

    def _add_issue(self, tx: Transaction) -> UUID:
        pull, now = self._world.pull, self._world.clock()
        repository = pull.get("repo") or REPOSITORY
        url = f"https://github.com/{repository}/pull/{self._world.number}" if pull.get("linked", True) else None
        issue = issues.create(tx, pr_url=url, created_by=OPERATOR, now=now)
        candidates = [f"https://github.com/{repository}/pull/{number}" for number in pull.get("candidates") or ()]
        tx.execute(
            "UPDATE issues SET status = %(status)s, pr_candidates = %(candidates)s WHERE id = %(id)s",
            {"status": READY, "candidates": candidates, "id": issue.id},
        )
        timeline.append(tx, issue.id, None, "loop_review_requested", {"step": "S4_REVIEW"}, now)
        return issue.id

    def _evaluate(self, tx: Transaction, number: int, snapshot: Record) -> None:
        """A stored verdict; where it is corrupt, its row is damaged."""
        world, now = self._world, self._world.clock()
        place = (int(snapshot.get("repo_id") or self.repository_id), REPOSITORY, INSTALLATION)
        run_id = runs.want(tx, Wanted("evaluate", *place, number=number), now)
        run = runs.claim(tx, run_id, now, 60)
        if run is not None:
            runs.finish(tx, run, now, Judged(evaluation=None, state=None, head_sha=None))
        self.seeded.add(run_id)
        named = snapshot.get("policy_digest") or world.given.get("policy", {}).get("digest", "P1")
        text = policy_text(named)
        digest = hashlib.sha256(text.encode()).hexdigest()
        self._digests[digest] = named
        state = "success" if snapshot.get("decision", "allow") == "allow" else "failure"
        evaluation_id = evaluations.record(
            tx,
            Evaluation(
                run_id=run_id,
                repository_id=place[0],
                number=number,
                head_sha=world.names.sha(snapshot.get("head_sha") or world.head),
                base_ref=snapshot.get("base_ref") or "main",
                policy_digest=digest,
                policy_text=text,
                state=state,  # type: ignore[arg-type]
                description="The scenario says so.",
                status_text="The scenario says so.",
                evaluated_at=now,
            ),
        )
        if snapshot.get("valid") is False and snapshot.get("invalid_reason") != "event":
            tx.execute("UPDATE evaluations SET seal = 'damaged' WHERE id = %(id)s", {"id": evaluation_id})

    def digest_name(self, digest: str) -> str:
        """What the scenario calls the policy of that digest."""
        return self._digests.get(digest, digest)

    def set_posture(self, tx: Transaction, said: Record) -> None:
        """What operators switch."""
        where = Where(repository_id=self.repository_id, full_name=REPOSITORY)
        for name in SWITCHES:
            if said.get(name) is not None:
                switch = Switch(name=name, on=said[name])
                now = self._world.clock()
                postures.set_posture(tx, where, switch, by=OPERATOR, reason="The scenario says so.", now=now)

    def ask(self, tx: Transaction, request_id: str | None = None, number: int | None = None) -> UUID:
        """A merge request through the API, with its run; of the work item unless another pull request is named."""
        wish = self._wish(request_id, number)
        return self._run_of(tx, merge_requests.accept(tx, wish, self._world.clock()), wish)

    def accept(self, tx: Transaction, task: str, request_id: str | None) -> None:
        """A merge request from before: it waits for events, or its message is lost."""
        wish = self._wish(request_id, None, waits=task == "waiting")
        earlier = self._world.clock() - timedelta(seconds=github_requests.LOOK_AGAIN_SECONDS + 1)
        accepted = merge_requests.accept(tx, wish, earlier)
        if accepted is not None and wish.waits:
            merge_requests.set_pull(tx, accepted, self.repository_id, self._world.number)
        if task == "lost":
            self._run_of(tx, accepted, wish)

    def _wish(self, request_id: str | None, number: int | None, *, waits: bool = False) -> Wish:
        is_other = number is not None
        return Wish(
            mode="execute",
            request_id=str(uuid5(NAMESPACE_URL, request_id) if request_id else uuid4()),
            source="api",
            asked_by=OPERATOR,
            until=self._world.clock() + timedelta(hours=HOURS),
            issue_id=None if is_other else self.issue_id,
            pr_url=f"https://github.com/{REPOSITORY}/pull/{number}" if is_other else None,
            waits=waits,
        )

    def _run_of(self, tx: Transaction, accepted: UUID | None, wish: Wish) -> UUID:
        wanted = WantedStep(
            step=MERGE_STEP,
            mode=wish.mode,
            request_id=wish.request_id,
            asked_by=wish.asked_by,
            issue_id=wish.issue_id,
            merge_request_id=accepted,
            state_before=READY if wish.issue_id else None,
        )
        return step_runs.open_run(tx, wanted, self._world.clock())

    def add_attempt(self, tx: Transaction, said: Record) -> None:
        """An attempt of this gate. One that is open has a run whose worker is gone, as in production."""
        world, now = self._world, self._world.clock()
        head, state = world.names.sha(said["head_sha"]), said["state"]
        subject = f"pull:{self.repository_id}#{world.number}"
        entry = ledger.append(tx, kind="merge_decided", subject=subject, actor=OPERATOR, body={}, at=now)
        values = {
            "id": uuid4(),
            "repository": self.repository_id,
            "name": REPOSITORY,
            "installation": INSTALLATION,
            "number": world.number,
            "base": world.pull.get("base_ref", "main"),
            "head": head,
            "run": self._lapsed_run(tx, said) if state in OPEN else None,
            "request_id": str(uuid5(NAMESPACE_URL, said["request_id"]) if said.get("request_id") else uuid4()),
            "state": state,
            "request": Jsonb(self._request(head)),
            "evidence": Jsonb(self._evidence(head)),
            "history": Jsonb([{"state": each, "by": "worker", "at": now.isoformat()} for each in _passed(state)]),
            "merge_sha": world.names.sha(said["merge_sha"]) if said.get("merge_sha") else None,
            "now": now,
            "expires": now + timedelta(seconds=60),
            "sent": None if state == "INTENT" else now,
            "doubt": now if state == "IN_DOUBT" else None,
            "settled": now if state in ("SUCCEEDED", "FAILED") else None,
            "audit": entry.seq,
        }
        tx.execute(
            "INSERT INTO merge_attempts (id, kind, repository_id, full_name, installation_id, number, base_ref,"
            " head_sha, run_id, request_id, state, method, request, evidence, history, merge_sha, expires_at, sent_at,"
            " in_doubt_at, settled_at, recorded_at, audit_seq) VALUES (%(id)s, 'merge', %(repository)s, %(name)s,"
            " %(installation)s, %(number)s, %(base)s, %(head)s, %(run)s, %(request_id)s, %(state)s, 'squash',"
            " %(request)s, %(evidence)s, %(history)s, %(merge_sha)s, %(expires)s, %(sent)s, %(doubt)s, %(settled)s,"
            " %(now)s, %(audit)s)",
            values,
        )
        for job in _jobs(said.get("pending")):
            assert job == "delete_branch"
            after_merge.plan(tx, self._merged_run(tx), values["id"], now)

    def _merged_run(self, tx: Transaction) -> UUID:
        """The run that merged, which is over."""
        run_id = uuid4()
        asked = AskedStep(step="S5_MERGE", mode="execute", request_id=str(run_id))
        runs.add(tx, "merge", run_id=run_id, subject=f"merge:{run_id}", due_at=self._world.clock(), input=asked)
        tx.execute(
            "WITH step AS (UPDATE steps SET status = 'done' WHERE workflow_id = %(run)s)"
            " UPDATE workflows SET status = 'succeeded' WHERE id = %(run)s",
            {"run": run_id},
        )
        return run_id

    def _lapsed_run(self, tx: Transaction, said: Record) -> UUID:
        run_id, now = self.ask(tx, said.get("request_id")), self._world.clock()
        tx.execute(
            "WITH step AS (UPDATE steps SET status = 'running', attempts = 1, lease = %(lease)s,"
            " lease_until = %(until)s WHERE workflow_id = %(run)s)"
            " UPDATE workflows SET status = 'running' WHERE id = %(run)s",
            {"run": run_id, "lease": uuid4(), "until": now - timedelta(seconds=1)},
        )
        return run_id

    def _request(self, head: str) -> Record:
        path = f"/repositories/{self.repository_id}/pulls/{self._world.number}/merge"
        return {"method": "PUT", "path": path, "body": {"sha": head, "merge_method": "squash"}}

    def _evidence(self, head: str) -> Record:
        base = self._world.names.sha(self._world.pull.get("base_sha") or "B1")
        ref = self._world.pull.get("base_ref", "main")
        return {"head_sha": head, "base_ref": ref, "base_sha": base, "base_tip": base}


def _passed(state: str) -> list[str]:
    """The states that an attempt went through to this one."""
    passed = ["INTENT", "SENT", "IN_DOUBT"] if state == "IN_DOUBT" else ["INTENT", "SENT"]
    return passed[: passed.index(state) + 1] if state in passed else [*passed, state]


def _jobs(pending: object) -> list[str]:
    if isinstance(pending, str):
        return [pending]
    return [str(job) for job in pending] if isinstance(pending, list) else []
