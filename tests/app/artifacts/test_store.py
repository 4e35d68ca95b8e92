"""The store, as a directory and as a bucket: what is read is what was put, whatever happens to it meanwhile."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.artifacts import store
from app.artifacts.blocked import Blocked
from app.artifacts.store import MOST_STORED_BYTES, Store, StoreUnavailable

CONTENT = b"some \x00 bytes"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
BUCKET, PREFIX = "artifacts", "some/where"
ENDLESS = """
import sys
from pathlib import Path
from app.artifacts import store
kept = store.opened(Path(sys.argv[1]).as_uri())
print("begun", flush=True)
for number in range(1_000_000):
    kept.put(b"%d" % number * 200_000)
"""


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The URL of something that speaks like S3, with a bucket."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    _client(url).create_bucket(Bucket=BUCKET)
    yield url
    server.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture(params=["directory", "bucket"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Store, Callable[[str, bytes], None]]:
    """A store, and a way to put bytes into it behind its back."""
    if request.param == "directory":
        directory = tmp_path / "a b" / "c"
        return store.opened(directory.as_uri()), lambda name, content: _overwrite(directory / name, content)
    request.getfixturevalue("credentials")
    url = request.getfixturevalue("s3")
    client = _client(url)

    def change(name: str, content: bytes) -> None:
        client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/{name}", Body=content)

    for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=found["Key"])
    return store.opened(f"s3://{BUCKET}/{PREFIX}", endpoint=url), change


Kept = tuple[Store, Callable[[str, bytes], None]]


def test_what_is_read_is_what_was_put(kept: Kept) -> None:
    assert kept[0].put(CONTENT) == DIGEST
    assert kept[0].put(CONTENT) == DIGEST
    assert kept[0].get(DIGEST) == CONTENT
    assert kept[0].get(kept[0].put(b"")) == b""


def test_a_changed_byte_is_seen_and_mended_by_the_next_put(kept: Kept) -> None:
    kept[0].put(CONTENT)
    kept[1](DIGEST, b"Some" + CONTENT[4:])
    assert _trouble(kept[0]) == "ARTIFACT_CORRUPT"
    kept[0].put(CONTENT)
    assert kept[0].get(DIGEST) == CONTENT


def test_what_has_grown_without_measure_is_not_read_whole(kept: Kept) -> None:
    kept[0].put(CONTENT)
    kept[1](DIGEST, bytes(MOST_STORED_BYTES + 2))
    assert _trouble(kept[0]) == "ARTIFACT_CORRUPT"


def test_what_is_not_there_is_missing(kept: Kept) -> None:
    assert _trouble(kept[0]) == "ARTIFACT_MISSING"
    kept[0].put(CONTENT)
    assert kept[0].get(DIGEST) == CONTENT


def test_it_takes_no_more_than_it_would_read(kept: Kept) -> None:
    with pytest.raises(ValueError, match="no more than"):
        kept[0].put(bytes(MOST_STORED_BYTES + 1))


def test_nobody_else_may_read_the_files(tmp_path: Path) -> None:
    store.opened((tmp_path / "kept").as_uri()).put(CONTENT)
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "kept" / DIGEST).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "kept").iterdir()] == [DIGEST]


def test_a_killed_process_leaves_whole_files_only(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    while len([file for file in tmp_path.iterdir() if not file.name.startswith(".")]) < 5:
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    names = [file.name for file in tmp_path.iterdir() if not file.name.startswith(".")]
    assert all(store.opened(tmp_path.as_uri()).get(name) for name in names)


def test_a_directory_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    kept = store.opened((tmp_path / "file").as_uri())
    assert _refusal(lambda: kept.put(CONTENT)) == "The artifact store can't be used now: Not a directory."
    (tmp_path / "file").unlink()
    assert kept.put(CONTENT) == DIGEST


def test_half_a_write_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    kept = store.opened(tmp_path.as_uri())
    monkeypatch.setattr(os, "fsync", full)
    assert _refusal(lambda: kept.put(CONTENT)) == "The artifact store can't be used now: No space left on device."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("credentials")
def test_a_bucket_that_does_not_answer_is_unavailable(s3: str) -> None:
    gone = store.opened("s3://no-such-bucket", endpoint=s3)
    assert _refusal(lambda: gone.put(CONTENT)).endswith("the bucket did not take it.")
    closed = store.opened(f"s3://{BUCKET}", endpoint="http://127.0.0.1:9")
    assert _refusal(lambda: closed.get(DIGEST)).endswith("the bucket did not answer, or refused.")


def test_without_a_setting_there_is_no_store() -> None:
    nowhere = store.opened(None)
    assert _refusal(lambda: nowhere.put(CONTENT)).endswith("ARTIFACT_STORE is not set.")
    assert _refusal(lambda: nowhere.get(DIGEST)).endswith("ARTIFACT_STORE is not set.")


def _client(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def _overwrite(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def _trouble(kept: Store) -> str:
    with pytest.raises(Blocked) as refused:
        kept.get(DIGEST)
    return refused.value.blockers[0].code


def _refusal(work: Callable[[], object]) -> str:
    with pytest.raises(StoreUnavailable) as refused:
        work()
    assert refused.value.blockers[0].code == "ARTIFACT_STORE_UNAVAILABLE"
    return str(refused.value)
