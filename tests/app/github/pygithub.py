"""Every public method of PyGithub, called on an object of its class with arguments that it takes for sound."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from itertools import islice
from typing import Any

import github
from github.Auth import AppAuth, AppUserAuth
from github.Copilot import Copilot
from github.GithubIntegration import GithubIntegration
from github.GithubObject import GithubObject
from github.Issue import Issue
from github.MainClass import Github
from github.PaginatedList import PaginatedListBase
from github.Requester import Requester

from app.simulator.keys import key_pair
from tests.app.github.pygithub_words import ADDRESSES, ARGUMENTS, NOW, WORDS, below

CHANGES = re.compile(r'"(?:POST|PUT|PATCH|DELETE)"|graphql_')
"""What stands in the source of a method that asks for more than reading."""


@dataclass(frozen=True)
class Method:
    """A public method; `owner` is the class that defines it."""

    owner: type
    name: str
    function: Callable[..., Any]

    @property
    def title(self) -> str:
        return f"{self.owner.__name__}.{self.name}"

    @property
    def changes(self) -> bool:
        """Whether its source says so."""
        return CHANGES.search(inspect.getsource(self.function)) is not None


def classes() -> dict[str, type]:
    """All classes of PyGithub by name."""
    names = [each.name for each in pkgutil.iter_modules(github.__path__) if not each.name.startswith("__")]
    modules = [importlib.import_module(f"github.{name}") for name in names]
    found = [kind for module in modules for kind in vars(module).values() if inspect.isclass(kind)]
    return {kind.__name__: kind for kind in found if kind.__module__.startswith("github.")}


def methods() -> Iterator[Method]:
    """All public methods and properties, each once, where it is defined."""
    for kind in classes().values():
        for name, found in vars(kind).items():
            function = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
            if not name.startswith("_") and inspect.isfunction(function):
                yield Method(kind, name, function)


class Maker:
    """Makes objects that belong to one requester, and arguments for methods."""

    def __init__(self, requester: Requester, everything: Github) -> None:
        self.requester, self._github, self._classes = requester, everything, classes()

    def call(self, method: Method, *, optional: bool) -> object:
        """What the method returns; of a list that is read by pages, the first row."""
        if isinstance(inspect.getattr_static(method.owner, method.name), property):
            return getattr(self.make(method.owner), method.name)
        given = self._arguments(method, optional=optional)
        found = getattr(self.make(method.owner), method.name)(**given)
        if isinstance(found, PaginatedListBase) or inspect.isgenerator(found):
            return list(islice(iter(found), 1))
        return found

    def make(self, kind: type) -> Any:
        """An object of that class, complete, so that none of its fields has to be read first."""
        if kind is Github:
            return self._github
        if kind is Requester:
            return self.requester
        if kind is GithubIntegration:
            return GithubIntegration(auth=AppAuth(1, key_pair().private), base_url=self.requester.base_url, retry=None)
        if kind is Copilot:
            return Copilot(self.requester, "acme")
        if kind is AppUserAuth:
            return AppUserAuth("id", "secret", "token", requester=self.requester)
        if not issubclass(kind, GithubObject):
            raise LookupError(f"{kind.__name__} is no object of GitHub's")
        made: Any = kind(self.requester, {}, self._fields(kind))
        with suppress(AttributeError):
            made._CompletableGithubObject__completed = True
        return made

    def _fields(self, kind: type) -> dict[str, Any]:
        """A field for each property, by the type that it says it has."""
        fields: dict[str, Any] = {}
        for owner in reversed(kind.__mro__):
            for name, found in vars(owner).items():
                if isinstance(found, property) and not name.startswith("_"):
                    said = str(inspect.signature(found.fget).return_annotation) if found.fget else ""
                    fields[name] = self._field(name, said)
        return {name: value for name, value in fields.items() if value is not None} | {"url": _address(kind)}

    def _field(self, name: str, said: str) -> Any:
        kind = re.split(r"[|\[]", said)[0].strip().rpartition(".")[2]
        if name.endswith("url"):
            return below(name.removesuffix("_url"))
        if kind in ("str", "int", "bool", "float"):
            return {"str": WORDS.get(name, "x"), "int": 7, "bool": False, "float": 1.0}[kind]
        if kind in ("datetime", "date"):
            return NOW
        if kind in ("list", "dict"):
            return {"list": [], "dict": {}}[kind]
        if issubclass(self._classes.get(kind, object), GithubObject):
            return {"url": _address(self._classes[kind])}
        return None

    def _arguments(self, method: Method, *, optional: bool) -> dict[str, Any]:
        given = {}
        for name, parameter in list(inspect.signature(method.function).parameters.items())[1:]:
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            if parameter.default is parameter.empty or optional or name in ARGUMENTS.get(method.title, {}):
                given[name] = self._argument(name, str(parameter.annotation), method)
        return given

    def _argument(self, name: str, said: str, method: Method) -> Any:
        if name in ARGUMENTS.get(method.title, {}):
            return ARGUMENTS[method.title][name](self)
        if name in ("url", "path") and method.owner is Requester:
            return "/repositories/1"
        wanted = said.strip().removeprefix("Opt[").strip()
        listed = re.match(r"(?:list|List|Iterable|Sequence)\[(.*)", wanted)
        return [self._argument(name, listed[1], method)] if listed else self._one(name, wanted)

    def _one(self, name: str, said: str) -> Any:
        """An argument of the first type that is said."""
        kind = re.split(r"[|\[\], ]", said)[0].rpartition(".")[2]
        word = WORDS.get(name, "x")
        literal = said.partition('"')[2].partition('"')[0] or "x"
        plain = {
            **{"str": word, "Any": word, "": word, "bytes": b"x", "int": 7, "bool": True, "float": 1.0},
            **{"dict": {"state": "closed"}, "Dict": {"state": "closed"}, "type": Issue, "Literal": literal},
            **{"datetime": datetime.fromisoformat(NOW), "date": date(2026, 11, 21)},
            **{"BinaryIO": BytesIO(b"x"), "TextIO": BytesIO(b"x")},
        }
        if kind in plain:
            return plain[kind]
        if kind in self._classes:
            return self._made(self._classes[kind])
        raise LookupError(f"no argument for {name}: {said}")

    def _made(self, kind: type) -> Any:
        if issubclass(kind, GithubObject):
            return self.make(kind)
        needed = [name for name, one in inspect.signature(kind).parameters.items() if one.default is one.empty]
        return kind(*(WORDS.get(name, "x") for name in needed))


def _address(kind: type) -> str:
    return ADDRESSES.get(kind.__name__, below(f"{kind.__name__.lower()}s/7"))
