"""litellm from PyPI by its OpenAI route: address by api_base. Its own route to Black Forest Labs takes no other host."""

import base64
import json
import os
import urllib.request

import litellm

litellm.suppress_debug_info = True
litellm.drop_params = True
where = {"api_base": os.environ["URL"] + "/v1", "api_key": os.environ["KEY"]}
made = litellm.image_generation(model="openai/flux-dev", prompt="a paper boat", size="512x512", response_format="b64_json", **where)
first = made.data[0]
told = {"bytes": len(base64.b64decode(first.b64_json) if first.b64_json else urllib.request.urlopen(first.url).read())}
try:
    litellm.image_generation(model="openai/flux-dev", prompt="x", extra_body={"image_prompt": os.environ["BROKEN"]}, **where)
except litellm.BadRequestError as error:
    told["failure"] = str(error)
try:
    litellm.image_generation(model="openai/flux-dev", prompt="x", size="33x33", **where)
except litellm.BadRequestError as error:
    told["refusal"] = str(error)
print(json.dumps(told))
