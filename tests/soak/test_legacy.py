"""The smallest soak of a legacy import; `make soak-legacy` is the great one."""

from pathlib import Path

from tests import databases
from tests.soak import legacy
from tests.soak.legacy import Soak


def test_an_import_is_the_same_each_time_however_often_it_is_killed(postgres: str, tmp_path: Path) -> None:
    file = legacy.write(tmp_path / "old.db", rows=2_000, seed=7)
    with databases.fresh(postgres) as url:
        soak = Soak(url, file, rows=2_000)
        assert soak.play(kills=3) == []
        assert soak.killed == 3
        assert soak.seen[0]["quarantine"] != {}
