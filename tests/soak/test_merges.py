"""The smallest soak of merges; `make soak` is the great one."""

from pathlib import Path

from tests import databases
from tests.soak import merges, plan, violations
from tests.soak.plan import Scale

SMALL = Scale(pulls=3, requests=12, workers=2, kills=2, between=(3, 12))


def test_each_pull_request_is_merged_once_whatever_happens_to_the_workers(
    postgres: str, service_directory: Path
) -> None:
    directory = service_directory / "soak"
    directory.mkdir()
    drawn = plan.draw(5, SMALL)
    with databases.fresh(postgres) as url, merges.running(drawn, directory, url) as soak:
        soak.prepare()
        soak.play()
        assert violations.found(soak) == []
        assert soak.killed == len(drawn.kills)
