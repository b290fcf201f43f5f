"""`mezzotint webhooks`: what became of them, sending them again, and a receiver to try them with."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any

import typer

from mezzotint.cli.connect import connected
from mezzotint.cli.console import ending_well, note, say, say_json
from mezzotint.client.sync import Client

app = typer.Typer(no_args_is_help=True, help="List webhooks, send them again, receive them here.")
PAGE = 100
PORT = 8010
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Status(str, Enum):
    pending = "pending"
    delivered = "delivered"
    failed = "failed"


@app.command("list")
def list_webhooks(
    status: Annotated[Status | None, typer.Option(help="Only those that stand so.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    before: Annotated[str | None, typer.Option(metavar="ID", help="Go on after this one.")] = None,
    as_json: Json = False,
) -> None:
    """List your webhooks, newest first."""
    with ending_well(as_json=as_json), connected() as client:
        for webhook in client.webhooks(status.value if status else None, limit, before):
            if as_json:
                say_json(webhook)
            else:
                say(_line(webhook))


@app.command("show")
def show_webhook(webhook: Annotated[str, typer.Argument(metavar="ID", help="Its id, from the list.")], as_json: Json = False) -> None:
    """Show a webhook with all its attempts."""
    with ending_well(as_json=as_json), connected() as client:
        told = client.webhook(webhook)
        if as_json:
            say_json(told)
        else:
            for line in _described(told):
                say(line)


@app.command("resend")
def resend_webhooks(
    webhooks: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Their ids, from the list.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
    as_json: Json = False,
) -> None:
    """Send webhooks again, each under its old id."""
    if bool(webhooks) is failed:
        raise typer.BadParameter("give the ids of webhooks, or --failed for all that failed")
    with ending_well(as_json=as_json), connected() as client:
        for webhook in webhooks or _failed(client):
            told = client.resend(webhook)
            if as_json:
                say_json(told)
            else:
                say(f"{told['id']} is sent again")


@app.command("listen")
def listen_for_webhooks(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = PORT,
    secret: Annotated[str | None, typer.Option(help="What the webhooks are signed with; without this, your account's secret is asked of the server.")] = None,
    as_json: Json = False,
) -> None:
    """Receive webhooks on this machine until Ctrl-C, check their signatures, and say what came."""
    from mezzotint.cli.receiver import Heard, listen

    told = threading.Lock()  # webhooks come at the same time, and each is a line

    def tell(heard: Heard) -> None:
        with told:
            if as_json:
                say_json({"id": heard.id, "at": heard.at, "verified": not heard.why, "why": heard.why or None, "body": heard.body})
            else:
                say(f"{time.strftime('%H:%M:%S', time.localtime(heard.at))}  {heard.sentence}")

    def ready(url: str) -> None:
        if as_json:
            say_json({"url": url})
            return
        note("a server sends here if it was started with MEZZOTINT_REACH=127.0.0.0/8")
        say(f"listening: give {url} as webhook_url")

    with ending_well(as_json=as_json):
        key = secret or _own_secret()
        try:
            listen(port, key, tell, ready)
        except KeyboardInterrupt:
            return  # as it is meant to end


def _own_secret() -> str:
    with connected() as client:
        return client.webhook_secret()


def _failed(client: Client) -> Iterator[str]:
    """Ids of all that failed, page by page."""
    before: str | None = None
    while page := client.webhooks("failed", PAGE, before):
        yield from (webhook["id"] for webhook in page)
        before = page[-1]["id"]


def _line(webhook: dict[str, Any]) -> str:
    last = webhook.get("last_attempt")
    how = f"  {_answer(last)}" if last else ""
    return f"{webhook['id']}  {_time(webhook['created_at'])}  {webhook['event']:<9}  {webhook['status']:<9}  tried {webhook['tried']:>2}{how}"


def _described(webhook: dict[str, Any]) -> list[str]:
    lines = [f"{webhook['id']}  {webhook['event']}  {webhook['status']}", f"  task  {webhook['task']}", f"  to    {webhook['url']}"]
    if webhook["why"]:
        lines.append(f"  why   {webhook['why']}")
    lines += [f"  {each['number']:>4}  {_time(each['at'])}  {_answer(each)}" for each in webhook["attempts"]]
    if webhook["next_attempt_at"] is not None:
        lines.append(f"  next  {_time(webhook['next_attempt_at'])}")
    return lines


def _answer(attempt: dict[str, Any]) -> str:
    took = "" if attempt["ms"] is None else f" after {attempt['ms']:.0f} ms"
    return f"{attempt['status'] or 'no answer'}{took}" + (f"  {attempt['error']}" if attempt["error"] else "")


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
