"""A provider for the gateways, from memory: OpenAI's images, Black Forest Labs' tasks. Any ASGI server runs it."""

import base64
import itertools
import json

from model import PNG

NUMBERS = itertools.count(1)
OPENAI = json.dumps({"created": 1, "data": [{"b64_json": base64.b64encode(PNG).decode()}]}).encode()


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    path, more = scope["path"], scope["method"] == "POST"
    while more:
        more = (await receive()).get("more_body", False)
    kind, body = b"application/json", b'{"object":"list","data":[]}'
    if path.endswith("/images/generations"):
        body = OPENAI
    elif path.endswith("/get_result"):
        task, host = scope["query_string"].decode().partition("id=")[2], dict(scope["headers"])[b"host"].decode()
        body = json.dumps({"id": task, "status": "Ready", "result": {"sample": f"http://{host}/image.png"}}).encode()
    elif path == "/image.png":
        kind, body = b"image/png", PNG
    elif scope["method"] == "POST":
        task, host = f"task-{next(NUMBERS)}", dict(scope["headers"])[b"host"].decode()
        body = json.dumps({"id": task, "polling_url": f"http://{host}/v1/get_result?id={task}"}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind), (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
