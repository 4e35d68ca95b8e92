"""Makes text from outside safe to show: quoting, neutralising, cutting."""

import unicodedata

ELLIPSIS = "…"
STATUS_LIMIT_CHARACTERS = 140
CODE_LIMIT_CHARACTERS = 300
WORD_SEARCH_CHARACTERS = 20
MAX_CLUSTER_CHARACTERS = 32
HIDDEN_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")
JOINER = "\u200d"
KEPT_FORMATS = (JOINER, "\u200c")
TAG_CHARACTERS = range(0xE0020, 0xE0080)
SKIN_TONES = range(0x1F3FB, 0x1F400)
REGIONAL_LETTERS = range(0x1F1E6, 0x1F200)
GO_ESCAPES = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\\": "\\", '"': '"'}


def quoted(text: str) -> str:
    """The text in double quotes, escaped as Go's `%q` does."""
    needs_escapes = not text.isprintable() or '"' in text or "\\" in text
    return f'"{"".join(map(_escaped, text)) if needs_escapes else text}"'


def plain(text: str) -> str:
    """One line without control characters, escape sequences or direction overrides."""
    shown = "".join(_shown(character) for character in text)
    return " ".join(shown.split())


def short(text: str, limit: int = STATUS_LIMIT_CHARACTERS) -> str:
    """`plain(text)`, cut to `limit` code points: at a word where one ends near, never inside a visible character."""
    line = plain(text)
    if len(line) <= limit:
        return line
    if limit < len(ELLIPSIS):
        return ""
    cut = _cluster_start(line, limit - len(ELLIPSIS))
    space = line.rfind(" ", max(cut - WORD_SEARCH_CHARACTERS, 1), cut + 1)
    return line[: space if space > 0 else cut].rstrip() + ELLIPSIS


def code(text: str) -> str:
    """Text from outside as Markdown that means nothing: no mention, no link, no markup, one line."""
    line = short(text, CODE_LIMIT_CHARACTERS).replace("`", "'")
    return f"`{line or ' '}`"


def _escaped(character: str) -> str:
    if character in GO_ESCAPES:
        return "\\" + GO_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _shown(character: str) -> str:
    if character in KEPT_FORMATS or ord(character) in TAG_CHARACTERS:
        return character
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return " " if category in HIDDEN_CATEGORIES else character


def _cluster_start(line: str, index: int) -> int:
    """The last place at or before `index` where no visible character is split; give up on endless ones."""
    for place in range(index, max(index - MAX_CLUSTER_CHARACTERS, 0), -1):
        if not _continues(line, place):
            return place
    return max(index, 0) if index > MAX_CLUSTER_CHARACTERS else 0


def _continues(line: str, index: int) -> bool:
    """Whether the character at `index` belongs to the visible character before it."""
    character = line[index]
    code = ord(character)
    return (
        unicodedata.category(character).startswith("M")
        or character in KEPT_FORMATS
        or line[index - 1] == JOINER
        or code in SKIN_TONES
        or code in TAG_CHARACTERS
        or (code in REGIONAL_LETTERS and _regional_letters_before(line, index) % 2 == 1)
    )


def _regional_letters_before(line: str, index: int) -> int:
    before = line[:index]
    return len(before) - len(before.rstrip("".join(map(chr, REGIONAL_LETTERS))))
