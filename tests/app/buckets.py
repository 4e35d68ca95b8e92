"""Something that speaks like S3, with a bucket for anchors."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

BUCKET, PREFIX = "anchors", "some/where"
PLACE = f"s3://{BUCKET}/{PREFIX}"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """Its URL."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    client(url).create_bucket(Bucket=BUCKET)
    yield url
    server.stop()


@pytest.fixture
def s3(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same with an empty bucket, and the credentials for it in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    for key in keys(moto):
        client(moto).delete_object(Bucket=BUCKET, Key=key)
    return moto


def client(url: str) -> Any:
    """AWS's own client."""
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def keys(url: str) -> list[str]:
    """What lies in the bucket."""
    return [each["Key"] for each in client(url).list_objects_v2(Bucket=BUCKET).get("Contents", [])]
