"""What a plain YAML scalar means in the dialect of gopkg.in/yaml.v2."""

import math
import re

from yaml import ScalarNode

from policies.yaml_tree import PLAIN_TAG

Scalar = None | bool | int | float | str
TRUE_WORDS = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
FALSE_WORDS = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
NULL_WORDS = ("", "~", "null", "Null", "NULL")
SPECIAL_FLOATS = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
TAG_PREFIX = "tag:yaml.org,2002:"
TAGGED_TYPES: dict[str, type] = {"bool": bool, "int": int, "float": float, "null": type(None)}
MAX_NUMBER_CHARACTERS = 64
MAX_INTEGER = 2**63 - 1
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))", re.ASCII)
BASES = (16, 2, 8, 10)


def resolve(node: ScalarNode) -> Scalar:
    """The value of a scalar; raise `ValueError` if its tag is not understood or does not fit."""
    if node.tag == PLAIN_TAG:
        return _plain(node.value)
    kind = TAGGED_TYPES.get(node.tag.removeprefix(TAG_PREFIX))
    if kind is not None:
        return _tagged(node.value, kind)
    if node.tag.startswith((TAG_PREFIX, "!")) and node.tag != f"{TAG_PREFIX}str":
        raise ValueError(f"the tag {node.tag} is not understood")
    return str(node.value)


def _plain(text: str) -> Scalar:
    if text in NULL_WORDS:
        return None
    if text in TRUE_WORDS or text in FALSE_WORDS:
        return text in TRUE_WORDS
    if text in SPECIAL_FLOATS:
        return SPECIAL_FLOATS[text]
    return _number(text)


def _number(text: str) -> int | float | str:
    digits = text.replace("_", "") if text[0] in "+-.0123456789" else text
    if len(digits) > MAX_NUMBER_CHARACTERS:
        return text
    if whole := INTEGER.fullmatch(digits):
        return _whole(whole)
    return float(digits) if FLOAT.fullmatch(digits) else text


def _whole(match: re.Match[str]) -> int:
    sign, *digits = match.groups()
    number = next(int(text, base) for text, base in zip(digits, BASES, strict=True) if text is not None)
    return -number if sign == "-" else number


def _tagged(text: str, kind: type) -> Scalar:
    value = _plain(text)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError("the value does not fit its tag")
    return value
