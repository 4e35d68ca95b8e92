"""Symbols of a scenario (H1, B1, M1 ...) and the commits that they stand for, one to one."""

import re
from collections.abc import Callable
from typing import Any

_SHA = re.compile(r"\b[0-9a-f]{40}\b")


class Names:
    """`make` makes the commit of a symbol that is asked for the first time, and gives its SHA."""

    def __init__(self, make: Callable[[str], str]) -> None:
        self._make = make
        self._shas: dict[str, str] = {}
        self._symbols: dict[str, str] = {}
        self._others: dict[str, str] = {}

    def sha(self, symbol: str) -> str:
        """The commit of a symbol."""
        if symbol not in self._shas:
            self.bind(symbol, self._make(symbol))
        return self._shas[symbol]

    def has(self, symbol: str) -> bool:
        """Whether the symbol stands for a commit already."""
        return symbol in self._shas

    def bind(self, symbol: str, sha: str) -> None:
        """Let the symbol stand for a commit that there is, unless either of them has a partner already."""
        if symbol not in self._shas and sha not in self._symbols:
            self._shas[symbol], self._symbols[sha] = sha, symbol

    def symbol(self, sha: str) -> str:
        """The symbol of a commit, or its SHA where it has none."""
        return self._symbols.get(sha, sha)

    def call(self, text: str, symbol: str) -> None:
        """Show the symbol wherever that text stands."""
        self._others[text] = symbol

    def shown(self, value: Any) -> Any:
        """The same value with symbols in place of all that has one."""
        if isinstance(value, str):
            for text, symbol in self._others.items():
                value = value.replace(text, symbol)
            return _SHA.sub(lambda found: self.symbol(found[0]), value)
        if isinstance(value, dict):
            return {self.shown(key): self.shown(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.shown(part) for part in value]
        return value
