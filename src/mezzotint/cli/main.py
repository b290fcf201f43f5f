"""The command `mezzotint`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mezzotint import _version
from mezzotint.cli import keys, webhooks
from mezzotint.cli.console import Exit, a_number, ending_well, leave, never_stumble, note, say, say_json, say_text
from mezzotint.cli.generate import estimate, generate, watch

app = typer.Typer(
    name="mezzotint",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="A self-hosted Flux image service.",
)
app.add_typer(keys.app, name="keys")
app.add_typer(webhooks.app, name="webhooks")
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("generate", add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def generate_command(context: typer.Context, arguments: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Make a picture from words."""
    del context, arguments
    generate(sys.argv[sys.argv.index("generate") + 1 :])


@app.command("estimate", add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def estimate_command(context: typer.Context, arguments: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Say what a picture would cost."""
    del context, arguments
    estimate(sys.argv[sys.argv.index("estimate") + 1 :])


@app.command("serve")
def serve_command(
    host: Annotated[str | None, typer.Option(help="Address to serve on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on; 0 takes a free one.", min=0, max=65535)] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the ledger and the pictures.")] = None,
    engine: Annotated[str | None, typer.Option(help="What paints: nano, stub or upstream.")] = None,
    as_json: Json = False,
) -> None:
    """Serve until Ctrl-C. Prints the address when it is ready."""
    with ending_well(as_json=as_json):
        from mezzotint.cli.serving import serve

        serve(as_json=as_json, host=host, port=port, data=data, engine=engine)


@app.command("worker")
def worker_command(
    server: Annotated[str, typer.Option(help="The server to work for.")],
    token: Annotated[str, typer.Option(help="Its worker token.", envvar="MEZZOTINT_WORKER_TOKEN")] = "",
    name: Annotated[str, typer.Option(help="This worker's name; by default the machine's, and a number.")] = "",
) -> None:
    """Paint for a server. Pulls its tasks, says how far they are, brings the pictures."""
    with ending_well():
        from mezzotint.cli.serving import work

        work(server, token, name)


@app.command("models")
def models_command(name: Annotated[str, typer.Argument(help="One model, with its parameters.")] = "", as_json: Json = False) -> None:
    """List the models, or show one with its parameters."""
    from mezzotint.cli.models import list_models, show_model

    with ending_well(as_json=as_json):
        if name:
            show_model(name, as_json)
        else:
            list_models(as_json)


@app.command("tasks")
def tasks_command(limit: Annotated[int, typer.Option(min=1, max=100)] = 20, as_json: Json = False) -> None:
    """List your tasks, newest first."""
    from mezzotint.cli.connect import connected

    with ending_well(as_json=as_json), connected() as client:
        for task in client.tasks(limit):
            if as_json:
                say_json(task)
            else:
                say(_line(task))


def _line(task: dict[str, Any]) -> str:
    import time

    made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(task["created_at"]))
    why = f"  {task['error']['message']}" if task.get("error") else ""
    return f"{task['id']}  {made}  {task['status']:<18} {task['model']}{why}"


@app.command("usage")
def usage_command(
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day, as YYYY-MM-DD (UTC).")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="Tell apart by day, key, model or label, not by all of them. May be given more than once.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table for spreadsheets.")] = False,
    as_json: Json = False,
) -> None:
    """List what was painted and what it cost."""
    from mezzotint.cli.connect import connected
    from mezzotint.core.spending import COLUMNS, amount, table

    with ending_well(as_json=as_json), connected() as client:
        names = tuple(by or ())
        told = client.usage(first, last, names)
        if as_json:
            say_json(told)
            return
        if as_csv:
            for line in table(told["data"], names or COLUMNS):
                say_text(line)  # what ends lines in a cell is quoted
            return
        for use in told["data"]:
            say("  ".join((f"{use['tasks']:>7}", f"{use['credits']:>12.2f}", *(use[name] for name in names or COLUMNS if use[name]))))
        left = "no limit" if told["credits_left"] is None else f"{amount(told['credits_left'])} credits left"
        say(f"{told['total']['tasks']} tasks, {amount(told['total']['credits'])} credits (0.01 USD each); {left}")


@app.command("watch")
def watch_command(
    task: Annotated[str, typer.Argument(help="The task's id.")],
    timeout: Annotated[float, typer.Option(help="Seconds to wait.", min=0, callback=a_number)] = 600.0,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the picture there, to a file or into a folder, and print the path instead.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Come back to a task. Waits for it, and prints the address of its picture, or its path where no server stays to serve it."""
    watch(task, timeout, output, as_json)


@app.command("cancel")
def cancel_command(task: Annotated[str, typer.Argument(help="The task's id.")], as_json: Json = False) -> None:
    """Cancel a task."""
    from mezzotint.cli.connect import connected

    with ending_well(as_json=as_json), connected() as client:
        told = client.cancel(task)
        if as_json:
            say_json(told)
        else:
            say("canceling" if told["status"] == "processing" else told["status"])


@app.command("doctor")
def doctor_command(as_json: Json = False) -> None:
    """Look at everything a server needs."""
    from mezzotint.cli.doctor import findings

    well = True
    with ending_well(as_json=as_json):
        for finding in findings():
            well = well and finding.good
            if as_json:
                say_json({"what": finding.what, "good": finding.good, "said": finding.said})
            else:
                say(f"{'ok  ' if finding.good else 'BAD '} {finding.what}: {finding.said}")
    leave(Exit.OK if well else Exit.FAILED)


@app.command("providers")
def providers_command(as_json: Json = False) -> None:
    """Look at the providers and what they cost."""
    from mezzotint.cli.providers import providers

    well = True
    with ending_well(as_json=as_json):
        well = providers(as_json=as_json)
    leave(Exit.OK if well else Exit.UPSTREAM)


@app.command("version")
def version_command(as_json: Json = False) -> None:
    """Print the version."""
    if as_json:
        say_json({"version": _version.__version__})
    else:
        say(_version.__version__)


def main() -> None:
    never_stumble()
    try:
        app(prog_name="mezzotint")
    except ImportError as error:
        if error.name is None or error.name.startswith("mezzotint"):
            raise
        note(f"mezzotint: this needs {error.name}, which comes with the server: pip install 'mezzotint[server]'")
        leave(Exit.USAGE)
