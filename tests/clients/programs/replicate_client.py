"""replicate from PyPI: address by REPLICATE_BASE_URL, key by REPLICATE_API_TOKEN."""

import io
import json
import os
import pathlib
import tempfile
import urllib.request

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
# a file handle is uploaded, and its address sent; a file may be uploaded first, too
boat = pathlib.Path(tempfile.mkdtemp(), "boat.webp")
boat.write_bytes(one.read())
with boat.open("rb") as handle:
    told["edited"] = len(replicate.run("black-forest-labs/flux-kontext-pro", input={"prompt": "in winter", "input_image": handle}).read())
file = replicate.files.create(boat, metadata={"of": "a boat"})
told |= {"file": (file.name, file.content_type, file.size == boat.stat().st_size, file.metadata), "files": len(replicate.files.list())}
with urllib.request.urlopen(file.urls["download"]) as answer:
    told["downloaded"] = answer.read() == boat.read_bytes()
filled = replicate.run("black-forest-labs/flux-kontext-pro", input={"prompt": "in spring", "input_image": file.urls["get"]})
told |= {"filled": len(filled.read()), "same": replicate.files.get(file.id).etag == file.etag, "deleted": replicate.files.delete(file.id)}
try:
    replicate.files.create(io.BytesIO(b"words"))
except ReplicateError as error:
    told["no_picture"] = error.detail

events = list(replicate.stream("black-forest-labs/flux-schnell", input={"prompt": "a paper boat"}))
told |= {"events": [event.event.value for event in events], "streamed": [len(event.data.read()) for event in events if event.event.value == "output"]}
page = replicate.predictions.list()
told |= {"pages": (page.previous, page.next), "hardware": len(replicate.hardware.list()), "found": len(replicate.models.search("schnell").results)}
told |= {"deployed": replicate.deployments.get("black-forest-labs/flux-dev").current_release.model, "collected": len(replicate.collections.get("flux"))}
try:
    replicate.run("black-forest-labs/flux-dev", input={"prompt": "x", "image": os.environ["BROKEN"]})
except ModelError as error:
    told["failure"] = str(error)
try:
    replicate.run("black-forest-labs/flux-schnell", input={"prompt": "x", "num_outputs": 9})
except ReplicateError as error:
    told["refusal"] = error.detail
print(json.dumps(told))
