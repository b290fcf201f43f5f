"""black-forest-labs from PyPI: address by base_url."""

import json
import os
import time
import urllib.request

os.environ["BFL_API_KEY"] = os.environ["KEY"]  # wanted at import

import httpx
from black_forest_labs import Client
from black_forest_labs.client import Status

client = Client(base_url=os.environ["URL"])


def finished(**parameters):
    task = client.generate("flux-dev", **parameters)
    while not task.is_done:
        time.sleep(0.05)
        task = client.get_result(task)
    return task


told = {"bytes": len(urllib.request.urlopen(str(finished(prompt="a paper boat").result.sample)).read())}
if finished(prompt="x", image_prompt=os.environ["BROKEN"]).status is Status.ERROR:
    told["failure"] = "Error"
try:
    client.generate("flux-dev", prompt="x", width=33)
except httpx.HTTPStatusError as error:
    told["refusal"] = error.response.json()["detail"][0]["msg"]
print(json.dumps(told))
