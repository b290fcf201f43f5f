"""A picture through a gateway to one and the same provider, mezzotint beside what one would take instead: see README.md.

python benchmarks/gateway.py [--rounds 3] [--seconds 4] [--connections 1,16,64] [PEER …]
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serving import DATA, ENVIRONMENTS, HERE, KEY, Running, free_port, medians

BODY = {"model": "flux-dev", "prompt": "a paper boat", "size": "1024x1024", "output_format": "png"}  # as the provider makes it
UPSTREAM_KEY = "upstream-key"
CONFIG = """
[providers.stub]
kind = "{kind}"
base_url = "{base}"
key_env = "UPSTREAM_KEY"
concurrency = 256
poll = 0.01
"""
LITELLM = """
model_list:
  - model_name: flux-dev
    litellm_params: {{model: openai/flux-dev, api_base: "{upstream}/v1", api_key: upstream-key}}
litellm_settings: {{drop_params: true, telemetry: false}}
general_settings: {{master_key: mz_benchmark_key}}
"""


@dataclass(frozen=True)
class Gateway:
    """How to install, start and ask one. `files` are written into its folder first; {port}, {upstream} and {folder} are filled in."""

    packages: tuple[str, ...]
    command: tuple[str, ...]
    health: str
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    node: str = ""  # a package of npm
    durable: str = "no tasks: the request waits"


OURS = ("mezzotint", "serve", "--port", "{port}")
SETTINGS = {
    "MEZZOTINT_ENGINE": "upstream",
    "MEZZOTINT_API_KEYS": KEY,
    "MEZZOTINT_LOG_LEVEL": "error",
    "UPSTREAM_KEY": UPSTREAM_KEY,
    "MEZZOTINT_DATA": "{folder}",
}
GATEWAYS = {
    "mezzotint": Gateway(
        (),
        OURS,
        "/healthz",
        {"mezzotint.toml": CONFIG.format(kind="openai", base="{upstream}/v1")},
        SETTINGS,
        durable="task and order on disk before they are made, the picture after",
    ),
    "litellm": Gateway(
        ("litellm[proxy]",),
        ("litellm", "--config", "{folder}/config.yaml", "--host", "127.0.0.1", "--port", "{port}", "--num_workers", "1"),
        "/health/liveliness",
        {"config.yaml": LITELLM},
        {"LITELLM_MODE": "PRODUCTION", "LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    ),
    "portkey": Gateway(
        (),
        ("node", "node_modules/@portkey-ai/gateway/build/start-server.js", "--port={port}", "--headless"),
        "/",
        headers={"x-portkey-provider": "openai", "x-portkey-custom-host": "{upstream}/v1"},
        node="@portkey-ai/gateway",
    ),
    "asgi-proxy": Gateway(
        ("aiohttp", "uvicorn[standard]"),
        ("uvicorn", "asgi_proxy:app", "--port", "{port}", "--no-access-log", "--log-level", "warning"),
        "/",
        environment={"UPSTREAM": "{upstream}"},
    ),
}


def environment_of(name: str) -> Path:
    """Where its programs are; made once."""
    gateway, folder = GATEWAYS[name], ENVIRONMENTS / name
    if (folder / "done").exists() or not (gateway.packages or gateway.node):
        return folder
    print(f"installing {name}", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    if gateway.node:
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", gateway.node], cwd=folder, check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", *gateway.packages], check=True)
    (folder / "done").touch()
    return folder


class Process(Running):
    """A gateway, or the provider, that has been started."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], port: int, health: str, where: Path) -> None:
        self.name, self.port, self.folder = name, port, where
        program = shutil.which(command[0], path=environment["PATH"])
        if program is None:
            raise SystemExit(f"{command[0]} is not installed")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        self.began = time.monotonic()
        self.processes = [subprocess.Popen([program, *command[1:]], env=dict(environment), cwd=where, **quiet)]
        self._wait(health, lambda text: True, seconds=120)


def the_provider() -> Process:
    port = free_port()
    environment = os.environ | {"PYTHONPATH": str(HERE / "peers"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["granian", "--interface", "asgi", "--port", str(port), "--no-access-log", "--log-level", "warning", "upstream:app"]
    return Process("provider", command, environment, port, "/v1/models", HERE / "peers")


def started(name: str, upstream: str) -> Process:
    gateway, home, folder = GATEWAYS[name], environment_of(name), Path(tempfile.mkdtemp(prefix=name, dir=DATA.name))
    port = free_port()
    words = {"port": str(port), "upstream": upstream, "folder": str(folder)}
    for file, text in gateway.files.items():
        (folder / file).write_text(text.format(**words))
    environment = os.environ | {key: value.format(**words) for key, value in gateway.environment.items()}
    environment["PATH"] = f"{home / 'bin'}:{Path(sys.executable).parent}:{environment['PATH']}"
    if gateway.packages:
        environment["PYTHONPATH"] = str(HERE / "peers")
    command = [word.format(**words) for word in gateway.command]
    return Process(name, command, environment, port, gateway.health, home if gateway.node else folder)


def headers_of(name: str, upstream: str) -> dict[str, str]:
    return {key: value.format(upstream=upstream) for key, value in GATEWAYS[name].headers.items()}


def check(gateway: Process, headers: Mapping[str, str]) -> None:
    """It gives a picture, and not something that is as quick. Raises SystemExit."""
    import urllib.request

    all_headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}", **headers}
    request = urllib.request.Request(f"{gateway.url}/v1/images/generations", json.dumps(BODY).encode(), all_headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        first = json.loads(reply.read())["data"][0]
    data = base64.b64decode(first["b64_json"]) if first.get("b64_json") else urllib.request.urlopen(first["url"], timeout=10).read()
    if not data.startswith(b"\x89PNG"):
        raise SystemExit(f"{gateway.name} gives no picture: {data[:100]!r}")


def load(gateway: Process, headers: Mapping[str, str], connections: int, seconds: float) -> dict[str, float]:
    """Pictures as fast as they come; the CPU that they cost, whatever is left over included."""
    lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
    environment = os.environ | {"METHOD": "POST", "BODY": json.dumps(BODY), "KEY": KEY, "HEADERS": lines}
    before = gateway.cpu()
    url = f"{gateway.url}/v1/images/generations"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(HERE / "wrk.lua"), url]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    result = json.loads(next(line for line in said.splitlines() if line.startswith("RESULT "))[7:])
    time.sleep(0.5)
    good = max(1, result["count"] - result["bad"])
    used = (gateway.cpu() - before) / good * 1e3
    return {"rate": good / (result["us"] / 1e6), "p50": result["p50"] / 1e3, "p99": result["p99"] / 1e3, "cpu": used, "bad": result["bad"]}


def measure(name: str, upstream: str, connections: list[int], seconds: float) -> dict[str, Any]:
    gateway, headers = started(name, upstream), headers_of(name, upstream)
    try:
        found: dict[str, Any] = {"idle": gateway.memory()}
        check(gateway, headers)
        load(gateway, headers, 16, 1)  # warm
        for count in connections:
            found[f"at {count}"] = load(gateway, headers, count, seconds)
        return found
    finally:
        gateway.stop()


def table(found: Mapping[str, Any], connections: list[int]) -> Iterator[str]:
    heads = ["gateway", "durable", *(f"CPU ms a picture at {count}" for count in connections), *(f"pictures/s at {count}" for count in connections)]
    heads += ["p50 ms alone", f"p50, p99 ms at {connections[-1]}", "idle MB", "bad"]
    yield f"| {' | '.join(heads)} |"
    yield "| --- | --- |" + " --: |" * (len(heads) - 2)
    for name, row in found.items():
        each = [row[f"at {count}"] for count in connections]
        cells = [name, GATEWAYS[name].durable, *(f"{one['cpu']:.2f}" for one in each), *(f"{one['rate']:.0f}" for one in each)]
        cells += [f"{each[0]['p50']:.1f}", f"{each[-1]['p50']:.0f}, {each[-1]['p99']:.0f}", f"{row['idle']:.0f}", f"{sum(one['bad'] for one in each):.0f}"]
        yield f"| {' | '.join(cells)} |"


def ratios(runs: Mapping[str, list[dict[str, Any]]], connections: list[int]) -> Iterator[str]:
    """mezzotint's CPU over each other's, round by round, the median."""
    for name in runs:
        if name == "mezzotint" or "mezzotint" not in runs:
            continue
        pairs = list(zip(runs["mezzotint"], runs[name], strict=True))
        said = [
            f"{statistics.median(ours[f'at {count}']['cpu'] / theirs[f'at {count}']['cpu'] for ours, theirs in pairs):.2f} at {count}" for count in connections
        ]
        yield f"mezzotint's CPU over {name}'s: {', '.join(said)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", help=f"of {', '.join(GATEWAYS)}; all without")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--connections", default="1,16,64")
    arguments = parser.parse_args()
    connections = [int(count) for count in arguments.connections.split(",")]
    names = arguments.peers or list(GATEWAYS)
    for name in names:
        environment_of(name)
    provider = the_provider()
    runs: dict[str, list[Any]] = {name: [] for name in names}
    try:
        for number in range(arguments.rounds):
            for name in random.sample(names, len(names)):
                runs[name].append(measure(name, provider.url, connections, int(arguments.seconds)))
                print(f"round {number + 1} of {arguments.rounds}: {name} done", file=sys.stderr)
    finally:
        provider.stop()
    print("\n".join(table({name: medians(found) for name, found in runs.items()}, connections)))
    print("\n".join(ratios(runs, connections)))


if __name__ == "__main__":
    main()
