"""The audit at the API: entries that fit, the newest one, and an export that is made while it is sent."""

import io
import socket
from collections.abc import Iterator

import psycopg
import pytest
from flask.testing import FlaskClient
from psycopg.rows import dict_row

from app import exports, ledger, proofs
from app.ledger import Entry
from app.settings import Settings
from app.web.api import streaming
from tests.app.chains import change, text
from tests.app.web.api.knocking import Knocking, knocking
from tests.clock import Clock

AUDIT = "/api/v1/audit"
MANY = 12


@pytest.fixture
def knock(settings: Settings, clock: Clock) -> Knocking:
    return knocking(settings, clock)


@pytest.fixture
def client(knock: Knocking) -> FlaskClient:
    return knock.client("read")


@pytest.fixture
def chain(client: FlaskClient, settings: Settings, clock: Clock) -> list[Entry]:
    """The chain: the entry of the client's token, and eleven more, a minute apart."""
    with psycopg.connect(settings.database_url, row_factory=dict_row) as tx:
        for number in range(2, MANY + 1):
            clock.forward(60)
            body = {"number": number, "said": "\u00fc\U0001f600"}
            ledger.append(
                tx, kind=f"kind_{number % 2}", subject=f"pull:1#{number % 3}", actor="bob", body=body, at=clock()
            )
        return list(ledger.read(tx))


def _seqs(client: FlaskClient, **query: object) -> list[int]:
    said = client.get(AUDIT, query_string=query).get_json()
    return [item["seq"] for item in said["items"]]


def _code(client: FlaskClient, path: str) -> tuple[int, str]:
    answer = client.get(path)
    return answer.status_code, answer.get_json()["code"]


def test_it_lists_the_newest_first_and_says_where_it_goes_on(client: FlaskClient, chain: list[Entry]) -> None:
    said = client.get(AUDIT, query_string={"limit": 5}).get_json()
    assert ([item["seq"] for item in said["items"]], said["next"]) == ([12, 11, 10, 9, 8], 8)
    assert said["items"][0] == chain[-1].document()
    assert said["note"].startswith("What was chosen proves nothing of what was left out")
    last = client.get(AUDIT, query_string={"limit": 7, "before": 8}).get_json()
    assert ([item["seq"] for item in last["items"]], last["next"]) == ([7, 6, 5, 4, 3, 2, 1], None)


def test_it_follows_the_chain_from_a_number_on(client: FlaskClient, chain: list[Entry]) -> None:
    assert _seqs(client, after=0, limit=3) == [1, 2, 3]
    assert _seqs(client, after=10) == [11, 12]
    assert _seqs(client, after=12) == []
    assert _seqs(client, after=3, before=7) == [6, 5, 4]


def test_it_lists_what_fits_and_nothing_else(client: FlaskClient, chain: list[Entry]) -> None:
    assert _seqs(client, subject="pull:1#1") == [10, 7, 4]
    assert _seqs(client, kind="kind_0", subject="pull:1#1") == [10, 4]
    assert _seqs(client, actor="operator") == [1]
    assert _seqs(client, actor="nobody") == []
    assert _seqs(client, since=chain[9].at.isoformat()) == [12, 11, 10]
    assert _seqs(client, since=chain[3].at.isoformat(), until=chain[5].at.isoformat()) == [5, 4]


@pytest.mark.parametrize(
    "query",
    [
        "subject=",
        "subject=a&subject=b",
        f"subject={'x' * 301}",
        "since=yesterday",
        "since=2026-03-01T12:00:00",
        "before=0",
        "before=9223372036854775808",
        "after=-1",
        "limit=0",
        "limit=201",
        "offset=1",
        "subject=%00",
    ],
)
def test_it_refuses_a_query_that_is_none_in_a_sentence(client: FlaskClient, query: str) -> None:
    assert _code(client, f"{AUDIT}?{query}") == (422, "INVALID")


def test_it_shows_the_newest_entry(client: FlaskClient, chain: list[Entry]) -> None:
    assert client.get(f"{AUDIT}/head").get_json() == chain[-1].document()


def test_an_empty_chain_has_no_newest_entry(client: FlaskClient, settings: Settings) -> None:
    change(settings.database_url, "DELETE FROM audit_events")
    assert _code(client, f"{AUDIT}/head") == (404, "AUDIT_EMPTY")


def test_an_export_is_the_chain_to_the_letter_and_proves_itself(client: FlaskClient, chain: list[Entry]) -> None:
    answer = client.get(f"{AUDIT}/export")
    assert (answer.status_code, answer.content_type) == (200, "application/x-ndjson")
    assert answer.get_data(as_text=True) == text(chain)
    walked = proofs.walk(exports.read([io.StringIO(answer.get_data(as_text=True))]))
    assert isinstance(walked, proofs.Walk)
    assert (walked.last, walked.head) == (MANY, chain[-1].hash)


def test_a_part_is_exported(client: FlaskClient, chain: list[Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "BATCH_ROWS", 2)
    assert client.get(f"{AUDIT}/export?from=5&to=9").get_data(as_text=True) == text(chain[4:9])
    assert client.get(f"{AUDIT}/export?from=12").get_data(as_text=True) == text(chain[11:])
    assert client.get(f"{AUDIT}/export?to=1").get_data(as_text=True) == text(chain[:1])


@pytest.mark.parametrize("query", ["from=13", "to=13", "from=5&to=4", "from=0", "to=x", "subject=a"])
def test_a_part_that_is_not_there_is_refused(client: FlaskClient, chain: list[Entry], query: str) -> None:
    assert _code(client, f"{AUDIT}/export?{query}") == (422, "INVALID")


def test_it_exports_what_was_there_when_it_was_asked(
    client: FlaskClient, chain: list[Entry], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "BATCH_ROWS", 5)
    pieces = client.get(f"{AUDIT}/export", buffered=False).iter_encoded()
    first = next(pieces)
    with psycopg.connect(settings.database_url, row_factory=dict_row) as tx:
        tx.execute("SET LOCAL lock_timeout = '2s'")
        ledger.append(tx, kind="later", subject="s", actor="a", body={}, at=chain[-1].at)
    assert (first + b"".join(pieces)).decode() == text(chain)


def test_one_export_is_sent_at_a_time_and_the_rest_is_answered_meanwhile(
    client: FlaskClient, chain: list[Entry]
) -> None:
    first = client.get(f"{AUDIT}/export", buffered=False)
    assert _code(client, f"{AUDIT}/export") == (429, "BUSY")
    assert _seqs(client, limit=1) == [12]
    first.close()
    first.close()
    for _ in range(2):
        assert client.get(f"{AUDIT}/export").get_data(as_text=True) == text(chain)


def test_a_refused_or_failed_export_leaves_its_place(
    client: FlaskClient, chain: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Iterator[Entry]:
        raise psycopg.OperationalError("gone")

    client.get(f"{AUDIT}/export?from=99")
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "batch", fail)
        assert _code(client, f"{AUDIT}/export") == (503, "UNAVAILABLE")
    assert client.get(f"{AUDIT}/export").status_code == 200


def test_an_export_that_takes_too_long_is_cut_off_and_leaves_its_place(
    client: FlaskClient, chain: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "BATCH_ROWS", 5)
        patched.setattr(streaming, "MOST_SECONDS", -1)
        pieces = client.get(f"{AUDIT}/export", buffered=False).iter_encoded()
        assert next(pieces).decode() == text(chain[:5])
        with pytest.raises(TimeoutError):
            next(pieces)
    assert client.get(f"{AUDIT}/export").status_code == 200


def test_a_client_has_its_time_for_each_piece_and_no_more(client: FlaskClient, chain: list[Entry]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        answer = client.get(f"{AUDIT}/export", environ_base={"gunicorn.socket": ours}, buffered=False)
        assert ours.gettimeout() == streaming.SEND_SECONDS
        answer.close()
        assert ours.gettimeout() is None


def test_a_head_of_an_export_is_answered_without_one(client: FlaskClient, chain: list[Entry]) -> None:
    answer = client.head(f"{AUDIT}/export")
    assert (answer.status_code, answer.data) == (200, b"")
    assert client.get(f"{AUDIT}/export").status_code == 200
