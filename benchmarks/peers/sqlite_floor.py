"""Bare ASGI: every create is in SQLite (WAL, synchronous FULL) before its reply, and those that wait share an fsync. No keys, no
validation, no worker: how cheap a durable create can be here."""

import asyncio
import json
import os
import queue
import sqlite3
import tempfile
import threading
import uuid

from model import PNG

waiting, ready = queue.SimpleQueue(), {}


def write():
    connection = sqlite3.connect(os.path.join(tempfile.mkdtemp(dir="/var/tmp"), "tasks.db"), isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE task (id TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID"):
        connection.execute(statement)
    while True:
        group = [waiting.get()]
        while not waiting.empty() and len(group) < 512:
            group.append(waiting.get())
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO task VALUES (?, ?)", [entry[:2] for entry in group])
        connection.execute("COMMIT")
        group[0][2].call_soon_threadsafe(answer, group)


def answer(group):
    for _, _, _, future in group:
        if not future.done():
            future.set_result(None)


threading.Thread(target=write, daemon=True).start()


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    reply = b'{"ok":true}'
    if scope["method"] == "POST":
        body = (await receive())["body"]
        json.loads(body)
        task, loop = uuid.uuid4().hex, asyncio.get_running_loop()
        future = loop.create_future()
        waiting.put((task, body, loop, future))
        await future
        ready[task] = len(PNG)
        reply = json.dumps({"id": task}).encode()
    elif scope["path"] == "/poll":
        task = scope["query_string"].decode().partition("id=")[2]
        reply = json.dumps({"id": task, "status": "Ready" if task in ready else "Task not found"}).encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(reply)).encode())]}
    )
    await send({"type": "http.response.body", "body": reply})
