"""The metrics page: there for who has the token, and for nobody where none is set."""

import pytest

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
