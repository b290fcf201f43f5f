"""After a run that uses every kind of secret, and in which much goes wrong, none stands in anything that is written or shown."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from mezzotint.core.signing import account_webhook_secret, webhook_key
from tests.acceptance.servers import Server, ending, until, wait_ready
from tests.acceptance.surfaces import SMALL
from tests.acceptance.test_serving import receiver

KEYS = {name: f"{name}-of-this-server-{number * 'x'}" for number, name in enumerate(("operators-own", "sk-another", "a-third"), 9)}
WORKER_TOKEN = "a-worker-token-that-nobody-knows"
WRONG = ("mz_" + "d" * 48, "not-a-key-of-ours-at-all")
HOOK_SECRETS = ("whsec_" + "c2VjcmV0IG9mIG1pbmUgYWxvbmU=", "a callers own hook secret")
PASSWORDS = ("password-in-an-input", "token-in-a-query", "password-in-a-webhook", "token-in-a-webhook")


@dataclass(frozen=True)
class Run:
    """What was written, by the place where; and the secrets, by what they are."""

    written: dict[str, bytes]
    secrets: dict[str, str]
    told: dict[str, bytes]  # answers to whoever owns the thing


def _ask(client: httpx2.Client, hook: str, told: dict[str, bytes]) -> None:
    def note(response: httpx2.Response) -> httpx2.Response:
        told[f"{len(told)} {response.request.method} {response.request.url.path}"] = response.content + repr(response.headers.multi_items()).encode()
        return response

    ours = list(KEYS.values())
    for key in ours:
        for headers in ({"authorization": f"Bearer {key}"}, {"authorization": key}, {"x-key": key}, {"authorization": f"Token {key}"}):
            note(client.post("/flux/v1/flux-dev", json={"prompt": "a boat", "width": 7}, headers=headers))
            note(client.get("/v1/tasks", headers=headers))
    for key in WRONG:
        note(client.get("/v1/tasks", headers={"authorization": f"Bearer {key}"}))
        note(client.get("/flux/v1/get_result", params={"id": "x", "token": key}))
    note(client.get("/v1/tasks", headers={"authorization": f"Bearer {ours[0]}", "x-key": ours[1]}))
    client.headers["authorization"] = f"Bearer {ours[0]}"
    addresses = [
        f"http://user:{PASSWORDS[0]}@127.0.0.1:9/x.png",
        f"http://127.0.0.1:9/x.png?token={PASSWORDS[1]}",
        f"https://user:{PASSWORDS[0]}@example.com/x.png",
        f"http://10.0.0.1/x.png?token={PASSWORDS[1]}#{PASSWORDS[1]}",
    ]
    for address in addresses:
        for path, name in (("/flux/v1/flux-dev", "image_prompt"), ("/v1/flux-kontext-pro", "input_image")):
            response = note(client.post(path, json={"prompt": "a boat", name: address}))
            if response.is_success:
                told[f"the failure of {address}"] = _but_its_parameters(client.get("/v1/tasks/" + response.json()["id"], params={"wait": 10}))
    hooks = [hook, f"{hook}?token={PASSWORDS[3]}", f"http://user:{PASSWORDS[2]}@127.0.0.1:9/hook", f"http://127.0.0.1:9/hook?token={PASSWORDS[3]}"]
    for address in hooks:
        for secret in HOOK_SECRETS:
            note(client.post("/flux/v1/flux-dev", json={"prompt": "a boat", "webhook_url": address, "webhook_secret": secret} | SMALL))
    for webhook in client.get("/v1/webhooks").json()["data"]:
        note(client.get(f"/v1/webhooks/{webhook['id']}"))
    for path in ("/v1/tasks", "/v1/webhooks", "/v1/usage", "/metrics", "/openapi.json", "/readyz", "/healthz", "/docs", "/llms.txt", "/v1/account", "/errors"):
        note(client.get(path))


def _but_its_parameters(response: httpx2.Response) -> bytes:
    """A task's owner is told what was asked for, as it was; nothing else is to repeat it."""
    return json.dumps({name: value for name, value in response.json().items() if name != "parameters"}).encode()


def _break(server: Server, client: httpx2.Client) -> None:
    """The engine and the worker die while they paint."""
    task = client.post("/flux/v1/flux-dev", json={"prompt": "a boat"} | SMALL).json()["id"]
    os.kill(server.engine(), signal.SIGKILL)
    wait_ready(client, task)
    worker = server.worker()
    os.kill(worker, signal.SIGKILL)
    until(lambda: server.worker() != worker, 20, "another worker")


def _processes(server: Server) -> dict[str, bytes]:
    """What any user of the machine may read of our processes, and what the engine, which decodes strangers' pictures, is given."""
    server.engine()
    shown = {f"cmdline of {pid}": Path(f"/proc/{pid}/cmdline").read_bytes() for pid in server.processes()}
    return shown | {"environment of the engine": Path(f"/proc/{server.engine()}/environ").read_bytes()}


def _run(folder: Path, form: str) -> Run:
    server = Server(folder / "data", MEZZOTINT_API_KEYS=",".join(KEYS.values()), MEZZOTINT_WORKER_TOKEN=WORKER_TOKEN, MEZZOTINT_REACH="127.0.0.0/8")
    server.settings |= {"MEZZOTINT_LOG_LEVEL": "debug", "MEZZOTINT_LOG_FORMAT": form, "BFL_API_KEY": "a-key-for-somebody-else"}
    server.log, told = folder / "log", dict[str, bytes]()
    made = _made_key(server)
    with receiver(500) as hook, ending(server.start()), httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        _ask(client, f"http://127.0.0.1:{hook.server_port}/hook", told)
        assert client.get("/v1/tasks", headers={"authorization": f"Bearer {made}"}).is_success
        account = client.get("/v1/webhooks/default/secret").json()["key"]
        written = _processes(server)
        _break(server, client)
        until(lambda: len(client.get("/v1/webhooks", params={"limit": 100}).json()["data"]) >= 6, 20, "the webhooks")
        until(lambda: all(each["tried"] for each in client.get("/v1/webhooks", params={"limit": 100}).json()["data"]), 20, "them to be sent")
        server.stop()
        written |= {f"webhook {number}": repr(sent).encode() for number, sent in enumerate(hook.received)}
    written["log"] = server.log.read_bytes()
    secrets = KEYS | {"made": made, "worker token": WORKER_TOKEN, "account's webhook secret": account, "BFL key": "a-key-for-somebody-else"}
    secrets |= {f"wrong key {number}": key for number, key in enumerate(WRONG)} | {f"hook secret {number}": each for number, each in enumerate(HOOK_SECRETS)}
    return Run(written, secrets | {each: each for each in PASSWORDS}, told)


def _made_key(server: Server) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEZZOTINT_")} | server.settings
    done = subprocess.run([sys.executable, "-m", "mezzotint", "keys", "create", "mine", "--json"], env=environment, capture_output=True, check=True, timeout=60)
    return str(json.loads(done.stdout)["key"])


@pytest.fixture(scope="module", params=["json", "text"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    return _run(folder, request.param), folder


def found_in(places: dict[str, bytes], secrets: dict[str, str]) -> list[tuple[str, str]]:
    return [(place, name) for place, text in places.items() for name, secret in secrets.items() if secret.encode() in text]


def test_no_secret_stands_in_logs_processes_or_webhooks(run: tuple[Run, Path]) -> None:
    made, _ = run

    webhooks_own = {name: secret for name, secret in made.secrets.items() if name != "token-in-a-webhook"}  # which a receiver wants in its address
    assert found_in(made.written, webhooks_own) == []
    assert len(made.written["log"]) > 1000
    assert b"webhook" in made.written["log"]


def test_no_secret_comes_back_in_an_answer(run: tuple[Run, Path]) -> None:
    made, _ = run

    assert found_in(made.told, made.secrets) == []
    assert len(made.told) > 50


def test_no_key_and_no_token_is_on_disk(run: tuple[Run, Path]) -> None:
    """What signs must be there to sign with: the server's own secret, and those of callers' webhooks."""
    made, folder = run
    files = {str(path): path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file()}
    kept = {name for name in made.secrets if name.startswith(("hook secret", "token-in-a-webhook", "token-in-a-query"))}

    assert found_in(files, {name: secret for name, secret in made.secrets.items() if name not in kept}) == []


def test_only_their_owner_may_read_what_signs_and_what_was_painted(run: tuple[Run, Path]) -> None:
    _, folder = run

    assert {oct(path.stat().st_mode & 0o077) for path in (folder / "data").glob("ledger.db*")} == {"0o0"}
    assert (folder / "data" / "images").stat().st_mode & 0o077 == 0


def test_the_account_s_secret_is_none_of_ours() -> None:
    """What a caller is given to verify webhooks with does not tell the server's own secret."""
    assert webhook_key(account_webhook_secret(b"s" * 32, "default")) != b"s" * 32
