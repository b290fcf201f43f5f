"""Cancel a task, wherever it is: at once while it waits, between two steps while it is painted."""

from __future__ import annotations

from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import NotFound
from mezzotint.core.tasks import Task
from mezzotint.service.tools import Tools


async def cancel(text: str, key: ApiKey, tools: Tools) -> Task:
    """The task after the cancel; one that had ended is answered as it is. Raises NotFound, also for another account's task."""
    task_id = ids.read(text)
    task = None if task_id is None else await tools.ledger.cancel(task_id, key.account)
    if task is None:
        raise NotFound(f"there is no task {text[:64]!r}")
    tools.hub.changed(task.id)
    if task.status.final:
        tools.hub.owed()
    return task
