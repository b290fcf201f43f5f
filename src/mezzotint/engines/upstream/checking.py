"""Whether a provider could be asked now: reachable, the key accepted, the models known that it is to paint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mezzotint.core.calls import Caps
from mezzotint.core.catalogue import CARDS, ModelCard
from mezzotint.core.errands import ProviderAnswer
from mezzotint.core.spending import amount
from mezzotint.engines.upstream.providers import expected_price, way_to
from mezzotint.engines.upstream.words import Desk, Dialect, Junk, complaint, read_object
from mezzotint.ports import ProviderLine
from mezzotint.routing import Kind, Provider, Routing

LISTED = (Kind.OPENAI, Kind.MEZZOTINT, Kind.COMETAPI)  # kinds whose check may list their models
MOST_NAMED = 5


@dataclass(frozen=True)
class Checked:
    good: bool
    said: str


async def check(provider: Provider, key: str, routing: Routing, line: ProviderLine) -> Checked:
    """Asks something that costs nothing; and looks whether its caps can count what goes to it."""
    asked = await _asked(provider, key, routing, line)
    return replace(asked, said=f"{asked.said}{_uncounted(provider, routing)}")


def _uncounted(provider: Provider, routing: Routing) -> str:
    """A cap that some models slip through is worse than none: it is relied on."""
    if not Caps(provider.per_day, provider.per_month).any:
        return ""
    unknown = [card.name for card in models_of(provider, routing) if expected_price(provider, card) is None]
    if not unknown:
        return ""
    return f"; no price is known of {_some(unknown)}, so its limits count nothing for them unless it tells what they cost: set `prices`"


async def _asked(provider: Provider, key: str, routing: Routing, line: ProviderLine) -> Checked:
    desk, ways = Desk(provider, key), _ways(provider, routing)
    if not ways:
        return Checked(True, "no model in mezzotint.toml is sent to it")
    dialect = ways[0][0]
    request = dialect.check(desk)
    if request is None:
        return Checked(True, "there is nothing to ask it that costs nothing")
    answer = await line.ask(request)
    where = f"at {provider.base_url}"
    if answer.status == 0:
        return Checked(False, f"{where} there is no answer ({answer.error}): is base_url right, and may this machine reach it?")
    if answer.status in (401, 403):
        return Checked(False, f"{where} the key is refused ({complaint(answer, desk)}): {_where_the_key_is(provider)}")
    if answer.status == 402:
        return Checked(False, f"{where} the account has no credits left ({complaint(answer, desk)})")
    if answer.status != 200:
        return Checked(answer.status == 404, f"{where} it answers {answer.status} ({complaint(answer, desk)[:100]}), so the key was not tried")
    return _of_models(provider, answer, [name for _, name in ways], where)


def _ways(provider: Provider, routing: Routing) -> list[tuple[Dialect, str]]:
    """How, and by what names, it is asked for the models that go to it."""
    found = dict[str, Dialect]()
    for card in CARDS:
        for offer in routing.of(card).offers:
            if card.listed and offer.provider == provider.name and (way := way_to(provider, card, offer)) is not None:
                found[way.name] = way.dialect
    return [(dialect, name) for name, dialect in found.items()]


def _where_the_key_is(provider: Provider) -> str:
    if provider.key_env:
        return f"look at the variable {provider.key_env}"
    return f"look at the file {provider.key_file}" if provider.key_file else "give it one with key_env or key_file"


def _of_models(provider: Provider, answer: ProviderAnswer, wanted: Sequence[str], where: str) -> Checked:
    told = _told(answer)
    listed = told.get("data")
    names = {str(entry.get("id")) for entry in listed if isinstance(entry, dict)} if isinstance(listed, list) else set()
    if provider.kind in LISTED and names and (missing := [name for name in wanted if name not in names]):
        said = f"{where} the key is accepted, but it does not list {_some(missing)}; `models` in mezzotint.toml says what it calls them"
        return Checked(len(missing) < len(wanted), said)
    left = f", {amount(told['credits'])} credits left" if isinstance(told.get("credits"), int | float) else ""
    return Checked(True, f"{where} the key is accepted{left}")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def _told(answer: ProviderAnswer) -> dict[str, Any]:
    try:
        return read_object(answer)
    except Junk:
        return {}


def models_of(provider: Provider, routing: Routing) -> list[ModelCard]:
    """The models that may be sent to it."""
    return [card for card in CARDS if card.listed and any(offer.provider == provider.name for offer in routing.of(card).offers)]
