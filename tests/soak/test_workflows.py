"""The smallest soak of workflows; `make soak` is the great one."""

from pathlib import Path

import pytest

from app import schema
from tests.soak import workflow_violations, workflows
from tests.soak.servers import Postgres
from tests.soak.workflows import Scale

SMALL = Scale(
    pulls=1,
    handoffs=1,
    imports=1,
    groups=1,
    proposals=0,
    lost=1,
    workers=1,
    points=("write.requested", "merge.spent"),
    pause_seconds=1.0,
    blows=("cut", "postgres killed", "redis emptied", "web"),
    apart_seconds=1.0,
    away_seconds=1.0,
    lease_seconds=3,
    under_way_seconds=3,
    reconcile_seconds=5,
)


@pytest.mark.timeout(300)
def test_all_workflows_end_as_they_would_have_whatever_happens_to_the_processes(service_home: Path) -> None:
    server = Postgres(service_home / "postgres")
    server.start()
    schema.up(server.url)
    directory = service_home / "soak"
    directory.mkdir()
    with workflows.running(SMALL, 5, directory, server) as soak:
        soak.prepare()
        soak.play()
        assert workflow_violations.found(soak) == []
        assert soak.crew.died_at != set()
        assert sorted(soak.struck) == sorted(SMALL.blows)
    server.stop()
