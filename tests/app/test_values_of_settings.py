"""Values of settings: what each may be, how it is parsed, and what of it operators may decide."""

from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from app import setting_values, settings
from policies.contents import SWITCHES
from tests.app.enough import ENOUGH, complaint, pem


@pytest.fixture(scope="module")
def private_key() -> str:
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


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
    assert complaint(**{name: value}) == sentence


@pytest.mark.parametrize("way", ["reader", "projector", "deliveries", "merger"])
def test_a_live_binding_needs_an_app(way: str, private_key: str) -> None:
    name, bindings = (
        f"GITHUB_{way.upper()}",
        "A live GITHUB_READER, GITHUB_PROJECTOR, GITHUB_DELIVERIES or GITHUB_MERGER",
    )
    needs = f"{bindings} needs GITHUB_APP_ID and GITHUB_PRIVATE_KEY."
    assert complaint(**{name: "live"}) == needs
    assert complaint(**{name: "live", "GITHUB_APP_ID": "7"}) == needs
    loaded = settings.load({**ENOUGH, name: "live", "GITHUB_APP_ID": "7", "GITHUB_PRIVATE_KEY": private_key})
    assert loaded.bindings().count("=live") == 1
    assert f"{way}=live" in loaded.bindings()


def test_every_way_to_github_is_local_unless_it_is_said_otherwise() -> None:
    assert settings.load(ENOUGH).bindings() == "reader=local projector=local deliveries=local merger=local"


def test_the_apps_key_is_an_rsa_key() -> None:
    sentence = "GITHUB_PRIVATE_KEY should be the App's RSA private key in PEM form, without a passphrase."
    assert complaint(GITHUB_PRIVATE_KEY="no key at all, but long enough") == sentence
    assert complaint(GITHUB_PRIVATE_KEY=pem(ec.generate_private_key(ec.SECP256R1()))) == sentence


def test_an_old_secret_ends_at_a_moment_with_an_offset() -> None:
    old = {"WEBHOOK_PREVIOUS_SECRET": "the one before this"}
    assert complaint(**old) == "WEBHOOK_PREVIOUS_SECRET and WEBHOOK_PREVIOUS_SECRET_UNTIL need each other."
    for wrong in ("2027-01-31", "2027-01-31T18:00:00", "soon", "1800000000"):
        assert complaint(**old, WEBHOOK_PREVIOUS_SECRET_UNTIL=wrong) == (
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
    assert complaint(POLICY_OPTIONS="[").startswith("POLICY_OPTIONS should be the options of policy-bot as YAML: ")
    assert complaint(WEB_WORKERS="0") == "WEB_WORKERS should be greater than or equal to 1."


def test_strict_is_posted_where_it_is_asked_for() -> None:
    loaded = settings.load({**ENOUGH, "STRICT_REPOSITORIES": "Acme/Gate, acme/tool"})
    assert [loaded.mode_of(name) for name in ("acme/gate", "ACME/tool", "acme/other")] == ["strict", "strict", "compat"]
    assert settings.load({**ENOUGH, "POLICY_MODE": "strict"}).mode_of("acme/other") == "strict"


@given(host=st.ip_addresses(v=6) | st.ip_addresses(v=4), port=st.integers(0, 65_535))
def test_a_bind_address_is_read_back_as_it_was_written(host: object, port: int) -> None:
    written = f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    assert setting_values.host_and_port(written) == (str(host), port)


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
    assert complaint(REPOSITORY_WRITES=text).startswith("REPOSITORY_WRITES ")


def test_what_settings_may_decide_is_handed_over_by_name() -> None:
    loaded = settings.load({**ENOUGH, "SETTINGS_DECIDE": "repositories, kinds"})
    assert loaded.ceiling_of("acme/widget").handed == ("repositories", "kinds")
    assert settings.load(ENOUGH).ceiling_of("acme/widget").handed == ()
    assert complaint(SETTINGS_DECIDE="repositories,writes").startswith("SETTINGS_DECIDE should list settings (repos")


@pytest.mark.parametrize("given", ["file:///mnt/anchors", "file:///a%20b/c", "s3://bucket", "s3://bucket/some/where"])
def test_anchors_are_in_a_file_or_a_bucket(given: str) -> None:
    assert settings.load({**ENOUGH, "AUDIT_ANCHOR": given}).audit_anchor == given
    assert settings.load(ENOUGH).audit_anchor is None


@pytest.mark.parametrize("given", ["", "/mnt/anchors", "file:///mnt/", "file://host/a", "s3://", "s3://b?x", "gs://b"])
def test_no_other_place_of_anchors_is_known(given: str) -> None:
    assert complaint(AUDIT_ANCHOR=given) == "AUDIT_ANCHOR should be file:///directory/file or s3://bucket/prefix."


@pytest.mark.parametrize(
    ("given", "sentence"), [("9", "greater than or equal to 10"), ("604801", "less than or equal to")]
)
def test_anchors_are_noted_neither_all_the_time_nor_never(given: str, sentence: str) -> None:
    assert f"AUDIT_ANCHOR_SECONDS should be {sentence}" in complaint(AUDIT_ANCHOR_SECONDS=given)


@pytest.mark.parametrize("given", ["file:///var/lib/gate", "file:///a%20b", "s3://bucket", "s3://bucket/some/where"])
def test_an_artifact_store_is_a_directory_or_a_bucket(given: str) -> None:
    assert settings.load({**ENOUGH, "ARTIFACT_STORE": given}).artifact_store == given


@pytest.mark.parametrize(
    "given",
    ["/var/lib/gate", "file://host/a", "file:///", "s3://", "s3://Up", "s3://b?x", "gs://b", "s3://[", "file:///a#b"],
)
def test_no_other_artifact_store_is_known(given: str) -> None:
    assert complaint(ARTIFACT_STORE=given) == "ARTIFACT_STORE should be file:///directory or s3://bucket/prefix."
