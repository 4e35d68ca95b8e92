"""Local bindings open no socket to GitHub: a process of its own does all its work, and is watched while it does."""

import json
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from app.github import bindings
from app.github.deliveries import LiveDeliveries, LocalDeliveries
from app.github.reader import LiveReader, LocalReader
from tasks import names, write
from tests.tasks.house import House
from tests.tasks.test_killed_workers import environment_of

WORK = """
import json, sys
connected = []
sys.addaudithook(lambda event, given: connected.append(given[1]) if event == "socket.connect" else None)
from tasks import worker
with worker.here().pool.connection() as tx:
    rows = {of: tx.execute(f"SELECT id FROM {of}").fetchall() for of in ("runs", "intents")}
for row in rows["intents"]:
    worker.perform_write(str(row["id"]))
for row in rows["runs"]:
    worker.evaluate_pull_request(str(row["id"]))
worker.enqueue_due()
with worker.here().pool.connection() as tx:
    rounds = tx.execute("SELECT id FROM runs WHERE kind = 'deliveries'").fetchall()
for row in rounds:
    worker.reconcile_deliveries(str(row["id"]))
print(json.dumps([str(each[1]) for each in connected if isinstance(each, tuple)]))
"""
LOCAL = {"GITHUB_READER": "local", "GITHUB_PROJECTOR": "local", "GITHUB_DELIVERIES": "local"}


@pytest.mark.parametrize("way", [None, *LOCAL])
def test_a_process_opens_sockets_to_github_only_where_a_binding_is_live(house: House, way: str | None) -> None:
    _leave_work(house)
    live = {} if way is None else {way: "live"}
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        env={**environment_of(house), **LOCAL, **live},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    ports = set(json.loads(done.stdout.splitlines()[-1]))
    at_github = str(urlsplit(house.context.settings.github_api_url).port)
    assert (at_github in ports) == (way is not None)
    assert ports - {at_github} == {str(urlsplit(house.context.settings.redis_url).port)}


def _leave_work(house: House) -> None:
    """A status that is not decided on, and a pull request that is not judged."""
    house.deliver_pull()
    while house.sent and house.sent[0][0] != names.WRITE:
        house.run(*house.sent.pop(0))
    house.deliver_pull(action="edited")
    assert house.rows("SELECT count(*) AS n FROM intents WHERE status = 'pending'") == [{"n": 1}]
    assert house.rows("SELECT count(*) AS n FROM runs WHERE status = 'pending'") == [{"n": 1}]


def test_each_way_is_bound_by_its_own_setting(house: House) -> None:
    kinds = {"github_reader": (LocalReader, LiveReader), "github_deliveries": (LocalDeliveries, LiveDeliveries)}
    for setting, (local, live) in kinds.items():
        for value, kind in (("local", local), ("live", live)):
            house.with_settings(**{setting: value})
            context = house.context
            bind = bindings.reader if setting == "github_reader" else bindings.deliveries
            assert isinstance(bind(context.settings, context.governor), kind)
    for value in ("local", "live"):
        house.with_settings(github_projector=value)
        assert type(write.projector(house.context)).__name__ == f"{value.title()}Projector"
