"""Settings: a process with a wrong one does not start and says in a sentence which, never repeating a secret."""

from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from app import setting_values, settings
from app.settings import Settings, SettingsError
from policies.contents import SWITCHES

ENOUGH = {
    "DATABASE_URL": "postgresql://gate@db.example.org/gate",
    "REDIS_URL": "redis://redis.example.org/0",
    "BROKER_URL": "amqps://gate:pw@rabbit.example.org//",
    "WEBHOOK_SECRET": "sixteen bytes ok",
}
EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def private_key() -> str:
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _complaint(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        settings.load({**ENOUGH, **environ})
    return str(refused.value)


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


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL should be a URL that begins with postgresql:// or postgres://."),
        ("DATABASE_URL", "postgresql:///gate", "DATABASE_URL should be a URL that names a host."),
        ("DATABASE_URL", "", "DATABASE_URL should be a URL that begins with postgresql:// or postgres://."),
        ("REDIS_URL", "redis://h:99999", "REDIS_URL should be a URL that begins with redis:// or rediss://."),
        (
            "BROKER_URL",
            "http://h",
            "BROKER_URL should be a URL that begins with redis:// or rediss:// or amqp:// or amqps://.",
        ),
        ("WEBHOOK_SECRET", "fifteen bytes o", "WEBHOOK_SECRET should be at least 16 bytes long."),
        ("WEBHOOK_SECRET", "sixteen bytes ok\n", "WEBHOOK_SECRET should not begin or end with white space."),
        ("METRICS_TOKEN", "", "METRICS_TOKEN should be at least 16 bytes long."),
        ("ACCEPT_FORM", "maybe", "ACCEPT_FORM should be a valid boolean, unable to interpret input."),
        (
            "ALLOWED_NETWORKS",
            "10.0.0.0/8, 10.1.2.3/8",
            "ALLOWED_NETWORKS should list networks such as 192.30.252.0/22, not '10.1.2.3/8'.",
        ),
        ("TRUSTED_PROXIES", "11", "TRUSTED_PROXIES should be less than or equal to 10."),
        ("PUBLIC_URL", "gate.example.org", "PUBLIC_URL should be a URL such as https://gate.example.org."),
        ("PUBLIC_URL", "https://[::1", "PUBLIC_URL should be a URL such as https://gate.example.org."),
        ("PUBLIC_URL", "https://u@h", "PUBLIC_URL should be a URL without a user, a query and a fragment."),
        ("BIND", "127.0.0.1", "BIND should be a host and a port, such as 127.0.0.1:8080."),
        ("BIND", ":8080", "BIND should be a host and a port, such as 127.0.0.1:8080."),
        ("BIND", "::1:8080", "BIND should be a host and a port, such as 127.0.0.1:8080."),
        ("BIND", "127.0.0.1:65536", "BIND should be a host and a port, such as 127.0.0.1:8080."),
        ("BIND", "127.0.0.1:８０", "BIND should be a host and a port, such as 127.0.0.1:8080."),
        (
            "FLOWER_BIND",
            "0.0.0.0:5555",
            "FLOWER_BIND should be on loopback, such as 127.0.0.1:5555: Flower asks nobody who they are.",
        ),
        (
            "FLOWER_BIND",
            "flower.example.org:5555",
            "FLOWER_BIND should be on loopback, such as 127.0.0.1:5555: Flower asks nobody who they are.",
        ),
        ("GITHUB_READER", "dead", "GITHUB_READER should be 'local' or 'live'."),
        (
            "GITHUB_API_URL",
            "http://ghe.example.org",
            "GITHUB_API_URL should begin with https://, since tokens are sent there.",
        ),
        ("GITHUB_APP_ID", "-1", "GITHUB_APP_ID should be greater than 0."),
        ("STATUS_CONTEXT", "", "STATUS_CONTEXT should have at least 1 character."),
        ("POLICY_PATH", "/etc/passwd", "POLICY_PATH should be a path inside a repository, such as .policy.yml."),
        ("POLICY_PATH", "a/../../b", "POLICY_PATH should be a path inside a repository, such as .policy.yml."),
        ("POLICY_PATH", "", "POLICY_PATH should be a path inside a repository, such as .policy.yml."),
        ("POLICY_PATH", "x" * 256, "POLICY_PATH should be a path of at most 255 characters."),
        ("GATE_PATH", "../up.yml", "GATE_PATH should be a path inside a repository, such as .policy.yml."),
        ("POLICY_MODE", "lax", "POLICY_MODE should be 'compat' or 'strict'."),
        (
            "STRICT_REPOSITORIES",
            "acme",
            "STRICT_REPOSITORIES should list repositories as owner/name, not 'acme'.",
        ),
        (
            "POLICY_OPTIONS",
            "policy_path: a.yml\nshared: x\n",
            "POLICY_OPTIONS should be the options of policy-bot as YAML: line 2: the key 'shared' is not known here.",
        ),
        (
            "POLICY_OPTIONS",
            "shared_policy_path: ../b",
            "POLICY_OPTIONS names a policy file, which should be a path inside a repository, such as .policy.yml.",
        ),
        (
            "POLICY_OPTIONS",
            "shared_repository: acme/policies",
            "POLICY_OPTIONS should name the shared_repository without its owner, such as .github.",
        ),
        (
            "POLICY_OPTIONS",
            "status_check_context: gäte",
            "POLICY_OPTIONS should have a status_check_context of at most 100 ASCII characters.",
        ),
        (
            "ALLOWED_REPOSITORIES",
            "acme/gate,acme",
            "ALLOWED_REPOSITORIES should list repositories as owner/name, not 'acme'.",
        ),
        (
            "ALLOWED_WRITES",
            "status, merge",
            f"ALLOWED_WRITES should list kinds of writes ({', '.join(SWITCHES)}), not 'merge'.",
        ),
        ("SWEEP_SECONDS", "ten", "SWEEP_SECONDS should be a valid integer, unable to parse string as an integer."),
    ],
)
def test_it_says_what_a_malformed_one_should_be(name: str, value: str, sentence: str) -> None:
    assert _complaint(**{name: value}) == sentence


@pytest.mark.parametrize("way", ["reader", "projector", "deliveries", "merger"])
def test_a_live_binding_needs_an_app(way: str, private_key: str) -> None:
    name, bindings = (
        f"GITHUB_{way.upper()}",
        "A live GITHUB_READER, GITHUB_PROJECTOR, GITHUB_DELIVERIES or GITHUB_MERGER",
    )
    needs = f"{bindings} needs GITHUB_APP_ID and GITHUB_PRIVATE_KEY."
    assert _complaint(**{name: "live"}) == needs
    assert _complaint(**{name: "live", "GITHUB_APP_ID": "7"}) == needs
    loaded = settings.load({**ENOUGH, name: "live", "GITHUB_APP_ID": "7", "GITHUB_PRIVATE_KEY": private_key})
    assert loaded.bindings().count("=live") == 1
    assert f"{way}=live" in loaded.bindings()


def test_every_way_to_github_is_local_unless_it_is_said_otherwise() -> None:
    assert settings.load(ENOUGH).bindings() == "reader=local projector=local deliveries=local merger=local"


def test_the_apps_key_is_an_rsa_key() -> None:
    sentence = "GITHUB_PRIVATE_KEY should be the App's RSA private key in PEM form, without a passphrase."
    assert _complaint(GITHUB_PRIVATE_KEY="no key at all, but long enough") == sentence
    assert _complaint(GITHUB_PRIVATE_KEY=_pem(ec.generate_private_key(ec.SECP256R1()))) == sentence


def test_an_old_secret_ends_at_a_moment_with_an_offset() -> None:
    old = {"WEBHOOK_PREVIOUS_SECRET": "the one before this"}
    assert _complaint(**old) == "WEBHOOK_PREVIOUS_SECRET and WEBHOOK_PREVIOUS_SECRET_UNTIL need each other."
    for wrong in ("2027-01-31", "2027-01-31T18:00:00", "soon", "1800000000"):
        assert _complaint(**old, WEBHOOK_PREVIOUS_SECRET_UNTIL=wrong) == (
            "WEBHOOK_PREVIOUS_SECRET_UNTIL should be a moment with its offset, such as 2027-01-31T18:00:00+00:00."
        )
    loaded = settings.load({**ENOUGH, **old, "WEBHOOK_PREVIOUS_SECRET_UNTIL": "2027-01-31T18:00:00Z"})
    assert loaded.webhook_previous_secret_until == datetime(2027, 1, 31, 18, tzinfo=UTC)


def test_lists_are_parsed_here() -> None:
    loaded = settings.load({
        **ENOUGH, "ALLOWED_NETWORKS": "192.30.252.0/22, 2a0a:a440::/29,", "ALLOWED_REPOSITORIES": " acme/gate ",
    })  # fmt: skip
    assert loaded.allowed_networks == (IPv4Network("192.30.252.0/22"), IPv6Network("2a0a:a440::/29"))
    assert loaded.allowed_repositories == ("acme/gate",)


def test_the_options_of_policy_bot_count_where_nothing_else_is_set() -> None:
    block = "policy_path: bot.yml\nstatus_check_context: policy-bot\nshared_policy_path: ''\nforce_shared_policy: yes\n"
    loaded = settings.load({**ENOUGH, "POLICY_OPTIONS": block})
    assert (loaded.policy_path, loaded.status_context) == ("bot.yml", "policy-bot")
    assert (loaded.policy_options.shared_policy_path, loaded.policy_options.force_shared_policy) == ("policy.yml", True)
    loaded = settings.load({**ENOUGH, "POLICY_OPTIONS": block, "POLICY_PATH": "ours.yml", "STATUS_CONTEXT": "gate"})
    assert (loaded.policy_path, loaded.status_context) == ("ours.yml", "gate")
    assert (settings.load(ENOUGH).policy_path, settings.load(ENOUGH).status_context) == (".policy.yml", "mergegate")


def test_a_wrong_setting_is_not_blamed_on_those_that_follow_it() -> None:
    assert _complaint(POLICY_OPTIONS="[").startswith("POLICY_OPTIONS should be the options of policy-bot as YAML: ")
    assert _complaint(WEB_WORKERS="0") == "WEB_WORKERS should be greater than or equal to 1."


def test_strict_is_posted_where_it_is_asked_for() -> None:
    loaded = settings.load({**ENOUGH, "STRICT_REPOSITORIES": "Acme/Gate, acme/tool"})
    assert [loaded.mode_of(name) for name in ("acme/gate", "ACME/tool", "acme/other")] == ["strict", "strict", "compat"]
    assert settings.load({**ENOUGH, "POLICY_MODE": "strict"}).mode_of("acme/other") == "strict"


def test_a_file_holds_a_value_less_one_trailing_newline(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret in a file\r\n")
    environ = {key: value for key, value in ENOUGH.items() if key != "WEBHOOK_SECRET"}
    loaded = settings.load({**environ, "WEBHOOK_SECRET_FILE": str(tmp_path / "secret")})
    assert loaded.webhook_secret.get_secret_value() == "a secret in a file"


def test_a_value_and_its_file_exclude_each_other(tmp_path: Path) -> None:
    complaint = _complaint(WEBHOOK_SECRET_FILE=str(tmp_path / "secret"), WEB_THREADS="0")
    assert complaint.splitlines() == [
        "WEBHOOK_SECRET and WEBHOOK_SECRET_FILE are both set; set one of them.",
        "WEB_THREADS should be greater than or equal to 1.",
    ]


def test_a_file_that_cannot_be_read_is_named_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert _complaint(METRICS_TOKEN_FILE=str(tmp_path / "none")) == (
        "METRICS_TOKEN_FILE names a file that cannot be read: No such file or directory."
    )
    assert _complaint(METRICS_TOKEN_FILE=str(tmp_path / "binary")) == (
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


@given(host=st.ip_addresses(v=6) | st.ip_addresses(v=4), port=st.integers(0, 65_535))
def test_a_bind_address_is_read_back_as_it_was_written(host: object, port: int) -> None:
    written = f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    assert setting_values.host_and_port(written) == (str(host), port)


def test_the_example_names_every_setting_and_no_other() -> None:
    lines = [line.lstrip("# ") for line in EXAMPLE.read_text().splitlines()]
    names = {line.partition("=")[0] for line in lines if "=" in line and line.split("=")[0].isupper()}
    assert names == {*(field.upper() for field in Settings.model_fields), "MERGEGATE_HOME"}


def test_the_readme_names_every_setting() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert [name for field in Settings.model_fields if f"`{(name := field.upper())}`" not in readme] == []


def test_a_switch_may_be_on_or_off_for_one_repository_alone() -> None:
    text = "acme/widget: {allow: [label_add], deny: [status]}\nacme/gadget: {deny: [label_add]}"
    named = {**ENOUGH, "ALLOWED_WRITES": "status,check_run", "REPOSITORY_WRITES": text}
    loaded = settings.load(named)
    assert loaded.writes_of("acme/widget") == ("check_run", "label_add")
    assert loaded.writes_of("acme/gadget") == ("status", "check_run")
    assert loaded.writes_of("acme/other") == ("status", "check_run")


@pytest.mark.parametrize(
    "text", ["{", "- acme/widget", "acme: {}", "acme/widget: {allow: [merge]}", "acme/widget: {al: []}"]
)
def test_switches_that_are_not_understood_stop_the_process(text: str) -> None:
    assert _complaint(REPOSITORY_WRITES=text).startswith("REPOSITORY_WRITES ")


def test_what_settings_may_decide_is_handed_over_by_name() -> None:
    loaded = settings.load({**ENOUGH, "SETTINGS_DECIDE": "repositories, kinds"})
    assert loaded.ceiling_of("acme/widget").handed == ("repositories", "kinds")
    assert settings.load(ENOUGH).ceiling_of("acme/widget").handed == ()
    assert _complaint(SETTINGS_DECIDE="repositories,writes").startswith("SETTINGS_DECIDE should list settings (repos")


@pytest.mark.parametrize("given", ["file:///mnt/anchors", "file:///a%20b/c", "s3://bucket", "s3://bucket/some/where"])
def test_anchors_are_in_a_file_or_a_bucket(given: str) -> None:
    assert settings.load({**ENOUGH, "AUDIT_ANCHOR": given}).audit_anchor == given
    assert settings.load(ENOUGH).audit_anchor is None


@pytest.mark.parametrize("given", ["", "/mnt/anchors", "file:///mnt/", "file://host/a", "s3://", "s3://b?x", "gs://b"])
def test_no_other_place_of_anchors_is_known(given: str) -> None:
    assert _complaint(AUDIT_ANCHOR=given) == "AUDIT_ANCHOR should be file:///directory/file or s3://bucket/prefix."


@pytest.mark.parametrize(
    ("given", "sentence"), [("9", "greater than or equal to 10"), ("604801", "less than or equal to")]
)
def test_anchors_are_noted_neither_all_the_time_nor_never(given: str, sentence: str) -> None:
    assert f"AUDIT_ANCHOR_SECONDS should be {sentence}" in _complaint(AUDIT_ANCHOR_SECONDS=given)


@pytest.mark.parametrize("given", ["file:///var/lib/gate", "file:///a%20b", "s3://bucket", "s3://bucket/some/where"])
def test_an_artifact_store_is_a_directory_or_a_bucket(given: str) -> None:
    assert settings.load({**ENOUGH, "ARTIFACT_STORE": given}).artifact_store == given


@pytest.mark.parametrize(
    "given",
    ["/var/lib/gate", "file://host/a", "file:///", "s3://", "s3://Up", "s3://b?x", "gs://b", "s3://[", "file:///a#b"],
)
def test_no_other_artifact_store_is_known(given: str) -> None:
    assert _complaint(ARTIFACT_STORE=given) == "ARTIFACT_STORE should be file:///directory or s3://bucket/prefix."
