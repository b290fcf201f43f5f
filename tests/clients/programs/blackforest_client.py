"""blackforest from PyPI: Black Forest Labs' own client; address by base_url."""

import contextlib
import io
import json
import os
import urllib.request

from blackforest import BFLClient
from blackforest.client import BFLError
from blackforest.types.general.client_config import ClientConfig

client = BFLClient(api_key=os.environ["KEY"], base_url=os.environ["URL"])
with contextlib.redirect_stdout(io.StringIO()):  # it tells how often it polled
    made = client.generate("flux-dev", {"prompt": "a paper boat", "seed": 7}, ClientConfig(sync=True))
told = {"bytes": len(urllib.request.urlopen(made.result["sample"]).read()), "seed": made.result["seed"]}
later = client.generate("flux-kontext-pro", {"prompt": "a paper boat"})
told["polling_url"] = later.polling_url.startswith(os.environ["URL"])
try:
    with contextlib.redirect_stdout(io.StringIO()):
        client.generate("flux-dev", {"prompt": "x", "image_prompt": os.environ["BROKEN"]}, ClientConfig(sync=True))
except Exception as error:
    told["failure"] = str(error)
try:
    BFLClient(api_key="nonsense", base_url=os.environ["URL"]).generate("flux-dev", {"prompt": "x"})
except BFLError as error:
    told["refusal"] = str(error)
print(json.dumps(told))
