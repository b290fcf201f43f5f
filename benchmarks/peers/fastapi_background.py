"""FastAPI with tasks in a dictionary and BackgroundTasks."""

import uuid

from fastapi import BackgroundTasks, FastAPI
from model import PNG
from pydantic import BaseModel

app = FastAPI()
tasks: dict[str, dict] = {}


class Create(BaseModel):
    prompt: str
    width: int = 1024
    height: int = 768


def paint(task: str) -> None:
    tasks[task] = {"status": "Ready", "bytes": len(PNG)}


@app.get("/healthz")
def health():
    return {"ok": True}


@app.post("/create")
async def create(body: Create, background: BackgroundTasks):
    task = uuid.uuid4().hex
    tasks[task] = {"status": "Pending"}
    background.add_task(paint, task)
    return {"id": task}


@app.get("/poll")
async def poll(id: str):  # noqa: A002 - the query's name
    return {"id": id, **tasks.get(id, {"status": "Task not found"})}
