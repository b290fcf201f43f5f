"""cometapi-cli from PyPI, a program: address by COMETAPI_BASE_URL. It has no command that paints; it lists models."""

import json
import os
import subprocess
import sys
from pathlib import Path

environment = os.environ | {"COMETAPI_BASE_URL": os.environ["URL"] + "/v1", "COMETAPI_KEY": os.environ["KEY"]}
command = [str(Path(sys.executable).parent / "cometapi"), "models", "--search", "flux-dev", "--json"]
said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
print(json.dumps({"models": [model["id"] for model in json.loads(said.stdout)]}))
