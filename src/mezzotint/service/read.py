"""Find a task for somebody who may see it, and say how to fetch its pictures."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import NotAuthenticated
from mezzotint.core.previews import Preview, marks
from mezzotint.core.signing import ImageLink, poll_token, poll_token_holds
from mezzotint.core.tasks import Progress, Status, Task
from mezzotint.service.tools import Tools

GLANCE = 2.0  # seconds between looks at a task that is waited for, should a wake-up be lost


@dataclass(frozen=True)
class Viewer:
    """Who asks: an owner's key, a task's capability (`token`), both, or neither."""

    key: ApiKey | None = None
    token: str | None = None


@dataclass(frozen=True)
class Found:
    """A task as its viewer may see it. `links` are the addresses of its pictures, made on an origin."""

    task: Task
    progress: Progress | None
    links: Callable[[str], tuple[str, ...]]
    removed: bool = False


async def find(text: str, viewer: Viewer, tools: Tools, *, removed_too: bool = False) -> Found | None:
    """The task of that id, None if there is none for this viewer; with `removed_too`, also one whose pictures were deleted.

    Raises NotAuthenticated where a key is needed and none came.
    """
    task_id = ids.read(text)
    holds = task_id is not None and viewer.token is not None and poll_token_holds(tools.secret, task_id, viewer.token)
    if not holds and viewer.key is None and not tools.policy.poll_by_anyone:
        raise NotAuthenticated("a task is read with its owner's key, or at the polling_url that its create was answered with")
    task = None if task_id is None else await task_of(task_id, tools)
    if task is None:
        return None
    owns = viewer.key is not None and viewer.key.account == task.account
    if not (owns or holds or tools.policy.poll_by_anyone):
        return None
    removed = gone(task, tools.clock.now())
    if removed and not removed_too:
        return None
    return Found(task, progress_of(task, tools), lambda origin: () if removed else links(task, origin, tools, renew=owns), removed)


def progress_of(task: Task, tools: Tools) -> Progress | None:
    """How far it is: by its present attempt, not by one that was lost."""
    progress = tools.progress.of(task.id)
    return progress if progress is not None and task.status is Status.PROCESSING and progress.attempt == task.attempt else None


async def find_within(seconds: float, text: str, viewer: Viewer, tools: Tools, *, removed_too: bool = False) -> Found | None:
    """As `find`, but where the task has not ended yet, once it has or the time is over."""
    found = await find(text, viewer, tools, removed_too=removed_too)
    if found is None or found.task.status.final or not seconds:
        return found
    await until_final(found.task.id, seconds, tools)
    return await find(text, viewer, tools, removed_too=removed_too)


async def task_of(task_id: UUID, tools: Tools) -> Task | None:
    """The task, from memory once it is final: then it does not change any more, but for its pictures going, which is a matter of time."""
    known = tools.final.get(task_id)
    if known is not None:
        return known
    task = await tools.ledger.get(task_id)
    if task is not None and task.status.final:
        tools.final.put(task_id, task)
    return task


async def until_final(task_id: UUID, seconds: float, tools: Tools, *, fresh: bool = False) -> Task | None:
    """The task as soon as it has ended, or as it is when the time is over. `fresh`: it was made just now, so there is no end to be seen yet."""
    end = time.monotonic() + seconds
    with tools.hub.bell(task_id, at_end=True) as bell:
        if fresh:
            await bell.wait(min(seconds, GLANCE))
        while True:
            task = await task_of(task_id, tools)
            left = end - time.monotonic()
            if task is None or task.status.final or left <= 0:
                return task
            await bell.wait(min(left, GLANCE))


async def previews_of(task_id: UUID, count: int, seconds: float, tools: Tools) -> AsyncIterator[Preview]:
    """Up to `count` previews, spread over the steps, until the task has ended or the time is over. Watching it is the caller's."""
    end, reached = time.monotonic() + seconds, 0
    with tools.hub.bell(task_id) as bell:
        while reached < count:
            task = await task_of(task_id, tools)
            left = end - time.monotonic()
            if task is None or task.status.final or left <= 0:
                return
            preview = tools.previews.of(task)
            if preview is not None and (now := marks(preview.step, preview.steps, count)) > reached:
                reached = now
                yield preview
            else:
                await bell.wait(min(left, GLANCE))


def gone(task: Task, now: float) -> bool:
    """A finished task whose pictures were deleted is no longer shown."""
    return task.status is Status.READY and task.images_until is not None and task.images_until <= now


def polling_url(task: UUID, path: str, origin: str, tools: Tools) -> str:
    """Where the task can be read by whoever has this address."""
    return f"{origin}{path}?id={task}&token={poll_token(tools.secret, task)}"


def links(task: Task, origin: str, tools: Tools, *, renew: bool) -> tuple[str, ...]:
    """A signed address for each picture: the same on every poll until it expires, then a new one for the owner."""
    if task.outcome is None or task.finished is None:
        return ()
    lifetime = tools.policy.link_lifetime
    periods = max(0, int((tools.clock.now() - task.finished) // lifetime)) if renew else 0
    expires = math.ceil(task.finished + lifetime * (periods + 1))  # never before the next one is handed out
    return tuple(image_url(ImageLink(task.id, index, expires), image.format, origin, tools) for index, image in enumerate(task.outcome.images))


def image_url(link: ImageLink, extension: str, origin: str, tools: Tools) -> str:
    name = "sample" if link.index == 0 else f"sample-{link.index}"
    return f"{origin}/images/{link.task}/{name}.{extension}?expires={link.expires}&signature={link.signature(tools.secret)}"
