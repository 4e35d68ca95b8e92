"""Settings: a process with a wrong one does not start and says in a sentence which, never repeating a secret."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from app import settings
from app.settings import Settings, SettingsError
from tests.app.enough import ENOUGH, complaint, pem

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"


@pytest.fixture(scope="module")
def private_key() -> str:
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _said(environ: dict[str, str]) -> str:
    try:
        settings.load({**ENOUGH, **environ})
    except SettingsError as refused:
        return str(refused)
    return "Loaded."


def test_the_required_ones_are_enough() -> None:
    loaded = settings.load(ENOUGH)
    assert loaded.webhook_secret.get_secret_value() == "sixteen bytes ok"
    assert (loaded.github_reader, loaded.github_projector) == ("local", "local")
    assert loaded.allowed_repositories == ()


@pytest.mark.parametrize("name", ENOUGH)
def test_it_names_a_required_one_that_is_missing(name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings.load({key: value for key, value in ENOUGH.items() if key != name})
    assert str(refused.value) == f"{name} is not set; it is required."


def test_of_all_writes_the_status_alone_is_allowed_until_others_are_named() -> None:
    assert settings.load(ENOUGH).allowed_writes == ("status",)
    named = {**ENOUGH, "ALLOWED_WRITES": "status, review_request,review_dismiss,check_run"}
    assert settings.load(named).allowed_writes == ("status", "review_request", "review_dismiss", "check_run")


def test_it_has_a_sentence_for_each_wrong_one() -> None:
    with pytest.raises(SettingsError) as refused:
        settings.load({"WEB_WORKERS": "0", "METRICS_TOKEN": "short", "BIND": "8080"})
    assert [line.split()[0] for line in sorted(str(refused.value).splitlines())] == [
        "BIND", "BROKER_URL", "DATABASE_URL", "METRICS_TOKEN", "REDIS_URL", "WEBHOOK_SECRET", "WEB_WORKERS",
    ]  # fmt: skip


def test_a_file_holds_a_value_less_one_trailing_newline(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret in a file\r\n")
    environ = {key: value for key, value in ENOUGH.items() if key != "WEBHOOK_SECRET"}
    loaded = settings.load({**environ, "WEBHOOK_SECRET_FILE": str(tmp_path / "secret")})
    assert loaded.webhook_secret.get_secret_value() == "a secret in a file"


def test_a_value_and_its_file_exclude_each_other(tmp_path: Path) -> None:
    said = complaint(WEBHOOK_SECRET_FILE=str(tmp_path / "secret"), WEB_THREADS="0")
    assert said.splitlines() == [
        "WEBHOOK_SECRET and WEBHOOK_SECRET_FILE are both set; set one of them.",
        "WEB_THREADS should be greater than or equal to 1.",
    ]


def test_a_file_that_cannot_be_read_is_named_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert complaint(METRICS_TOKEN_FILE=str(tmp_path / "none")) == (
        "METRICS_TOKEN_FILE names a file that cannot be read: No such file or directory."
    )
    assert complaint(METRICS_TOKEN_FILE=str(tmp_path / "binary")) == (
        "METRICS_TOKEN_FILE should name a file of UTF-8 text."
    )


def test_one_setting_is_read_without_the_others() -> None:
    assert settings.read("database_url", {"DATABASE_URL": "postgresql://db/gate"}) == "postgresql://db/gate"
    assert settings.read("database_url", {}) is None
    with pytest.raises(SettingsError, match=r"^DATABASE_URL should be a URL that begins with postgresql:// or"):
        settings.read("database_url", {"DATABASE_URL": "sqlite:///x"})


def test_no_secret_shows_when_settings_are_printed(private_key: str) -> None:
    loaded = settings.load({
        **ENOUGH,
        "DATABASE_URL": "postgresql://gate:hunter2@db/gate", "REDIS_URL": "redis://:hunter2@h",
        "BROKER_URL": "amqp://u:hunter2@h", "WEBHOOK_SECRET": "hunter2 hunter2 hunter2",
        "METRICS_TOKEN": "hunter2 hunter2 hunter2", "GITHUB_PRIVATE_KEY": private_key,
    })  # fmt: skip
    assert "hunter2" not in f"{loaded!r} {loaded}"
    assert "PRIVATE KEY" not in f"{loaded!r} {loaded}"


@given(
    name=st.sampled_from(["DATABASE_URL", "REDIS_URL", "BROKER_URL", "WEBHOOK_SECRET", "GITHUB_PRIVATE_KEY"]),
    before=st.sampled_from(["", "postgresql://u:", "redis://[", "http://u:", "amqp://h:"]),
    after=st.sampled_from(["", "@h:x/", "@[::1/", "@\u2100/", "\x00"]),
)
def test_no_complaint_repeats_a_secret(name: str, before: str, after: str) -> None:
    assert "hunter2" not in _said({name: f"{before}hunter2{after}"})


@given(st.text(max_size=30))
def test_whatever_stands_in_a_setting_it_loads_or_is_refused(value: str) -> None:
    for name in Settings.model_fields:
        assert _said({name.upper(): value}).endswith(".")


def test_the_example_names_every_setting_and_no_other() -> None:
    lines = [line.lstrip("# ") for line in EXAMPLE.read_text().splitlines()]
    names = {line.partition("=")[0] for line in lines if "=" in line and line.split("=")[0].isupper()}
    assert names == {*(field.upper() for field in Settings.model_fields), "MERGEGATE_HOME"}


def test_the_readme_names_every_setting() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert [name for field in Settings.model_fields if f"`{(name := field.upper())}`" not in readme] == []
