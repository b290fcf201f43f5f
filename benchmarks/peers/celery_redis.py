"""FastAPI in front of Celery on Redis: the usual durable queue of Python."""

import os

from celery import Celery
from fastapi import FastAPI
from model import PNG
from pydantic import BaseModel

URL = f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/0"
celery = Celery("celery_redis", broker=URL, backend=URL)
celery.conf.update(task_acks_late=True, worker_prefetch_multiplier=4, broker_connection_retry_on_startup=True)
app = FastAPI()


@celery.task
def paint(prompt: str) -> int:
    del prompt
    return len(PNG)


class Create(BaseModel):
    prompt: str
    width: int = 1024
    height: int = 768


@app.get("/healthz")
def health():
    return {"ok": True}


@app.post("/create")
def create(body: Create):
    return {"id": paint.delay(body.prompt).id}


@app.get("/poll")
def poll(id: str):  # noqa: A002 - the query's name
    result = celery.AsyncResult(id)
    return {"id": id, "status": "Ready" if result.state == "SUCCESS" else "Pending"}
