"""When a connection has enough of a request to be worth a thread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.gathering import GATHERED_BYTES, is_enough
from app.web.request_body import MOST_BYTES

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("gathered", "enough"),
    [
        (b"", False),
        (HEAD, False),
        (HEAD + b"\r\n", True),
        (HEAD + b"content-LENGTH: 2\r\n\r\n{", False),
        (HEAD + b"Content-Length: 2\r\n\r\n{}", True),
        (HEAD + b"Content-Length:%d\r\n\r\n" % MOST_BYTES, False),
        (HEAD + b"Content-Length:%d\r\n\r\n" % (MOST_BYTES + 1), True),
        (HEAD + b"Content-Length: -1\r\n\r\n", True),
        (HEAD + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n", True),
        (b"x" * GATHERED_BYTES, True),
    ],
)
def test_it_waits_for_a_whole_request_and_no_longer(gathered: bytes, enough: bool) -> None:
    assert is_enough(gathered) is enough


@given(st.binary(max_size=100), st.data())
def test_a_request_is_enough_exactly_when_it_is_whole(body: bytes, data: st.DataObject) -> None:
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    cut = data.draw(st.integers(0, len(request)))
    assert is_enough(request[:cut]) is (cut == len(request))
