"""`mezzotint keys`: who may use this server. Works on the ledger itself, whether a server is running or not."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any

import typer

from mezzotint.cli.console import Exit, a_number, ending_well, leave, note, say, say_json
from mezzotint.core.accounts import DEFAULT_ACCOUNT, SCOPES, ApiKey, digest, handle, new_key
from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS
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
    """A new key that may do what the old one may, which expires `overlap` seconds from now; None where there is no such key."""
    async with _ledger(settings) as ledger:
        old = next((key for key in await ledger.keys_of(None) if key.id == key_id and key.valid(time.time())), None)
        if old is None:
            return None
        made = await _made(ledger, replace(old, created=time.time(), spent=0.0, budget=None if old.budget is None else max(0.0, old.budget - old.spent)))
        await ledger.expire_key(key_id, time.time() + overlap)
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
    max_active: Annotated[int | None, typer.Option(help="Tasks that it may have waiting or running at once.", min=1)] = None,
    budget: Annotated[float | None, typer.Option(help="Credits (0.01 USD) that it may spend in all.", min=0, callback=a_number)] = None,
    may: Annotated[list[str] | None, typer.Option(help="What it may do, read or create; without this, both. May be given twice.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="A model that it may use; without this, all. May be given more than once.")] = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once."""
    limits = {"max_active": max_active, "budget": budget, "scopes": _scopes(may or []), "models": _models(model or [])}
    with ending_well(as_json=as_json):
        expires = None if days is None else time.time() + days * 86_400
        key, key_id = asyncio.run(make_key(read_settings(), name, expires, account, **limits))
        if as_json:
            say_json({"key": key, "id": key_id, "account": account, "name": name, "expires": expires})
        else:
            note(f"key {key_id} of account {account}; keep it, it is not shown again")
            say(key)


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """List keys by their ids. The keys themselves are not kept."""
    with ending_well(as_json=as_json):
        for key in asyncio.run(listed(read_settings())):
            if as_json:
                say_json(dataclasses.asdict(key))
            else:
                state = "valid" if key.valid(time.time()) else "revoked" if key.revoked else "expired"
                say(f"{key.id}  {time.strftime('%Y-%m-%d', time.gmtime(key.created))}  {state:<8}  {key.account}  {key.name}")


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
    left: Annotated[float | None, typer.Argument(help="What it has left to spend from now on; without this, there is no limit.", callback=a_number)] = None,
    as_json: Json = False,
) -> None:
    """Set what an account has left to spend, in credits (0.01 USD)."""
    with ending_well(as_json=as_json):
        asyncio.run(credit(read_settings(), account, left))
        if as_json:
            say_json({"account": account, "credits": left})
        else:
            say(f"account {account} has {'no limit' if left is None else f'{left:g} credits'}")


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
