"""A case of a hostile-webhook file, made into the exact bytes to send; an unknown word raises `UnknownWord`."""

import gzip
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

SECRETS = {
    "current": b"current-secret-0123456789abcdef",
    "previous": b"previous-secret-0123456789abcd",
    "expired": b"expired-secret-0123456789abcde",
    "wrong": b"wrong",
    "empty": b"",
    "current_newline": b"current-secret-0123456789abcdef\n",
    "current_over_json": b"current-secret-0123456789abcdef",
}
UNSIGNED = "none"

CASE_WORDS = frozenset(
    [
        *("id", "description", "why", "policy", "needs", "precondition", "timeout_s"),
        *("method", "path", "headers", "body_recipe", "sign", "transport", "steps", "set", "repeat", "alt"),
        *("expect_status", "expect_no_enqueue", "expect_total_enqueues", "expect_no_outbound"),
    ]
)
STEP_WORDS = CASE_WORDS - {"id", "steps"}
TRANSPORT_WORDS = frozenset(
    [
        *("chunked", "resend_minified", "flip_byte", "append_after_sign", "raw_content_length"),
        *("raw_content_length_delta", "send_body", "half_close", "drip_seconds", "drip_bytes"),
        *("raw_extra_header", "dup_headers"),
    ]
)

Json = Mapping[str, Any]
Headers = list[tuple[str, str]]


class UnknownWord(Exception):
    """A case uses a word that this runner does not know; it fails rather than being skipped."""


def check_words(used: Json, known: frozenset[str]) -> None:
    """Raise `UnknownWord` unless every key of `used` is a known one."""
    if unknown := set(used) - known:
        raise UnknownWord(f"unknown: {', '.join(sorted(unknown))}")


def make_body(recipe: Json) -> bytes:
    """The bytes that a `body_recipe` describes."""
    maker = _MAKERS.get(recipe["kind"])
    if maker is None:
        raise UnknownWord(f"unknown body_recipe kind: {recipe['kind']}")
    return maker(recipe)


def make_signed_text(case: Json, body: bytes) -> bytes:
    """What the signature is made over: the body, or (a common mistake) the JSON inside a form."""
    if case.get("sign") != "current_over_json":
        return body
    return _dump(case["body_recipe"]["value"])


def make_headers(case: Json, signed_text: bytes, run_ids: Mapping[str, str]) -> Headers:
    """The headers of a case, every placeholder replaced."""
    words = {**run_ids, "uuid": str(uuid.uuid4()), **_signatures(case.get("sign", UNSIGNED), signed_text)}
    return [(name, _fill(value, words)) for name, value in _pairs(case["headers"])]


def fill_pairs(headers: Any, case: Json, signed_text: bytes, run_ids: Mapping[str, str]) -> Headers:
    """Further headers of a case's transport, written as an object, as pairs, or as lines."""
    return make_headers({**case, "headers": headers}, signed_text, run_ids)


def alter_body(body: bytes, transport: Json) -> bytes:
    """The body as it is sent, where that differs from the one that was signed."""
    if transport.get("resend_minified"):
        body = json.dumps(json.loads(body), separators=(",", ":")).encode()
    if "flip_byte" in transport:
        at = transport["flip_byte"]
        body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    return body + str(transport.get("append_after_sign", "")).encode()


def _pairs(headers: Any) -> Headers:
    if isinstance(headers, Mapping):
        return [(name, item) for name, value in headers.items() for item in _listed(value)]
    pairs = [_split(entry) for entry in headers]
    return [(str(name), str(value)) for name, value in pairs]


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _split(entry: Any) -> tuple[str, str]:
    if isinstance(entry, str):
        name, _, value = entry.partition(":")
        return name, value.strip()
    if isinstance(entry, Mapping):
        entry = next(iter(entry.items()))
    name, value = entry
    return name, value


def _fill(value: str, words: Mapping[str, str]) -> str:
    for word, text in words.items():
        value = value.replace("{" + word + "}", text)
    return value


def _signatures(sign: str, text: bytes) -> dict[str, str]:
    if sign == UNSIGNED:
        return {}
    if sign not in SECRETS:
        raise UnknownWord(f"unknown sign: {sign}")
    digest = hmac.new(SECRETS[sign], text, hashlib.sha256).hexdigest()
    legacy = hmac.new(SECRETS[sign], text, hashlib.sha1).hexdigest()
    return {
        "sig": f"sha256={digest}",
        "sig1": f"sha1={legacy}",
        "hexsig": digest,
        "HEXSIG": digest.upper(),
        "hexsig63": digest[:63],
    }


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()


def _pad(recipe: Json) -> bytes:
    empty = _dump({**recipe["value"], recipe["field"]: ""})
    return _dump({**recipe["value"], recipe["field"]: "x" * (recipe["bytes"] - len(empty))})


def _form(recipe: Json) -> bytes:
    return _field(recipe["value"])


def _form_twice(recipe: Json) -> bytes:
    """Two `payload` fields, of the two values that the recipe gives, or of its only one."""
    given = [value for word, value in recipe.items() if word != "kind"]
    values = given[0] if len(given) == 1 and isinstance(given[0], list) else given
    pair = [*values, *values][:2] if len(values) == 1 else values
    return b"&".join(_field(value) for value in pair)


def _field(value: Any) -> bytes:
    return b"payload=" + quote_plus(value if isinstance(value, str) else json.dumps(value)).encode()


_MAKERS: Mapping[str, Callable[[Json], bytes]] = {
    "literal": lambda recipe: str(recipe["text"]).encode(),
    "hex": lambda recipe: bytes.fromhex(recipe["hex"]),
    "json": lambda recipe: _dump(recipe["value"]),
    "json_pad": _pad,
    "form": _form,
    "literal_form_twice": _form_twice,
    "gzip_json": lambda recipe: gzip.compress(_dump(recipe["value"]), mtime=0),
    "repeat": lambda recipe: str(recipe["unit"]).encode() * int(recipe["n"]),
    "concat": lambda recipe: b"".join(make_body(part) for part in recipe["parts"]),
}
