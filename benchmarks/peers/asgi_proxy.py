"""The floor of a gateway in Python: bare ASGI and one pooled aiohttp client, bytes passed through. No keys, no tasks: not a product."""

import os

import aiohttp

TARGET = os.environ["UPSTREAM"]
STATE = {}


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if "client" not in STATE:
        STATE["client"] = aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=0))
    raw, more = b"", scope["method"] == "POST"
    while more:
        event = await receive()
        raw += event.get("body", b"")
        more = event.get("more_body", False)
    headers = {"content-type": "application/json"}
    async with STATE["client"].request(scope["method"], TARGET + scope["path"], data=raw, headers=headers) as reply:
        body = await reply.read()
        head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": reply.status, "headers": head})
        await send({"type": "http.response.body", "body": body})
