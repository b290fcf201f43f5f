"""replicate from PyPI: address by REPLICATE_BASE_URL, key by REPLICATE_API_TOKEN."""

import json
import os

os.environ["REPLICATE_BASE_URL"], os.environ["REPLICATE_API_TOKEN"] = os.environ["URL"], os.environ["KEY"]

import replicate
from replicate.exceptions import ModelError, ReplicateError

one, two = replicate.run("black-forest-labs/flux-schnell", input={"prompt": "a paper boat", "num_outputs": 2})
single = replicate.run("black-forest-labs/flux-1.1-pro", input={"prompt": "a paper boat"})
told = {"bytes": len(one.read()), "second": len(two.read()), "single": len(single.read())}

prediction = replicate.predictions.create(model="black-forest-labs/flux-dev", input={"prompt": "a paper boat"})
prediction.wait()
told |= {"status": prediction.status, "listed": prediction.id in [each.id for each in replicate.predictions.list().results]}
model = replicate.models.get("black-forest-labs/flux-dev")
told |= {"version": replicate.predictions.create(version=model.latest_version, input={"prompt": "x"}).version == model.latest_version.id}
told |= {"username": replicate.account.get().username if hasattr(replicate.account, "get") else "default"}
try:
    replicate.run("black-forest-labs/flux-dev", input={"prompt": "x", "image": os.environ["BROKEN"]})
except ModelError as error:
    told["failure"] = str(error)
try:
    replicate.run("black-forest-labs/flux-schnell", input={"prompt": "x", "num_outputs": 9})
except ReplicateError as error:
    told["refusal"] = error.detail
print(json.dumps(told))
