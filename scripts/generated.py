"""Files that are made from the catalogue, the settings and the weights. `--check` only says whether they are up to date.

python scripts/generated.py [--check]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mezzotint.cli.flags import limits
from mezzotint.core.catalogue import CARDS, ModelCard, Surface
from mezzotint.core.parameters import Kind, Parameter
from mezzotint.engines.nano.sealed import DIGESTS, digests_of
from mezzotint.settings import TABLE

ROOT = Path(__file__).parent.parent
UNITS = (("d", 86_400), ("h", 3600), ("m", 60))
TYPES = {Kind.STRING: "str", Kind.INTEGER: "int", Kind.NUMBER: "float", Kind.BOOLEAN: "bool", Kind.STRINGS: "list[str]", Kind.ANYTHING: "Any"}


def client_types() -> str:
    """A TypedDict per model of the BFL-like surfaces."""
    lines = [
        '"""Typed parameters of every model, GENERATED from the catalogue by scripts/generated.py: do not edit.',
        "",
        '    client.generate("flux-dev", **FluxDev(prompt="a red fox", width=512))',
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Literal, TypedDict",
    ]
    for card in _listed(Surface.BFL):
        lines += ["", "", f"class {class_name(card.name)}(TypedDict, total=False):", f'    """{card.name}: {card.about}"""', ""]
        for parameter in card.parameters.values():
            lines += [f"    {parameter.name}: {python_type(parameter)}", f'    """{parameter.about}{limits(parameter)}"""']
    names = ", ".join(f'"{card.name}"' for card in _listed(Surface.BFL))
    return "\n".join([*lines, "", "", f"ModelName = Literal[{names}]", ""])


def class_name(model: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^a-zA-Z0-9]+", model))


def python_type(parameter: Parameter) -> str:
    kind = f"Literal[{', '.join(repr(choice) for choice in parameter.choices)}]" if parameter.choices else TYPES[parameter.kind]
    extra = [f"Literal[{value!r}]" for value in parameter.also if isinstance(value, str) and parameter.kind is Kind.INTEGER]
    if parameter.kind is Kind.STRINGS and parameter.also:
        extra.append("str")
    return " | ".join([kind, *extra, *(["None"] if parameter.nullable else [])]).replace("'", '"')


def _listed(surface: Surface) -> Iterator[ModelCard]:
    return (card for card in CARDS if card.surface is surface and card.listed)


def models_page() -> str:
    lines = ["# Models", "", "Every model and every parameter, made from the catalogue by `scripts/generated.py`.", ""]
    for surface, title in ((Surface.BFL, "CometAPI and Black Forest Labs"), (Surface.REPLICATE, "Replicate")):
        lines += [f"## {title}", ""]
        for card in (card for card in CARDS if card.surface is surface):
            lines += _card(card)
    return "\n".join(lines).rstrip() + "\n"


def _card(card: ModelCard) -> Iterator[str]:
    yield from (f"### {card.name}", "", card.about + _asides(card), "", f"Source: {card.source}.", "")
    yield from ("| parameter | type | what it is |", "| --- | --- | --- |")
    for parameter in card.parameters.values():
        kind = parameter.kind.value + (" or null" if parameter.nullable else "")
        note = f" ({parameter.note})" if parameter.note else ""
        yield f"| `{parameter.name}` | {kind} | {parameter.about}{limits(parameter)}{note} |".replace("[", "\\[")
    yield ""
    yield from (f"* {rule.sentence}" for rule in card.rules)
    if card.rules:
        yield ""


def _asides(card: ModelCard) -> str:
    asides = []
    if card.aliases:
        asides.append(f"Also called {', '.join(f'`{alias}`' for alias in card.aliases)}.")
    if card.retired:
        asides.append(f"Retired by its makers on {card.retired}.")
    asides.append("Unknown fields are refused." if card.strict else "Unknown fields are ignored.")
    return " " + " ".join(asides)


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Environment variables, all of them, made from `src/mezzotint/settings.py` by `scripts/generated.py`. An unknown `MEZZOTINT_` variable is",
        "an error: it is a typo. Times are seconds, or written `10m`, `24h`, `7d`.",
        "",
        "| variable | default | what it does |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{setting.variable}` | {shown(setting.default)} | {setting.about} |" for setting in TABLE]
    lines += ["", "The client and the command line also read `COMETAPI_BASE_URL`, `COMETAPI_KEY` and `BFL_API_KEY` where ours are not set.", ""]
    return "\n".join(lines)


def shown(default: Any) -> str:
    """A setting's default as one would write it; floats are times."""
    if default in (None, "", ()):
        return ""
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, float):
        unit = next((unit for unit, seconds in UNITS if default and default % seconds == 0), "")
        return f"{default / dict(UNITS).get(unit, 1):g}{unit}"
    if isinstance(default, tuple):
        return ",".join(shown(each) for each in default)
    return str(default)


WEIGHTS = ROOT / "src/mezzotint/engines/nano/weights"


FILES: dict[str, Callable[[], str]] = {
    "src/mezzotint/client/params.py": client_types,
    "docs/models.md": models_page,
    "docs/settings.md": settings_page,
    f"src/mezzotint/engines/nano/weights/{DIGESTS}": lambda: digests_of(WEIGHTS),
}


def main() -> None:
    stale = [name for name, make in FILES.items() if not (ROOT / name).exists() or (ROOT / name).read_text("utf-8") != make()]
    if "--check" in sys.argv:
        for name in stale:
            print(f"{name} is stale: run python scripts/generated.py", file=sys.stderr)
        sys.exit(bool(stale))
    for name in stale:
        (ROOT / name).write_text(FILES[name](), "utf-8")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
