"""Bytes kept under their SHA-256: in a directory, or in a bucket of S3 or what speaks like it."""

import hashlib
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.artifacts.blocked import Blocked
from policies.decision import Blocker

if TYPE_CHECKING:
    from obstore.store import S3Config

DIRECTORY_MODE = 0o700
MOST_STORED_BYTES = 16 * 2**20
REQUEST_TIMEOUT = timedelta(seconds=10)
RETRY_TIMEOUT = timedelta(seconds=15)
MOST_RETRIES = 2


class StoreUnavailable(Blocked):
    """The store does not answer, or can't hold any more: it may later."""

    def __init__(self, why: str) -> None:
        sentence = f"The artifact store can't be used now: {why}."
        super().__init__(Blocker(code="ARTIFACT_STORE_UNAVAILABLE", sentence=sentence, subject="artifact-store"))


class Shelf(Protocol):
    """A place for bytes under a name. Raises `StoreUnavailable`."""

    def read(self, name: str) -> bytes | None:
        """The bytes, though not all of more than `MOST_STORED_BYTES`; None where there is nothing."""

    def write(self, name: str, content: bytes) -> None:
        """All of it or nothing, over whatever was there."""

    def remove(self, name: str) -> None:
        """It is not there any more, or was not."""


class Store:
    """What is read is what was put, or a `Blocked` that says what happened to it."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def put(self, content: bytes) -> str:
        """Keep the bytes; the answer is their SHA-256, hex. What is there already and whole is left alone."""
        if len(content) > MOST_STORED_BYTES:
            raise ValueError(f"the store takes no more than {MOST_STORED_BYTES} bytes")
        digest = _digest(content)
        if self._shelf.read(digest) != content:
            self._shelf.write(digest, content)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of that SHA-256."""
        content = self._shelf.read(digest)
        if content is None:
            raise _broken("ARTIFACT_MISSING", digest, "is not in the store; send it again")
        if _digest(content) != digest:
            raise _broken("ARTIFACT_CORRUPT", digest, "was changed in the store; send it again")
        return content

    def forget(self, digest: str) -> None:
        """Keep the bytes no longer. Raises `StoreUnavailable`."""
        self._shelf.remove(digest)


class DirectoryShelf:
    """Files of one directory. A process that is killed leaves at worst a hidden file that nobody reads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, name: str) -> bytes | None:
        """The file's bytes."""
        try:
            with (self._directory / name).open("rb") as stream:
                return stream.read(MOST_STORED_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as trouble:
            raise StoreUnavailable(_why(trouble)) from None

    def write(self, name: str, content: bytes) -> None:
        """On the disk before this returns."""
        try:
            self._directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            self._write(self._directory / name, content)
        except OSError as trouble:
            raise StoreUnavailable(_why(trouble)) from None

    def remove(self, name: str) -> None:
        """A crash may bring the file back, which nobody looks for then."""
        try:
            (self._directory / name).unlink(missing_ok=True)
        except OSError as trouble:
            raise StoreUnavailable(_why(trouble)) from None

    def _write(self, file: Path, content: bytes) -> None:
        descriptor, fresh = tempfile.mkstemp(prefix=".", dir=self._directory)  # nobody else may read it
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(fresh).replace(file)
        except OSError:
            Path(fresh).unlink(missing_ok=True)
            raise
        sync(self._directory)


class BucketShelf:
    """Objects below a prefix of a bucket; region and credentials come from the environment, as AWS names them."""

    def __init__(self, bucket: str, prefix: str, *, endpoint: str | None = None) -> None:
        self._bucket, self._prefix, self._endpoint = bucket, prefix, endpoint
        self._opened: S3Store | None = None

    def read(self, name: str) -> bytes | None:
        """The object's bytes."""
        try:
            found = obstore.get(self._store(), name)
            return b"" if found.meta["size"] > MOST_STORED_BYTES else found.bytes().to_bytes()
        except FileNotFoundError:
            return None
        except (BaseError, OSError, ValueError):
            raise StoreUnavailable("the bucket did not answer, or refused") from None

    def write(self, name: str, content: bytes) -> None:
        """One PUT; S3 shows an object when it is whole."""
        try:
            obstore.put(self._store(), name, content, use_multipart=False)
        except (BaseError, OSError, ValueError):
            raise StoreUnavailable("the bucket did not take it") from None

    def remove(self, name: str) -> None:
        """S3 does not say whether there was one."""
        try:
            obstore.delete(self._store(), name)
        except FileNotFoundError:
            return
        except (BaseError, OSError, ValueError):
            raise StoreUnavailable("the bucket did not answer, or refused") from None

    def _store(self) -> S3Store:
        """Opened when first used: what opens it before a fork can't use it after."""
        if self._opened is None:
            self._opened = bucket(self._bucket, self._prefix, endpoint=self._endpoint)
        return self._opened


class _Nowhere:
    def read(self, name: str) -> bytes | None:
        raise StoreUnavailable("ARTIFACT_STORE is not set")

    def write(self, name: str, content: bytes) -> None:
        raise StoreUnavailable("ARTIFACT_STORE is not set")

    def remove(self, name: str) -> None:
        raise StoreUnavailable("ARTIFACT_STORE is not set")


def opened(url: str | None, *, endpoint: str | None = None) -> Store:
    """The store at `file:///directory` or `s3://bucket/prefix`; nothing is touched before it is used."""
    parts = urlsplit(url or "")
    if parts.scheme == "s3":
        return Store(BucketShelf(parts.netloc, parts.path.strip("/"), endpoint=endpoint))
    return Store(DirectoryShelf(Path(unquote(parts.path))) if parts.scheme == "file" else _Nowhere())


def bucket(name: str, prefix: str, *, endpoint: str | None) -> S3Store:
    """What is below a prefix of a bucket; each request ends in time."""
    at: S3Config = {} if endpoint is None else {"aws_endpoint_url_s3": endpoint}
    return S3Store(
        name,
        prefix=prefix or None,
        config=at,
        client_options={
            "allow_http": (endpoint or "").startswith("http://"),
            "timeout": REQUEST_TIMEOUT,
            "connect_timeout": REQUEST_TIMEOUT,
        },
        retry_config={"max_retries": MOST_RETRIES, "retry_timeout": RETRY_TIMEOUT},
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sync(directory: Path) -> None:
    """Have on the disk which files are in the directory."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _why(trouble: OSError) -> str:
    return trouble.strerror or type(trouble).__name__


def _broken(code: str, digest: str, said: str) -> Blocked:
    return Blocked(Blocker(code=code, sentence=f"The artifact {digest[:12]} {said}.", subject=f"artifact:{digest}"))
