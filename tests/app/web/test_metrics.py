"""The metrics page: there for who has the token, and for nobody where none is set."""

import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from app import database
from app.anchors import Anchor
from app.governor import Budget, Slot, Told
from app.records import anchorings
from tests.app.chains import chain, fill
from tests.app.governor import asked
from tests.app.web.conftest import OpenDoor

TOKEN = "metrics-token-0123456789"


@pytest.mark.parametrize(
    ("token", "authorization", "status"),
    [
        (None, f"Bearer {TOKEN}", 404),
        (TOKEN, None, 401),
        (TOKEN, "Bearer wrong", 401),
        (TOKEN, TOKEN, 401),
        (TOKEN, "Bearer \u00e9", 401),
        (TOKEN, f"Bearer {TOKEN}", 200),
    ],
)
def test_the_page_asks_for_the_token(
    open_door: OpenDoor, token: str | None, authorization: str | None, status: int
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answered = open_door(metrics_token=token).client.get("/metrics", headers=headers)
    assert answered.status_code == status
    assert (b"mergegate_authentication_failures" in answered.data) == (status == 200)


def test_it_says_which_secret_matched_and_counts_failures_without_a_label(open_door: OpenDoor) -> None:
    door = open_door(metrics_token=TOKEN)
    door.post()
    door.post(x_hub_signature_256="sha256=" + "0" * 64)
    text = door.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert 'mergegate_signatures_matched_total{secret="0"}' in text
    assert "\nmergegate_authentication_failures_total " in text


def test_it_shows_what_is_known_of_github_s_limits(open_door: OpenDoor, redis_db: str) -> None:
    door = open_door(metrics_token=TOKEN)
    governor, now = asked.governor(redis_db), datetime.now(UTC)
    slot = governor.begin(asked.HERE, "core", None, now)
    assert isinstance(slot, Slot)
    told = Told(limited=True, wait_seconds=3600, budget=Budget("core", 5000, 4321, now + timedelta(hours=1)))
    governor.end(slot, told, now)
    governor.take_turn(asked.HERE, asked.QUIET, "a", now)
    text = door.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert 'mergegate_github_remaining{installation="5",resource="core"} 4321.0' in text
    assert 'mergegate_github_requests{installation="5"} 0.0' in text
    assert 'mergegate_github_waiting_writes{installation="5"} 1.0' in text
    (held,) = re.findall(r'mergegate_github_held_seconds{installation="5"} (.*)', text)
    assert 3500 < float(held) <= 3600


def test_without_redis_it_shows_the_rest(open_door: OpenDoor) -> None:
    door = open_door(metrics_token=TOKEN, redis_url="redis://127.0.0.1:1/0")
    answered = door.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answered.status_code, "mergegate_signatures_matched" in answered.text) == (200, True)
    assert "mergegate_github_remaining{" not in answered.text


def test_it_counts_the_deliveries_that_got_lost(open_door: OpenDoor, database_url: str) -> None:
    door = open_door(metrics_token=TOKEN, database_url=database_url)
    with psycopg.connect(database_url) as tx:
        for guid, via in (("g-1", "webhook"), ("g-2", "api"), ("g-3", "api")):
            tx.execute(
                "INSERT INTO deliveries (hook_id, guid, body_digest, event, received_at, via)"
                " VALUES (1, %(guid)s, 'd', '{}', now(), %(via)s)",
                {"guid": guid, "via": via},
            )
    text = door.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert "\nmergegate_deliveries_reconciled_total 2.0" in text


def test_without_postgres_it_shows_the_rest(open_door: OpenDoor) -> None:
    answered = open_door(metrics_token=TOKEN).client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answered.status_code, "mergegate_signatures_matched" in answered.text) == (200, True)
    assert "\nmergegate_deliveries_reconciled_total" not in answered.text


def test_it_counts_alerts_merges_and_what_went_past_the_gate(open_door: OpenDoor, database_url: str) -> None:
    door = open_door(metrics_token=TOKEN, database_url=database_url)
    with psycopg.connect(database_url) as tx:
        for key, seen in (("a", None), ("b", None), ("c", "2027-01-01T00:00:00Z")):
            tx.execute(
                "INSERT INTO alerts (id, code, severity, subject, fields, key, raised_at, acknowledged_at)"
                " VALUES (gen_random_uuid(), 'EXTERNAL_MERGE', 'alert', 's', '{}', %(key)s, now(), %(seen)s)",
                {"key": key, "seen": seen},
            )
        tx.execute(
            "INSERT INTO external_merges (repository_id, number, merge_sha, full_name, head_sha, base_ref, via,"
            " had_pass, seen_at) VALUES (1, 7, 'm', 'acme/widget', 'h', 'main', 'hand', false, now())"
        )
    text = door.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert 'mergegate_alerts_open{code="EXTERNAL_MERGE"} 2.0' in text
    assert 'mergegate_external_merges_total{had_pass="no",via="hand"} 1.0' in text


def test_it_shows_how_far_the_audit_is_anchored_where_it_is(open_door: OpenDoor, database_url: str) -> None:
    place, headers = "file:///mnt/anchors", {"Authorization": f"Bearer {TOKEN}"}
    fill(database_url, chain(5))
    door = open_door(metrics_token=TOKEN, database_url=database_url, audit_anchor=place)
    text = door.client.get("/metrics", headers=headers).text
    assert "\nmergegate_audit_anchored_entry 0.0\n" in text
    with database.pool(database_url) as pool, pool.connection() as tx:
        anchorings.succeed(tx, place, Anchor(3, bytes(32), datetime(2027, 1, 1, tzinfo=UTC)))
        anchorings.fail(tx, place, datetime(2027, 1, 2, tzinfo=UTC))
    text = door.client.get("/metrics", headers=headers).text
    assert "\nmergegate_audit_anchored_entry 3.0\n" in text
    assert "\nmergegate_audit_newest_entry 5.0\n" in text
    assert "\nmergegate_audit_anchor_failing 1.0\n" in text
    assert "\nmergegate_audit_anchored_timestamp_seconds 1.7987616e+09\n" in text
    elsewhere = open_door(metrics_token=TOKEN, database_url=database_url)
    assert "mergegate_audit" not in elsewhere.client.get("/metrics", headers=headers).text
