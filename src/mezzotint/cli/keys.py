"""`mezzotint keys`: who may use this server. Works on the ledger itself, whether a server is running or not."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Annotated

import typer

from mezzotint.cli.console import Exit, a_number, ending_well, leave, note, say, say_json
from mezzotint.core.accounts import DEFAULT_ACCOUNT, ApiKey, digest, handle, new_key
from mezzotint.settings import Settings, read_settings

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
LONGEST_DAYS = 36_500
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


async def make_key(
    settings: Settings, name: str, expires: float | None = None, account: str = DEFAULT_ACCOUNT, max_active: int | None = None
) -> tuple[str, str]:
    """A new key's text, which is kept nowhere, and its public id."""
    from mezzotint.wiring.adapters import SystemClock, ledger_of

    ledger = ledger_of(settings, SystemClock())
    try:
        key = new_key(secrets.token_bytes(24))
        made = ApiKey(handle(digest(key)), account, name, time.time(), expires, max_active=max_active)
        await ledger.add_key(made, digest(key))
    finally:
        await ledger.close()
    return key, made.id


async def revoke(settings: Settings, key_id: str) -> bool:
    from mezzotint.wiring.adapters import SystemClock, ledger_of

    ledger = ledger_of(settings, SystemClock())
    try:
        return await ledger.revoke_key(key_id)
    finally:
        await ledger.close()


async def listed(settings: Settings) -> list[ApiKey]:
    from mezzotint.wiring.adapters import SystemClock, ledger_of

    ledger = ledger_of(settings, SystemClock())
    try:
        return await ledger.keys_of(None)
    finally:
        await ledger.close()


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")] = "",
    account: Annotated[str, typer.Option(help="The account it speaks for.")] = DEFAULT_ACCOUNT,
    days: Annotated[float | None, typer.Option(help="Days until it expires.", min=0, max=LONGEST_DAYS, callback=a_number)] = None,
    max_active: Annotated[int | None, typer.Option(help="Tasks that it may have waiting or running at once.", min=1)] = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once."""
    with ending_well(as_json=as_json):
        expires = None if days is None else time.time() + days * 86_400
        key, key_id = asyncio.run(make_key(read_settings(), name, expires, account, max_active))
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
            told = {"id": key.id, "account": key.account, "name": key.name, "created": key.created, "expires": key.expires, "revoked": key.revoked}
            if as_json:
                say_json(told)
            else:
                state = "valid" if key.valid(time.time()) else "revoked" if key.revoked else "expired"
                say(f"{key.id}  {time.strftime('%Y-%m-%d', time.gmtime(key.created))}  {state:<8}  {key.account}  {key.name}")


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
