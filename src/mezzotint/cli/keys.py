"""`mezzotint keys`: who may use this server. Works on the ledger itself, whether a server is running or not."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timezone
from typing import Annotated, Any

import typer

from mezzotint.cli.console import Exit, a_number, ending_well, leave, note, say, say_json
from mezzotint.core.accounts import DEFAULT_ACCOUNT, SCOPES, ApiKey, Rate, digest, handle, new_key, read_rate
from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS
from mezzotint.core.spending import amount
from mezzotint.ports import Keys
from mezzotint.settings import Settings, read_settings

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
LONGEST_DAYS = 36_500
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@asynccontextmanager
async def _ledger(settings: Settings) -> AsyncIterator[Keys]:
    from mezzotint.wiring.adapters import SystemClock, ledger_of

    ledger = ledger_of(settings, SystemClock())
    try:
        yield ledger
    finally:
        await ledger.close()


async def make_key(settings: Settings, name: str, expires: float | None = None, account: str = DEFAULT_ACCOUNT, **limits: Any) -> tuple[str, str]:
    """A new key's text, which is kept nowhere, and its public id. `limits` as in ApiKey."""
    async with _ledger(settings) as ledger:
        return await _made(ledger, ApiKey("", account, name, time.time(), expires, **limits))


async def _made(ledger: Keys, like: ApiKey) -> tuple[str, str]:
    key = new_key(secrets.token_bytes(24))
    made = replace(like, id=handle(digest(key)))
    await ledger.add_key(made, digest(key))
    return key, made.id


async def rotate(settings: Settings, key_id: str, overlap: float) -> tuple[str, str] | None:
    """A new key that may do what the old one may, for as long as that was made for; the old one expires `overlap` seconds from now.
    None where there is no such key."""
    now = time.time()
    async with _ledger(settings) as ledger:
        old = next((key for key in await ledger.keys_of(None) if key.id == key_id and key.valid(now)), None)
        if old is None:
            return None
        end = None if old.expires is None else now + (old.expires - old.created)
        left = None if old.budget is None else max(0.0, old.budget - old.spent)
        made = await _made(ledger, replace(old, created=now, expires=end, spent=0.0, budget=left))
        await ledger.expire_key(key_id, now + overlap)
        return made


async def revoke(settings: Settings, key_id: str) -> bool:
    async with _ledger(settings) as ledger:
        return await ledger.revoke_key(key_id)


async def listed(settings: Settings) -> list[ApiKey]:
    async with _ledger(settings) as ledger:
        return await ledger.keys_of(None)


async def credit(settings: Settings, account: str, left: float | None) -> None:
    async with _ledger(settings) as ledger:
        await ledger.set_credits(account, left)


def _scopes(given: list[str]) -> tuple[str, ...]:
    for scope in given:
        if scope not in SCOPES:
            raise typer.BadParameter(f"{scope} is none of {', '.join(SCOPES)}")
    return tuple(given)


def _rate(given: str | None) -> Rate | None:
    try:
        return None if given is None else read_rate(given)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _end(days: float | None, expires: str | None, now: float) -> float | None:
    """When a key expires, in Unix seconds, by either of the two ways to say it; None: never."""
    if expires is None:
        return None if days is None else now + days * 86_400
    if days is not None:
        raise typer.BadParameter("--days and --expires say the same thing: give one")
    try:
        at = datetime.fromisoformat(expires)
    except ValueError:
        raise typer.BadParameter(f"{expires} is no day, such as 2030-01-31, and no time, such as 2030-01-31T18:00+01:00") from None
    end = (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp()
    if end <= now:
        raise typer.BadParameter(f"{expires} is over")
    return end


def _models(given: list[str]) -> tuple[str, ...]:
    for model in given:
        if model not in BFL_MODELS and model not in REPLICATE_MODELS:
            raise typer.BadParameter(f"there is no model {model}; mezzotint models lists them")
    return tuple(given)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")] = "",
    account: Annotated[str, typer.Option(help="The account it speaks for.")] = DEFAULT_ACCOUNT,
    days: Annotated[float | None, typer.Option(help="Days until it expires.", min=0, max=LONGEST_DAYS, callback=a_number)] = None,
    expires: Annotated[str | None, typer.Option(metavar="TIME", help="When it expires: a day, or a time in ISO 8601, of UTC if it says nothing else.")] = None,
    max_active: Annotated[int | None, typer.Option(help="Tasks that it may have waiting or running at once.", min=1)] = None,
    rate: Annotated[str | None, typer.Option(metavar="RATE", help="How often it may make tasks, such as 10/s or 600/m.")] = None,
    poll_rate: Annotated[str | None, typer.Option(metavar="RATE", help="How often it may ask for anything else.")] = None,
    budget: Annotated[float | None, typer.Option(help="Credits (0.01 USD) that it may spend in all.", min=0, callback=a_number)] = None,
    may: Annotated[list[str] | None, typer.Option(help="What it may do, read or create; without this, both. May be given twice.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="A model that it may use; without this, all. May be given more than once.")] = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once."""
    limits: dict[str, Any] = {"max_active": max_active, "budget": budget, "scopes": _scopes(may or []), "models": _models(model or [])}
    limits |= {"create_rate": _rate(rate), "poll_rate": _rate(poll_rate)}
    end = _end(days, expires, time.time())
    with ending_well(as_json=as_json):
        key, key_id = asyncio.run(make_key(read_settings(), name, end, account, **limits))
        if as_json:
            say_json({"key": key, "id": key_id, "account": account, "name": name, "expires": end})
        else:
            note(f"key {key_id} of account {account}; keep it, it is not shown again")
            say(key)


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """List keys by their ids. The keys themselves are not kept."""
    with ending_well(as_json=as_json):
        for key in asyncio.run(listed(read_settings())):
            if as_json:
                say_json(_told(key))
            else:
                state = "valid" if key.valid(time.time()) else "revoked" if key.revoked else "expired"
                say(f"{key.id}  {time.strftime('%Y-%m-%d', time.gmtime(key.created))}  {state:<8}  {key.account}  {key.name}")


def _told(key: ApiKey) -> dict[str, Any]:
    rates = {"create_rate": key.create_rate, "poll_rate": key.poll_rate}
    return dataclasses.asdict(key) | {name: None if rate is None else str(rate) for name, rate in rates.items()}


@app.command("rotate")
def rotate_key(
    key_id: Annotated[str, typer.Argument(help="Its id, from the list.")],
    overlap: Annotated[float, typer.Option(help="Days that the old key is still valid.", min=0, max=LONGEST_DAYS, callback=a_number)] = 1.0,
    as_json: Json = False,
) -> None:
    """Make a key that may do what another may, and let that one expire."""
    with ending_well(as_json=as_json):
        made = asyncio.run(rotate(read_settings(), key_id, overlap * 86_400))
        if made is None:
            if as_json:
                say_json({"id": key_id, "rotated": False})
            else:
                note(f"there is no valid key {key_id}")
            leave(Exit.USAGE)
        if as_json:
            say_json({"key": made[0], "id": made[1], "replaces": key_id})
        else:
            note(f"key {made[1]} instead of {key_id}, which expires in {overlap:g} days; keep it, it is not shown again")
            say(made[0])


@app.command("credit")
def credit_account(
    account: Annotated[str, typer.Argument(help="Whose credits.")],
    left: Annotated[
        float | None,
        typer.Argument(help="What it has left to spend from now on, beside what tasks at work give back; without this, there is no limit.", callback=a_number),
    ] = None,
    as_json: Json = False,
) -> None:
    """Set what an account has left to spend, in credits (0.01 USD)."""
    with ending_well(as_json=as_json):
        asyncio.run(credit(read_settings(), account, left))
        if as_json:
            say_json({"account": account, "credits": left})
        else:
            say(f"account {account} has {'no limit' if left is None else f'{amount(left)} credits'}")


@app.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="Its id, from the list.")], as_json: Json = False) -> None:
    """Make a key invalid, at once and for good."""
    with ending_well(as_json=as_json):
        found = asyncio.run(revoke(read_settings(), key_id))
        if as_json:
            say_json({"id": key_id, "revoked": found})
        elif found:
            say(f"revoked {key_id}")
        else:
            note(f"there is no key {key_id}")
        if not found:
            leave(Exit.USAGE)
