"""A repository for each test; where git is missing, its tests are skipped by name."""

import shutil
from pathlib import Path

import pytest

from tests.app.artifacts.ground import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    if shutil.which("git") is None:
        pytest.skip("git is not installed: plans are not compared with git's own commits")
    return Ground(tmp_path)
