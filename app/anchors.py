"""Anchors: the hashes of audit entries noted outside the database, each once and for good, in a file or a bucket."""

import errno
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from app.artifacts import store

FILE_MODE = 0o600
MOST_LINE_BYTES = 1_000
MOST_ANCHORS = 1_000_000
"""One every half minute for a year; what holds more is not read."""
SEQ_DIGITS = 20

_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(rf"(?P<seq>[0-9]{{{SEQ_DIGITS}}})-(?P<hash>[0-9a-f]{{64}})\.json")


class AnchorsUnavailable(Exception):
    """The place of the anchors can't be used now; the message is a sentence."""


@dataclass(frozen=True)
class Anchor:
    """The hash of entry `seq`, and when that was noted: as the gate says in a file, as the store says in a bucket."""

    seq: int
    hash: bytes
    at: datetime

    def document(self) -> dict[str, Any]:
        """As it is written."""
        return {"seq": self.seq, "hash": self.hash.hex(), "at": self.at.isoformat()}


class Anchors(Protocol):
    """A place for anchors. What is written there is never written over. Raises `AnchorsUnavailable`."""

    def write(self, anchor: Anchor) -> None:
        """Kept when this returns. To write the same again is no trouble."""

    def read(self, *, since: int = 1) -> Iterator[Anchor]:
        """Those of entry `since` and later ones. What is no anchor is passed over, as if it had been taken away."""


class AnchorFile:
    """A file of lines that only ever grows; its directory is there before, so that no lost mount goes unnoticed."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def write(self, anchor: Anchor) -> None:
        """One line at the end, on the disk before this returns."""
        line = json.dumps(anchor.document(), sort_keys=True) + "\n"
        try:
            with self._opened("r+b", os.O_RDWR | os.O_APPEND | os.O_CREAT, buffering=0) as stream:
                _write(stream, (_line_break(stream) + line).encode())
                os.fsync(stream.fileno())
            store.sync(self._file.parent)
        except OSError as trouble:
            raise _unavailable(trouble) from None

    def read(self, *, since: int = 1) -> Iterator[Anchor]:
        """In the order in which they were written."""
        try:
            with self._opened("rb", os.O_RDONLY) as stream:
                for _ in range(MOST_ANCHORS):
                    line = stream.readline(MOST_LINE_BYTES)
                    if not line:
                        return
                    anchor = _parsed(line)
                    if anchor is not None and anchor.seq >= since:
                        yield anchor
        except FileNotFoundError:
            return
        except OSError as trouble:
            raise _unavailable(trouble) from None
        raise AnchorsUnavailable(f"The place of the anchors holds more than {MOST_ANCHORS} lines.")

    def _opened(self, mode: str, flags: int, *, buffering: int = -1) -> BinaryIO:
        """Raises `OSError`, also for a pipe, which would be waited for."""
        stream = os.fdopen(os.open(self._file, flags | os.O_NONBLOCK, FILE_MODE), mode, buffering)
        if not stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
            return cast(BinaryIO, stream)
        stream.close()
        raise OSError(errno.EINVAL, "It is a pipe")


class AnchorBucket:
    """An object for each below a prefix, named by number and hash, so that a list of names is all that is read."""

    def __init__(self, bucket: str, prefix: str, *, endpoint: str | None = None) -> None:
        self._bucket, self._prefix, self._endpoint = bucket, prefix, endpoint

    def write(self, anchor: Anchor) -> None:
        """One PUT that S3 refuses where there is such an object."""
        content = (json.dumps(anchor.document(), sort_keys=True) + "\n").encode()
        try:
            obstore.put(self._store(), _name(anchor), content, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return
        except (BaseError, OSError, ValueError):
            raise AnchorsUnavailable("The bucket of the anchors did not take one, or did not answer.") from None

    def read(self, *, since: int = 1) -> Iterator[Anchor]:
        """By number. The moments are those of the store."""
        try:
            pages = obstore.list(self._store(), offset=f"{since - 1:0{SEQ_DIGITS}d}~")
            for count, found in enumerate(each for page in pages for each in page):
                if count >= MOST_ANCHORS:
                    raise AnchorsUnavailable(f"The place of the anchors holds more than {MOST_ANCHORS} objects.")
                match = _NAME.fullmatch(found["path"])
                if match is not None:
                    yield Anchor(int(match["seq"]), bytes.fromhex(match["hash"]), found["last_modified"])
        except (BaseError, OSError, ValueError):
            raise AnchorsUnavailable("The bucket of the anchors did not answer, or refused.") from None

    def _store(self) -> S3Store:
        return store.bucket(self._bucket, self._prefix, endpoint=self._endpoint)


def opened(url: str, *, endpoint: str | None = None) -> Anchors:
    """The place at `file:///file` or `s3://bucket/prefix`; nothing is touched before it is used."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return AnchorBucket(parts.netloc, parts.path.strip("/"), endpoint=endpoint)
    return AnchorFile(Path(unquote(parts.path)))


def _name(anchor: Anchor) -> str:
    return f"{anchor.seq:0{SEQ_DIGITS}d}-{anchor.hash.hex()}.json"


def _parsed(line: bytes) -> Anchor | None:
    """None for what a full disk or somebody else left there."""
    try:
        document = json.loads(line)
        seq, digest, at = document["seq"], document["hash"], datetime.fromisoformat(document["at"])
        if type(seq) is not int or seq < 1 or not _HASH.fullmatch(digest) or at.tzinfo is None:
            return None
        return Anchor(seq, bytes.fromhex(digest), at)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _write(stream: BinaryIO, line: bytes) -> None:
    """In one piece, so that two writers do not mix theirs. Raises `OSError` where the disk takes a part of it."""
    if stream.write(line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _line_break(stream: BinaryIO) -> str:
    """One more where a line was cut off by a crash or a full disk."""
    size = stream.seek(0, os.SEEK_END)
    if size == 0:
        return ""
    stream.seek(size - 1)
    return "" if stream.read(1) == b"\n" else "\n"


def _unavailable(trouble: OSError) -> AnchorsUnavailable:
    why = trouble.strerror or type(trouble).__name__
    return AnchorsUnavailable(f"The file of the anchors can't be used: {why}.")
