"""openai from PyPI and cometapi from PyPI, which is built on it: address by base_url."""

import base64
import json
import os
import sys
import urllib.request

from openai import BadRequestError, OpenAI

if sys.argv[1:] == ["cometapi"]:
    from cometapi import CometAPI as OpenAI

client = OpenAI(api_key=os.environ["KEY"], base_url=os.environ["URL"] + "/v1")
made = client.images.generate(model="flux-dev", prompt="a paper boat", size="512x512", n=2, response_format="b64_json")
picture = base64.b64decode(made.data[0].b64_json)
link = client.images.edit(model="flux-kontext-pro", image=("boat.jpeg", picture), prompt="make it blue").data[0].url
events = list(client.images.generate(model="flux-dev", prompt="a paper boat", stream=True))
seen = list(client.images.generate(model="flux-dev", prompt="a paper boat", size="512x512", stream=True, partial_images=2))
edits = list(client.images.edit(model="flux-kontext-pro", image=("boat.jpeg", picture), prompt="make it blue", stream=True, partial_images=1))
told = {"bytes": len(picture), "count": len(made.data), "edited": len(urllib.request.urlopen(link).read()), "events": [event.type for event in events]}
told["models"] = "flux-dev" in [model.id for model in client.models.list()]
told["seen"] = [(type(event).__name__, getattr(event, "partial_image_index", None), len(base64.b64decode(event.b64_json))) for event in seen]
told["edits"] = [(type(event).__name__, event.type) for event in edits]
try:
    client.images.generate(model="flux-dev", prompt="x", extra_body={"image_prompt": os.environ["BROKEN"]})
except BadRequestError as error:
    told["failure"] = error.message
try:
    client.images.generate(model="flux-dev", prompt="x", size="33x33")
except BadRequestError as error:
    told["refusal"] = f"{error.param}: {error.message}"
print(json.dumps(told))
