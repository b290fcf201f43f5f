"""What a parameter of a model is: one declaration that validation, schemas, flags, types and docs all read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final


class Kind(str, Enum):
    """The JSON types that parameters have."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRINGS = "array of strings"
    ANYTHING = "anything"


class _Required(Enum):
    REQUIRED = "required"

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required.REQUIRED


@dataclass(frozen=True)
class Parameter:
    """One input of a model.

    `default` is REQUIRED, or the value when the sender leaves it out (None: there is none). `also` are values accepted beside
    the range, such as 0 for "choose the size for me". `image` says that it carries a picture: a URL, base64 or a data URL.
    `means` is its name past the border, where a surface has a word of its own for it.
    """

    name: str
    kind: Kind
    about: str
    default: Any = None
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: int | None = None
    choices: tuple[str, ...] = ()
    also: tuple[Any, ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    format: str | None = None
    image: bool = False
    means: str = ""
    note: str = ""

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @cached_property
    def meaning(self) -> str:
        return self.means or self.name

    def but(self, **changes: Any) -> Parameter:
        """The same parameter with some things different, for a card that has its own range or default."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a request: where (path of names), what in a sentence, and pydantic's word for the kind of mistake.

    `part` of the request: body, query or header. `limits` are what the value had to keep to, in pydantic's words.
    """

    where: tuple[str | int, ...]
    sentence: str
    kind: str = "value_error"
    part: str = "body"
    limits: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        place = ".".join(str(part) for part in self.where)
        return f"{place}: {self.sentence}" if place else self.sentence


def named(*parameters: Parameter | Iterable[Parameter]) -> Mapping[str, Parameter]:
    """Parameters by name, in order; a tuple of them counts as its members. Names must differ."""
    table: dict[str, Parameter] = {}
    for entry in parameters:
        for parameter in (entry,) if isinstance(entry, Parameter) else entry:
            if parameter.name in table:
                raise ValueError(f"{parameter.name} is declared twice")
            table[parameter.name] = parameter
    return MappingProxyType(table)
