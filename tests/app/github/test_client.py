"""The client: PyGithub without its retries, one request a call, and no secret in what it says."""

import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.github import egress, facts, paging, queries
from app.github.answers import Unavailable
from app.github.client import Answer, Client, NoAnswer, NotAuthenticated
from app.github.paging import last_page, next_page
from app.github.reader import LiveReader, LocalReader, Place
from app.simulator.faults import Fault
from tests.app.github.ground import REPOSITORY, Ground


@pytest.mark.parametrize("what", [500, 502, 503, 403, 429, 307])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_failing_write_is_exactly_one_request(ground: Ground, what: int, when: str) -> None:
    ground.github.fault("POST", "/statuses/", what, when=when, times=20)
    assert ground.post().status == what
    assert len(ground.github.writes()) == 1


@pytest.mark.parametrize("what", ["drop", "cut"])
def test_a_write_without_a_whole_answer_is_exactly_one_request(ground: Ground, what: str) -> None:
    ground.github.fault("POST", "/statuses/", what, when="after", times=20)
    with pytest.raises(NoAnswer):
        ground.post()
    assert len(ground.github.writes()) == 1


def test_a_redirected_write_is_not_sent_to_the_new_address(ground: Ground) -> None:
    ground.github.fault("POST", "/statuses/", 301, times=1)
    with pytest.raises((egress.EgressRefused, NoAnswer)):
        ground.post()
    assert [write.effect for write in ground.github.writes()] == ["no"]


def test_a_request_that_is_not_listed_does_not_reach_github(ground: Ground) -> None:
    with pytest.raises(egress.EgressRefused):
        ground.app.client(ground.installation.id).request("DELETE", f"/repositories/{ground.place.repository_id}")
    assert ground.github.unknown_requests == []


@pytest.mark.parametrize("what", [401, 500, "drop"])
def test_without_a_token_the_write_is_never_sent(ground: Ground, what: int | str) -> None:
    ground.github.fault("POST", "/access_tokens", what)
    with pytest.raises(NotAuthenticated) as refused:
        ground.post()
    assert ground.github.writes() == []
    assert "PRIVATE KEY" not in str(refused.value)


@pytest.mark.parametrize("body", [{}, {"token": 5, "expires_at": "soon"}, {"token": "t", "expires_at": 7}])
def test_a_token_of_the_wrong_shape_is_none(ground: Ground, body: dict[str, Any]) -> None:
    ground.github.faults.add(Fault("POST", "/access_tokens", "before", 201, 1, 0, "", body=body))
    with pytest.raises(NotAuthenticated):
        ground.post()
    assert ground.github.writes() == []


def test_each_thread_has_a_client_of_its_own(ground: Ground) -> None:
    found = [ground.app.client(ground.installation.id)]
    thread = threading.Thread(target=lambda: found.append(ground.app.client(ground.installation.id)))
    thread.start()
    thread.join()
    assert found[0] is ground.app.client(ground.installation.id)
    assert found[0] is not found[1]


def test_a_forgotten_client_authenticates_anew(ground: Ground) -> None:
    reader = LiveReader(ground.app)
    assert reader.pull(ground.place, 1) is not None
    ground.github.tokens.revoke_all()
    with pytest.raises(Unavailable):
        reader.pull(ground.place, 1)
    assert reader.pull(ground.place, 1) is not None


def test_old_clients_are_dropped(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.github.client.CLIENTS_PER_THREAD", 2)
    first = ground.app.client(1)
    ground.app.client(2)
    ground.app.client(3)
    assert ground.app.client(1) is not first


def test_it_reads_every_page(ground: Ground) -> None:
    for number in range(230):
        ground.github.set_status(REPOSITORY, ground.head, by="bob", context=f"ci/{number}", state="success")
    assert len(LiveReader(ground.app).statuses(ground.place, ground.head)) == 230


def test_more_pages_than_it_reads_are_no_evidence(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.github.asking.PAGES", 1)
    for number in range(101):
        ground.github.set_status(REPOSITORY, ground.head, by="bob", context=f"ci/{number}", state="success")
    with pytest.raises(Unavailable) as trouble:
        LiveReader(ground.app).statuses(ground.place, ground.head)
    assert trouble.value.code == "EVIDENCE_INCOMPLETE"


def test_it_finds_one_status_among_many_pages(ground: Ground) -> None:
    reader = LiveReader(ground.app)
    for number in range(150):
        ground.github.set_status(REPOSITORY, ground.head, by="bob", context=f"ci/{number:03}", state="success")
    found = reader.current_status(ground.place, ground.head, "ci/149")
    assert found is not None
    assert reader.current_status(ground.place, ground.head, "ci/150") is None


@pytest.mark.parametrize(("login", "level"), [("alice", "maintain"), ("bob", "write")])
def test_it_reads_the_finer_role(ground: Ground, login: str, level: str) -> None:
    assert facts.level(LiveReader(ground.app).permission(ground.place, login)) == level


def test_memberships_are_read(ground: Ground) -> None:
    ground.github.add_organization("acme", members={"alice": "member"}, teams={"core": {"alice": "member"}})
    reader = LiveReader(ground.app)
    assert reader.is_member(ground.place, "acme", "acme", "alice")
    assert not reader.is_member(ground.place, "acme", "acme", "bob")
    assert reader.is_team_member(ground.place, "acme", "acme/core", "alice")
    assert not reader.is_team_member(ground.place, "acme", "acme/core", "bob")


def test_what_is_not_there_is_none_and_not_an_error(ground: Ground) -> None:
    reader = LiveReader(ground.app)
    assert reader.pull(ground.place, 99) is None
    assert reader.policy_file(ground.place, "no-such-branch", ".policy.yml") is None
    file = reader.policy_file(ground.place, "main", ".policy.yml")
    assert file is not None
    assert file.text is None


@pytest.mark.parametrize(("status", "code"), [(403, "GITHUB_AUTH_FAILED"), (500, "GITHUB_API_ERROR")])
def test_trouble_has_a_code_and_names_the_fact(ground: Ground, status: int, code: str) -> None:
    ground.github.fault("GET", "/pulls/1", status)
    with pytest.raises(Unavailable) as trouble:
        LiveReader(ground.app).pull(ground.place, 1)
    assert trouble.value.code == code
    assert "the pull request" in trouble.value.sentence


@pytest.mark.parametrize(("asked", "what"), [("pull", "pull"), ("installation_on", "installation")])
def test_the_local_reader_opens_no_socket(asked: str, what: str) -> None:
    with pytest.raises(Unavailable) as trouble:
        getattr(LocalReader(), asked)(Place(1, 1), 1)
    assert trouble.value.code == "READER_LOCAL"
    assert trouble.value.sentence == f"The reader is local, so the {what} is not known; set GITHUB_READER=live."


@pytest.mark.parametrize(
    ("api_url", "graphql"),
    [
        ("https://api.github.com", "/graphql"),
        ("https://ghe.example/api/v3", "/api/graphql"),
        ("http://127.0.0.1:8000", "/graphql"),
    ],
)
def test_a_query_goes_where_this_github_takes_it(ground: Ground, api_url: str, graphql: str) -> None:
    url = Client(ground.at(api_url), None)._github.requester.graphql_url
    assert urlsplit(url).path == graphql
    assert paging.below_prefix(graphql) == queries.GRAPHQL


def test_the_number_of_pages_is_told_by_the_last_one() -> None:
    assert (
        last_page(Answer(200, {"link": '<https://e/x?page=2>; rel="next", <https://e/x?page=9>; rel="last"'}, [])) == 9
    )
    assert last_page(Answer(200, {"link": '<https://e/x?page=x>; rel="last"'}, [])) == 1
    assert last_page(Answer(200, {}, [])) == 1


def test_the_last_page_has_no_next() -> None:
    assert next_page(Answer(200, {}, None)) is None
    assert next_page(Answer(200, {"link": '<https://api.example/x?page=1>; rel="prev"'}, None)) is None
    link = '<https://ghe.example/api/v3/repositories/1/pulls?page=2>; rel="next", <https://e/x>; rel="last"'
    assert next_page(Answer(200, {"link": link}, None)) == "/repositories/1/pulls?page=2"
