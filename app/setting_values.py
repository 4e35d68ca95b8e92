"""The kinds of values that settings hold; what a value should be stands in the sentence that refuses it."""

import ipaddress
import re
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Annotated, get_args
from urllib.parse import SplitResult, urlsplit

import yaml
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from policies import server_options
from policies.catalogue import Handed
from policies.contents import SWITCHES
from policies.error import PolicyError
from policies.server_options import ServerOptions
from policies.text import plain

MINIMUM_SECRET_BYTES = 16
MAXIMUM_PORT = 65_535
CONTEXT_CHARACTERS = 100
PATH_CHARACTERS = 255
KEYS_REMEMBERED = 4
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
CONTEXT = re.compile(rf"[ -~]{{1,{CONTEXT_CHARACTERS}}}")


def _words(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _split(url: str) -> SplitResult | None:
    """The parts of a URL whose host and port can be read; nothing of a bad one is repeated, it may hold a password."""
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.hostname else None
    except ValueError:
        return None


def _http_url(value: str) -> str:
    parts = _split(value)
    if not parts or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should be a URL such as https://gate.example.org")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("should be a URL without a user, a query and a fragment")
    return value.rstrip("/")


def _https_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("should begin with https://, since tokens are sent there")
    return value


def _artifact_store(value: str) -> str:
    if not _is_place(value):
        raise ValueError("should be file:///directory or s3://bucket/prefix")
    return value


def _anchor_place(value: str) -> str:
    if not _is_place(value) or (value.startswith("file:") and value.endswith("/")):
        raise ValueError("should be file:///directory/file or s3://bucket/prefix")
    return value


def _is_place(value: str) -> bool:
    parts = _split(value)
    if parts is None or parts.query or parts.fragment:
        return False
    is_path = parts.scheme == "file" and not parts.netloc and len(parts.path) > 1
    return is_path or (parts.scheme == "s3" and BUCKET.fullmatch(parts.netloc) is not None)


def _service(*schemes: str) -> AfterValidator:
    beginnings = " or ".join(f"{scheme}://" for scheme in schemes)

    def check(value: str) -> str:
        parts = _split(value)
        if not parts or parts.scheme not in schemes:
            raise ValueError(f"should be a URL that begins with {beginnings}")
        if not parts.hostname and "host=" not in parts.query:
            raise ValueError("should be a URL that names a host")
        return value

    return AfterValidator(check)


def _strong(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if len(text.encode()) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"should be at least {MINIMUM_SECRET_BYTES} bytes long")
    if text != text.strip():
        raise ValueError("should not begin or end with white space")
    return value


def _private_key(value: SecretStr) -> SecretStr:
    try:
        rsa_key(value.get_secret_value())
    except (ValueError, TypeError):
        raise ValueError("should be the App's RSA private key in PEM form, without a passphrase") from None
    return value


@lru_cache(maxsize=KEYS_REMEMBERED)
def rsa_key(pem: str) -> RSAPrivateKey:
    """The key that is written there; `ValueError` or `TypeError` where it is none.

    Reading a key tests whether it is sound, which takes some 40 ms, so each is read once.
    """
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("another kind of key")
    return key


def _repository(value: str) -> str:
    owner, slash, name = value.partition("/")
    if not (owner and slash and name) or "/" in name:
        raise ValueError(f"should list repositories as owner/name, not {value!r}")
    return value


def _kind(value: str) -> str:
    if value not in SWITCHES:
        raise ValueError(f"should list kinds of writes ({', '.join(SWITCHES)}), not {value!r}")
    return value


def _handed(value: str) -> str:
    if value not in get_args(Handed):
        raise ValueError(f"should list settings ({', '.join(get_args(Handed))}), not {value!r}")
    return value


class Switches(BaseModel):
    """What is allowed and denied in one repository, besides what is allowed everywhere; denied wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: tuple[Annotated[str, AfterValidator(_kind)], ...] = ()
    deny: tuple[Annotated[str, AfterValidator(_kind)], ...] = ()


def _repository_writes(value: object) -> object:
    """YAML: `acme/widget: {allow: [label_add], deny: [status]}`."""
    if not isinstance(value, str):
        return value
    try:
        document = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date that is none
        raise ValueError("should be YAML such as `acme/widget: {allow: [label_add], deny: [status]}`") from None
    return {} if document is None else document


def _network(value: object) -> object:
    try:
        return ipaddress.ip_network(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"should list networks such as 192.30.252.0/22, not {value!r}") from None


def _moment(value: object) -> object:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("should be a moment with its offset, such as 2027-01-31T18:00:00+00:00")
    return moment


def _bind(value: str) -> str:
    host_and_port(value)
    return value


def _loopback_bind(value: str) -> str:
    if not is_loopback(host_and_port(value)[0]):
        raise ValueError("should be on loopback, such as 127.0.0.1:5555: Flower asks nobody who they are")
    return value


def _relative_path(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or not path.parts or not value.isprintable():
        raise ValueError("should be a path inside a repository, such as .policy.yml")
    if len(value) > PATH_CHARACTERS:
        raise ValueError(f"should be a path of at most {PATH_CHARACTERS} characters")
    return value


def _policy_options(value: object) -> object:
    """policy-bot's `options:` block, as YAML."""
    if not isinstance(value, str):
        return value
    try:
        options = server_options.parse(value)
    except PolicyError as wrong:
        place = f"line {wrong.line}: " if wrong.line else ""
        raise ValueError(f"should be the options of policy-bot as YAML: {place}{plain(wrong.message)}") from None
    _check(options)
    return options


def _check(options: ServerOptions) -> None:
    try:
        _relative_path(options.policy_path), _relative_path(options.shared_policy_path)
    except ValueError as wrong:
        raise ValueError(f"names a policy file, which {wrong}") from None
    if not NAME.fullmatch(options.shared_repository):
        raise ValueError("should name the shared_repository without its owner, such as .github")
    if not CONTEXT.fullmatch(options.status_check_context):
        raise ValueError(f"should have a status_check_context of at most {CONTEXT_CHARACTERS} ASCII characters")


def host_and_port(bind: str) -> tuple[str, int]:
    """The two parts of `127.0.0.1:8080` or `[::1]:8080`, brackets removed; raises `ValueError`."""
    host, _, port = bind.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if (
        not bare
        or not (port.isascii() and port.isdigit())
        or int(port) > MAXIMUM_PORT
        or (":" in bare) != (bare != host)
    ):
        raise ValueError("should be a host and a port, such as 127.0.0.1:8080")
    return bare, int(port)


def is_loopback(host: str) -> bool:
    """Whether `host` can be reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Hidden = Field(repr=False)
ArtifactStore = Annotated[str, AfterValidator(_artifact_store)]
AnchorPlace = Annotated[str, AfterValidator(_anchor_place)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
ApiUrl = Annotated[HttpUrl, AfterValidator(_https_url)]
DatabaseUrl = Annotated[str, _service("postgresql", "postgres"), Hidden]
RedisUrl = Annotated[str, _service("redis", "rediss"), Hidden]
BrokerUrl = Annotated[str, _service("redis", "rediss", "amqp", "amqps"), Hidden]
Bind = Annotated[str, AfterValidator(_bind)]
LoopbackBind = Annotated[str, AfterValidator(_loopback_bind)]
StatusContext = Annotated[str, Field(min_length=1, max_length=CONTEXT_CHARACTERS, pattern=r"^[ -~]+$")]
RepositoryPath = Annotated[str, AfterValidator(_relative_path)]
PolicyOptions = Annotated[ServerOptions, BeforeValidator(_policy_options)]
Repositories = Annotated[tuple[Annotated[str, AfterValidator(_repository)], ...], BeforeValidator(_words)]
Kinds = Annotated[tuple[Annotated[str, AfterValidator(_kind)], ...], BeforeValidator(_words)]
HandedOver = Annotated[tuple[Annotated[str, AfterValidator(_handed)], ...], BeforeValidator(_words)]
RepositoryWrites = Annotated[
    dict[Annotated[str, AfterValidator(_repository)], Switches], BeforeValidator(_repository_writes)
]
Secret = Annotated[SecretStr, AfterValidator(_strong)]
PrivateKey = Annotated[SecretStr, AfterValidator(_private_key)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Network = Annotated[ipaddress.IPv4Network | ipaddress.IPv6Network, BeforeValidator(_network)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_words)]
