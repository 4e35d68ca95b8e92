"""Places for anchors, a file and a bucket: what is noted stays, whatever else lies there, and trouble is a sentence."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import anchors
from app.anchors import Anchor, Anchors, AnchorsUnavailable
from tests.app.buckets import BUCKET, PLACE, PREFIX, client, keys, moto, s3

__all__ = ["moto", "s3"]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def bucket(s3: str) -> Anchors:
    return anchors.opened(PLACE, endpoint=s3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a b.jsonl"


@pytest.fixture(params=["file", "bucket"])
def place(request: pytest.FixtureRequest, file: Path) -> Anchors:
    if request.param == "bucket":
        made: Anchors = request.getfixturevalue("bucket")
        return made
    return anchors.opened(file.as_uri())


def _anchor(seq: int, byte: int = 1) -> Anchor:
    return Anchor(seq, bytes([byte]) * 32, NOW)


def _noted(place: Anchors, since: int = 1) -> list[tuple[int, int]]:
    return [(each.seq, each.hash[0]) for each in place.read(since=since)]


def test_what_is_read_is_what_was_written(place: Anchors) -> None:
    assert _noted(place) == []
    for seq in (2, 10, 3_000_000_000):
        place.write(_anchor(seq))
    assert _noted(place) == [(2, 1), (10, 1), (3_000_000_000, 1)]
    assert _noted(place, since=10) == [(10, 1), (3_000_000_000, 1)]
    assert _noted(place, since=11) == [(3_000_000_000, 1)]


def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(file: Path) -> None:
    os.mkfifo(file)
    place = anchors.opened(file.as_uri())
    for work in (lambda: place.write(_anchor(2)), lambda: list(place.read())):
        with pytest.raises(AnchorsUnavailable, match=r"^The file of the anchors can't be used: "):
            work()


def test_another_hash_of_the_same_entry_stands_beside_the_first(place: Anchors) -> None:
    place.write(_anchor(2))
    place.write(_anchor(2, byte=9))
    assert _noted(place) == [(2, 1), (2, 9)]


def test_an_object_is_never_written_over(bucket: Anchors, s3: str) -> None:
    bucket.write(_anchor(2))
    (key,) = keys(s3)
    assert key == f"{PREFIX}/{2:020d}-{'01' * 32}.json"
    bucket.write(Anchor(2, _anchor(2).hash, datetime(2030, 1, 1, tzinfo=UTC)))
    kept = json.loads(client(s3).get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert kept == {"seq": 2, "hash": "01" * 32, "at": NOW.isoformat()}


def test_more_objects_than_a_page_are_read(bucket: Anchors, s3: str) -> None:
    for seq in range(1, 61):
        client(s3).put_object(Bucket=BUCKET, Key=f"{PREFIX}/{seq:020d}-{'01' * 32}.json", Body=b"")
    assert [seq for seq, _ in _noted(bucket)] == list(range(1, 61))
    assert [seq for seq, _ in _noted(bucket, since=58)] == [58, 59, 60]


def test_other_objects_are_passed_over(bucket: Anchors, s3: str) -> None:
    for name in (
        "readme",
        f"{1:020d}-{'01' * 32}.json.bak",
        f"deeper/{1:020d}-{'01' * 32}.json",
        f"{1}-{'01' * 32}.json",
    ):
        client(s3).put_object(Bucket=BUCKET, Key=f"{PREFIX}/{name}", Body=b"")
    assert _noted(bucket) == []


def test_a_file_only_grows(file: Path) -> None:
    place = anchors.opened(file.as_uri())
    place.write(_anchor(2))
    before = file.read_bytes()
    place.write(_anchor(3))
    assert file.read_bytes().startswith(before)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "left",
    [
        b'{"seq": 2, "ha',
        b"\xff\xfe\n",
        b"[" * 900 + b"\n",
        b"x" * 5_000 + b"\n",
        b'{"seq": 0, "hash": "' + b"01" * 32 + b'", "at": "2026-03-01T12:00:00+00:00"}\n',
        b'{"seq": true, "hash": "' + b"01" * 32 + b'", "at": "2026-03-01T12:00:00+00:00"}\n',
        b'{"seq": 2, "hash": "01", "at": "2026-03-01T12:00:00+00:00"}\n',
        b'{"seq": 2, "hash": "' + b"01" * 32 + b'", "at": "2026-03-01T12:00:00"}\n',
        b"null\n",
        b"\n",
    ],
)
def test_what_a_full_disk_or_somebody_else_left_hides_no_anchor(file: Path, left: bytes) -> None:
    place = anchors.opened(file.as_uri())
    place.write(_anchor(1))
    with file.open("ab") as stream:
        stream.write(left)
    place.write(_anchor(5))
    assert _noted(place) == [(1, 1), (5, 1)]


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    place = anchors.opened((tmp_path / "mount" / "file").as_uri())
    with pytest.raises(
        AnchorsUnavailable, match=r"^The file of the anchors can't be used: No such file or directory\.$"
    ):
        place.write(_anchor(1))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_trouble_and_no_anchor() -> None:
    with pytest.raises(AnchorsUnavailable, match="No space left on device"):
        anchors.opened("file:///dev/full").write(_anchor(1))


def test_a_disk_that_takes_a_part_is_trouble(file: Path) -> None:
    class Part:
        def write(self, line: bytes) -> int:
            return len(line) - 1

    with pytest.raises(OSError, match="No space left"):
        anchors._write(Part(), b"line\n")  # type: ignore[arg-type]


def test_a_place_that_is_a_directory_is_trouble(tmp_path: Path) -> None:
    place = anchors.opened(tmp_path.as_uri())
    with pytest.raises(AnchorsUnavailable):
        list(place.read())
    with pytest.raises(AnchorsUnavailable):
        place.write(_anchor(1))


def test_more_than_anybody_writes_is_not_read(place: Anchors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchors, "MOST_ANCHORS", 2)
    for seq in (1, 2, 3):
        place.write(_anchor(seq))
    with pytest.raises(AnchorsUnavailable, match="holds more than 2"):
        list(place.read())


def test_a_bucket_that_is_not_there_is_trouble(s3: str) -> None:
    place = anchors.opened("s3://no-such-bucket/x", endpoint=s3)
    with pytest.raises(AnchorsUnavailable, match="did not take one"):
        place.write(_anchor(1))
    with pytest.raises(AnchorsUnavailable, match="did not answer, or refused"):
        list(place.read())
