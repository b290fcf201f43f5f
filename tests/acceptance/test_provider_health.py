"""How providers are, as it shows to whoever runs a whole server: in its metrics, and to the command line beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.acceptance.chains import operators_file, through
from tests.acceptance.servers import Server, ending, until
from tests.providers import KEY, FakeBFL, Reply, as_json, serving_providers

LEASE = "2"  # seconds: workers beat four times as often


def seen(server: Server) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEZZOTINT_")} | server.settings
    said = subprocess.run([sys.executable, "-m", "mezzotint", "providers", "--json"], env=environment, capture_output=True, check=False).stdout
    found: dict[str, Any] = json.loads(said)["data"][0]["seen"][0]
    return found


def test_a_provider_that_fails_and_then_refuses_us_is_seen_to(tmp_path: Path) -> None:
    fake = FakeBFL()
    with serving_providers(fake):
        config = operators_file({"flux-dev": through("bfl")}, {"bfl": {"kind": "bfl", "base_url": fake.url, "key_env": "THE_KEY", "poll": 0.05}})
        (tmp_path / "mezzotint.toml").write_text(config)
        with ending(Server(tmp_path, MEZZOTINT_ENGINE="upstream", MEZZOTINT_LEASE=LEASE, THE_KEY=KEY)) as server, server.start().client() as client:

            def shows(*lines: str) -> bool:
                text = client.get("/metrics").text
                return all(f"mezzotint_provider_{line}\n" in text for line in lines)

            until(lambda: shows('state{provider="bfl",state="well",worker="local"} 1.0'), 20, "a first word")

            fake.hooks["/v1/flux-dev"] = lambda request: Reply(503, b"on fire")
            client.post("/v1/flux-dev", json={"prompt": "a boat"})
            until(lambda: not shows('failed{provider="bfl",worker="local"} 0.0'), 20, "a failure to show")

            fake.hooks["/v1/flux-dev"] = lambda request: as_json(403, {"detail": f"{KEY} is no key"})
            until(lambda: shows('state{provider="bfl",state="refusing",worker="local"} 1.0'), 20, "that it refuses us to show")
            found = seen(server)

    assert (found["worker"], found["state"]) == ("local", "refusing")
    assert "it answered 403" in found["error"]
    assert KEY not in json.dumps(found)
